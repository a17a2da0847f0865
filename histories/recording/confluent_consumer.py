"""A consumer of confluent-kafka that records what it does."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, Literal, Self

import attrs

from ackproof.histories.recording.librdkafka import Consumer, Message, Place, following, known, starts
from ackproof.histories.recording.polling import Polled, Polling
from ackproof.histories.recording.recorder import part

Kind = type[BaseException] | None
Rebalance = Callable[..., None]


@attrs.define(eq=False)
class RecordedConsumer:
    """A consumer that records what it does; everything else it does as before."""

    client: Consumer
    polling: Polling

    def __getattr__(self, name: str) -> Any:  # whatever the library has
        """What is not recorded."""
        return getattr(self.client, name)

    def __enter__(self) -> Self:
        """Consume until the end of the block."""
        return self

    def __exit__(self, _kind: Kind, _error: BaseException | None, _traceback: TracebackType | None) -> None:
        """Close it."""
        self.close()

    def subscribe(
        self,
        topics: Sequence[str],
        on_assign: Rebalance | None = None,
        on_revoke: Rebalance | None = None,
        on_lost: Rebalance | None = None,
    ) -> None:
        """Read topics in a group. Rebalances are given this consumer."""
        self.polling.subscribe(topics)
        self.client.subscribe(
            list(topics),
            on_assign=self._heard("assigned", on_assign),
            on_revoke=self._heard("revoked", on_revoke),
            on_lost=self._heard("lost", on_lost or on_revoke),
        )

    def _heard(
        self, what: Literal["assigned", "revoked", "lost"], callback: Rebalance | None
    ) -> Callable[[Consumer, Sequence[Place]], None]:
        """Records that partitions came or went, and passes it on."""

        def heard(_client: Consumer, partitions: Sequence[Place]) -> None:
            with self.polling.rebalancing(what, [part(each.topic, each.partition) for each in partitions]):
                if callback is not None:
                    callback(self, partitions)

        return heard

    def assign(self, partitions: Sequence[Place]) -> None:
        """Read partitions."""
        self.client.assign(partitions)
        self.polling.assign(starts(partitions))

    def incremental_assign(self, partitions: Sequence[Place]) -> None:
        """Read more partitions."""
        self.client.incremental_assign(partitions)
        for at, offset in starts(partitions).items():
            self.polling.sought(at, offset)

    def seek(self, partition: Place) -> None:
        """Go elsewhere."""
        self.client.seek(partition)
        self.polling.sought(part(partition.topic, partition.partition), known(partition.offset))

    def poll(self, *given: float, **named: float) -> Message | None:
        """Read a record."""
        with self.polling.polling() as polled:
            message = self.client.poll(*given, **named)
            polled.extend(self._records([] if message is None else [message]))
        return message

    def consume(self, *given: float, **named: float) -> Sequence[Message]:
        """Read several records."""
        with self.polling.polling() as polled:
            messages = self.client.consume(*given, **named)
            polled.extend(self._records(messages))
        return messages

    def _records(self, messages: Iterable[Message]) -> Iterator[Polled]:
        """Those of the *messages* that are records."""
        for message in messages:
            if message.error() is None:
                yield self._record(message)

    def _record(self, message: Message) -> Polled:
        """A message as a record."""
        at, offset = part(message.topic() or "", message.partition()), message.offset() or 0
        return self.polling.record(at, offset, message.key(), message.value(), message.headers())

    def done(self, message: Message) -> None:
        """Say that the application has processed a record; in a transaction, once that is committed."""
        self.polling.done(self._record(message))

    def commit(
        self, message: Message | None = None, offsets: Sequence[Place] | None = None, asynchronous: bool = True
    ) -> Sequence[Place] | None:
        """Commit offsets; what becomes of it if it is asynchronous, only ``on_commit`` hears."""
        given: Mapping[str, object] = {}
        asked: Mapping[str, int] = self.polling.following
        if message is not None:
            place = part(message.topic() or "", message.partition())
            given, asked = {"message": message}, {place: (message.offset() or 0) + 1}
        elif offsets is not None:
            given, asked = {"offsets": list(offsets)}, following(offsets)
        with self.polling.committing(asked) as operation:
            result = self.client.commit(asynchronous=asynchronous, **given)
        if result is not None:
            self.polling.committed(operation, following(result))
        return result

    def consumer_group_metadata(self) -> object:
        """What a producer commits offsets with."""
        metadata = self.client.consumer_group_metadata()
        self.polling.recorder.journal.introduce(self.polling.recorder.who, metadata, self.polling.group)
        return metadata

    def close(self) -> None:
        """Leave the group."""
        with self.polling.closing():
            self.client.close()
