"""Sending: a record on its way from the application into a batch."""

from collections import deque
from typing import Generic, TypeVar

import attrs
from kio.schema.errors import ErrorCode

from ackproof.reference.client.cluster import Cluster
from ackproof.reference.client.metadata import MetadataClosedError
from ackproof.reference.kernel.future import Future, TimedOutError, spawn, within
from ackproof.reference.producer.batches.batch import Thunk
from ackproof.reference.producer.batches.sizes import content_size_bytes, upper_bound_bytes
from ackproof.reference.producer.errors import (
    IllegalStateError,
    KafkaTimeoutError,
    ProducerError,
    RecordTooLargeError,
    SerializationError,
    error_of,
)
from ackproof.reference.producer.partitioners.partitioners import Partitioner
from ackproof.reference.producer.parts import Parts
from ackproof.reference.producer.record import (
    NO_OFFSET,
    NO_TIMESTAMP_MS,
    Callback,
    ProducerRecord,
    RecordMetadata,
)
from ackproof.reference.producer.requests.sender import Sender
from ackproof.reference.producer.serializers import Serializer
from ackproof.reference.protocol.errors import KafkaError
from ackproof.reference.records.batch import Record

K = TypeVar("K")
V = TypeVar("V")
UNKNOWN_PARTITION = -1
REFUSED_TOPIC = (ErrorCode.invalid_topic_exception, ErrorCode.topic_authorization_failed)


@attrs.define(eq=False)
class Handed(Generic[K, V]):
    """A record that the application has handed over; its partition once that is chosen."""

    record: ProducerRecord[K, V]
    callback: Callback | None
    future: Future[RecordMetadata]
    partition: int = UNKNOWN_PARTITION


