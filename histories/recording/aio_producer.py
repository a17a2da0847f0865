"""A producer of aiokafka that records what it does."""

from asyncio import Future
from collections.abc import Awaitable, Callable, Mapping
from types import TracebackType
from typing import Any, Protocol, Self

import attrs

from ackproof.histories.recording.record import Metadata, Place, following
from ackproof.histories.recording.sending import Sending, Sent

Kind = type[BaseException] | None


class Producer(Protocol):
    """``aiokafka.AIOKafkaProducer``, as far as it is recorded."""

    start: Callable[[], Awaitable[None]]
    stop: Callable[[], Awaitable[None]]
    send: Callable[..., Awaitable[Future[Metadata]]]
    transaction: Callable[[], Any]
    begin_transaction: Callable[[], Awaitable[None]]
    send_offsets_to_transaction: Callable[..., Awaitable[None]]
    commit_transaction: Callable[[], Awaitable[None]]
    abort_transaction: Callable[[], Awaitable[None]]


@attrs.define(eq=False)
class RecordedProducer:
    """A producer that records what it does; everything else it does as before."""

    client: Producer
    sending: Sending

    def __getattr__(self, name: str) -> Any:  # whatever the library has
        """What is not recorded."""
        if name in {"create_batch", "send_batch"}:
            raise AttributeError(f"{name} is not recorded: use send")
        return getattr(self.client, name)

    async def __aenter__(self) -> Self:
        """Produce until the end of the block."""
        await self.client.start()
        return self

    async def __aexit__(self, _kind: Kind, _error: BaseException | None, _traceback: TracebackType | None) -> None:
        """Stop it."""
        await self.client.stop()

    async def send(
        self,
        topic: str,
        value: object = None,
        key: object = None,
        partition: int | None = None,
        timestamp_ms: int | None = None,
        headers: object = None,
    ) -> Future[Metadata]:
        """Send a record."""
        sent, headers = self.sending.send(topic, partition, key, value, headers)
        with self.sending.handing_over(sent):
            future = await self.client.send(topic, value, key, partition, timestamp_ms, headers)
        future.add_done_callback(lambda ended: self._ended(sent, ended))
        return future

    def _ended(self, sent: Sent, future: Future[Metadata]) -> None:
        """A record was acknowledged or given up; nothing is known if the application gave up waiting."""
        if future.cancelled():
            return
        error = future.exception()
        if error is not None:
            self.sending.given_up(sent, error)
            return
        metadata = future.result()
        self.sending.delivered(sent, metadata.topic, metadata.partition, metadata.offset)

    async def send_and_wait(self, topic: str, *given: Any, **named: Any) -> Metadata:  # as send takes them
        """Send a record, and wait for its acknowledgement."""
        return await (await self.send(topic, *given, **named))

    def transaction(self) -> Any:  # the library's own context
        """Begin a transaction that commits at the end of a block, or aborts if that fails."""
        return type(self.client.transaction())(self)

    async def begin_transaction(self) -> None:
        """Begin a transaction."""
        await self.client.begin_transaction()
        self.sending.begin_transaction()

    async def send_offsets_to_transaction(self, offsets: Mapping[Place, object], group_id: str) -> None:
        """Commit offsets in it."""
        await self.client.send_offsets_to_transaction(offsets, group_id)
        self.sending.offsets_added(group_id, following(offsets))

    async def commit_transaction(self) -> None:
        """Commit it."""
        with self.sending.committing():
            await self.client.commit_transaction()

    async def abort_transaction(self) -> None:
        """Abort it."""
        with self.sending.aborting():
            await self.client.abort_transaction()
