"""Transactional batches, which the transaction coordinator has to know of before they are appended (KIP-890)."""

from collections.abc import Mapping

import attrs
from kio.schema.errors import ErrorCode

from ackproof.reference.broker.partitions.replica_manager import ReplicaManager
from ackproof.reference.kernel.value import value
from ackproof.reference.log.producers.verification import VerificationGuard
from ackproof.reference.protocol.errors import KafkaError
from ackproof.reference.records.header import BatchHeader
from ackproof.reference.transactions.states.operation import operation_of_produce, produce_error
from ackproof.reference.transactions.surroundings import TopicPartition
from ackproof.reference.transactions.verification import Verifier


@value
class Verified:
    """
    What came of it.

    Attributes:
        guards: What the append of a partition has to show.
        errors: Why a partition's batch is not appended.
    """

    guards: Mapping[TopicPartition, VerificationGuard] = attrs.Factory(dict[TopicPartition, VerificationGuard])
    errors: Mapping[TopicPartition, KafkaError] = attrs.Factory(dict[TopicPartition, KafkaError])


@attrs.frozen
class TransactionVerification:
    """Source: ``ReplicaManager.maybeSendPartitionsToTransactionCoordinator``."""

    replicas: ReplicaManager
    verifier: Verifier

    async def verify(
        self, transactional_id: str | None, headers: Mapping[TopicPartition, BatchHeader], version: int
    ) -> Verified:
        """
        Whether the batches of one producer may be appended, each to its partition.

        Nobody is asked about a producer that has a transaction open there already.
        """
        operation = operation_of_produce(version)
        if transactional_id is None or not self.verifier.asks(transactional_id, operation):
            return Verified()
        guards: dict[TopicPartition, VerificationGuard] = {}
        refused: dict[TopicPartition, ErrorCode] = {}

        async def attempt() -> dict[TopicPartition, ErrorCode]:
            guards.clear()
            refused.clear()
            self._start(headers, version, guards, refused)
            if not guards:
                return {}
            producer = next(iter(headers.values()))
            return await self.verifier.verify(
                transactional_id, producer.producer_id, producer.producer_epoch, list(guards), operation
            )

        found = refused | await self.verifier.until_settled(attempt, operation)
        errors = {name: told(error, produce_error(error, operation)) for name, error in (refused | found).items()}
        return Verified(guards, errors)

    def _start(
        self,
        headers: Mapping[TopicPartition, BatchHeader],
        version: int,
        guards: dict[TopicPartition, VerificationGuard],
        refused: dict[TopicPartition, ErrorCode],
    ) -> None:
        for name, header in headers.items():
            try:
                partition = self.replicas.partition(*name)
                partition.leading()
                guard = partition.log.start_verification(
                    header.producer_id, header.base_sequence, header.producer_epoch, produce_version=version
                )
            except KafkaError as error:
                refused[name] = error.code
            else:
                if guard is not None:
                    guards[name] = guard


def told(found: ErrorCode, code: ErrorCode) -> KafkaError:
    """What a producer hears, in Kafka's words where it has some."""
    if found is ErrorCode.invalid_txn_state:
        return KafkaError(code, "Partition was not added to the transaction")
    if code is ErrorCode.not_enough_replicas:
        reason = f"Underlying error: {found.name.upper()}"
        return KafkaError(code, f"Unable to verify the partition has been added to the transaction. {reason}")
    return KafkaError(code)
