"""A small cluster that stores what producers send as it should, unless a test tells it to do otherwise."""

from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from typing import Literal

import attrs
from kio.schema.errors import ErrorCode
from kio.schema.init_producer_id.v5.response import InitProducerIdResponse
from kio.schema.metadata.v12.request import MetadataRequest
from kio.schema.produce.v12.request import ProduceRequest
from kio.schema.produce.v12.response import (
    BatchIndexAndErrorMessage,
    PartitionProduceResponse,
    ProduceResponse,
    TopicProduceResponse,
)
from kio.static.protocol import ResponsePayload

from ackproof.reference.client.cluster import TopicPartition
from ackproof.reference.kernel.clock import VirtualClock
from ackproof.reference.kernel.future import Future
from ackproof.reference.protocol.primitive import ProducerId, duration, i16, i32, i64, moment
from ackproof.reference.protocol.request import Address, Request
from ackproof.reference.records.batch import Batch, decode
from tests.reference.client.scripted import ScriptedNetwork, ScriptedServer, metadata, versions

Doing = Literal[
    "ok", "lose-request", "lose-answer", "drop-before", "drop-after", "hold-answer", "hold-request", "refuse-after"
]


@attrs.frozen
class Says:
    """
    What a broker answers for all partitions of a request, without storing anything.

    Attributes:
        log_start_offset: -1 for one that the broker does not know.
    """

    code: ErrorCode
    log_start_offset: int = 0
    message: str | None = None
    record_errors: tuple[tuple[int, str | None], ...] = ()


Fault = Doing | Says


@attrs.define(eq=False)
class FakeLog:
    """A partition: its batches, and of each producer id the last ones and its epoch."""

    batches: list[Batch] = attrs.field(factory=list[Batch])
    recent: dict[int, deque[Batch]] = attrs.field(factory=dict[int, deque[Batch]])

    @property
    def end_offset(self) -> int:
        return self.batches[-1].next_offset if self.batches else 0

    @property
    def values(self) -> list[bytes | None]:
        return [record.value for batch in self.batches for record in batch.records]

    def append(self, batch: Batch, accepts_any_first: bool = True) -> tuple[ErrorCode, int]:
        """The outcome, and the base offset."""
        known = self.recent.setdefault(batch.producer_id, deque(maxlen=5))
        if batch.producer_id >= 0 and known:
            for other in known:
                if (other.producer_epoch, other.base_sequence, other.last_sequence) == (
                    batch.producer_epoch,
                    batch.base_sequence,
                    batch.last_sequence,
                ):
                    return ErrorCode.none, other.base_offset
            last = known[-1]
            if batch.producer_epoch < last.producer_epoch:
                return ErrorCode.invalid_producer_epoch, -1
            follows = 0 if batch.producer_epoch > last.producer_epoch else (last.last_sequence + 1) % 2**31
            if batch.base_sequence != follows:
                return ErrorCode.out_of_order_sequence_number, -1
        elif batch.producer_id >= 0 and batch.base_sequence and not accepts_any_first:
            return ErrorCode.out_of_order_sequence_number, -1
        stored = attrs.evolve(batch, base_offset=self.end_offset)
        if batch.producer_id >= 0:
            if known and known[-1].producer_epoch != batch.producer_epoch:
                known.clear()
            known.append(stored)
        self.batches.append(stored)
        return ErrorCode.none, stored.base_offset