class Sending(Generic[K, V]):
    """
    Puts records into batches, one after the other as the thread of an application would.

    Source: ``KafkaProducer.doSend``, ``waitOnMetadata``.
    """

    def __init__(
        self,
        parts: Parts,
        sender: Sender,
        key_serializer: Serializer[K],
        value_serializer: Serializer[V],
        partitioner: Partitioner,
    ) -> None:
        self._clock = parts.clock
        self._settings = parts.settings
        self._metadata = parts.metadata
        self._interest = parts.interest
        self._accumulator = parts.accumulator
        self._manager = None if parts.identified is None else parts.identified.manager
        self._sender = sender
        self._key_serializer = key_serializer
        self._value_serializer = value_serializer
        self._partitioner = partitioner
        self._line: deque[Handed[K, V]] = deque()
        self._is_busy = False
        self._idle: list[Future[None]] = []

    def hand(self, record: ProducerRecord[K, V], callback: Callback | None) -> Future[RecordMetadata]:
        """A record is handed over; it has its place as this returns, unless there is something to wait for."""
        future: Future[RecordMetadata] = Future(self._clock)
        # The application may only want to be called back.
        future.may_fail()
        self._line.append(Handed(record, callback, future))
        if not self._is_busy:
            spawn(self._clock, self._work())
        return future

    async def all_placed(self) -> None:
        """Wait until all records that were handed over have their place, or have failed."""
        if self._is_busy:
            idle = Future[None](self._clock)
            self._idle.append(idle)
            await idle

    async def _work(self) -> None:
        self._is_busy = True
        while self._line:
            await self._try(self._line.popleft())
        self._is_busy = False
        idle, self._idle = self._idle, []
        for future in idle:
            future.resolve(None)

    async def _try(self, handed: Handed[K, V]) -> None:
        has_news = True
        try:
            has_news = await self._place(handed)
        except KafkaError as error:
            self._fail(handed, error)
        except (ProducerError, ValueError) as error:
            # Kafka raises these where the application calls it.
            handed.future.fail(error)
        finally:
            if has_news:
                self._sender.wake()

    def _fail(self, handed: Handed[K, V], error: KafkaError) -> None:
        if handed.callback is not None:
            nowhere = RecordMetadata(handed.record.topic, handed.partition, NO_OFFSET, NO_TIMESTAMP_MS)
            handed.callback(nowhere, error)
        if self._manager is not None:
            try:
                self._manager.maybe_to_error_state(error)
            except IllegalStateError as impossible:
                handed.future.fail(impossible)
        handed.future.fail(error)

    async def _place(self, handed: Handed[K, V]) -> bool:
        """Put a record into a batch; whether the sender had better look."""
        if not self._sender.is_running:
            raise IllegalStateError("Cannot perform operation after producer has been closed")
        record, begun_ms = handed.record, self._clock.now_ms
        cluster = await self.known(record.topic, record.partition)
        left_ms = max(self._settings.max_block_ms - (self._clock.now_ms - begun_ms), 0)
        key = self._serialized(self._key_serializer, record.topic, record.key)
        value = self._serialized(self._value_serializer, record.topic, record.value)
        partition = self._chosen(record, key, cluster)
        content_bytes = content_size_bytes(key, value, record.headers)
        self._check_size(upper_bound_bytes(content_bytes))
        timestamp_ms = self._clock.now_ms if record.timestamp_ms is None else record.timestamp_ms
        stored = Record(value, key, timestamp_ms, record.headers)
        thunk = Thunk(stored, content_bytes, handed.future, handed.callback)
        appended = await self._accumulator.append(record.topic, partition, thunk, left_ms, cluster)
        handed.partition = appended.partition
        if self._manager is not None:
            self._manager.maybe_add_partition((record.topic, appended.partition))
        return appended.has_news

    async def known(self, topic: str, partition: int | None) -> Cluster:
        """The cluster, once the topic and the partition are known in it."""
        cluster = self._metadata.cluster
        if cluster.errors.get(topic) == ErrorCode.invalid_topic_exception:
            raise error_of(ErrorCode.invalid_topic_exception, topic)
        over_ms = self._clock.now_ms + self._settings.max_block_ms
        is_new = self._interest.add(topic)
        if is_new:
            self._metadata.request_update_for_new_topics()
        while not has(cluster, topic, partition):
            version = self._request_update(topic)
            await self._updated(version, over_ms, topic, partition)
            cluster = self._metadata.cluster
            if (code := cluster.errors.get(topic)) in REFUSED_TOPIC:
                assert code is not None
                raise error_of(code, topic)
        return cluster

    def _request_update(self, topic: str) -> int:
        is_new = self._interest.add(topic) or topic in (self._interest.new_topics or ())
        return self._metadata.request_update_for_new_topics() if is_new else self._metadata.request_update()

    async def _updated(self, version: int, over_ms: int, topic: str, partition: int | None) -> None:
        try:
            await within(self._clock, self._metadata.updated(version), over_ms - self._clock.now_ms)
        except MetadataClosedError as error:
            raise ProducerError("Producer closed while send in progress") from error
        except TimedOutError as error:
            raise self._not_known(topic, partition) from error
        if self._clock.now_ms >= over_ms and not has(self._metadata.cluster, topic, partition):
            raise self._not_known(topic, partition)

    def _not_known(self, topic: str, partition: int | None) -> KafkaTimeoutError:
        count, wait_ms = self._metadata.cluster.partition_count(topic), self._settings.max_block_ms
        if count is None:
            return KafkaTimeoutError(f"Topic {topic} not present in metadata after {wait_ms} ms.")
        return KafkaTimeoutError(
            f"Partition {partition} of topic {topic} with partition count {count} "
            f"is not present in metadata after {wait_ms} ms."
        )

    def _serialized(self, serializer: Serializer[K] | Serializer[V], topic: str, value: K | V | None) -> bytes | None:
        if value is None:
            return None
        try:
            return serializer(topic, value)  # type: ignore[arg-type]  # each serializer gets what it is for
        except Exception as error:
            raise SerializationError(f"cannot serialize {value!r}: {error}") from error

    def _chosen(self, record: ProducerRecord[K, V], key: bytes | None, cluster: Cluster) -> int | None:
        if record.partition is not None:
            return record.partition
        partition = self._partitioner(record.topic, key, cluster)
        if partition is not None and partition < 0:
            raise ValueError(f"The partitioner generated an invalid partition number: {partition}")
        return partition

    def _check_size(self, size_bytes: int) -> None:
        for key, limit_bytes in (
            ("max.request.size", self._settings.max_request_size),
            ("buffer.memory", self._settings.buffer_memory),
        ):
            if size_bytes > limit_bytes:
                raise RecordTooLargeError(
                    f"The message is {size_bytes} bytes when serialized which is larger than {limit_bytes}, "
                    f"which is the value of the {key} configuration."
                )


def has(cluster: Cluster, topic: str, partition: int | None) -> bool:
    """Whether a topic is known, and a partition of it, if one is asked for."""
    count = cluster.partition_count(topic)
    return count is not None and (partition is None or partition < count)
