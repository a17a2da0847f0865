"""The rules of transactions, by the versions of client and brokers."""

import pytest

from ackproof.config.pipeline import Pipeline
from ackproof.config.reading import pipeline_in
from ackproof.config.systems import unmodelled
from ackproof.config.transactions import transaction_rules
from ackproof.model.transactions.rules import TransactionRules

KEYS = ("transactional.id", "group.id")
OF_PYTHON = frozenset({"aiokafka", "kafka-python"})


def piped(kafka: str, client: str, features: dict[str, int], *kinds: str) -> Pipeline:
    """Consume-process-produce with that *client*, and faults of those *kinds*."""
    of_name, of_group = (key.replace(".", "_" if client in OF_PYTHON else ".") for key in KEYS)
    return pipeline_in(
        {
            "kafka": kafka,
            "features": features,
            "producer": {"client": client, "config": {of_name: "t"}},
            "consumer": {
                "client": client,
                "commit": "transaction",
                "sink": "kafka",
                "config": {of_group: "g"},
            },
            "faults": {"at_most": 1, "kinds": list(kinds)},
        }
    )


def rules(kafka: str, client: str, **features: int) -> TransactionRules:
    """Those of consume-process-produce with that *client*."""
    return transaction_rules(piped(kafka, client, features))


@pytest.mark.parametrize(
    ("client", "reuses"), [("java 2.0.1", False), ("java 2.1.0", True), ("java 3.9.0", True), ("librdkafka", False)]
)
def test_sequences_are_taken_twice_by_java_since_it_has_deadlines(client: str, reuses: bool) -> None:
    """KIP-91."""
    assert rules("3.9", client).reuses_sequences_after_deadline == reuses


@pytest.mark.parametrize(
    ("client", "is_first"), [("java 3.9.0", True), ("aiokafka", True), ("kafka-python", False), ("librdkafka", False)]
)
def test_java_and_aiokafka_add_a_partition_again_before_they_ask_for_anything_else(client: str, is_first: bool) -> None:
    """``TransactionManager.TxnRequestHandler.onComplete``; ``Sender._maybe_do_transactional_request``."""
    assert rules("3.9", client).adds_again_first == is_first


@pytest.mark.parametrize(("kafka", "expires"), [("3.9", True), ("4.0", False)])
def test_offsets_wait_for_pending_ones_in_the_new_coordinator(kafka: str, expires: bool) -> None:
    """``OffsetMetadataManager.cleanupExpiredOffsets``."""
    assert rules(kafka, "java 3.9.0").expires_beside_pending == expires


@pytest.mark.parametrize(
    ("kafka", "client", "level", "shares", "fences"),
    [
        ("3.9", "librdkafka", 0, False, False),
        ("4.0.0", "librdkafka", 2, False, False),
        ("4.0.1", "librdkafka", 2, True, False),
        ("4.0", "librdkafka", 2, True, False),
        ("4.1", "librdkafka", 1, False, False),
        ("4.1", "librdkafka", 2, True, False),
        ("4.1", "java 3.9.0", 2, True, False),
        ("4.1", "java 4.1.0", 2, False, False),
        ("4.2", "java 4.1.0", 2, False, True),
        ("4.2", "librdkafka", 2, False, False),
    ],
)
def test_markers_of_the_new_protocol_may_come_again_until_brokers_are_told_of_it(
    kafka: str, client: str, level: int, shares: bool, fences: bool
) -> None:
    """KAFKA-19446, KIP-1228; with an old client only the coordinator's own aborts are of that protocol."""
    found = rules(kafka, client, **{"transaction.version": level})

    assert (found.shares_epoch_of_fence, found.fences_late_markers) == (shares, fences)


@pytest.mark.parametrize(
    ("kafka", "client", "is_late"),
    [
        ("2.4", "librdkafka 1.4.0", True),
        ("3.9", "librdkafka 1.6.2", True),
        ("2.4", "librdkafka 1.8.0", False),
        ("3.9", "librdkafka 1.8.0", True),
        ("3.9", "librdkafka 1.8", False),
        ("3.9", "librdkafka 1.8.2", False),
        ("3.9", "librdkafka", False),
        ("3.9", "java 2.4.1", False),
    ],
)
def test_no_model_asks_for_another_epoch_within_a_transaction(kafka: str, client: str, is_late: bool) -> None:
    """librdkafka before 1.8.2 does as a batch passes its deadline: ``rd_kafka_idemp_drain_epoch_bump``, #3575."""
    late, lost = piped(kafka, client, {}, "send-timeout"), piped(kafka, client, {}, "request-lost")

    assert ["another epoch within" in what.reason for what in unmodelled(late, "atomic")] == [True] * is_late
    assert unmodelled(lost, "atomic") == ()


@pytest.mark.parametrize(
    ("kafka", "client", "ends"),
    [
        ("2.4", "librdkafka 1.6.2", False),
        ("2.4", "librdkafka 1.7.0", True),
        ("2.4", "librdkafka", True),
        ("2.5", "librdkafka", False),
        ("2.4", "java 3.9.0", False),
    ],
)
def test_librdkafka_ends_where_brokers_do_not_give_it_the_next_epoch(kafka: str, client: str, ends: bool) -> None:
    """``rd_kafka_InitProducerIdRequest``: it needs version 3."""
    found = rules(kafka, client)

    assert (found.ends_after_failed_batch, found.ends_where_unresolved) == (ends, client.startswith("java"))
