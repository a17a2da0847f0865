"""Records what producers and consumers of kafka-python do."""

from typing import cast, overload

from ackproof.histories.recording.identity import Identify
from ackproof.histories.recording.journal import Journal, Settings
from ackproof.histories.recording.kafka_python_consumer import Consumer, RecordedConsumer
from ackproof.histories.recording.kafka_python_producer import Producer, RecordedProducer
from ackproof.histories.recording.polling import Polling
from ackproof.histories.recording.record import Sends, Subscribes
from ackproof.histories.recording.sending import Sending

__all__ = ["RecordedConsumer", "RecordedProducer", "recorded"]


@overload
def recorded(
    client: Sends,
    journal: Journal,
    who: str,
    *,
    identify: Identify | None = None,
    txn_version: int | None = None,
) -> RecordedProducer: ...
@overload
def recorded(
    client: Subscribes, journal: Journal, who: str, *, identify: Identify | None = None
) -> RecordedConsumer: ...
def recorded(
    client: object,
    journal: Journal,
    who: str,
    *,
    identify: Identify | None = None,
    txn_version: int | None = None,
) -> RecordedProducer | RecordedConsumer:
    """
    A client that records what it does.

    Args:
        client: A ``KafkaProducer`` or a ``KafkaConsumer`` that was just made.
        journal: Where it records.
        who: Its name. One that is made again under the same name is its next incarnation.
        identify: What identifies a record. Left out, a header does that the producer adds.
        txn_version: ``transaction.version`` of the cluster, where that is known.

    Raises:
        ValueError: A client of that name had another configuration.
    """
    if hasattr(client, "send"):
        producer = cast("Producer", client)
        sending = Sending.begun(journal, who, producer_settings(producer), identify, txn_version)
        return RecordedProducer(producer, sending)
    consumer = cast("Consumer", client)
    made = RecordedConsumer(consumer, Polling.begun(journal, who, consumer_settings(consumer), identify))
    topics = consumer.subscription()
    if topics:
        # It was made with topics, and nobody listens to its rebalances yet.
        made.subscribe(sorted(topics))
    return made


def producer_settings(client: Producer) -> Settings:
    """The settings of a producer, by the format's names."""
    acks = str(client.config["acks"])
    return {
        "acks": "all" if acks == "-1" else acks,
        "idempotence": client.config["enable_idempotence"],
        "max_in_flight": client.config["max_in_flight_requests_per_connection"],
        "txn_id": client.config["transactional_id"] or "",
    }


def consumer_settings(client: Consumer) -> Settings:
    """The settings of a consumer, by the format's names."""
    return {
        "group": client.config["group_id"] or "",
        "isolation": client.config["isolation_level"],
        "auto_commit": client.config["enable_auto_commit"],
        "reset": client.config["auto_offset_reset"],
    }
