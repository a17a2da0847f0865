"""Futures, and coroutines that wait for them."""

import gc
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ackproof.reference.kernel.clock import VirtualClock
from ackproof.reference.kernel.future import Future, resolved, settled, sleep, spawn
from ackproof.reference.simulator.process import Process

ERROR = ValueError("it went wrong")


async def value_of(future: Future[str]) -> str:
    return await future


async def failure() -> str:
    raise ERROR


def failed(clock: VirtualClock) -> Future[str]:
    future = Future[str](clock)
    future.fail(ERROR)
    return future


def test_a_future_is_open_until_it_is_settled() -> None:
    future = Future[str](VirtualClock())

    assert not future.is_done
    assert future.error is None


@given(settled=st.lists(st.sampled_from(["a", "b", ERROR]), min_size=1))
def test_only_the_first_outcome_counts(settled: list[str | ValueError]) -> None:
    clock = VirtualClock()
    future = Future[str](clock)
    future.then(lambda: None)

    for outcome in settled:
        if isinstance(outcome, ValueError):
            future.fail(outcome)
        else:
            future.resolve(outcome)
    clock.run_until(0)

    first = settled[0]
    assert (future.error if isinstance(first, ValueError) else future.result()) == first


def test_who_waits_goes_on_at_once_where_a_step_has_nothing_else_to_do() -> None:
    clock = VirtualClock()
    future = Future[str](clock)
    outcome = spawn(clock, value_of(future))

    future.conclude("a")

    assert outcome.result() == "a"


def test_an_error_that_may_be_does_not_come_out_of_the_clock() -> None:
    clock = VirtualClock()
    future = Future[str](clock)

    future.may_fail()
    future.fail(ERROR)
    clock.run_until(1)

    assert future.error is ERROR


def test_what_has_run_leaves_nothing_to_the_garbage_collector() -> None:
    clock = VirtualClock()
    gc.collect()
    gc.disable()
    try:
        future = Future[str](clock)
        spawn(clock, value_of(future)).then(lambda: None)
        future.resolve("a")
        clock.run_until(1)
        del future

        assert gc.collect() == 0
    finally:
        gc.enable()


async def waited_for(clock: VirtualClock, future: Future[str]) -> bool:
    return await settled(clock, future, 1)


def test_a_future_forgets_who_has_waited_for_it_in_vain() -> None:
    clock = VirtualClock()
    future = Future[str](clock)
    in_vain = spawn(clock, waited_for(clock, future))
    clock.run_until(1)

    future.resolve("a")

    assert not in_vain.result()
    assert not clock.step()


def test_who_waits_goes_on_in_a_step_of_its_own() -> None:
    clock = VirtualClock()
    future = Future[str](clock)
    outcome = spawn(clock, value_of(future))

    future.resolve("a")
    at_once = outcome.is_done
    clock.step()

    assert not at_once
    assert outcome.result() == "a"


@given(count=st.integers(1, 5), settles_after=st.integers(0, 5))
def test_everyone_who_waits_goes_on_in_the_order_of_waiting(count: int, settles_after: int) -> None:
    clock = VirtualClock()
    future = Future[str](clock)
    woken: list[int] = []
    for number in range(count):
        if number == settles_after:
            future.resolve("a")
        future.then(partial(woken.append, number))
    future.resolve("a")

    clock.run_until(0)

    assert woken == list(range(count))


def test_a_coroutine_runs_at_once_up_to_its_first_wait() -> None:
    clock = VirtualClock()
    reached: list[str] = []

    async def run() -> None:
        reached.append("start")
        await sleep(clock, 5)
        reached.append("end")

    outcome = spawn(clock, run())

    assert reached == ["start"]
    clock.run_until(4)
    assert not outcome.is_done
    clock.run_until(5)
    assert reached == ["start", "end"]
    assert outcome.is_done


def test_what_is_settled_already_is_not_waited_for() -> None:
    clock = VirtualClock()

    assert spawn(clock, value_of(resolved(clock, "a"))).result() == "a"


def test_an_error_reaches_who_waits() -> None:
    clock = VirtualClock()
    future = Future[str](clock)
    outcome = spawn(clock, value_of(future))
    outcome.then(lambda: None)

    future.fail(ERROR)
    clock.run_until(0)

    assert outcome.error is ERROR


def test_a_coroutine_may_handle_the_error_of_another() -> None:
    clock = VirtualClock()

    async def careful() -> str:
        try:
            return await spawn(clock, failure())
        except ValueError:
            return "handled"

    outcome = spawn(clock, careful())
    clock.run_until(0)

    assert outcome.result() == "handled"


def test_an_error_that_nobody_waits_for_comes_out_of_the_clock() -> None:
    clock = VirtualClock()
    spawn(clock, failure())

    with pytest.raises(ValueError, match="it went wrong"):
        clock.run_until(0)


def test_the_clock_goes_on_after_an_error_came_out_of_it() -> None:
    clock = VirtualClock()
    happened: list[int] = []
    failed(clock)
    clock.call_at(0, lambda: happened.append(1))
    with pytest.raises(ValueError, match="it went wrong"):
        clock.run_until(0)

    clock.run_until(0)

    assert happened == [1]


def test_an_error_that_was_waited_for_in_time_does_not_come_out_of_the_clock() -> None:
    clock = VirtualClock()
    future = failed(clock)

    outcome = spawn(clock, value_of(future))
    outcome.then(lambda: None)
    clock.run_until(0)

    assert outcome.error is ERROR


def test_the_result_of_a_failed_future_raises_its_error() -> None:
    future = failed(VirtualClock())

    with pytest.raises(ValueError, match="it went wrong"):
        future.result()


async def tick(process: Process) -> None:
    await sleep(process, 5)


def test_a_coroutine_of_a_process_that_has_stopped_never_goes_on() -> None:
    clock = VirtualClock()
    process = Process(clock, "a")
    outcome = spawn(process, tick(process))

    process.stop()
    clock.run_until(20)

    assert not outcome.is_done


def test_the_same_coroutines_take_the_same_steps_every_time() -> None:
    assert story() == story()


def story() -> list[tuple[int, str]]:
    clock = VirtualClock()
    told: list[tuple[int, str]] = []

    async def tell(name: str, pause_ms: int) -> None:
        for _ in range(3):
            told.append((clock.now_ms, name))
            await sleep(clock, pause_ms)

    for name, pause_ms in (("a", 2), ("b", 2), ("c", 3)):
        spawn(clock, tell(name, pause_ms))
    clock.run_until(20)
    return told
