"""Records what producers and consumers of aiokafka do."""

from collections.abc import Mapping
from typing import cast, overload

from ackproof.histories.recording.aio_consumer import Consumer, RecordedConsumer
from ackproof.histories.recording.aio_producer import Producer, RecordedProducer
from ackproof.histories.recording.identity import Identify
from ackproof.histories.recording.journal import Journal, Settings
from ackproof.histories.recording.polling import Polling
from ackproof.histories.recording.record import Sends, Subscribes
from ackproof.histories.recording.sending import Sending

__all__ = ["RecordedConsumer", "RecordedProducer", "recorded"]


@overload
def recorded(
    client: Sends,
    journal: Journal,
    who: str,
    configuration: Mapping[str, object],
    *,
    identify: Identify | None = None,
    txn_version: int | None = None,
) -> RecordedProducer: ...
@overload
def recorded(
    client: Subscribes,
    journal: Journal,
    who: str,
    configuration: Mapping[str, object],
    *,
    identify: Identify | None = None,
) -> RecordedConsumer: ...
def recorded(
    client: object,
    journal: Journal,
    who: str,
    configuration: Mapping[str, object],
    *,
    identify: Identify | None = None,
    txn_version: int | None = None,
) -> RecordedProducer | RecordedConsumer:
    """
    A client that records what it does.

    Args:
        client: An ``AIOKafkaProducer`` or an ``AIOKafkaConsumer`` that was just made, and not started.
        journal: Where it records.
        who: Its name. One that is made again under the same name is its next incarnation.
        configuration: The arguments that it was made with; the client itself does not tell.
        identify: What identifies a record. Left out, a header does that the producer adds.
        txn_version: ``transaction.version`` of the cluster, where that is known.

    Raises:
        ValueError: A client of that name had another configuration.
    """
    if hasattr(client, "send"):
        sending = Sending.begun(journal, who, producer_settings(configuration), identify, txn_version)
        return RecordedProducer(cast("Producer", client), sending)
    consumer = cast("Consumer", client)
    settings = consumer_settings(configuration)
    made = RecordedConsumer(consumer, Polling.begun(journal, who, settings, identify))
    topics = consumer.subscription()
    if topics and settings["group"]:
        # It was made with topics, and nobody listens to its rebalances yet.
        made.subscribe(sorted(topics))
    return made


def producer_settings(configuration: Mapping[str, object]) -> Settings:
    """The settings of a producer, by the format's names."""
    transactional_id = configuration.get("transactional_id") or ""
    is_idempotent = bool(transactional_id or configuration.get("enable_idempotence", False))
    acks = str(configuration.get("acks", "all" if is_idempotent else 1))
    return {
        "acks": "all" if acks == "-1" else acks,
        "idempotence": is_idempotent,
        # Of each partition aiokafka has one batch on its way (Sender, MessageAccumulator.drain_by_nodes).
        "max_in_flight": 1,
        "txn_id": transactional_id,
    }


def consumer_settings(configuration: Mapping[str, object]) -> Settings:
    """The settings of a consumer, by the format's names."""
    return {
        "group": configuration.get("group_id") or "",
        "isolation": configuration.get("isolation_level", "read_uncommitted"),
        "auto_commit": configuration.get("enable_auto_commit", True),
        "reset": configuration.get("auto_offset_reset", "latest"),
    }
