"""A broker that stands alone, and what it is asked."""

from collections.abc import Mapping
from random import Random
from typing import Any, TypeVar

from kio.schema.delete_records.v2.request import DeleteRecordsPartition, DeleteRecordsRequest, DeleteRecordsTopic
from kio.schema.delete_records.v2.response import DeleteRecordsPartitionResult, DeleteRecordsResponse
from kio.schema.delete_topics.v6.request import DeleteTopicsRequest, DeleteTopicState
from kio.schema.delete_topics.v6.response import DeleteTopicsResponse
from kio.schema.errors import ErrorCode
from kio.schema.fetch.v12.request import FetchPartition, FetchRequest, FetchTopic
from kio.schema.fetch.v12.response import FetchResponse, PartitionData
from kio.schema.produce.v12.request import PartitionProduceData, ProduceRequest, TopicProduceData
from kio.schema.produce.v12.response import PartitionProduceResponse, ProduceResponse
from kio.static.protocol import RequestPayload, ResponsePayload

from ackproof.reference.broker.broker import Broker
from ackproof.reference.broker.rules import Rules
from ackproof.reference.broker.settings import BrokerSettings
from ackproof.reference.broker.standalone import standalone
from ackproof.reference.kernel.clock import VirtualClock
from ackproof.reference.kernel.future import Future
from ackproof.reference.log.storage.disk import Disk
from ackproof.reference.protocol.primitive import (
    Records,
    TopicName,
    TransactionalId,
    duration,
    i8,
    i16,
    i32,
    i64,
)
from ackproof.reference.protocol.request import Caller, Request
from ackproof.reference.records.batch import Record, decode, encode, new_batch, split
from ackproof.reference.simulator.process import Process
from tests.reference.awaiting import wait

A = TypeVar("A", bound=ResponsePayload)

NOW_MS = 1_700_000_000_000
TOPIC = "orders"
QUICK = {
    "offsets.topic.num.partitions": 1,
    "transaction.state.log.num.partitions": 1,
    "group.initial.rebalance.delay.ms": 0,
}
PATIENCE_MS = 120_000
"""How long an answer is waited for, in the time of the clock."""


class Standing:
    """A broker with its clock and its disk."""

    def __init__(
        self,
        topics: Mapping[str, int] | None = None,
        settings: Mapping[str, object] | None = None,
        rules: Rules | None = None,
    ) -> None:
        self.clock = VirtualClock(NOW_MS)
        self.disk = Disk()
        self._topics = {TOPIC: 2} if topics is None else topics
        self._settings = BrokerSettings.of({**QUICK, **(settings or {})})
        self._rules = rules
        self._runs = 0
        self.start()

    def start(self) -> None:
        self._runs += 1
        self.process = Process(self.clock, "broker")
        self.broker: Broker = standalone(
            self.process, self.disk, self._settings, Random(self._runs), topics=self._topics, rules=self._rules
        )
        self.pass_time(100)
        assert self.broker.lifecycle.state == "running"

    def crash(self) -> None:
        """The process dies, and starts again."""
        self.process.stop()
        self.disk.crash()
        self.start()

    def restart(self) -> None:
        """The process stops cleanly, and starts again."""
        stopped = self.broker.stop()
        self.pass_time(3_000)
        stopped.result()
        self.process.stop()
        self.start()

    def pass_time(self, duration_ms: int) -> None:
        self.clock.run_until(self.clock.now_ms + duration_ms)

    def send(
        self, body: RequestPayload, version: int | None = None, client_id: str = "test"
    ) -> Future[ResponsePayload | None]:
        request = Request(body, int(body.__version__) if version is None else version, client_id)
        return self.broker.serve(Caller(), request)

    def outcome(self, future: Future[ResponsePayload | None]) -> ResponsePayload | None:
        """What *future* comes to; nothing that Kafka has no error for has happened."""
        wait(self.clock, future, PATIENCE_MS)
        if self.broker.unexpected:
            raise self.broker.unexpected[0]
        return future.result()

    def ask(self, kind: type[A], body: RequestPayload, version: int | None = None, client_id: str = "test") -> A:
        answer = self.outcome(self.send(body, version, client_id))
        assert isinstance(answer, kind)
        return answer

    def produce(
        self, data: bytes | None, *, partition: int = 0, version: int = 12, **more: Any
    ) -> PartitionProduceResponse:
        """The answer for one partition."""
        response = self.ask(ProduceResponse, produce_request({(TOPIC, partition): data}, **more), version)
        return response.responses[0].partition_responses[0]

    def fetch(self, offset: int, *, partition: int = 0, version: int = 12, **more: Any) -> PartitionData:
        """The answer for one partition."""
        return self.fetched(self.send_fetch(offset, partition=partition, version=version, **more))

    def send_fetch(
        self, offset: int, *, partition: int = 0, version: int = 12, **more: Any
    ) -> Future[ResponsePayload | None]:
        return self.send(fetch_request({(TOPIC, partition): offset}, **more), version)

    def fetched(self, waiting: Future[ResponsePayload | None]) -> PartitionData:
        response = self.outcome(waiting)
        assert isinstance(response, FetchResponse)
        assert response.error_code is ErrorCode.none
        return response.responses[0].partitions[0]

    def delete_records(self, offset: int, *, partition: int = 0, topic: str = TOPIC) -> DeleteRecordsPartitionResult:
        asked = DeleteRecordsPartition(partition_index=i32(partition), offset=i64(offset))
        request = DeleteRecordsRequest(
            topics=(DeleteRecordsTopic(name=TopicName(topic), partitions=(asked,)),), timeout=duration(1_000)
        )
        return self.ask(DeleteRecordsResponse, request).topics[0].partitions[0]

    def delete_topic(self, name: str) -> ErrorCode:
        topic = DeleteTopicState(name=TopicName(name), topic_id=None)
        request = DeleteTopicsRequest(topics=(topic,), timeout=duration(1_000))
        return self.ask(DeleteTopicsResponse, request).responses[0].error_code