class FakeKafka:
    """
    A cluster of brokers 1 to *brokers*, each of which can be asked for anything.

    Attributes:
        faults: What the next produce requests meet, whoever they are sent to; after that all is well.
        produced: Every produce request that arrived.
        held: Settles what was held, in order.
    """

    def __init__(
        self, clock: VirtualClock, leaders: Mapping[str, Mapping[int, int]], brokers: int = 1, delay_ms: int = 1
    ) -> None:
        self.clock = clock
        self.network = ScriptedNetwork(clock, delay_ms)
        self.addresses = {node_id: Address(f"broker{node_id}", 9092) for node_id in range(1, brokers + 1)}
        self.leaders: dict[str, dict[int, int] | ErrorCode] = {topic: dict(of) for topic, of in leaders.items()}
        self.epochs: dict[str, int] = {}
        self.logs: dict[TopicPartition, FakeLog] = defaultdict(FakeLog)
        self.faults: deque[Fault] = deque()
        self.produced: list[tuple[int, int, ProduceRequest, int]] = []
        self.held: deque[Callable[[], None]] = deque()
        self.features: dict[str, int] = {"transaction.version": 2}
        self.newest: dict[str, int] = {}
        self.accepts_any_first = True
        self.log_append_time_ms = -1
        self._next_producer_id = 1000
        self.servers = {node_id: self._server(node_id) for node_id in self.addresses}

    @property
    def bootstrap(self) -> tuple[Address, ...]:
        return tuple(self.addresses.values())

    def log(self, topic: str = "t", partition: int = 0) -> FakeLog:
        return self.logs[topic, partition]

    def meets(self, *faults: Fault) -> None:
        """The next produce requests meet *faults*."""
        self.faults.extend(faults)

    def lead(self, topic: str, partition: int, node_id: int) -> None:
        """Another broker leads from now on."""
        leaders = self.leaders[topic]
        assert not isinstance(leaders, ErrorCode)
        leaders[partition] = node_id
        self.epochs[topic] = self.epochs.get(topic, 0) + 1

    def release(self) -> None:
        """What was held longest goes on."""
        self.held.popleft()()

    def new_producer_id(self) -> int:
        self._next_producer_id += 1
        return self._next_producer_id - 1

    def _server(self, node_id: int) -> ScriptedServer:
        return self.network.serve(
            self.addresses[node_id],
            {
                "api_versions": lambda _: versions(newest=self.newest, features=self.features),
                "metadata": self._metadata,
                "init_producer_id": lambda _: InitProducerIdResponse(
                    throttle_time=duration(0),
                    error_code=ErrorCode.none,
                    producer_id=ProducerId(self.new_producer_id()),
                    producer_epoch=i16(0),
                ),
                "produce": lambda request: self._produce(node_id, request),
            },
        )

    def _metadata(self, request: Request) -> ResponsePayload:
        assert isinstance(request.body, MetadataRequest)
        wanted = [topic.name for topic in request.body.topics or ()]
        told = {
            str(name): self.leaders.get(str(name), ErrorCode.unknown_topic_or_partition)
            for name in (self.leaders if request.body.topics is None else wanted)
        }
        return metadata(self.addresses, told, self.epochs)

    def _produce(self, node_id: int, request: Request) -> ResponsePayload | Future[ResponsePayload] | None:
        body = request.body
        assert isinstance(body, ProduceRequest)
        self.produced.append((self.clock.now_ms, node_id, body, request.version))
        fault: Fault = self.faults.popleft() if self.faults else "ok"
        if isinstance(fault, Says):
            return answer(body, lambda _, __: refusal(fault))
        if fault == "hold-request":
            return self._held(lambda: self._stored(node_id, body))
        stored = None if fault in ("lose-request", "drop-before") else self._stored(node_id, body)
        if fault in ("drop-before", "drop-after"):
            self.servers[node_id].drop()
        if fault == "refuse-after":
            return answer(body, lambda _, __: refusal(Says(ErrorCode.not_enough_replicas_after_append)))
        if stored is not None and fault == "hold-answer":
            return self._held(stored)
        return stored if fault == "ok" else None

    def _held(self, said: ResponsePayload | Callable[[], ResponsePayload]) -> Future[ResponsePayload]:
        later = Future[ResponsePayload](self.clock)
        self.held.append(lambda: later.resolve(said() if callable(said) else said))
        return later

    def _stored(self, node_id: int, body: ProduceRequest) -> ResponsePayload:
        def append(place: TopicPartition, data: bytes) -> PartitionProduceResponse:
            leaders = self.leaders[place[0]]
            if isinstance(leaders, ErrorCode) or leaders[place[1]] != node_id:
                return refusal(Says(ErrorCode.not_leader_or_follower))
            code, base_offset = self.logs[place].append(decode(data), self.accepts_any_first)
            return PartitionProduceResponse(
                index=i32(place[1]),
                error_code=code,
                base_offset=i64(base_offset),
                log_append_time=moment(self.log_append_time_ms),
                log_start_offset=i64(0),
                record_errors=(),
            )

        return answer(body, append)


def answer(body: ProduceRequest, say: Callable[[TopicPartition, bytes], PartitionProduceResponse]) -> ResponsePayload:
    """An answer with what is to be said of each partition."""
    return ProduceResponse(
        responses=tuple(
            TopicProduceResponse(
                name=topic.name,
                partition_responses=tuple(
                    attrs_replace(say((str(topic.name), int(data.index)), bytes(data.records or b"")), int(data.index))
                    for data in topic.partition_data
                ),
            )
            for topic in body.topic_data
        )
    )


def attrs_replace(told: PartitionProduceResponse, partition: int) -> PartitionProduceResponse:
    """The same of another partition."""
    return PartitionProduceResponse(
        index=i32(partition),
        error_code=told.error_code,
        base_offset=told.base_offset,
        log_append_time=told.log_append_time,
        log_start_offset=told.log_start_offset,
        record_errors=told.record_errors,
        error_message=told.error_message,
    )


def refusal(says: Says) -> PartitionProduceResponse:
    """An error for a partition."""
    return PartitionProduceResponse(
        index=i32(0),
        error_code=says.code,
        base_offset=i64(-1),
        log_start_offset=i64(says.log_start_offset),
        record_errors=tuple(
            BatchIndexAndErrorMessage(batch_index=i32(index), batch_index_error_message=message)
            for index, message in says.record_errors
        ),
        error_message=says.message,
    )
