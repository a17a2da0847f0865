"""The producer, as applications use it."""

from collections.abc import Mapping
from contextlib import suppress
from random import Random
from typing import Generic, TypeVar

from ackproof.model.produce.rules import ProducerRules
from ackproof.model.transactions.rules import TRANSACTION_VERSION_2, TransactionRules
from ackproof.reference.client.cluster import TopicPartition
from ackproof.reference.client.versions import NEWEST
from ackproof.reference.kernel.clock import Clock
from ackproof.reference.kernel.future import Future, TimedOutError, spawn, within
from ackproof.reference.producer.errors import IllegalStateError
from ackproof.reference.producer.inspection import Inspection
from ackproof.reference.producer.partitioners.partitioners import DefaultPartitioner, Partitioner
from ackproof.reference.producer.parts import parts_of
from ackproof.reference.producer.record import Callback, ProducerRecord, RecordMetadata
from ackproof.reference.producer.requests.sender import Sender
from ackproof.reference.producer.requests.sending import Sending
from ackproof.reference.producer.rules_of import check_rules, rules_of
from ackproof.reference.producer.serializers import Serializer, of_bytes
from ackproof.reference.producer.settings import ProducerSettings
from ackproof.reference.producer.transactions.calls import Calls
from ackproof.reference.producer.transactions.offsets import GroupMetadata, OffsetAndMetadata
from ackproof.reference.producer.transactions.transactions import TransactionManager
from ackproof.reference.protocol.request import Network

K = TypeVar("K")
V = TypeVar("V")


