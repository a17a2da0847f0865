"""A coordinator that does as it should, unless a test tells it what to say."""

from collections import deque
from collections.abc import Callable, Mapping

from kio.schema.add_offsets_to_txn.v4.request import AddOffsetsToTxnRequest
from kio.schema.add_offsets_to_txn.v4.response import AddOffsetsToTxnResponse
from kio.schema.add_partitions_to_txn.v5.request import AddPartitionsToTxnRequest
from kio.schema.add_partitions_to_txn.v5.response import (
    AddPartitionsToTxnPartitionResult,
    AddPartitionsToTxnResponse,
    AddPartitionsToTxnResult,
    AddPartitionsToTxnTopicResult,
)
from kio.schema.end_txn.v5.request import EndTxnRequest
from kio.schema.end_txn.v5.response import EndTxnResponse
from kio.schema.errors import ErrorCode
from kio.schema.find_coordinator.v6.request import FindCoordinatorRequest
from kio.schema.find_coordinator.v6.response import Coordinator, FindCoordinatorResponse
from kio.schema.init_producer_id.v5.request import InitProducerIdRequest
from kio.schema.init_producer_id.v5.response import InitProducerIdResponse
from kio.schema.txn_offset_commit.v5.request import TxnOffsetCommitRequest
from kio.schema.txn_offset_commit.v5.response import (
    TxnOffsetCommitResponse,
    TxnOffsetCommitResponsePartition,
    TxnOffsetCommitResponseTopic,
)
from kio.static.protocol import RequestPayload, ResponsePayload

from ackproof.reference.client.versions import api_of
from ackproof.reference.protocol.primitive import BrokerId, ProducerId, duration, i16, i32
from ackproof.reference.protocol.request import Request
from tests.reference.producer.fake_kafka import FakeKafka

NO_TIME = duration(0)


