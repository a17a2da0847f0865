"""A consumer of kafka-python that records what it does."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib import import_module
from inspect import iscoroutinefunction
from types import TracebackType
from typing import Any, Protocol, Self, cast

import attrs

from ackproof.histories.recording.polling import Polling
from ackproof.histories.recording.record import Future, Listener, Place, Record, following, identified, names
from ackproof.histories.recording.recorder import part

Kind = type[BaseException] | None
Commit = Callable[[Mapping[Place, object], object], object]


class Consumer(Protocol):
    """``kafka.KafkaConsumer``, as far as it is recorded."""

    config: Mapping[str, object]
    subscription: Callable[[], set[str] | None]
    assignment: Callable[[], set[Place]]
    subscribe: Callable[..., None]
    assign: Callable[..., None]
    poll: Callable[..., Mapping[Place, Sequence[Record]]]
    seek: Callable[..., None]
    seek_to_beginning: Callable[..., None]
    seek_to_end: Callable[..., None]
    commit: Callable[..., None]
    commit_async: Callable[..., Future]
    close: Callable[..., None]

    def __next__(self) -> Record:
        """Give the next record."""
        ...


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

    def __iter__(self) -> Self:
        """Give record after record."""
        return self

    def __next__(self) -> Record:
        """Give the next record."""
        with self.polling.polling() as polled:
            record = next(self.client)
            polled.append(identified(self.polling, record))
        return record

    def subscribe(
        self, topics: Sequence[str] = (), pattern: str | None = None, listener: Listener | None = None
    ) -> None:
        """Read topics in a group."""
        if iscoroutinefunction(getattr(listener, "on_partitions_revoked", None)):
            raise TypeError("a listener whose methods are coroutines is not recorded: use ConsumerRebalanceListener")
        base = import_module("kafka").ConsumerRebalanceListener
        hearing = type("Recording", (Recording, base), {})(self.polling, listener)
        self.polling.subscribe(list(topics) if pattern is None else [pattern])
        self.client.subscribe(topics=topics, pattern=pattern, listener=hearing)

    def assign(self, partitions: Iterable[Place]) -> None:
        """Read partitions."""
        places = list(partitions)
        self.client.assign(places)
        self.polling.assign(dict.fromkeys(names(places)))

    def poll(self, *given: int, **named: object) -> Mapping[Place, Sequence[Record]]:
        """Read records."""
        with self.polling.polling() as polled:
            found = self.client.poll(*given, **named)
            polled.extend(identified(self.polling, record) for records in found.values() for record in records)
        return found

    def seek(self, partition: Place, offset: int) -> None:
        """Go elsewhere."""
        self.client.seek(partition, offset)
        self.polling.sought(part(partition.topic, partition.partition), offset)

    def seek_to_beginning(self, *partitions: Place) -> None:
        """Go to the beginning."""
        self.client.seek_to_beginning(*partitions)
        self._sought(partitions)

    def seek_to_end(self, *partitions: Place) -> None:
        """Go to the end."""
        self.client.seek_to_end(*partitions)
        self._sought(partitions)

    def _sought(self, partitions: Sequence[Place]) -> None:
        """It went to one of the ends of these, or of all its partitions."""
        for at in names(partitions or self.client.assignment()):
            self.polling.sought(at, None)

    def done(self, record: Record) -> None:
        """Say that the application has processed a record; in a transaction, once that is committed."""
        self.polling.done(identified(self.polling, record))

    def commit(self, offsets: Mapping[Place, object] | None = None, **given: object) -> None:
        """Commit offsets."""
        asked = self._asked(offsets)
        with self.polling.committing(asked) as operation:
            self.client.commit(offsets, **given)
        self.polling.committed(operation, asked)

    def commit_async(self, offsets: Mapping[Place, object] | None = None, callback: Commit | None = None) -> Future:
        """Commit offsets, and go on."""
        operation = self.polling.commit(self._asked(offsets))
        heard = callback or cast("Commit", self.client.config["default_offset_commit_callback"])

        def ended(committed: Mapping[Place, object], result: object) -> object:
            if isinstance(result, BaseException):
                self.polling.commit_failed(operation, result)
            else:
                self.polling.committed(operation, following(committed))
            return heard(committed, result)

        return self.client.commit_async(offsets, ended)

    def _asked(self, offsets: Mapping[Place, object] | None) -> dict[str, int]:
        """The offsets of a commit: those of the application, or those behind what was polled."""
        return dict(self.polling.following) if offsets is None else following(offsets)

    def close(self, *given: object, **named: object) -> None:
        """Leave the group."""
        with self.polling.closing():
            self.client.close(*given, **named)


class Recording:
    """What a listener of the library does that records, and passes everything on."""

    def __init__(self, polling: Polling, given: Listener | None) -> None:
        """Record into *polling*, and tell the *given* listener of the application."""
        self.polling, self.given = polling, given

    def on_partitions_assigned(self, assigned: Iterable[Place]) -> None:
        """Partitions came."""
        with self.polling.rebalancing("assigned", names(assigned)):
            if self.given is not None:
                self.given.on_partitions_assigned(assigned)

    def on_partitions_revoked(self, revoked: Iterable[Place]) -> None:
        """Partitions go."""
        with self.polling.rebalancing("revoked", names(revoked)):
            if self.given is not None:
                self.given.on_partitions_revoked(revoked)

    def on_partitions_lost(self, lost: Iterable[Place]) -> None:
        """Partitions are others' already."""
        with self.polling.rebalancing("lost", names(lost)):
            if self.given is not None:
                lose: Callable[[Iterable[Place]], object] | None = getattr(self.given, "on_partitions_lost", None)
                (lose or self.given.on_partitions_revoked)(lost)
