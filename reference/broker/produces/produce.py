"""Produce: batches are checked, verified, appended and replicated, in that order."""

import attrs
from kio.schema.errors import ErrorCode
from kio.schema.produce.v12.request import ProduceRequest
from kio.schema.produce.v12.response import ProduceResponse

from ackproof.reference.broker.apis.metadata_cache import INTERNAL_TOPICS, MetadataCache
from ackproof.reference.broker.partitions.replica_manager import ReplicaManager
from ackproof.reference.broker.produces.produce_answer import Outcome, answer
from ackproof.reference.broker.produces.produce_checks import (
    check_records,
    check_transactional_id,
    transactional_headers,
)
from ackproof.reference.broker.produces.verifying import TransactionVerification, Verified
from ackproof.reference.kernel.future import Future
from ackproof.reference.log.log import Appended
from ackproof.reference.log.storage.checkpoints import TopicPartition, topic_partition
from ackproof.reference.log.validation import RecordValidationError
from ackproof.reference.protocol.errors import KafkaError
from ackproof.reference.protocol.primitive import milliseconds
from ackproof.reference.protocol.request import CloseConnectionError, Request

ADMIN_CLIENT_ID = "__admin_client"
"""Who may write to internal topics. Source: ``AdminUtils.ADMIN_CLIENT_ID``."""

WITHOUT_LOG_START = frozenset(
    {
        ErrorCode.unknown_topic_or_partition,
        ErrorCode.not_leader_or_follower,
        ErrorCode.message_too_large,
        ErrorCode.record_list_too_large,
        ErrorCode.corrupt_message,
        ErrorCode.kafka_storage_error,
    }
)
"""Errors of an append that are answered without the log start offset. Source: ``ReplicaManager.appendToLocalLog``."""

NOTHING_TO_VERIFY = Verified()

Outcomes = dict[TopicPartition, Outcome]


@attrs.frozen
class ProduceHandler:
    """Source: ``KafkaApis.handleProduceRequest``, ``ReplicaManager.handleProduceAppend``."""

    replicas: ReplicaManager
    metadata: MetadataCache
    verification: TransactionVerification

    async def serve(self, request: Request) -> ProduceResponse | None:
        """
        The answer; None where producers get none: acks=0, and records that are null.

        Raises:
            CloseConnectionError: acks=0, and something went wrong.
        """
        body = request.body
        assert isinstance(body, ProduceRequest)
        entries = entries_of(body)
        if None in entries.values() and any(each is None and self._is_known(name) for name, each in entries.items()):
            return None
        # What is null for a partition that is not there is refused before anybody looks at it.
        given = {partition: records or b"" for partition, records in entries.items()}
        try:
            outcomes = await self._outcomes(body, request, given)
        except KafkaError as error:
            outcomes = {partition: Outcome(error.code, message=error.message) for partition in given}
        if body.acks == 0:
            if any(outcome.error is not ErrorCode.none for outcome in outcomes.values()):
                raise CloseConnectionError
            return None
        return answer(self.replicas, self.metadata, outcomes, request.version)

    async def _outcomes(self, body: ProduceRequest, request: Request, given: dict[TopicPartition, bytes]) -> Outcomes:
        check_transactional_id(body.transactional_id, given.values())
        refused = self._refused(given, request.version)
        left = {partition: data for partition, data in given.items() if partition not in refused}
        headers = transactional_headers(left)
        if len({(each.producer_id, each.producer_epoch) for each in headers.values()}) > 1:
            message = "Transactional records contained more than one producer ID"
            raise KafkaError(ErrorCode.invalid_producer_id_mapping, message)
        verified = NOTHING_TO_VERIFY
        if headers:
            verified = await self.verification.verify(body.transactional_id, headers, request.version)
        for name, error in verified.errors.items():
            refused[name] = Outcome(error.code, message=error.message)
            del left[name]
        outcomes = refused | await self._appended(body, request, left, verified)
        return {name: outcomes[name] for name in given}

    def _is_known(self, name: TopicPartition) -> bool:
        return self.replicas.exists(*name)

    def _refused(self, given: dict[TopicPartition, bytes], version: int) -> Outcomes:
        """
        What does not get as far as any log.

        Raises:
            KafkaError: UNKNOWN_SERVER_ERROR: nothing of the request does.
        """
        refused: Outcomes = {}
        for name, data in given.items():
            try:
                if not self._is_known(name):
                    raise KafkaError(ErrorCode.unknown_topic_or_partition)
                check_records(data, version)
            except KafkaError as error:
                if error.code is ErrorCode.unknown_server_error:
                    raise
                refused[name] = Outcome(error.code)
        return refused

    async def _appended(
        self, body: ProduceRequest, request: Request, left: dict[TopicPartition, bytes], verified: Verified
    ) -> Outcomes:
        """Append, and for acks=all wait until all in-sync replicas have it."""
        if body.acks not in {-1, 0, 1}:
            return {name: Outcome(ErrorCode.invalid_required_acks) for name in left}
        outcomes = {name: self._append(body, request, name, data, verified) for name, data in left.items()}
        if body.acks != -1:
            return outcomes
        timeout_ms = milliseconds(body.timeout)
        waits = {
            name: self._replicated(name, outcome.appended, timeout_ms)
            for name, outcome in outcomes.items()
            if outcome.appended
        }
        for name, wait in waits.items():
            try:
                await wait
            except KafkaError as error:
                outcomes[name] = attrs.evolve(outcomes[name], error=error.code)
        return outcomes

    def _replicated(self, name: TopicPartition, appended: Appended, timeout_ms: int) -> Future[None]:
        return self.replicas.partition(*name).replicated(appended.last_offset + 1, timeout_ms)

    def _append(
        self, body: ProduceRequest, request: Request, name: TopicPartition, data: bytes, verified: Verified
    ) -> Outcome:
        if name.topic in INTERNAL_TOPICS and request.client_id != ADMIN_CLIENT_ID:
            return Outcome(ErrorCode.invalid_topic_exception)
        try:
            appended = self.replicas.partition(*name).append(
                data,
                acks=body.acks,
                produce_version=request.version,
                verification=verified.guards.get(name),
            )
        except RecordValidationError as error:
            return Outcome(error.code, self._log_start(name), None, error.message, error.record_errors)
        except KafkaError as error:
            return Outcome(error.code, -1 if error.code in WITHOUT_LOG_START else self._log_start(name))
        return Outcome(ErrorCode.none, appended.log_start_offset, appended)

    def _log_start(self, name: TopicPartition) -> int:
        """Where the log starts, if this broker leads it."""
        partition = self.replicas.find(*name)
        return partition.log.log_start_offset if partition and partition.is_leader else -1


def entries_of(body: ProduceRequest) -> dict[TopicPartition, bytes | None]:
    """The records of each partition; of one that is named twice, the last."""
    return {
        topic_partition(topic.name, partition.index): partition.records
        for topic in body.topic_data
        for partition in topic.partition_data
    }
