"""What the coordinators on a broker are handed: each other, wherever they are, and the controller."""

from collections.abc import Callable
from typing import TypeVar

import attrs
from kio.schema.add_partitions_to_txn.v5.request import AddPartitionsToTxnRequest
from kio.schema.add_partitions_to_txn.v5.response import AddPartitionsToTxnResponse
from kio.schema.allocate_producer_ids.v0.request import AllocateProducerIdsRequest
from kio.schema.allocate_producer_ids.v0.response import AllocateProducerIdsResponse
from kio.schema.errors import ErrorCode
from kio.schema.write_txn_markers.v2.request import WriteTxnMarkersRequest
from kio.schema.write_txn_markers.v2.response import WriteTxnMarkersResponse
from kio.static.protocol import ResponsePayload

from ackproof.reference.broker.apis.find_coordinator import TRANSACTION, FindCoordinatorHandler
from ackproof.reference.broker.apis.metadata_cache import GROUP_METADATA_TOPIC, MetadataCache
from ackproof.reference.broker.partitions.replica_manager import ReplicaManager
from ackproof.reference.broker.peers import Peers
from ackproof.reference.controller.channel import ControllerLink
from ackproof.reference.kernel.clock import Clock
from ackproof.reference.kernel.future import Future, spawn
from ackproof.reference.log.producers.verification import SUPPORTS_EPOCH_BUMP, VerificationGuard
from ackproof.reference.protocol.errors import KafkaError
from ackproof.reference.protocol.primitive import BrokerId, i64
from ackproof.reference.transactions.producer_ids import ProducerIdBlock
from ackproof.reference.transactions.states.operation import Operation, operation_of_txn_offset_commit
from ackproof.reference.transactions.surroundings import TopicPartition
from ackproof.reference.transactions.verification import Verifier

NO_SEQUENCE = -1
"""Offsets are not numbered."""

A = TypeVar("A", bound=ResponsePayload)


async def of_kind(kind: type[A], future: Future[ResponsePayload]) -> A:
    """The answer, which is of that *kind*."""
    answer = await future
    assert isinstance(answer, kind)
    return answer


@attrs.frozen
class MarkerWriters:
    """Those who write markers for a transaction coordinator. Source: ``TransactionMarkerChannelManager``."""

    clock: Clock
    metadata: MetadataCache
    peers: Peers

    def leader_of(self, partition: TopicPartition) -> int | None:
        """The broker that leads *partition*; ``NO_LEADER`` where none can be reached, None where it does not exist."""
        return self.metadata.leader_of(*partition)

    def send(self, broker: int, request: WriteTxnMarkersRequest) -> Future[WriteTxnMarkersResponse]:
        """The answer of *broker*."""
        return spawn(self.clock, of_kind(WriteTxnMarkersResponse, self.peers.ask(broker, request)))


@attrs.frozen
class TransactionCoordinators:
    """The transaction coordinators, as partition leaders ask them. Source: ``AddPartitionsToTxnManager``."""

    clock: Clock
    finder: FindCoordinatorHandler
    peers: Peers

    def coordinator_of(self, transactional_id: str) -> int | None:
        """The broker that coordinates *transactional_id*; None where nobody can be reached."""
        try:
            return self.finder.find(TRANSACTION, transactional_id).id
        except KafkaError:
            return None

    def ask(self, broker: int, request: AddPartitionsToTxnRequest) -> Future[AddPartitionsToTxnResponse]:
        """The answer of *broker*."""
        return spawn(self.clock, of_kind(AddPartitionsToTxnResponse, self.peers.ask(broker, request)))


@attrs.frozen
class ControllerProducerIds:
    """Blocks of producer ids from the controller. Source: ``RPCProducerIdManager``."""

    clock: Clock
    controller: ControllerLink
    broker_id: int
    broker_epoch: Callable[[], int]

    def allocate(self) -> Future[ProducerIdBlock]:
        """A block that nobody has had; fails with ``KafkaError``."""
        return spawn(self.clock, self._allocate())

    async def _allocate(self) -> ProducerIdBlock:
        request = AllocateProducerIdsRequest(broker_id=BrokerId(self.broker_id), broker_epoch=i64(self.broker_epoch()))
        answer = await of_kind(AllocateProducerIdsResponse, self.controller.ask(request))
        if answer.error_code is not ErrorCode.none:
            raise KafkaError(answer.error_code)
        return ProducerIdBlock(answer.producer_id_start, answer.producer_id_len)


class GroupTransactions:
    """
    Asks transaction coordinators before offsets are committed in a transaction, and keeps what they said.

    Source: ``CoordinatorPartitionWriter.maybeStartTransactionVerification``.
    """

    def __init__(self, clock: Clock, replicas: ReplicaManager, verifier: Verifier) -> None:
        self._clock = clock
        self._replicas = replicas
        self._verifier = verifier
        self._guards: dict[tuple[int, int], VerificationGuard] = {}

    def guard_of(self, partition: int, producer_id: int) -> VerificationGuard | None:
        """What the append of a producer's offsets has to show; None if its transaction is open there already."""
        return self._guards.get((partition, producer_id))

    def verify(
        self, partition: int, transactional_id: str, producer_id: int, producer_epoch: int, version: int
    ) -> Future[None]:
        """Whether the transaction has this partition of ``__consumer_offsets``; it fails with ``KafkaError``."""
        name = TopicPartition(GROUP_METADATA_TOPIC, partition)
        return spawn(self._clock, self._verify(name, transactional_id, producer_id, producer_epoch, version))

    async def _verify(
        self, name: TopicPartition, transactional_id: str, producer_id: int, producer_epoch: int, version: int
    ) -> None:
        operation = operation_of_txn_offset_commit(version)
        self._guards.pop((name.partition, producer_id), None)
        if not self._verifier.asks(transactional_id, operation):
            return
        partition = self._replicas.partition(*name)
        partition.leading()
        guard = partition.log.start_verification(
            producer_id,
            NO_SEQUENCE,
            producer_epoch,
            produce_version=SUPPORTS_EPOCH_BUMP if operation is Operation.ADD else SUPPORTS_EPOCH_BUMP - 1,
        )
        if guard is None:
            return
        self._guards[name.partition, producer_id] = guard
        errors = await self._verifier.verify(transactional_id, producer_id, producer_epoch, [name], operation)
        error = errors.get(name, ErrorCode.none)
        if error is not ErrorCode.none:
            raise KafkaError(error)
