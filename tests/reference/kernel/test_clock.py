"""The virtual clock, and clocks of processes that stop."""

from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ackproof.reference.kernel.clock import VirtualClock

times = st.integers(0, 50)


@given(start_ms=times, asked=st.lists(times))
def test_what_is_asked_for_happens_in_order_of_time_and_then_of_asking(start_ms: int, asked: list[int]) -> None:
    clock = VirtualClock(start_ms)
    happened: list[tuple[int, int]] = []

    def happen(number: int) -> None:
        happened.append((clock.now_ms, number))

    for number, at_ms in enumerate(asked):
        clock.call_at(at_ms, partial(happen, number))

    clock.run_until(100)

    assert happened == sorted((max(at_ms, start_ms), number) for number, at_ms in enumerate(asked))


@given(asked=st.lists(st.tuples(times, times), min_size=1))
def test_what_happens_may_ask_for_more(asked: list[tuple[int, int]]) -> None:
    clock = VirtualClock()
    happened: list[int] = []

    def again(later_ms: int) -> None:
        happened.append(clock.now_ms)
        clock.call_at(later_ms, lambda: happened.append(clock.now_ms))

    for at_ms, later_ms in asked:
        clock.call_at(at_ms, partial(again, later_ms))

    clock.run_until(100)

    assert happened == sorted(happened)
    assert sorted(happened) == sorted(time for at, later in asked for time in (at, max(at, later)))


@given(asked=st.lists(st.tuples(times, st.booleans())))
def test_what_is_cancelled_does_not_happen(asked: list[tuple[int, bool]]) -> None:
    clock = VirtualClock()
    happened: list[int] = []
    timers = [clock.call_at(at_ms, partial(happened.append, number)) for number, (at_ms, _) in enumerate(asked)]
    for timer, (_, is_cancelled) in zip(timers, asked, strict=True):
        if is_cancelled:
            timer.cancel()

    clock.run_until(100)

    assert sorted(happened) == [number for number, (_, is_cancelled) in enumerate(asked) if not is_cancelled]


@given(depths=st.lists(st.integers(0, 5), min_size=1))
def test_who_waits_until_nothing_is_due_sees_all_that_comes_of_what_was(depths: list[int]) -> None:
    clock = VirtualClock()
    happened: list[str] = []

    def happen(left: int) -> None:
        happened.append("due")
        if left:
            clock.call_soon(partial(happen, left - 1))

    def idle() -> None:
        happened.append("idle")
        happen(2)

    clock.call_when_idle(idle)
    clock.call_when_idle(lambda: happened.append("last"))
    for depth in depths:
        clock.call_soon(partial(happen, depth))

    clock.run_until(0)

    assert happened == ["due"] * (sum(depths) + len(depths)) + ["idle"] + ["due"] * 3 + ["last"]


def test_time_does_not_go_on_before_who_waits_until_nothing_is_due() -> None:
    clock = VirtualClock()
    happened: list[int] = []
    clock.call_at(1, lambda: happened.append(clock.now_ms))
    clock.call_when_idle(lambda: happened.append(clock.now_ms))

    clock.run_until(2)

    assert happened == [0, 1]


def test_what_has_happened_may_be_cancelled() -> None:
    clock = VirtualClock()
    happened: list[int] = []
    timer = clock.call_at(3, lambda: happened.append(1))
    clock.run_until(3)

    timer.cancel()
    clock.run_until(10)

    assert happened == [1]


def test_what_is_due_already_does_not_happen_before_it_has_been_asked_for() -> None:
    clock = VirtualClock(10)
    happened: list[int] = []

    clock.call_at(3, lambda: happened.append(clock.now_ms))
    at_once = list(happened)
    clock.step()

    assert at_once == []
    assert happened == [10]


@given(asked=st.lists(times), until_ms=times)
def test_a_clock_goes_no_further_than_it_is_told(asked: list[int], until_ms: int) -> None:
    clock = VirtualClock()
    happened: list[int] = []
    for at_ms in asked:
        clock.call_at(at_ms, partial(happened.append, at_ms))

    clock.run_until(until_ms)

    assert happened == sorted(at_ms for at_ms in asked if at_ms <= until_ms)
    assert clock.now_ms == until_ms


def test_what_turns_in_a_circle_is_noticed() -> None:
    clock = VirtualClock()

    def again() -> None:
        clock.call_soon(again)

    again()

    with pytest.raises(AssertionError, match="turns in a circle at 0 ms"):
        clock.run_until(1, at_once_max=100)


@given(asked=st.lists(st.booleans()))
def test_what_is_asked_for_soon_happens_in_order_with_what_is_due(asked: list[bool]) -> None:
    clock = VirtualClock(10)
    happened: list[int] = []
    for number, is_soon in enumerate(asked):
        callback = partial(happened.append, number)
        if is_soon:
            clock.call_soon(callback)
        else:
            clock.call_at(10, callback)

    clock.run_until(10)

    assert happened == list(range(len(asked)))


def test_a_clock_does_not_go_back() -> None:
    clock = VirtualClock(10)

    clock.run_until(3)

    assert clock.now_ms == 10


def test_a_step_says_whether_anything_happened() -> None:
    clock = VirtualClock()
    clock.call_at(1, lambda: None)
    clock.call_at(5, lambda: None).cancel()

    assert clock.step(until_ms=0) is False
    assert clock.step() is True
    assert clock.step() is False
    assert clock.now_ms == 1
