"""A broker that takes whatever a producer sends, and keeps its batches: as much of one as librdkafka asks for."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from socketserver import BaseRequestHandler, ThreadingTCPServer
from threading import Thread
from typing import cast

from kio.schema.add_partitions_to_txn.v5.request import AddPartitionsToTxnRequest
from kio.schema.add_partitions_to_txn.v5.response import (
    AddPartitionsToTxnPartitionResult,
    AddPartitionsToTxnResponse,
    AddPartitionsToTxnResult,
    AddPartitionsToTxnTopicResult,
)
from kio.schema.api_versions.v4.request import ApiVersionsRequest
from kio.schema.api_versions.v4.response import ApiVersion, ApiVersionsResponse
from kio.schema.end_txn.v5.request import EndTxnRequest
from kio.schema.end_txn.v5.response import EndTxnResponse
from kio.schema.errors import ErrorCode
from kio.schema.find_coordinator.v6.request import FindCoordinatorRequest
from kio.schema.find_coordinator.v6.response import Coordinator, FindCoordinatorResponse
from kio.schema.init_producer_id.v5.request import InitProducerIdRequest
from kio.schema.init_producer_id.v5.response import InitProducerIdResponse
from kio.schema.metadata.v12.request import MetadataRequest
from kio.schema.metadata.v12.response import (
    MetadataResponse,
    MetadataResponseBroker,
    MetadataResponsePartition,
    MetadataResponseTopic,
)
from kio.schema.produce.v12.request import ProduceRequest
from kio.schema.produce.v12.response import PartitionProduceResponse, ProduceResponse, TopicProduceResponse
from kio.static.protocol import RequestPayload, ResponsePayload

from ackproof.reference.protocol.apis import APIS
from ackproof.reference.protocol.codec import decode_request, encode_response
from ackproof.reference.protocol.frames import Frames
from ackproof.reference.protocol.primitive import BrokerId, ProducerId, duration, i16, i32, i64

NONE = ErrorCode.none
NO_TIME = duration(0)
BROKER = BrokerId(1)


class CapturingBroker(ThreadingTCPServer):
    """Answers every request with success."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Conversation)
        self.batches: list[bytes] = []

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.server_address[1])

    def answer(self, body: RequestPayload) -> ResponsePayload:
        """The answer to a request."""
        handlers: dict[type, object] = {
            ApiVersionsRequest: served,
            MetadataRequest: self.metadata,
            FindCoordinatorRequest: self.coordinators,
            InitProducerIdRequest: identified,
            AddPartitionsToTxnRequest: added,
            EndTxnRequest: ended,
            ProduceRequest: self.produced,
        }
        handle = cast("Callable[[RequestPayload], ResponsePayload]", handlers[type(body)])
        return handle(body)

    def metadata(self, body: MetadataRequest) -> MetadataResponse:
        """Every topic has one partition, here."""
        partition = MetadataResponsePartition(
            error_code=NONE, partition_index=i32(0), leader_id=BROKER, replica_nodes=(BROKER,), isr_nodes=(BROKER,)
        )
        return MetadataResponse(
            throttle_time=NO_TIME,
            brokers=(MetadataResponseBroker(node_id=BROKER, host="127.0.0.1", port=i32(self.port)),),
            controller_id=BROKER,
            topics=tuple(
                MetadataResponseTopic(error_code=NONE, name=topic.name, topic_id=None, partitions=(partition,))
                for topic in body.topics or ()
            ),
        )

    def coordinators(self, body: FindCoordinatorRequest) -> FindCoordinatorResponse:
        """It coordinates everything."""
        return FindCoordinatorResponse(
            throttle_time=NO_TIME,
            coordinators=tuple(
                Coordinator(
                    key=key,
                    node_id=BROKER,
                    host="127.0.0.1",
                    port=i32(self.port),
                    error_code=NONE,
                    error_message=None,
                )
                for key in body.coordinator_keys
            ),
        )

    def produced(self, body: ProduceRequest) -> ProduceResponse:
        """All of it is kept."""
        self.batches += [partition.records or b"" for topic in body.topic_data for partition in topic.partition_data]
        return ProduceResponse(
            responses=tuple(
                TopicProduceResponse(
                    name=topic.name,
                    partition_responses=tuple(
                        PartitionProduceResponse(
                            index=partition.index, error_code=NONE, base_offset=i64(0), record_errors=()
                        )
                        for partition in topic.partition_data
                    ),
                )
                for topic in body.topic_data
            )
        )


class Conversation(BaseRequestHandler):
    """One connection, until its client closes it."""

    def handle(self) -> None:
        """Answer what is asked, in order."""
        broker, frames = cast("CapturingBroker", self.server), Frames()
        while data := self.request.recv(65_536):
            frames.feed(data)
            while (frame := frames.take()) is not None:
                header, request = decode_request(frame)
                self.request.sendall(encode_response(header, broker.answer(request.body)))


def served(_: ApiVersionsRequest) -> ApiVersionsResponse:
    """What it knows; librdkafka writes the old format to a broker that says nothing about fetching."""
    known = {0, 1, 3, 10, 18, 22, 24, 26}
    return ApiVersionsResponse(
        error_code=NONE,
        api_keys=tuple(
            ApiVersion(api_key=i16(api.key), min_version=i16(api.oldest), max_version=i16(api.newest))
            for api in APIS
            if api.key in known
        ),
        throttle_time=NO_TIME,
    )


def identified(_: InitProducerIdRequest) -> InitProducerIdResponse:
    """Everyone is the same producer."""
    return InitProducerIdResponse(
        throttle_time=NO_TIME, error_code=NONE, producer_id=ProducerId(7), producer_epoch=i16(3)
    )


def ended(_: EndTxnRequest) -> EndTxnResponse:
    """Every transaction ends well."""
    return EndTxnResponse(throttle_time=NO_TIME, error_code=NONE)


def added(body: AddPartitionsToTxnRequest) -> AddPartitionsToTxnResponse:
    """Every partition is added."""
    return AddPartitionsToTxnResponse(
        throttle_time=NO_TIME,
        error_code=NONE,
        results_by_transaction=tuple(
            AddPartitionsToTxnResult(
                transactional_id=transaction.transactional_id,
                topic_results=tuple(
                    AddPartitionsToTxnTopicResult(
                        name=topic.name,
                        results_by_partition=tuple(
                            AddPartitionsToTxnPartitionResult(partition_index=index, partition_error_code=NONE)
                            for index in topic.partitions
                        ),
                    )
                    for topic in transaction.topics
                ),
            )
            for transaction in body.transactions
        ),
    )


@contextmanager
def capturing() -> Generator[CapturingBroker]:
    """A broker that runs as long as it is needed."""
    with CapturingBroker() as broker:
        thread = Thread(target=broker.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield broker
        finally:
            broker.shutdown()
            thread.join()
