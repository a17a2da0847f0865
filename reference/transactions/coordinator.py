"""The transaction coordinator: what producers, and partition leaders in their name, ask of it."""

from random import Random

from kio.schema.add_offsets_to_txn.v4.request import AddOffsetsToTxnRequest
from kio.schema.add_offsets_to_txn.v4.response import AddOffsetsToTxnResponse
from kio.schema.add_partitions_to_txn.v5.request import AddPartitionsToTxnRequest, AddPartitionsToTxnTransaction
from kio.schema.add_partitions_to_txn.v5.response import AddPartitionsToTxnResponse, AddPartitionsToTxnResult
from kio.schema.end_txn.v5.request import EndTxnRequest
from kio.schema.end_txn.v5.response import EndTxnResponse
from kio.schema.errors import ErrorCode
from kio.schema.init_producer_id.v5.request import InitProducerIdRequest
from kio.schema.init_producer_id.v5.response import InitProducerIdResponse

from ackproof.model.transactions.rules import TransactionRules
from ackproof.reference.kernel.clock import Clock
from ackproof.reference.kernel.future import all_of, spawn
from ackproof.reference.log.state_log import StateLog
from ackproof.reference.protocol.java import partition_for
from ackproof.reference.protocol.primitive import duration, milliseconds
from ackproof.reference.transactions.adding import Adding
from ackproof.reference.transactions.answering import (
    end_txn_response,
    init_producer_id_response,
    partitions_of,
    result,
    told,
)
from ackproof.reference.transactions.ending import Ending, Granted
from ackproof.reference.transactions.expiring import Expiring
from ackproof.reference.transactions.initialising import Identity, Initialising
from ackproof.reference.transactions.marking import Marking
from ackproof.reference.transactions.settings import TransactionSettings
from ackproof.reference.transactions.states.deciding import End
from ackproof.reference.transactions.states.metadata import NO_PRODUCER_EPOCH, NO_PRODUCER_ID
from ackproof.reference.transactions.states.state_manager import TransactionStateManager
from ackproof.reference.transactions.surroundings import MarkerSender, ProducerIds, TopicPartition, Topics

OFFSETS_TOPIC = "__consumer_offsets"


class TransactionCoordinator:
    """
    The coordinator of every transactional id whose partition of ``__transaction_state`` this broker leads.

    Source: ``TransactionCoordinator``; what its requests become before and after, ``KafkaApis``. Not modelled: ACLs,
    two-phase commit (KIP-939).

    Attributes:
        marking: Who sends its markers.

    Args:
        rng: Decides what is lost where *rules* let a completion be lost.
    """

    def __init__(
        self,
        clock: Clock,
        settings: TransactionSettings,
        topics: Topics,
        producer_ids: ProducerIds,
        markers: MarkerSender,
        rng: Random,
        rules: TransactionRules | None = None,
    ) -> None:
        rules = rules or TransactionRules()
        self._clock = clock
        self._settings = settings
        self._topics = topics
        self.states = TransactionStateManager(clock, settings.transaction_state_log_num_partitions, rules)
        self.marking = Marking(clock, self.states, markers, rules, rng)
        self._ending = Ending(clock, self.states, producer_ids, self.marking)
        self._adding = Adding(clock, self.states)
        self._expiring = Expiring(clock, settings, self.states, self._ending)
        self._initialising = Initialising(
            clock, settings.transaction_max_timeout_ms, self.states, producer_ids, self._ending
        )

    def start(self) -> None:
        """Begin to look for transactions that take too long, and for ids that nobody uses."""
        self._expiring.start()

    def partition_for(self, transactional_id: str) -> int:
        """The partition of ``__transaction_state`` whose leader coordinates *transactional_id*."""
        return self.states.partition_for(transactional_id)

    def elected(self, partition: int, log: StateLog) -> None:
        """This broker leads *partition* of ``__transaction_state`` from now on: load it, and go on where it ends."""
        self.marking.forget(partition)
        self.states.load(partition, log, self._ending.resume)

    def resigned(self, partition: int) -> None:
        """Another broker leads *partition* of ``__transaction_state``, or it is deleted: forget it."""
        self.states.unload(partition)
        self.marking.forget(partition)

    async def init_producer_id(self, request: InitProducerIdRequest, version: int) -> InitProducerIdResponse:
        """Answer InitProducerId sent at *version*."""
        producer_id, producer_epoch = int(request.producer_id), int(request.producer_epoch)
        if (producer_id == NO_PRODUCER_ID) is not (producer_epoch == NO_PRODUCER_EPOCH):
            return init_producer_id_response(Granted(ErrorCode.invalid_request), version)
        expected = None if producer_id == NO_PRODUCER_ID else Identity(producer_id, producer_epoch)
        timeout_ms = milliseconds(request.transaction_timeout)
        granted = await self._initialising.initialise(request.transactional_id, timeout_ms, expected)
        return init_producer_id_response(granted, version)

    async def add_partitions_to_txn(
        self, request: AddPartitionsToTxnRequest, version: int
    ) -> AddPartitionsToTxnResponse:
        """Answer AddPartitionsToTxn sent at *version*: below 4 by a client, else by a partition leader."""
        results = [spawn(self._clock, self._add_to_one(each, version)) for each in request.transactions]
        return AddPartitionsToTxnResponse(
            throttle_time=duration(0),
            error_code=ErrorCode.none,
            results_by_transaction=tuple(await all_of(results)),
        )

    async def _add_to_one(self, asked: AddPartitionsToTxnTransaction, version: int) -> AddPartitionsToTxnResult:
        partitions = partitions_of(asked)
        unknown = [each for each in partitions if not self._exists(each)]
        if unknown:
            errors = dict.fromkeys(partitions, ErrorCode.operation_not_attempted)
            errors |= dict.fromkeys(unknown, ErrorCode.unknown_topic_or_partition)
        elif asked.verify_only:
            errors = self._adding.verify(asked.transactional_id, asked.producer_id, asked.producer_epoch, partitions)
        else:
            error = await self._adding.add(
                asked.transactional_id,
                asked.producer_id,
                asked.producer_epoch,
                partitions,
                client_version=2 if version > 3 else 0,
            )
            errors = dict.fromkeys(partitions, told(error, version, 2))
        return result(asked.transactional_id, errors)

    async def add_offsets_to_txn(self, request: AddOffsetsToTxnRequest, version: int) -> AddOffsetsToTxnResponse:
        """Answer AddOffsetsToTxn sent at *version*."""
        kept_in = partition_for(request.group_id, self._settings.offsets_topic_num_partitions)
        error = await self._adding.add(
            request.transactional_id,
            request.producer_id,
            request.producer_epoch,
            (TopicPartition(OFFSETS_TOPIC, kept_in),),
            client_version=0,
        )
        return AddOffsetsToTxnResponse(throttle_time=duration(0), error_code=told(error, version, 2))

    async def end_txn(self, request: EndTxnRequest, version: int) -> EndTxnResponse:
        """Answer EndTxn sent at *version*: once its decision is durable, before any marker is written."""
        if not request.transactional_id:
            return end_txn_response(Granted(ErrorCode.invalid_request), version)
        end = End(
            producer_id=request.producer_id,
            producer_epoch=request.producer_epoch,
            is_commit=request.committed,
            client_version=2 if version > 4 else 0,
        )
        return end_txn_response(await self._ending.end(request.transactional_id, end), version)

    def _exists(self, partition: TopicPartition) -> bool:
        count = self._topics.partition_count(partition.topic)
        return count is not None and 0 <= partition.partition < count
