"""Records what producers and consumers of confluent-kafka do."""

from collections.abc import Callable, Mapping, Sequence
from typing import cast, overload

from ackproof.histories.recording.confluent_consumer import RecordedConsumer
from ackproof.histories.recording.confluent_producer import Delivery, RecordedProducer
from ackproof.histories.recording.identity import Identify
from ackproof.histories.recording.journal import Journal
from ackproof.histories.recording.librdkafka import (
    Consumer,
    Consumes,
    Place,
    Producer,
    Produces,
    consumer_settings,
    following,
    producer_settings,
)
from ackproof.histories.recording.polling import Polling
from ackproof.histories.recording.recorder import Recorder
from ackproof.histories.recording.sending import Sending

Commit = Callable[..., None]
__all__ = ["RecordedConsumer", "RecordedProducer", "on_commit", "recorded"]


@overload
def recorded(
    client: Produces,
    journal: Journal,
    who: str,
    configuration: Mapping[str, object],
    *,
    identify: Identify | None = None,
    txn_version: int | None = None,
) -> RecordedProducer: ...
@overload
def recorded(
    client: Consumes,
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
        client: A ``Producer`` or a ``Consumer`` that was just made.
        journal: Where it records.
        who: Its name. One that is made again under the same name is its next incarnation.
        configuration: What it was made with; the client itself does not tell.
        identify: What identifies a record. Left out, a header does that the producer adds.
        txn_version: ``transaction.version`` of the cluster, where that is known.

    Raises:
        ValueError: A client of that name had another configuration.
    """
    if hasattr(client, "produce"):
        sending = Sending.begun(journal, who, producer_settings(configuration), identify, txn_version)
        heard = configuration.get("on_delivery")
        return RecordedProducer(cast("Producer", client), sending, cast("Delivery | None", heard))
    polling = Polling.begun(journal, who, consumer_settings(configuration), identify)
    return RecordedConsumer(cast("Consumer", client), polling)


def on_commit(journal: Journal, who: str, callback: Commit | None = None) -> Commit:
    """
    What to give a consumer as its ``on_commit``, so that automatic and asynchronous commits are recorded.

    Args:
        journal: Where the consumer records.
        who: Its name.
        callback: What the application wants to be called.
    """

    def heard(error: object, places: Sequence[Place]) -> None:
        recorder = Recorder(journal, who, journal.incarnation(who))
        polling = Polling(recorder, None, str(journal.settings(who).get("group", "")))
        operation = polling.commit({})
        if error is None:
            polling.committed(operation, following(places))
        else:
            polling.commit_failed(operation, error)
        if callback is not None:
            callback(error, places)

    return heard
