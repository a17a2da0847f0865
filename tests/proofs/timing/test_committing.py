"""How many records come again, beside a poll loop that commits by itself."""

import pytest

from ackproof.proofs.timing.answering import answered
from ackproof.proofs.timing.committing import arrivals_processed_again, records_processed_again
from ackproof.proofs.timing.setting import Behaviour
from tests.proofs.timing.numbers import consumer


def again(interval_ms: int, records: int, processing_ms: int) -> int:
    """The most records that were returned and are not committed, as each poll commits what earlier ones returned."""
    now_ms, returned, committed, due_ms, most = 0, 0, 0, interval_ms, 0
    while now_ms < 4 * interval_ms + records * processing_ms:
        most = max(most, returned - committed)
        if now_ms >= due_ms:
            committed, due_ms = returned, now_ms + interval_ms
        returned += records
        now_ms += records * processing_ms
    return most


@pytest.mark.parametrize("records", [1, 7, 100, 500])
@pytest.mark.parametrize("processing_ms", [1, 3, 40])
def test_no_simulated_crash_repeats_more_and_one_nearly_as_many(records: int, processing_ms: int) -> None:
    measured = {"processing_ms": (processing_ms, 50), "outage_ms": (0, 0), "request_ms": (0, 0)}
    setting = consumer(measured=measured, records_per_poll=records, retry_backoff_ms=1)

    bound = answered(records_processed_again, setting).values["at_most"]

    simulated = again(5_000, records, processing_ms)
    assert simulated <= bound
    assert bound - simulated <= records + 1


def test_who_commits_in_the_background_does_not_wait_for_the_next_poll() -> None:
    measured = {"processing_ms": (2, 50), "outage_ms": (0, 0), "request_ms": (0, 0)}

    in_poll = answered(records_processed_again, consumer(measured=measured))
    behind = answered(records_processed_again, consumer(measured=measured, behaviour=Behaviour(commits_in_poll=False)))

    assert in_poll.values["at_most"] - behind.values["at_most"] == 500


def test_at_a_given_rate_as_many_come_again_as_arrive_between_two_commits() -> None:
    measured = {"processing_ms": (1, 2), "arrival_per_s": (0, 300), "outage_ms": (0, 0), "request_ms": (0, 100)}
    setting = consumer(measured={**measured, "pause_ms": (0, 0)}, records_per_poll=100)

    answer = answered(arrivals_processed_again, setting)

    assert answer.values["at_most"] == 300 * (5_000 + 100 + 100 + 2 * 100) / 1000
    assert answer.tells == "at most 1,620 records come again after a crash"


def test_what_may_take_no_time_has_no_bound() -> None:
    assert answered(records_processed_again, consumer(measured={"processing_ms": (0, 1)})).decision == "no bound"
