from functools import partial

from hypothesis import given
from hypothesis import strategies as st

from ackproof.reference.kernel.clock import VirtualClock
from ackproof.reference.simulator.process import STEPS_IN_A_MS, Process

times = st.integers(0, 50)


def happening() -> tuple[VirtualClock, Process, list[tuple[int, str]]]:
    clock = VirtualClock()
    process = Process(clock, "a")
    happened: list[tuple[int, str]] = []

    def happen(at_ms: int) -> None:
        happened.append((clock.now_ms, f"due at {at_ms}"))

    for at_ms in (10, 20, 30):
        process.call_at(at_ms, partial(happen, at_ms))
    return clock, process, happened


def test_what_is_due_happens_in_time() -> None:
    clock, _, happened = happening()

    clock.run_until(25)

    assert happened == [(10, "due at 10"), (20, "due at 20")]


def test_what_was_due_during_a_pause_happens_after_it() -> None:
    clock, process, happened = happening()

    process.pause()
    clock.run_until(25)
    process.resume()
    clock.run_until(40)

    assert happened == [(25, "due at 10"), (25, "due at 20"), (30, "due at 30")]


def test_nothing_happens_after_a_stop() -> None:
    clock, process, happened = happening()

    process.pause()
    clock.run_until(15)
    process.stop()
    process.resume()
    clock.run_until(40)

    assert happened == []


def test_what_is_cancelled_during_a_pause_does_not_happen() -> None:
    clock = VirtualClock()
    process = Process(clock, "a")
    happened: list[int] = []
    task = process.call_at(10, lambda: happened.append(1))

    process.pause()
    clock.run_until(20)
    task.cancel()
    process.resume()
    clock.run_until(30)

    assert happened == []


def test_what_is_put_down_for_later_happens_only_while_the_process_runs() -> None:
    clock = VirtualClock()
    process = Process(clock, "a")
    happened: list[int] = []
    for at_ms in (10, 20):
        process.put(at_ms, partial(happened.append, at_ms))

    clock.run_until(15)
    process.stop()
    clock.run_until(40)

    assert happened == [10]


def test_who_never_waits_lets_time_pass_all_the_same() -> None:
    clock = VirtualClock()
    process = Process(clock, "a")
    happened: list[int] = []

    def again() -> None:
        happened.append(clock.now_ms)
        process.call_at(clock.now_ms, again)

    again()
    clock.run_until(3)

    assert happened[-1] == 3


def test_who_always_waits_until_nothing_is_due_lets_time_pass() -> None:
    clock = VirtualClock()
    process = Process(clock, "a")
    happened: list[int] = []

    def again() -> None:
        happened.append(clock.now_ms)
        process.call_when_idle(again)

    again()
    clock.run_until(1)

    assert happened.count(0) == STEPS_IN_A_MS + 1
    assert happened.count(1) > 0


def test_who_waits_until_nothing_is_due_during_a_pause_goes_on_after_it() -> None:
    clock = VirtualClock()
    process = Process(clock, "a")
    happened: list[int] = []
    process.call_when_idle(lambda: happened.append(clock.now_ms))

    process.pause()
    clock.run_until(5)
    process.resume()
    clock.run_until(6)

    assert happened == [5]


@given(asked=st.lists(st.tuples(times, st.booleans())), stops_at_ms=times)
def test_nothing_of_a_process_happens_once_it_has_stopped(asked: list[tuple[int, bool]], stops_at_ms: int) -> None:
    clock = VirtualClock()
    process, other = Process(clock, "a"), Process(clock, "b")
    happened: list[int] = []
    clock.call_at(stops_at_ms, process.stop)
    for number, (at_ms, is_other) in enumerate(asked):
        (other if is_other else process).call_at(at_ms, partial(happened.append, number))

    clock.run_until(100)

    assert sorted(happened) == [
        number for number, (at_ms, is_other) in enumerate(asked) if is_other or at_ms < stops_at_ms
    ]


def test_who_waits_until_nothing_is_due_does_not_once_its_process_has_stopped() -> None:
    clock = VirtualClock()
    process = Process(clock, "a")
    happened: list[int] = []
    process.call_when_idle(lambda: happened.append(1))

    process.stop()
    clock.run_until(1)

    assert happened == []


def test_a_process_has_the_time_of_its_clock() -> None:
    clock = VirtualClock(7)
    process = Process(clock, "a")

    clock.run_until(9)

    assert process.now_ms == 9
