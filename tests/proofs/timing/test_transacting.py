"""How long a transaction is open."""

from ackproof.proofs.timing.answering import answered, decided
from ackproof.proofs.timing.setting import Behaviour
from ackproof.proofs.timing.transacting import transaction_outlives_its_timeout
from tests.proofs.timing.numbers import producer

MEASURED = {"processing_ms": (1, 100), "pause_ms": (0, 0), "outage_ms": (0, 9_000), "request_ms": (1, 250)}
"""500 records of 100 ms, an outage of 9 s and four round trips of 250 ms: a minute."""


def test_a_transaction_has_to_be_open_for_longer_than_its_timeout() -> None:
    assert decided(transaction_outlives_its_timeout, producer(measured=MEASURED)) == "cannot happen"
    longer = producer(measured=MEASURED, transaction_timeout_ms=59_999)
    assert decided(transaction_outlives_its_timeout, longer) == "can happen"


def test_an_example_reads_well() -> None:
    answer = answered(transaction_outlives_its_timeout, producer(measured=MEASURED, transaction_timeout_ms=10_000))

    assert answer.tells == (
        "4 round trips of 1 ms, 500 records that take 20 ms each: 10,004 ms from its start to its end; "
        "transaction.timeout.ms = 10,000"
    )


def test_no_timeout_is_safe_that_brokers_refuse() -> None:
    answer = answered(transaction_outlives_its_timeout, producer(measured={"processing_ms": (1, 2_000)}))

    assert [(one.key, one.value) for one in answer.thresholds] == [
        ("max.poll.records", 19),
        ("transaction.timeout.ms", None),
    ]


def test_without_a_consumer_a_transaction_waits_for_what_arrives() -> None:
    quiet = {"pause_ms": (0, 0), "outage_ms": (0, 0), "request_ms": (0, 0)}
    behaviour = Behaviour(processes_in_loop=False)

    for slowest, expected in ((9, "cannot happen"), (8, "can happen"), (0, "can happen")):
        setting = producer(behaviour=behaviour, measured={**quiet, "arrival_per_s": (slowest, 20)})
        assert decided(transaction_outlives_its_timeout, setting) == expected
