"""Transactions on a broker that stands alone, by raw requests of the versions that are named."""

from typing import Any

from kio.schema.add_offsets_to_txn.v4.request import AddOffsetsToTxnRequest
from kio.schema.add_offsets_to_txn.v4.response import AddOffsetsToTxnResponse
from kio.schema.add_partitions_to_txn.v5.request import (
    AddPartitionsToTxnRequest,
    AddPartitionsToTxnTopic,
    AddPartitionsToTxnTransaction,
)
from kio.schema.add_partitions_to_txn.v5.response import AddPartitionsToTxnResponse
from kio.schema.end_txn.v5.request import EndTxnRequest
from kio.schema.end_txn.v5.response import EndTxnResponse
from kio.schema.errors import ErrorCode
from kio.schema.find_coordinator.v6.request import FindCoordinatorRequest
from kio.schema.find_coordinator.v6.response import FindCoordinatorResponse
from kio.schema.init_producer_id.v5.request import InitProducerIdRequest
from kio.schema.init_producer_id.v5.response import InitProducerIdResponse
from kio.schema.produce.v12.response import PartitionProduceResponse

from ackproof.reference.protocol.primitive import (
    GroupId,
    ProducerId,
    TopicName,
    TransactionalId,
    duration,
    i8,
    i16,
    i32,
)
from tests.reference.broker.standing import TOPIC, Standing, batch

UNTIL_READY = frozenset({ErrorCode.coordinator_load_in_progress, ErrorCode.concurrent_transactions})


class Producer:
    """
    A transactional producer.

    Attributes:
        sequences: The next sequence in each partition.
    """

    def __init__(self, standing: Standing, transactional_id: str = "t") -> None:
        self.standing = standing
        self.transactional_id = transactional_id
        find_coordinator(standing, transactional_id)
        answer = self.initialise()
        self.producer_id, self.epoch = int(answer.producer_id), int(answer.producer_epoch)
        self.sequences: dict[int, int] = {}

    def initialise(self, version: int = 5) -> InitProducerIdResponse:
        request = InitProducerIdRequest(
            transactional_id=TransactionalId(self.transactional_id),
            transaction_timeout=duration(60_000),
            producer_id=ProducerId(-1),
            producer_epoch=i16(-1),
        )
        while True:
            answer = self.standing.ask(InitProducerIdResponse, request, version)
            if answer.error_code not in UNTIL_READY:
                assert answer.error_code is ErrorCode.none
                return answer
            self.standing.pass_time(10)

    def batch(self, *values: str, sequence: int = 0, **more: Any) -> bytes:
        identity: dict[str, Any] = {
            "is_transactional": True,
            "producer_id": self.producer_id,
            "producer_epoch": self.epoch,
            "base_sequence": sequence,
        }
        return batch(*values, **{**identity, **more})

    def produce(
        self, *values: str, partition: int = 0, version: int = 12, transactional_id: str | None = None, **more: Any
    ) -> PartitionProduceResponse:
        """The next batch; a sequence that is named is not counted."""
        sequence = self.sequences.get(partition, 0)
        if not more:
            self.sequences[partition] = sequence + len(values)
        more.setdefault("sequence", sequence)
        return self.standing.produce(
            self.batch(*values, **more),
            partition=partition,
            version=version,
            transactional_id=transactional_id or self.transactional_id,
        )

    def add(self, *partitions: int, topic: str = TOPIC, version: int = 3) -> list[ErrorCode]:
        request = AddPartitionsToTxnRequest(
            transactions=(
                AddPartitionsToTxnTransaction(
                    transactional_id=TransactionalId(self.transactional_id),
                    producer_id=ProducerId(self.producer_id),
                    producer_epoch=i16(self.epoch),
                    topics=(
                        AddPartitionsToTxnTopic(
                            name=TopicName(topic), partitions=tuple(i32(each) for each in partitions)
                        ),
                    ),
                ),
            )
        )
        answer = self.standing.ask(AddPartitionsToTxnResponse, request, version)
        results = answer.results_by_transaction[0].topic_results[0].results_by_partition
        return [each.partition_error_code for each in results]

    def add_offsets(self, group_id: str, version: int = 3) -> ErrorCode:
        request = AddOffsetsToTxnRequest(
            transactional_id=TransactionalId(self.transactional_id),
            producer_id=ProducerId(self.producer_id),
            producer_epoch=i16(self.epoch),
            group_id=GroupId(group_id),
        )
        return self.standing.ask(AddOffsetsToTxnResponse, request, version).error_code

    def end(self, *, is_commit: bool, version: int = 5) -> ErrorCode:
        """End the transaction, and wait until its markers are written."""
        request = EndTxnRequest(
            transactional_id=TransactionalId(self.transactional_id),
            producer_id=ProducerId(self.producer_id),
            producer_epoch=i16(self.epoch),
            committed=is_commit,
        )
        answer = self.standing.ask(EndTxnResponse, request, version)
        if version >= 5 and answer.error_code is ErrorCode.none:
            self.producer_id, self.epoch = int(answer.producer_id), int(answer.producer_epoch)
            self.sequences = {}
        self.standing.pass_time(100)
        return answer.error_code

    def commit(self, version: int = 5) -> ErrorCode:
        return self.end(is_commit=True, version=version)

    def abort(self, version: int = 5) -> ErrorCode:
        return self.end(is_commit=False, version=version)


def find_coordinator(standing: Standing, key: str, key_type: int = 1) -> None:
    """Ask until there is a coordinator."""
    request = FindCoordinatorRequest(key_type=i8(key_type), coordinator_keys=(key,))
    while True:
        answer = standing.ask(FindCoordinatorResponse, request)
        if answer.coordinators[0].error_code is ErrorCode.none:
            return
        assert answer.coordinators[0].error_code is ErrorCode.coordinator_not_available
        standing.pass_time(10)