class Producer(Inspection, Generic[K, V]):
    """
    Sends records.

    Source: ``KafkaProducer``.
    """

    def __init__(
        self,
        clock: Clock,
        network: Network,
        settings: ProducerSettings,
        rng: Random,
        *,
        key_serializer: Serializer[K],
        value_serializer: Serializer[V],
        rules: ProducerRules | None = None,
        transaction_rules: TransactionRules = TRANSACTION_VERSION_2,
        versions: Mapping[str, int] = NEWEST,
        partitioner: Partitioner | None = None,
    ) -> None:
        """
        A producer that begins to connect at once.

        Args:
            clock: The process's.
            network: To reach brokers.
            settings: By Kafka's keys: ``producer_settings``.
            rng: For jitter, and for partitions of records without key.
            key_serializer: Of keys.
            value_serializer: Of values.
            rules: How this client deals with failures; by default as Java does now. Acks and retries are the settings'
                business, and what the application does after a failure its own.
            transaction_rules: Those of the client; the brokers' are their own business.
            versions: The newest version of each API that the client sends.
            partitioner: Chooses partitions where the application does not; by default as Java does.

        Raises:
            ConfigError: Settings and rules do not go together.
        """
        rules = rules or rules_of(settings)
        check_rules(settings, rules)
        parts = parts_of(clock, network, settings, rng, rules, transaction_rules, versions)
        super().__init__(parts)
        self._clock = clock
        self._settings = settings
        weighs_queues = partitioner is None and settings.partitioner_adaptive_partitioning_enable
        self._sender = Sender(parts, weighs_queues)
        self._sending = Sending(
            parts,
            self._sender,
            key_serializer,
            value_serializer,
            partitioner or DefaultPartitioner(settings.partitioner_ignore_keys),
        )
        self._finished = spawn(clock, self._sender.run())

    def send(self, record: ProducerRecord[K, V], callback: Callback | None = None) -> Future[RecordMetadata]:
        """
        Where *record* is, once it is there.

        Records are put into batches in the order of these calls, also if one has to wait for metadata or memory.

        Args:
            record: What to send.
            callback: Is called with the same outcome, in the order of a partition's records.

        It fails with what the brokers say (``KafkaError``), with ``KafkaTimeoutError`` if that is not known in time,
        with ``ProducerError`` or ``IllegalStateError`` where Kafka raises in the caller.

        Raises:
            IllegalStateError: The producer was closed.
        """
        self._ensure_open()
        return self._sending.hand(record, callback)

    async def partition_count(self, topic: str) -> int | None:
        """
        How many partitions a *topic* has, once that is known; it fails as ``send`` does.

        Source: ``KafkaProducer.partitionsFor``.
        """
        self._ensure_open()
        return (await self._sending.known(topic, None)).partition_count(topic)

    async def flush(self) -> None:
        """Wait until all that was sent has its outcome; nothing lingers until then."""
        await self._sending.all_placed()
        flushed = spawn(self._clock, self._accumulator.flush())
        self._sender.wake()
        await flushed

    async def close(self, timeout_ms: int | None = None) -> None:
        """
        Stop.

        Args:
            timeout_ms: How long to wait for what was sent, and for an open transaction to be aborted; what is not done
                by then fails: with 0 at once, so that nothing more is sent (KIP-15). None for as long as it takes.
        """
        if timeout_ms != 0:
            stopped = spawn(self._clock, self._stop())
            with suppress(TimedOutError):
                await (stopped if timeout_ms is None else _wait(self._clock, stopped, timeout_ms))
        if not self._finished.is_done:
            self._sender.force_close()
            await self._finished

    async def init_transactions(self) -> None:
        """
        Get an id and an epoch; what an earlier producer of this ``transactional.id`` left open is aborted.

        This and the calls below raise ``KafkaTimeoutError`` after ``max.block.ms``; the same call has to be made again
        then. They raise ``IllegalStateError`` at the wrong time, and ``KafkaError`` or ``ProducerError`` as Kafka does.
        """
        calls, manager = self._transactional()
        result = calls.initialize()
        self._sender.wake()
        await result.wait(self._settings.max_block_ms)
        manager.level.update()

    async def begin_transaction(self) -> None:
        """Begin a transaction: what is sent from now on belongs to it."""
        calls, _ = self._transactional()
        await self._sending.all_placed()
        calls.begin()

    async def send_offsets_to_transaction(
        self, offsets: Mapping[TopicPartition, OffsetAndMetadata], group: GroupMetadata
    ) -> None:
        """Commit offsets of *group* with the transaction."""
        if group.generation > 0 and not group.member_id:
            raise ValueError(f"{group} has a generation but no member id")
        calls, _ = self._transactional()
        await self._sending.all_placed()
        if offsets:
            result = calls.send_offsets(offsets, group)
            self._sender.wake()
            await result.wait(self._settings.max_block_ms)

    async def commit_transaction(self) -> None:
        """Commit the transaction, after all that was sent."""
        calls, _ = self._transactional()
        await self._sending.all_placed()
        result = calls.commit()
        self._sender.wake()
        await result.wait(self._settings.max_block_ms)

    async def abort_transaction(self) -> None:
        """Abort the transaction; what was not sent yet is not."""
        calls, _ = self._transactional()
        await self._sending.all_placed()
        result = calls.abort()
        self._sender.wake()
        await result.wait(self._settings.max_block_ms)

    async def _stop(self) -> None:
        await self._sending.all_placed()
        self._sender.initiate_close()
        await self._finished

    def _transactional(self) -> tuple[Calls, TransactionManager]:
        if self._identified is None:
            raise IllegalStateError(
                "Cannot use transactional methods without enabling transactions "
                "by setting the transactional.id configuration property"
            )
        self._ensure_open()
        return Calls(self._identified.manager), self._identified.manager

    def _ensure_open(self) -> None:
        if not self._sender.is_running:
            raise IllegalStateError("Cannot perform operation after producer has been closed")


def bytes_producer(
    clock: Clock,
    network: Network,
    settings: ProducerSettings,
    rng: Random,
    *,
    rules: ProducerRules | None = None,
    transaction_rules: TransactionRules = TRANSACTION_VERSION_2,
    versions: Mapping[str, int] = NEWEST,
    partitioner: Partitioner | None = None,
) -> Producer[bytes, bytes]:
    """A producer of keys and values that are bytes already."""
    return Producer(
        clock,
        network,
        settings,
        rng,
        key_serializer=of_bytes,
        value_serializer=of_bytes,
        rules=rules,
        transaction_rules=transaction_rules,
        versions=versions,
        partitioner=partitioner,
    )


async def _wait(clock: Clock, finished: Future[None], timeout_ms: int) -> None:
    await within(clock, finished, timeout_ms)
