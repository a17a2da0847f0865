"""Until a record is acknowledged, beside a producer that is simulated attempt by attempt."""

from itertools import product

import pytest

from ackproof.proofs.timing.answering import answered, decided
from ackproof.proofs.timing.sending import send_times_out
from ackproof.proofs.timing.setting import Behaviour
from tests.proofs.timing.numbers import producer

LINGER_MS, BACKOFF_MS, REQUEST_MS = 5, 12, 7


def waits_ms(outage_at_ms: int, outage_ms: int) -> int:
    """How long a record waits that lingers, and goes after a batch that is tried again, all as long as it may."""
    now_ms = LINGER_MS
    while outage_at_ms <= now_ms < outage_at_ms + outage_ms:
        now_ms += BACKOFF_MS
    return now_ms + 2 * REQUEST_MS


@pytest.mark.parametrize("outage_ms", [0, 1, 11, 12, 13, 100])
def test_no_simulated_record_waits_longer_and_one_nearly_as_long(outage_ms: int) -> None:
    measured = {"pause_ms": (0, 0), "outage_ms": (0, outage_ms), "request_ms": (0, REQUEST_MS)}
    setting = producer(measured=measured, linger_ms=LINGER_MS, retry_backoff_ms=BACKOFF_MS)

    bound = answered(send_times_out, setting).values["at_most"]

    longest = max(waits_ms(at, outage_ms) for at in range(-120, 40))
    assert longest <= bound
    assert bound - longest <= BACKOFF_MS


@pytest.mark.parametrize(("is_strict", "deadline_ms"), tuple(product((False, True), (1_199, 1_200, 1_201))))
def test_the_deadline_itself_is_too_late_for_most_clients(is_strict: bool, deadline_ms: int) -> None:
    measured = {"pause_ms": (0, 0), "outage_ms": (0, 1_100), "request_ms": (0, 44)}
    behaviour = Behaviour(may_succeed_at_deadline=is_strict)
    setting = producer(measured=measured, behaviour=behaviour, delivery_timeout_ms=deadline_ms, retry_backoff_ms=7)

    can = deadline_ms < 1_200 if is_strict else deadline_ms <= 1_200

    assert decided(send_times_out, setting) == ("can happen" if can else "cannot happen")


def test_retries_that_wait_for_their_answers_do_not_come_to_their_end() -> None:
    answer = answered(send_times_out, producer(measured={"outage_ms": (0, 200_000)}, retries=10))

    assert "; 3 of 10 retries begin by then if each waits request.timeout.ms for its answer" in answer.tells
