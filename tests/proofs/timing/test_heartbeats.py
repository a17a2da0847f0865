"""From one heartbeat to the next, beside a client that is simulated heartbeat by heartbeat."""

from itertools import product

import pytest

from ackproof.proofs.timing.answering import answered, decided
from ackproof.proofs.timing.heartbeats import misses_heartbeats, rebalance_feeds_itself
from ackproof.proofs.timing.setting import Behaviour
from tests.proofs.timing.numbers import consumer

INTERVAL_MS, SLACK_MS, REQUEST_MS = 30, 5, 7


def silence_ms(pause_at_ms: int, pause_ms: int, outage_at_ms: int, outage_ms: int) -> int:
    """How long the coordinator hears nothing after a heartbeat at 0 at most, if each comes as late as it may or not."""
    sent, arrived = {0}, 0
    while sent:
        now_ms = sent.pop()
        for wait_ms in range(INTERVAL_MS, INTERVAL_MS + SLACK_MS + 1):
            due_ms = now_ms + wait_ms
            at_ms = pause_at_ms + pause_ms if pause_at_ms <= due_ms < pause_at_ms + pause_ms else due_ms
            if outage_at_ms <= at_ms < outage_at_ms + outage_ms:
                sent.add(at_ms)
            else:
                arrived = max(arrived, at_ms + REQUEST_MS)
    return arrived


@pytest.mark.parametrize(("pause_ms", "outage_ms"), tuple(product((0, 50), (0, 3, 35, 36, 106))))
def test_no_simulated_silence_is_longer_and_one_is_as_long(pause_ms: int, outage_ms: int) -> None:
    measured = {"pause_ms": (0, pause_ms), "outage_ms": (0, outage_ms), "request_ms": (0, REQUEST_MS)}
    setting = consumer(measured=measured, heartbeat_interval_ms=INTERVAL_MS, retry_backoff_ms=SLACK_MS)

    bound = answered(misses_heartbeats, setting).values["at_most"]

    longest = max(silence_ms(at, pause_ms, other, outage_ms) for at in range(200) for other in (33, 35))
    assert longest <= bound
    # An outage takes two heartbeats only if it is longer than from one to the next.
    assert bound - longest <= (outage_ms if outage_ms < INTERVAL_MS else 1) + (pause_ms > 0)


def test_a_session_that_is_as_long_as_the_silence_is_over() -> None:
    measured = {"pause_ms": (0, 0), "outage_ms": (0, 0), "request_ms": (1, 50)}

    assert decided(misses_heartbeats, consumer(measured=measured, session_timeout_ms=3_150)) == "can happen"
    assert decided(misses_heartbeats, consumer(measured=measured, session_timeout_ms=3_151)) == "cannot happen"


def test_processing_delays_heartbeats_only_where_both_share_an_event_loop() -> None:
    measured = {"processing_ms": (2, 400)}

    assert decided(misses_heartbeats, consumer(measured=measured)) == "cannot happen"
    blocked = consumer(measured=measured, behaviour=Behaviour(blocks_heartbeats=True))
    assert decided(misses_heartbeats, blocked) == "can happen"


def test_a_lost_heartbeat_is_part_of_the_example() -> None:
    answer = answered(misses_heartbeats, consumer(session_timeout_ms=25_000))

    assert answer.tells == (
        "3,100 ms between heartbeats, an outage of 17,650 ms, a pause of 900 ms, a round trip of 250 ms, "
        "3,100 ms until the next heartbeat, as the outage took one: 25,000 ms from one heartbeat to the next; "
        "session.timeout.ms = 25,000"
    )


def test_a_member_that_takes_longer_than_the_rebalance_timeout_is_removed() -> None:
    measured = {"processing_ms": (2, 800), "pause_ms": (0, 0), "outage_ms": (0, 0), "request_ms": (0, 10)}
    slowest_ms = 3_100 + 500 * 800 + 2 * 10

    for timeout_ms, expected in ((slowest_ms, "can happen"), (slowest_ms + 1, "cannot happen")):
        setting = consumer(measured=measured, rebalance_timeout_ms=timeout_ms)
        assert decided(rebalance_feeds_itself, setting) == expected
