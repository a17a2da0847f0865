"""Waiting for one of several futures, for all of them, or for no longer than a time."""

from functools import partial

from hypothesis import given
from hypothesis import strategies as st

from ackproof.reference.kernel.clock import VirtualClock
from ackproof.reference.kernel.future import Future, TimedOutError, all_of, spawn, within

ERROR = ValueError("it went wrong")


def failed(clock: VirtualClock) -> Future[str]:
    future = Future[str](clock)
    future.fail(ERROR)
    return future


@given(settles_at_ms=st.integers(0, 10), timeout_ms=st.integers(0, 10))
def test_waiting_within_a_time_ends_with_whatever_comes_first(settles_at_ms: int, timeout_ms: int) -> None:
    clock = VirtualClock()
    future = Future[str](clock)
    clock.call_at(settles_at_ms, lambda: future.resolve("a"))
    ended: list[int] = []
    outcome = spawn(clock, within(clock, future, timeout_ms))
    outcome.then(lambda: ended.append(clock.now_ms))

    clock.run_until(20)

    assert ended == [min(settles_at_ms, timeout_ms)]
    assert isinstance(outcome.error, TimedOutError) is (timeout_ms < settles_at_ms)


def test_waiting_within_a_time_passes_errors_on() -> None:
    clock = VirtualClock()
    outcome = spawn(clock, within(clock, failed(clock), 5))
    outcome.then(lambda: None)

    clock.run_until(0)

    assert outcome.error is ERROR


def test_an_error_after_the_time_was_over_is_no_longer_of_interest() -> None:
    clock = VirtualClock()
    future = Future[str](clock)
    outcome = spawn(clock, within(clock, future, 5))
    outcome.then(lambda: None)
    clock.run_until(5)

    future.fail(ERROR)
    clock.run_until(20)

    assert isinstance(outcome.error, TimedOutError)


@given(order=st.permutations(range(4)))
def test_all_of_them_are_waited_for_in_whatever_order_they_come(order: list[int]) -> None:
    clock = VirtualClock()
    futures = [Future[int](clock) for _ in order]
    outcome = spawn(clock, all_of(futures))
    for at_ms, number in enumerate(order):
        clock.call_at(at_ms, partial(futures[number].resolve, number))

    clock.run_until(len(order) - 2)
    before = outcome.is_done
    clock.run_until(len(order))

    assert not before
    assert outcome.result() == [0, 1, 2, 3]


def test_one_of_several_may_fail_while_another_is_waited_for() -> None:
    clock = VirtualClock()
    first, second = Future[str](clock), Future[str](clock)
    outcome = spawn(clock, all_of([first, second]))
    outcome.then(lambda: None)

    second.fail(ERROR)
    clock.run_until(5)
    first.resolve("a")
    clock.run_until(5)

    assert outcome.error is ERROR
