"""A consumer of aiokafka that records what it does."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from importlib import import_module
from inspect import isawaitable
from types import TracebackType
from typing import Any, Literal, Protocol, Self

import attrs

from ackproof.histories.recording.polling import Polling
from ackproof.histories.recording.record import Listener, Place, Record, following, identified, names
from ackproof.histories.recording.recorder import part

Kind = type[BaseException] | None


class Consumer(Protocol):
    """``aiokafka.AIOKafkaConsumer``, as far as it is recorded."""

    start: Callable[[], Awaitable[None]]
    stop: Callable[[], Awaitable[None]]
    subscription: Callable[[], frozenset[str]]
    assignment: Callable[[], frozenset[Place]]
    subscribe: Callable[..., None]
    assign: Callable[..., None]
    getone: Callable[..., Awaitable[Record]]
    getmany: Callable[..., Awaitable[Mapping[Place, Sequence[Record]]]]
    seek: Callable[..., None]
    seek_to_beginning: Callable[..., Awaitable[object]]
    seek_to_end: Callable[..., Awaitable[object]]
    seek_to_committed: Callable[..., Awaitable[Mapping[Place, int | None]]]
    commit: Callable[..., Awaitable[None]]

    def __anext__(self) -> Awaitable[Record]:
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

    async def __aenter__(self) -> Self:
        """Consume until the end of the block."""
        await self.client.start()
        return self

    async def __aexit__(self, _kind: Kind, _error: BaseException | None, _traceback: TracebackType | None) -> None:
        """Stop it."""
        await self.stop()

    def __aiter__(self) -> Self:
        """Give record after record."""
        return self

    async def __anext__(self) -> Record:
        """Give the next record."""
        with self.polling.polling() as polled:
            record = await self.client.__anext__()
            polled.append(identified(self.polling, record))
        return record

    def subscribe(
        self, topics: Iterable[str] = (), pattern: str | None = None, listener: Listener | None = None
    ) -> None:
        """Read topics in a group."""
        base = import_module("aiokafka").ConsumerRebalanceListener
        hearing = type("Recording", (Recording, base), {})(self.polling, listener)
        topics = list(topics)
        self.polling.subscribe(topics if pattern is None else [pattern])
        self.client.subscribe(topics=topics, pattern=pattern, listener=hearing)

    def assign(self, partitions: Iterable[Place]) -> None:
        """Read partitions."""
        places = list(partitions)
        self.client.assign(places)
        self.polling.assign(dict.fromkeys(names(places)))

    async def getone(self, *partitions: Place) -> Record:
        """Read a record."""
        with self.polling.polling() as polled:
            record = await self.client.getone(*partitions)
            polled.append(identified(self.polling, record))
        return record

    async def getmany(self, *partitions: Place, **given: int | None) -> Mapping[Place, Sequence[Record]]:
        """Read records."""
        with self.polling.polling() as polled:
            found = await self.client.getmany(*partitions, **given)
            polled.extend(identified(self.polling, record) for records in found.values() for record in records)
        return found

    def seek(self, partition: Place, offset: int) -> None:
        """Go elsewhere."""
        self.client.seek(partition, offset)
        self.polling.sought(part(partition.topic, partition.partition), offset)

    async def seek_to_beginning(self, *partitions: Place) -> object:
        """Go to the beginning."""
        return await self._sought(self.client.seek_to_beginning, partitions)

    async def seek_to_end(self, *partitions: Place) -> object:
        """Go to the end."""
        return await self._sought(self.client.seek_to_end, partitions)

    async def seek_to_committed(self, *partitions: Place) -> object:
        """Go to where the group is."""
        return await self._sought(self.client.seek_to_committed, partitions)

    async def _sought(self, go: Callable[..., Awaitable[object]], partitions: Sequence[Place]) -> object:
        """It goes elsewhere in these, or in all its partitions."""
        result = await go(*partitions)
        for at in names(partitions or self.client.assignment()):
            self.polling.sought(at, None)
        return result

    def done(self, record: Record) -> None:
        """Say that the application has processed a record; in a transaction, once that is committed."""
        self.polling.done(identified(self.polling, record))

    async def commit(self, offsets: Mapping[Place, object] | None = None) -> None:
        """Commit offsets."""
        asked = dict(self.polling.following) if offsets is None else following(offsets)
        with self.polling.committing(asked) as operation:
            await self.client.commit(offsets)
        self.polling.committed(operation, asked)

    async def stop(self) -> None:
        """Leave the group."""
        with self.polling.closing():
            await self.client.stop()


class Recording:
    """What a listener of the library does that records, and passes everything on."""

    def __init__(self, polling: Polling, given: Listener | None) -> None:
        """Record into *polling*, and tell the *given* listener of the application."""
        self.polling, self.given = polling, given

    async def on_partitions_assigned(self, assigned: Iterable[Place]) -> None:
        """Partitions came."""
        await self._heard("assigned", assigned, None if self.given is None else self.given.on_partitions_assigned)

    async def on_partitions_revoked(self, revoked: Iterable[Place]) -> None:
        """Partitions go."""
        await self._heard("revoked", revoked, None if self.given is None else self.given.on_partitions_revoked)

    async def _heard(
        self,
        what: Literal["assigned", "revoked"],
        places: Iterable[Place],
        tell: Callable[[Iterable[Place]], object] | None,
    ) -> None:
        """Record it, and tell the application."""
        with self.polling.rebalancing(what, names(places)):
            result = None if tell is None else tell(places)
            if isawaitable(result):
                await result
