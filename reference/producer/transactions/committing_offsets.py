"""TxnOffsetCommit: offsets that count once the transaction is committed."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from kio.schema.errors import ErrorCode
from kio.schema.txn_offset_commit.v5.request import (
    TxnOffsetCommitRequest,
    TxnOffsetCommitRequestPartition,
    TxnOffsetCommitRequestTopic,
)
from kio.schema.txn_offset_commit.v5.response import TxnOffsetCommitResponse
from kio.static.protocol import RequestPayload, ResponsePayload

from ackproof.reference.client.cluster import TopicPartition
from ackproof.reference.client.retriable import RETRIABLE
from ackproof.reference.producer.errors import (
    CommitFailedError,
    GroupAuthorizationError,
    ProducerFencedError,
    error_of,
)
from ackproof.reference.producer.transactions.handler import CoordinatorType, Handler
from ackproof.reference.producer.transactions.offsets import GroupMetadata, OffsetAndMetadata
from ackproof.reference.producer.transactions.result import Result
from ackproof.reference.protocol.primitive import GroupId, ProducerId, TopicName, TransactionalId, i32, i64
from ackproof.reference.protocol.primitive import i16 as epoch_of

if TYPE_CHECKING:
    from ackproof.reference.producer.transactions.transactions import TransactionManager

NEWEST_OF_TRANSACTION_VERSION_1 = 4
LOSES_COORDINATOR = (
    ErrorCode.coordinator_not_available,
    ErrorCode.not_coordinator,
    ErrorCode.request_timed_out,
)


class TxnOffsetCommit(Handler):
    """
    Commits the offsets that are pending, until none is.

    Source: ``TransactionManager.TxnOffsetCommitHandler``.
    """

    name = "TxnOffsetCommit"

    def __init__(self, manager: "TransactionManager", group: GroupMetadata, result: Result | None) -> None:
        super().__init__(manager, result)
        self.at_most = None if manager.level.adds_implicitly else NEWEST_OF_TRANSACTION_VERSION_1
        self._group = group
        self._identity = manager.numbering.identity
        self._topics = topics_of(manager.transaction.offsets)

    @property
    def coordinator_type(self) -> CoordinatorType | None:
        """The group's."""
        return "group"

    @property
    def coordinator_key(self) -> str:
        """The group."""
        return self._group.group_id

    def body(self) -> RequestPayload:
        """The request; who the member is, is said only by clients that do so (KIP-447)."""
        tells = self.manager.rules.sends_group_metadata
        return TxnOffsetCommitRequest(
            transactional_id=TransactionalId(self.manager.transactional_id or ""),
            group_id=GroupId(self._group.group_id),
            producer_id=ProducerId(self._identity.producer_id),
            producer_epoch=epoch_of(self._identity.epoch),
            generation_id=i32(self._group.generation if tells else -1),
            member_id=self._group.member_id if tells else "",
            group_instance_id=self._group.group_instance_id if tells else None,
            topics=self._topics,
        )

    def handle(self, response: ResponsePayload) -> None:
        """The answer has come, with an error for each partition."""
        assert isinstance(response, TxnOffsetCommitResponse)
        has_looked_up = False
        for topic in response.topics:
            for result in topic.partitions:
                place, code = (str(topic.name), int(result.partition_index)), result.error_code
                if code == ErrorCode.none:
                    self.manager.transaction.offsets.pop(place, None)
                elif code in LOSES_COORDINATOR and not has_looked_up:
                    has_looked_up = True
                    self.manager.look_up("group", self.coordinator_key)
                elif code not in RETRIABLE and not self.result.is_completed:
                    self._refused(code)
        if self.result.is_completed:
            self.manager.transaction.offsets.clear()
        elif not self.manager.transaction.offsets:
            self.result.done()
        else:
            self.try_again()

    def _refused(self, code: ErrorCode) -> None:
        match code:
            case ErrorCode.group_authorization_failed:
                self.abortable(GroupAuthorizationError(self.coordinator_key))
            case ErrorCode.fenced_instance_id | ErrorCode.transaction_abortable:
                self.abortable(error_of(code))
            case ErrorCode.unknown_member_id | ErrorCode.illegal_generation:
                self.abortable(
                    CommitFailedError(
                        "Transaction offset Commit failed due to consumer group metadata mismatch: " + code.name.upper()
                    )
                )
            case ErrorCode.invalid_producer_epoch | ErrorCode.producer_fenced:
                self.fatal(ProducerFencedError())
            case ErrorCode.transactional_id_authorization_failed | ErrorCode.unsupported_for_message_format:
                self.fatal(error_of(code))
            case _:
                self.fatal(self.unexpected(code))


def topics_of(offsets: Mapping[TopicPartition, OffsetAndMetadata]) -> tuple[TxnOffsetCommitRequestTopic, ...]:
    """Offsets as the request has them."""
    topics = dict[str, list[TxnOffsetCommitRequestPartition]]()
    for (topic, partition), offset in offsets.items():
        topics.setdefault(topic, []).append(
            TxnOffsetCommitRequestPartition(
                partition_index=i32(partition),
                committed_offset=i64(offset.offset),
                committed_leader_epoch=i32(-1 if offset.leader_epoch is None else offset.leader_epoch),
                committed_metadata=offset.metadata,
            )
        )
    return tuple(
        TxnOffsetCommitRequestTopic(name=TopicName(topic), partitions=tuple(partitions))
        for topic, partitions in topics.items()
    )
