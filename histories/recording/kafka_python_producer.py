"""A producer of kafka-python that records what it does."""

from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Protocol, Self, cast

import attrs

from ackproof.histories.recording.record import Metadata, Place, RecordFuture, following
from ackproof.histories.recording.sending import Sending, Sent

Kind = type[BaseException] | None


class Producer(Protocol):
    """``kafka.KafkaProducer``, as far as it is recorded."""

    config: Mapping[str, object]
    send: Callable[..., RecordFuture]
    begin_transaction: Callable[[], None]
    send_offsets_to_transaction: Callable[..., None]
    commit_transaction: Callable[[], None]
    abort_transaction: Callable[[], None]
    close: Callable[..., None]


@attrs.define(eq=False)
class RecordedProducer:
    """A producer that records what it does; everything else it does as before."""

    client: Producer
    sending: Sending

    def __getattr__(self, name: str) -> Any:  # whatever the library has
        """What is not recorded."""
        return getattr(self.client, name)

    def __enter__(self) -> Self:
        """Produce until the end of the block."""
        return self

    def __exit__(self, _kind: Kind, _error: BaseException | None, _traceback: TracebackType | None) -> None:
        """Close it."""
        self.client.close()

    def send(
        self, topic: str, value: object = None, key: object = None, headers: object = None, **given: int | None
    ) -> RecordFuture:
        """Send a record."""
        sent, headers = self.sending.send(topic, given.get("partition"), key, value, headers)
        with self.sending.handing_over(sent):
            future = self.client.send(topic, value=value, key=key, headers=headers, **given)
        future.add_callback(self._stored, sent)
        future.add_errback(self._given_up, sent)
        return future

    def _stored(self, sent: Sent, metadata: Metadata) -> None:
        """A record was acknowledged."""
        self.sending.delivered(sent, metadata.topic, metadata.partition, metadata.offset)

    def _given_up(self, sent: Sent, error: BaseException) -> None:
        """A record was given up."""
        self.sending.given_up(sent, error)

    def begin_transaction(self) -> None:
        """Begin a transaction."""
        self.client.begin_transaction()
        self.sending.begin_transaction()

    def send_offsets_to_transaction(self, offsets: Mapping[Place, object], group_metadata: object) -> None:
        """Commit offsets in it."""
        self.client.send_offsets_to_transaction(offsets, group_metadata)
        group = cast("object", getattr(group_metadata, "group_id", group_metadata))
        self.sending.offsets_added(str(group), following(offsets))

    def commit_transaction(self) -> None:
        """Commit it."""
        with self.sending.committing():
            self.client.commit_transaction()

    def abort_transaction(self) -> None:
        """Abort it."""
        with self.sending.aborting():
            self.client.abort_transaction()
