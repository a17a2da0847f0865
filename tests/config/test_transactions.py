"""The rules of transactions, by the versions of client and brokers."""

import pytest

from ackproof.config.reading import pipeline_in
from ackproof.config.transactions import transaction_rules
from ackproof.model.transactions.rules import TransactionRules


def rules(kafka: str, client: str, **features: int) -> TransactionRules:
    """Those of consume-process-produce with that *client*."""
    return transaction_rules(
        pipeline_in(
            {
                "kafka": kafka,
                "features": features,
                "producer": {"client": client, "config": {"transactional.id": "t"}},
                "consumer": {
                    "client": client,
                    "commit": "transaction",
                    "sink": "kafka",
                    "config": {"group.id": "g"},
                },
            }
        )
    )


@pytest.mark.parametrize(
    ("client", "reuses"), [("java 2.0.1", False), ("java 2.1.0", True), ("java 3.9.0", True), ("librdkafka", False)]
)
def test_sequences_are_taken_twice_by_java_since_it_has_deadlines(client: str, reuses: bool) -> None:
    """KIP-91."""
    assert rules("3.9", client).reuses_sequences_after_deadline == reuses


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
