"""From one poll to the next, beside a poll loop that is simulated record by record."""

from hypothesis import given, settings
from hypothesis import strategies as st

from ackproof.proofs.timing.answering import answered, decided
from ackproof.proofs.timing.polling import polls_too_late
from ackproof.proofs.timing.setting import Behaviour
from tests.proofs.timing.numbers import between, consumer


def longest_gap_ms(
    records: int, processing_ms: tuple[float, float], pause_ms: tuple[float, float], awaited_ms: float
) -> float:
    """What the slowest loop takes from one poll to the next, simulated record by record."""
    now_ms = 0.0
    for _ in range(records):
        now_ms += processing_ms[1]
    return now_ms + pause_ms[1] + awaited_ms


@given(
    records=st.integers(1, 60),
    processing_ms=between(0, 50),
    pause_ms=between(0, 400),
    outage_ms=between(0, 300),
    interval_ms=st.integers(1, 3_000),
    is_synchronous=st.booleans(),
    may_poll_at_limit=st.booleans(),
)
@settings(max_examples=40, deadline=None)
def test_a_member_is_put_out_just_if_the_slowest_loop_polls_too_late(
    records: int,
    processing_ms: tuple[float, float],
    pause_ms: tuple[float, float],
    outage_ms: tuple[float, float],
    interval_ms: int,
    is_synchronous: bool,
    may_poll_at_limit: bool,
) -> None:
    measured = {
        "processing_ms": processing_ms,
        "pause_ms": pause_ms,
        "outage_ms": outage_ms,
        "request_ms": (1, 20),
    }
    behaviour = Behaviour(round_trips=int(is_synchronous), may_poll_at_limit=may_poll_at_limit)
    setting = consumer(
        behaviour=behaviour, measured=measured, records_per_poll=records, max_poll_interval_ms=interval_ms
    )
    gap_ms = longest_gap_ms(records, processing_ms, pause_ms, outage_ms[1] + 20 if is_synchronous else 0)

    is_too_late = gap_ms > interval_ms if may_poll_at_limit else gap_ms >= interval_ms

    assert decided(polls_too_late, setting) == ("can happen" if is_too_late else "cannot happen")


def test_an_example_reads_well() -> None:
    answer = answered(polls_too_late, consumer(measured={"processing_ms": (2, 800)}))

    assert answer.tells == (
        "500 records that take 600 ms each: 300,000 ms from one poll to the next; max.poll.interval.ms = 300,000"
    )
    assert [(one.direction, one.key, one.value) for one in answer.thresholds] == [
        ("up to", "max.poll.records", 373),
        ("from", "max.poll.interval.ms", 400_901),
    ]


def test_what_is_handed_off_does_not_delay_the_next_poll() -> None:
    setting = consumer(behaviour=Behaviour(processes_in_loop=False), measured={"processing_ms": (2, 80_000)})

    assert answered(polls_too_late, setting).values == {"at_most": 900}


def test_where_no_value_of_a_key_is_safe_that_is_said() -> None:
    answer = answered(polls_too_late, consumer(measured={"pause_ms": (0, 400_000)}))

    assert [(one.key, one.value) for one in answer.thresholds] == [
        ("max.poll.records", None),
        ("max.poll.interval.ms", 420_001),
    ]
