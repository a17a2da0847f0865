"""FindCoordinator: which broker coordinates a group or a transactional id."""

import attrs
from kio.schema.errors import ErrorCode
from kio.schema.find_coordinator.v6.request import FindCoordinatorRequest
from kio.schema.find_coordinator.v6.response import Coordinator, FindCoordinatorResponse

from ackproof.reference.broker.apis.auto_topics import AutoTopics
from ackproof.reference.broker.apis.metadata_cache import GROUP_METADATA_TOPIC, TRANSACTION_STATE_TOPIC, MetadataCache
from ackproof.reference.broker.settings import BrokerSettings
from ackproof.reference.controller.image import BrokerRegistration
from ackproof.reference.protocol.errors import KafkaError
from ackproof.reference.protocol.java import partition_for
from ackproof.reference.protocol.primitive import BrokerId, duration, i32
from ackproof.reference.protocol.request import Request

GROUP, TRANSACTION, SHARE = 0, 1, 2
"""What is coordinated. Source: ``FindCoordinatorRequest.CoordinatorType``."""

SEVERAL_FROM = 4
"""The version from which on several may be asked for at once, and errors have no message."""

MESSAGES = {
    ErrorCode.none: "NONE",
    ErrorCode.coordinator_not_available: "The coordinator is not available.",
    ErrorCode.invalid_request: "This most likely occurs because of a request being malformed by the client library or "
    "the message was sent to an incompatible broker. See the broker logs for more details.",
}
"""What is said with an error. Source: ``Errors.message``."""


@attrs.frozen
class FindCoordinatorHandler:
    """Source: ``KafkaApis.handleFindCoordinatorRequest``."""

    metadata: MetadataCache
    auto_topics: AutoTopics
    settings: BrokerSettings

    async def serve(self, request: Request) -> FindCoordinatorResponse:
        """The answer, at once."""
        body = request.body
        assert isinstance(body, FindCoordinatorRequest)
        return FindCoordinatorResponse(
            throttle_time=duration(0),
            coordinators=tuple(self._coordinator(body.key_type, key, request.version) for key in body.coordinator_keys),
        )

    def _coordinator(self, key_type: int, key: str, version: int) -> Coordinator:
        try:
            broker = self.find(key_type, key)
        except KafkaError as error:
            return coordinator(key, None, error, version)
        return coordinator(key, broker, KafkaError(ErrorCode.none), version)

    def find(self, key_type: int, key: str) -> BrokerRegistration:
        """
        The broker that coordinates *key*.

        Raises:
            KafkaError: COORDINATOR_NOT_AVAILABLE: not now; the topic that keeps it is being made, or has no leader.
                INVALID_REQUEST for share groups, which there are none of, and for what nobody knows.
        """
        if key_type == SHARE:
            raise KafkaError(ErrorCode.invalid_request)
        if key_type not in {GROUP, TRANSACTION}:
            raise KafkaError(ErrorCode.invalid_request, MESSAGES[ErrorCode.invalid_request])
        topic = GROUP_METADATA_TOPIC if key_type == GROUP else TRANSACTION_STATE_TOPIC
        if self.metadata.topic(topic) is None:
            self.auto_topics.create([topic])
            raise KafkaError(ErrorCode.coordinator_not_available)
        leader = self.metadata.leader_of(topic, partition_for(key, self._partition_count(key_type)))
        if leader is None or leader < 0:
            raise KafkaError(ErrorCode.coordinator_not_available)
        return self.metadata.image.brokers[leader]

    def _partition_count(self, key_type: int) -> int:
        """As configured, which the topic should have."""
        settings = self.settings
        is_group = key_type == GROUP
        return settings.offsets_topic_num_partitions if is_group else settings.transaction_state_log_num_partitions


def coordinator(key: str, broker: BrokerRegistration | None, error: KafkaError, version: int) -> Coordinator:
    """The answer for one key."""
    return Coordinator(
        key=key,
        node_id=BrokerId(broker.id if broker else -1),
        host=broker.address.host if broker else "",
        port=i32(broker.address.port if broker else -1),
        error_code=error.code,
        error_message=error.message or ("" if version >= SEVERAL_FROM else MESSAGES.get(error.code)),
    )