def produce_request(
    records: Mapping[tuple[str, int], bytes | None],
    *,
    acks: int = -1,
    timeout_ms: int = 1_000,
    transactional_id: str | None = None,
) -> ProduceRequest:
    return ProduceRequest(
        transactional_id=None if transactional_id is None else TransactionalId(transactional_id),
        acks=i16(acks),
        timeout=duration(timeout_ms),
        topic_data=tuple(
            TopicProduceData(
                name=TopicName(topic),
                partition_data=(
                    PartitionProduceData(index=i32(partition), records=None if data is None else Records(data)),
                ),
            )
            for (topic, partition), data in records.items()
        ),
    )


def fetch_request(
    offsets: Mapping[tuple[str, int], int],
    *,
    max_wait_ms: int = 500,
    min_bytes: int = 1,
    max_bytes: int = 2**31 - 1,
    partition_max_bytes: int = 1_048_576,
    isolation_level: int = 0,
    current_leader_epoch: int = -1,
    last_fetched_epoch: int = -1,
    session_id: int = 0,
    session_epoch: int = -1,
) -> FetchRequest:
    return FetchRequest(
        max_wait=duration(max_wait_ms),
        min_bytes=i32(min_bytes),
        max_bytes=i32(max_bytes),
        isolation_level=i8(isolation_level),
        session_id=i32(session_id),
        session_epoch=i32(session_epoch),
        topics=tuple(
            FetchTopic(
                topic=TopicName(topic),
                partitions=(
                    FetchPartition(
                        partition=i32(partition),
                        fetch_offset=i64(offset),
                        partition_max_bytes=i32(partition_max_bytes),
                        current_leader_epoch=i32(current_leader_epoch),
                        last_fetched_epoch=i32(last_fetched_epoch),
                    ),
                ),
            )
            for (topic, partition), offset in offsets.items()
        ),
        forgotten_topics_data=(),
    )


def batch(*values: str, timestamp_ms: int = NOW_MS, key: bytes | None = b"key", **identity: Any) -> bytes:
    """The bytes of a batch with these values."""
    records = [Record(value.encode(), key, timestamp_ms) for value in values or ("a",)]
    return encode(new_batch(records, **identity))


def values(data: PartitionData) -> list[str]:
    """What is in an answer."""
    return [
        (record.value or b"").decode()
        for found in map(decode, split(data.records or b""))
        if not found.is_control
        for record in found.records
    ]
