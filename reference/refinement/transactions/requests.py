"""The requests of transactional clients and coordinators, and the answers to them, in the words of the model."""

from collections.abc import Mapping, Sequence

from kio.schema.add_offsets_to_txn.v4.request import AddOffsetsToTxnRequest
from kio.schema.add_offsets_to_txn.v4.response import AddOffsetsToTxnResponse
from kio.schema.add_partitions_to_txn.v5.request import AddPartitionsToTxnRequest
from kio.schema.add_partitions_to_txn.v5.response import AddPartitionsToTxnResponse
from kio.schema.end_txn.v5.request import EndTxnRequest
from kio.schema.end_txn.v5.response import EndTxnResponse
from kio.schema.errors import ErrorCode
from kio.schema.init_producer_id.v5.request import InitProducerIdRequest
from kio.schema.init_producer_id.v5.response import InitProducerIdResponse
from kio.schema.produce.v12.request import ProduceRequest
from kio.schema.produce.v12.response import ProduceResponse
from kio.schema.txn_offset_commit.v5.request import TxnOffsetCommitRequest
from kio.schema.txn_offset_commit.v5.response import TxnOffsetCommitResponse
from kio.schema.write_txn_markers.v2.request import WriteTxnMarkersRequest
from kio.schema.write_txn_markers.v2.response import WriteTxnMarkersResponse
from kio.static.protocol import RequestPayload, ResponsePayload

from ackproof.model.transactions.request import Kind, Request
from ackproof.reference.records.batch import Batch, decode
from ackproof.reference.refinement.produce.records import number_of
from ackproof.reference.refinement.transactions.setting import OUTPUT
from ackproof.reference.simulator.applications.content import content_of

OF_CLIENTS = (
    AddOffsetsToTxnRequest,
    AddPartitionsToTxnRequest,
    EndTxnRequest,
    InitProducerIdRequest,
    ProduceRequest,
    TxnOffsetCommitRequest,
)
"""What the model's clients ask for."""


def request_of(body: RequestPayload, writer: int) -> Request | None:
    """
    What the client of an instance asks for; None if the model does not know it.

    Serial and start are not said: no broker sees them.
    """
    match body:
        case InitProducerIdRequest() | AddOffsetsToTxnRequest() | EndTxnRequest():
            return Request(kind_of(body), writer, max(int(body.producer_epoch), 0))
        case AddPartitionsToTxnRequest():
            return Request("add-output", writer, int(body.transactions[0].producer_epoch))
        case TxnOffsetCommitRequest():
            offset = int(body.topics[0].partitions[0].committed_offset)
            return Request("commit-offsets", writer, int(body.producer_epoch), offset=offset)
        case ProduceRequest():
            batch = decode(body.topic_data[0].partition_data[0].records or b"")
            sequence, (record,) = batch.base_sequence, records_in(batch)
            return Request("produce", writer, batch.producer_epoch, record=record, sequence=sequence)
        case _:
            return None


def kind_of(body: InitProducerIdRequest | AddOffsetsToTxnRequest | EndTxnRequest) -> Kind:
    """What a request is in the model that says no more than who sends it."""
    match body:
        case InitProducerIdRequest():
            return "initialise" if body.producer_id < 0 else "bump"
        case EndTxnRequest():
            return "commit" if body.committed else "abort"
        case AddOffsetsToTxnRequest():
            return "add-offsets"


def records_in(batch: Batch) -> tuple[int, ...]:
    """The numbers of the records that a batch holds, or of those that they are made of."""
    contents = (content_of(record.value) for record in batch.records)
    return tuple(number_of(content.made_of or content.record) for content in contents)


def transaction_in(batch: Batch) -> str | None:
    """In which transaction of its application a batch was sent."""
    return content_of(batch.records[0].value).transaction


def markers_of(body: WriteTxnMarkersRequest, writers: Mapping[int, int]) -> Sequence[Request]:
    """
    The markers that a coordinator asks for.

    Args:
        writers: The instance that has each producer id.
    """
    return [
        Request(
            "mark-output" if topic.name == OUTPUT else "mark-offsets",
            writers[marker.producer_id],
            int(marker.producer_epoch),
            is_commit=bool(marker.transaction_result),
        )
        for marker in body.markers
        for topic in marker.topics
    ]


def error_in(response: ResponsePayload) -> str:
    """The error that an answer says, by Kafka's name; NONE if there is none."""
    return code_in(response).name.upper()


def code_in(response: ResponsePayload) -> ErrorCode:
    """The error code of an answer about one partition or one transaction."""
    match response:
        case AddPartitionsToTxnResponse():
            (result,) = response.results_by_transaction
            return result.topic_results[0].results_by_partition[0].partition_error_code
        case AddOffsetsToTxnResponse() | EndTxnResponse() | InitProducerIdResponse():
            return response.error_code
        case TxnOffsetCommitResponse():
            return response.topics[0].partitions[0].error_code
        case ProduceResponse():
            return response.responses[0].partition_responses[0].error_code
        case WriteTxnMarkersResponse():
            return response.markers[0].topics[0].partitions[0].error_code
        case _:
            raise ValueError(f"{type(response).__name__} is no answer to a transactional client")


def epoch_in(response: ResponsePayload) -> int | None:
    """The producer epoch that an answer hands out; None if it does not."""
    if not isinstance(response, EndTxnResponse | InitProducerIdResponse) or response.producer_epoch < 0:
        return None
    return int(response.producer_epoch)
