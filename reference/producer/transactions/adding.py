"""AddPartitionsToTxn, AddOffsetsToTxn: what a transaction is about to write, before it does."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from kio.schema.add_offsets_to_txn.v4.request import AddOffsetsToTxnRequest
from kio.schema.add_offsets_to_txn.v4.response import AddOffsetsToTxnResponse
from kio.schema.add_partitions_to_txn.v5.request import (
    AddPartitionsToTxnRequest,
    AddPartitionsToTxnTopic,
    AddPartitionsToTxnTransaction,
)
from kio.schema.add_partitions_to_txn.v5.response import AddPartitionsToTxnResponse
from kio.schema.errors import ErrorCode
from kio.static.protocol import RequestPayload, ResponsePayload

from ackproof.reference.client.cluster import TopicPartition
from ackproof.reference.client.retriable import RETRIABLE
from ackproof.reference.producer.errors import GroupAuthorizationError, ProducerError, TopicAuthorizationError
from ackproof.reference.producer.transactions.handler import Handler
from ackproof.reference.producer.transactions.offsets import GroupMetadata, OffsetAndMetadata
from ackproof.reference.protocol.primitive import GroupId, ProducerId, TopicName, TransactionalId, i16, i32

if TYPE_CHECKING:
    from ackproof.reference.producer.transactions.transactions import TransactionManager

NEWEST_OF_CLIENTS = 3
"""Newer versions are for brokers."""
FIRST_ADD_RETRY_BACKOFF_MS = 20
"""The transaction before is being ended still, which should not take long (KAFKA-5482)."""


OF_ALL = frozenset(
    {
        ErrorCode.invalid_producer_epoch,
        ErrorCode.producer_fenced,
        ErrorCode.transactional_id_authorization_failed,
        ErrorCode.invalid_txn_state,
        ErrorCode.invalid_producer_id_mapping,
        ErrorCode.unknown_producer_id,
        ErrorCode.transaction_abortable,
    }
)
"""Errors that are about the transaction, not about one partition; those to be tried again are as well."""


class AddPartitionsToTxn(Handler):
    """
    Adds partitions to the transaction, all or none.

    Source: ``TransactionManager.AddPartitionsToTxnHandler``.
    """

    name = "AddPartitionsToTxn"

    def __init__(self, manager: "TransactionManager", places: Sequence[TopicPartition]) -> None:
        super().__init__(manager)
        self.at_most = NEWEST_OF_CLIENTS
        self._places = tuple(places)
        self._identity = manager.numbering.identity
        self._backoff_ms = manager.retry_backoff_ms

    @property
    def retry_backoff_ms(self) -> int:
        """How long it waits before it is sent again."""
        return min(self.manager.retry_backoff_ms, self._backoff_ms)

    def body(self) -> RequestPayload:
        """The request."""
        topics = dict[str, list[int]]()
        for topic, partition in self._places:
            topics.setdefault(topic, []).append(partition)
        transaction = AddPartitionsToTxnTransaction(
            transactional_id=TransactionalId(self.coordinator_key),
            producer_id=ProducerId(self._identity.producer_id),
            producer_epoch=i16(self._identity.epoch),
            topics=tuple(
                AddPartitionsToTxnTopic(name=TopicName(topic), partitions=tuple(map(i32, partitions)))
                for topic, partitions in topics.items()
            ),
        )
        return AddPartitionsToTxnRequest(transactions=(transaction,))

    def handle(self, response: ResponsePayload) -> None:
        """The answer has come, with an error for each partition."""
        assert isinstance(response, AddPartitionsToTxnResponse)
        errors = {
            (str(topic.name), int(result.partition_index)): result.partition_error_code
            for transaction in response.results_by_transaction
            for topic in transaction.topic_results
            for result in topic.results_by_partition
        }
        self._backoff_ms = self.manager.retry_backoff_ms
        told, others = list[str](), False
        for (topic, _), code in errors.items():
            match code:
                case ErrorCode.none:
                    continue
                case ErrorCode.topic_authorization_failed:
                    told.append(topic)
                case ErrorCode.concurrent_transactions:
                    if not self.manager.transaction.partitions:
                        self._backoff_ms = FIRST_ADD_RETRY_BACKOFF_MS
                    self.try_again()
                    return
                case _ if code in OF_ALL or code in RETRIABLE:
                    self.handle_error(code)
                    return
                case _:
                    others = True
        self._finish(errors, told, others)

    def _finish(self, errors: Mapping[TopicPartition, ErrorCode], refused: Sequence[str], others: bool) -> None:
        # Batches of the partitions that were added go on even if there is an error: retries have to be possible.
        self.manager.transaction.tried(tuple(errors))
        if refused:
            self.abortable(TopicAuthorizationError(f"Not authorized to access topics: {sorted(frozenset(refused))}"))
        elif others:
            named = {f"{topic}-{partition}": code.name for (topic, partition), code in errors.items()}
            self.abortable(ProducerError(f"Could not add partitions to transaction due to errors: {named}"))
        else:
            self.manager.transaction.added(tuple(errors))
            self.result.done()


class AddOffsetsToTxn(Handler):
    """
    Adds a group's offsets to the transaction; they are committed next.

    Source: ``TransactionManager.AddOffsetsToTxnHandler``.
    """

    name = "AddOffsetsToTxn"

    def __init__(
        self, manager: "TransactionManager", offsets: Mapping[TopicPartition, OffsetAndMetadata], group: GroupMetadata
    ) -> None:
        super().__init__(manager)
        self._offsets = offsets
        self._group = group
        self._identity = manager.numbering.identity

    def body(self) -> RequestPayload:
        """The request."""
        return AddOffsetsToTxnRequest(
            transactional_id=TransactionalId(self.coordinator_key),
            producer_id=ProducerId(self._identity.producer_id),
            producer_epoch=i16(self._identity.epoch),
            group_id=GroupId(self._group.group_id),
        )

    def handle(self, response: ResponsePayload) -> None:
        """The answer has come; the result comes only with that of the commit."""
        assert isinstance(response, AddOffsetsToTxnResponse)
        match response.error_code:
            case ErrorCode.none:
                self.manager.commit_offsets(self._offsets, self._group, self.result)
            case ErrorCode.group_authorization_failed:
                self.abortable(GroupAuthorizationError(self._group.group_id))
            case code:
                self.handle_error(code)