class FakeCoordinator:
    """
    Coordinates transactional ids and groups on one broker of a cluster.

    Attributes:
        node_id: Which broker that is; the others say that they do not coordinate.
        errors: By API name, what the next requests are answered with; None to do as it should.
        heard: Every request, by API name, with its version.
        ended: Whether each transaction was committed.
        offsets: What was committed.
    """

    def __init__(self, kafka: FakeKafka, node_id: int = 1) -> None:
        self.kafka = kafka
        self.node_id = node_id
        self.errors: dict[str, deque[ErrorCode | None]] = {}
        self.heard: list[tuple[str, int, RequestPayload]] = []
        self.epochs: dict[str, tuple[int, int]] = {}
        self.added: list[tuple[str, int]] = []
        self.ended: list[bool] = []
        self.offsets: dict[tuple[str, int], int] = {}
        for server_id, server in kafka.servers.items():
            for name, say in self._answers().items():
                server.answers[name] = self._guarded(server_id, name, say)

    def names(self) -> list[str]:
        """The APIs that were asked, in order."""
        return [name for name, _, _ in self.heard]

    def fail(self, api_name: str, *codes: ErrorCode | None) -> None:
        """The next requests of an API are answered with errors."""
        self.errors.setdefault(api_name, deque()).extend(codes)

    def _answers(self) -> Mapping[str, Callable[[RequestPayload, ErrorCode], ResponsePayload]]:
        return {
            "find_coordinator": self._find,
            "init_producer_id": self._init,
            "add_partitions_to_txn": self._add_partitions,
            "add_offsets_to_txn": self._add_offsets,
            "txn_offset_commit": self._commit_offsets,
            "end_txn": self._end,
        }

    def _guarded(
        self, server_id: int, name: str, say: Callable[[RequestPayload, ErrorCode], ResponsePayload]
    ) -> Callable[[Request], ResponsePayload]:
        def answer(request: Request) -> ResponsePayload:
            self.heard.append((name, request.version, request.body))
            waiting = self.errors.get(name)
            code = waiting.popleft() if waiting else None
            if server_id != self.node_id and name != "find_coordinator":
                code = ErrorCode.not_coordinator
            assert api_of(request.body).name == name
            return say(request.body, code or ErrorCode.none)

        return answer

    def _find(self, body: RequestPayload, code: ErrorCode) -> ResponsePayload:
        assert isinstance(body, FindCoordinatorRequest)
        address = self.kafka.addresses[self.node_id]
        found = Coordinator(
            key=body.coordinator_keys[0],
            node_id=BrokerId(self.node_id),
            host=address.host,
            port=i32(address.port),
            error_code=code,
            error_message=None,
        )
        return FindCoordinatorResponse(throttle_time=NO_TIME, coordinators=(found,))

    def _init(self, body: RequestPayload, code: ErrorCode) -> ResponsePayload:
        assert isinstance(body, InitProducerIdRequest)
        producer_id, epoch = -1, -1
        if code == ErrorCode.none and body.transactional_id is None:
            producer_id, epoch = self.kafka.new_producer_id(), 0
        elif code == ErrorCode.none:
            name = str(body.transactional_id)
            known = self.epochs.get(name)
            producer_id, epoch = (self.kafka.new_producer_id(), 0) if known is None else (known[0], known[1] + 1)
            self.epochs[name] = (producer_id, epoch)
        return InitProducerIdResponse(
            throttle_time=NO_TIME, error_code=code, producer_id=ProducerId(producer_id), producer_epoch=i16(epoch)
        )

    def _add_partitions(self, body: RequestPayload, code: ErrorCode) -> ResponsePayload:
        assert isinstance(body, AddPartitionsToTxnRequest)
        transaction = body.transactions[0]
        if code == ErrorCode.none:
            self.added += [
                (str(topic.name), int(number)) for topic in transaction.topics for number in topic.partitions
            ]
        result = AddPartitionsToTxnResult(
            transactional_id=transaction.transactional_id,
            topic_results=tuple(
                AddPartitionsToTxnTopicResult(
                    name=topic.name,
                    results_by_partition=tuple(
                        AddPartitionsToTxnPartitionResult(partition_index=number, partition_error_code=code)
                        for number in topic.partitions
                    ),
                )
                for topic in transaction.topics
            ),
        )
        return AddPartitionsToTxnResponse(
            throttle_time=NO_TIME, error_code=ErrorCode.none, results_by_transaction=(result,)
        )

    def _add_offsets(self, body: RequestPayload, code: ErrorCode) -> ResponsePayload:
        assert isinstance(body, AddOffsetsToTxnRequest)
        return AddOffsetsToTxnResponse(throttle_time=NO_TIME, error_code=code)

    def _commit_offsets(self, body: RequestPayload, code: ErrorCode) -> ResponsePayload:
        assert isinstance(body, TxnOffsetCommitRequest)
        for topic in body.topics if code == ErrorCode.none else ():
            for one in topic.partitions:
                self.offsets[str(topic.name), int(one.partition_index)] = int(one.committed_offset)
        return TxnOffsetCommitResponse(
            throttle_time=NO_TIME,
            topics=tuple(
                TxnOffsetCommitResponseTopic(
                    name=topic.name,
                    partitions=tuple(
                        TxnOffsetCommitResponsePartition(partition_index=one.partition_index, error_code=code)
                        for one in topic.partitions
                    ),
                )
                for topic in body.topics
            ),
        )

    def _end(self, body: RequestPayload, code: ErrorCode) -> ResponsePayload:
        assert isinstance(body, EndTxnRequest)
        is_new_protocol = self.heard[-1][1] >= 5
        producer_id, epoch = -1, -1
        if code == ErrorCode.none:
            self.ended.append(body.committed)
            if is_new_protocol:
                producer_id, epoch = body.producer_id, body.producer_epoch + 1
                self.epochs[str(body.transactional_id)] = (producer_id, epoch)
        return EndTxnResponse(
            throttle_time=NO_TIME, error_code=code, producer_id=ProducerId(producer_id), producer_epoch=i16(epoch)
        )
