"""Old shapes of how partitions are added to a transaction: those that clients use to this day."""

import kio.schema.add_partitions_to_txn.v3.request as old_adding
import kio.schema.add_partitions_to_txn.v3.response as old_added
import kio.schema.add_partitions_to_txn.v5.request as adding
import kio.schema.add_partitions_to_txn.v5.response as added
from kio.schema.errors import ErrorCode

from ackproof.reference.protocol.primitive import TransactionalId
from ackproof.reference.protocol.shape import converted, only, shape


def _add_to_one(request: adding.AddPartitionsToTxnRequest) -> old_adding.AddPartitionsToTxnRequest:
    transaction = only(request.transactions, "transaction")
    return old_adding.AddPartitionsToTxnRequest(
        v3_and_below_transactional_id=transaction.transactional_id,
        v3_and_below_producer_id=transaction.producer_id,
        v3_and_below_producer_epoch=transaction.producer_epoch,
        v3_and_below_topics=tuple(converted(topic, old_adding.AddPartitionsToTxnTopic) for topic in transaction.topics),
    )


def _add_to_many(request: old_adding.AddPartitionsToTxnRequest) -> adding.AddPartitionsToTxnRequest:
    """Source: ``AddPartitionsToTxnRequest.normalizeRequest``."""
    transaction = adding.AddPartitionsToTxnTransaction(
        transactional_id=request.v3_and_below_transactional_id,
        producer_id=request.v3_and_below_producer_id,
        producer_epoch=request.v3_and_below_producer_epoch,
        topics=tuple(converted(topic, adding.AddPartitionsToTxnTopic) for topic in request.v3_and_below_topics),
    )
    return adding.AddPartitionsToTxnRequest(transactions=(transaction,))


def _added_to_one(answer: added.AddPartitionsToTxnResponse) -> old_added.AddPartitionsToTxnResponse:
    results = answer.results_by_transaction[0].topic_results if answer.results_by_transaction else ()
    return old_added.AddPartitionsToTxnResponse(
        throttle_time=answer.throttle_time,
        results_by_topic_v3_and_below=tuple(
            converted(result, old_added.AddPartitionsToTxnTopicResult) for result in results
        ),
    )


def _added_to_many(answer: old_added.AddPartitionsToTxnResponse) -> added.AddPartitionsToTxnResponse:
    """The old answer does not say to whose transaction."""
    result = added.AddPartitionsToTxnResult(
        transactional_id=TransactionalId(""),
        topic_results=tuple(
            converted(result, added.AddPartitionsToTxnTopicResult) for result in answer.results_by_topic_v3_and_below
        ),
    )
    return added.AddPartitionsToTxnResponse(
        throttle_time=answer.throttle_time, error_code=ErrorCode.none, results_by_transaction=(result,)
    )


TRANSACTION_SHAPES = (
    shape(old_adding.AddPartitionsToTxnRequest, _add_to_many, _add_to_one),
    shape(old_added.AddPartitionsToTxnResponse, _added_to_many, _added_to_one),
)
