"""The controller: one node that decides, and answers brokers."""

from collections.abc import Callable, Mapping
from random import Random

import attrs
from kio.schema.allocate_producer_ids.v0.request import AllocateProducerIdsRequest
from kio.schema.allocate_producer_ids.v0.response import AllocateProducerIdsResponse
from kio.schema.alter_partition.v3.request import AlterPartitionRequest
from kio.schema.alter_partition.v3.response import AlterPartitionResponse
from kio.schema.broker_heartbeat.v1.request import BrokerHeartbeatRequest
from kio.schema.broker_heartbeat.v1.response import BrokerHeartbeatResponse
from kio.schema.broker_registration.v4.request import BrokerRegistrationRequest
from kio.schema.broker_registration.v4.response import BrokerRegistrationResponse
from kio.schema.create_partitions.v3.request import CreatePartitionsRequest
from kio.schema.create_partitions.v3.response import CreatePartitionsResponse
from kio.schema.create_topics.v7.request import CreateTopicsRequest
from kio.schema.create_topics.v7.response import CreateTopicsResponse
from kio.schema.delete_topics.v6.request import DeleteTopicsRequest
from kio.schema.delete_topics.v6.response import DeleteTopicsResponse
from kio.schema.elect_leaders.v2.request import ElectLeadersRequest
from kio.schema.elect_leaders.v2.response import ElectLeadersResponse
from kio.schema.errors import ErrorCode
from kio.static.protocol import RequestPayload, ResponsePayload

from ackproof.model.produce.rules import BrokerRules
from ackproof.reference.controller.adding import added
from ackproof.reference.controller.altering import altered
from ackproof.reference.controller.deleting import deleted
from ackproof.reference.controller.electing import balanced, moved, with_leaders
from ackproof.reference.controller.image import Image, ProducerIdBlock
from ackproof.reference.controller.ordering import ordered
from ackproof.reference.controller.registering import Registering, beaten, check_broker_epoch, fenced, registered
from ackproof.reference.controller.sessions import Sessions
from ackproof.reference.controller.settings import DEFAULTS, NEWEST, ControllerSettings, Policy
from ackproof.reference.controller.topics import Creation, created
from ackproof.reference.kernel.clock import Clock
from ackproof.reference.kernel.future import Future, resolved
from ackproof.reference.protocol.errors import KafkaError
from ackproof.reference.protocol.primitive import ProducerId, duration, i32, i64
from ackproof.reference.protocol.request import Address, Caller, Request

Publish = Callable[[Image], None]
"""Brings an image to the brokers, sooner or later and each in its own time; never an older one after a newer one."""


def accept_all(settings: Mapping[str, str]) -> None:
    """Topics may have any settings."""


class Controller:
    """
    The active controller.

    It decides at once and remembers for ever. Not modelled: the quorum of controllers and its log, and so that a
    decision takes time, is lost, or is made by one that is active no more.

    Source: ``QuorumController``.
    """

    def __init__(
        self,
        clock: Clock,
        rng: Random,
        publish: Publish,
        settings: ControllerSettings = DEFAULTS,
        rules: BrokerRules = NEWEST,
        features: Mapping[str, int] | None = None,
        check_topic_settings: Callable[[Mapping[str, str]], object] = accept_all,
    ) -> None:
        """
        A controller of a new cluster.

        Args:
            clock: What it goes by.
            rng: What places replicas, and draws topic ids.
            publish: What it tells the brokers with.
            settings: What it is configured with.
            rules: Variants: eligible leader replicas, broker epochs, who asks whom.
            features: Levels of cluster features by name, as they were formatted.
            check_topic_settings: Raises ``ValueError`` for settings that a topic cannot have.
        """
        self.image = Image(features=dict(features or {}))
        self._clock = clock
        self._publish = publish
        self._policy = Policy(settings, rules)
        self._creation = Creation(settings, check_topic_settings, rng)
        self._sessions = Sessions(clock, settings.broker_session_timeout_ms)
        self._repeat(max(1, settings.broker_session_timeout_ms // 8), self.fence_stale)
        if settings.balances_leaders:
            self._repeat(settings.leader_imbalance_check_interval_ms, self.balance)
        self._repeat(settings.unclean_leader_election_interval_ms, self._elect_uncleanly)

    def serve(self, caller: Caller, request: Request) -> Future[ResponsePayload | None]:
        """The answer to a broker's request, at once."""
        answer: ResponsePayload | None = self.answer(request.body)
        return resolved(self._clock, answer)

    def answer(self, body: RequestPayload) -> ResponsePayload:
        """
        What it answers to a broker, having decided.

        Raises:
            ValueError: No request for a controller.
        """
        match body:
            case AlterPartitionRequest():
                return self.alter_partition(body)
            case BrokerHeartbeatRequest():
                return self.heartbeat(body)
            case BrokerRegistrationRequest():
                return self.register(body)
            case AllocateProducerIdsRequest():
                return self.allocate_producer_ids(body)
            case _:
                return self._administer(body)

    def _administer(self, body: RequestPayload) -> ResponsePayload:
        match body:
            case CreateTopicsRequest():
                return self.create_topics(body)
            case DeleteTopicsRequest():
                return self.delete_topics(body)
            case CreatePartitionsRequest():
                return self.create_partitions(body)
            case ElectLeadersRequest():
                return self.elect_leaders(body)
            case _:
                raise ValueError(f"the controller does not serve {type(body).__name__}")

    def register(self, request: BrokerRegistrationRequest) -> BrokerRegistrationResponse:
        """A broker's process has started. Source: ``ClusterControlManager.registerBroker``."""
        assert request.incarnation_id is not None
        listener = request.listeners[0]
        address = Address(listener.host, listener.port)
        asked = Registering(
            request.broker_id, address, request.incarnation_id, request.previous_broker_epoch, request.rack
        )
        try:
            image = registered(self.image, self._policy, self._sessions, asked)
        except KafkaError as error:
            return BrokerRegistrationResponse(throttle_time=duration(0), error_code=error.code)
        epoch = image.brokers[request.broker_id].epoch
        self._decide(image)
        self._sessions.touch(request.broker_id, epoch)
        return BrokerRegistrationResponse(throttle_time=duration(0), error_code=ErrorCode.none, broker_epoch=i64(epoch))

    def heartbeat(self, request: BrokerHeartbeatRequest) -> BrokerHeartbeatResponse:
        """A broker is there. Source: ``ReplicationControlManager.processBrokerHeartbeat``."""
        try:
            outcome = beaten(self.image, self._policy, self._sessions, request)
        except KafkaError as error:
            return BrokerHeartbeatResponse(throttle_time=duration(0), error_code=error.code, should_shut_down=False)
        self._sessions.touch(request.broker_id, request.broker_epoch)
        self._decide(outcome.image)
        return BrokerHeartbeatResponse(
            throttle_time=duration(0),
            error_code=ErrorCode.none,
            is_caught_up=outcome.is_caught_up,
            is_fenced=self.image.brokers[request.broker_id].is_fenced,
            should_shut_down=outcome.should_shut_down,
        )

    def alter_partition(self, request: AlterPartitionRequest) -> AlterPartitionResponse:
        """A leader asks for other in-sync replicas."""
        image, response = altered(self.image, self._policy, request)
        self._decide(image)
        return response

    def allocate_producer_ids(self, request: AllocateProducerIdsRequest) -> AllocateProducerIdsResponse:
        """A broker has no producer ids left. Source: ``ProducerIdControlManager.generateNextProducerId``."""
        try:
            check_broker_epoch(self.image, request.broker_id, request.broker_epoch)
        except KafkaError as error:
            return AllocateProducerIdsResponse(
                throttle_time=duration(0),
                error_code=error.code,
                producer_id_start=ProducerId(0),
                producer_id_len=i32(0),
            )
        block = ProducerIdBlock(self.image.next_producer_id)
        self._decide(attrs.evolve(self.image, next_producer_id=block.next_block))
        return AllocateProducerIdsResponse(
            throttle_time=duration(0),
            error_code=ErrorCode.none,
            producer_id_start=ProducerId(block.first_producer_id),
            producer_id_len=i32(block.size),
        )

    def create_topics(self, request: CreateTopicsRequest) -> CreateTopicsResponse:
        """Create topics."""
        image, response = created(self.image, self._creation, request)
        self._decide(image)
        return response

    def delete_topics(self, request: DeleteTopicsRequest) -> DeleteTopicsResponse:
        """Delete topics."""
        image, response = deleted(self.image, request)
        self._decide(image)
        return response

    def create_partitions(self, request: CreatePartitionsRequest) -> CreatePartitionsResponse:
        """Add partitions to topics."""
        image, response = added(self.image, request, self._creation.rng)
        self._decide(image)
        return response

    def elect_leaders(self, request: ElectLeadersRequest) -> ElectLeadersResponse:
        """Elect leaders because somebody says so."""
        image, response = ordered(self.image, self._policy, request)
        self._decide(image)
        return response

    def move_leader(self, topic: str, partition: int, leader: int) -> bool:
        """
        A controlled move: *leader* becomes the first replica, and leads if it is in sync; whether it leads.

        Raises:
            ValueError: There is no such partition, or it has no such replica.
        """
        if topic not in self.image.topics:
            raise ValueError(f"there is no topic {topic!r}")
        self._decide(moved(self.image, self._policy, self.image.topics[topic], partition, leader))
        return self.image.topics[topic].partitions[partition].leader == leader

    def fence(self, broker: int) -> None:
        """*broker* leads nothing and is in sync nowhere, until it says that it is there."""
        if not self.image.brokers[broker].is_fenced:
            self._decide(fenced(self.image, self._policy, broker))
            self._sessions.forget(broker)

    def fence_stale(self) -> None:
        """Fence whoever has not been heard of, one after the other (``maybeFenceOneStaleBroker``)."""
        while (expired := self._sessions.take_expired()) is not None:
            registration = self.image.brokers.get(expired.broker)
            if registration is not None and registration.epoch == expired.epoch:
                self.fence(expired.broker)

    def balance(self) -> None:
        """Let first replicas lead where they are in sync."""
        self._decide(balanced(self.image, self._policy))

    def _elect_uncleanly(self) -> None:
        self._decide(with_leaders(self.image, self._policy, unclean_only=True))

    def _decide(self, image: Image) -> None:
        if image is not self.image:
            self.image = attrs.evolve(image, offset=self.image.offset + 1)
            self._publish(self.image)

    def _repeat(self, interval_ms: int, task: Callable[[], None]) -> None:
        def due() -> None:
            task()
            self._clock.call_at(self._clock.now_ms + interval_ms, due)

        self._clock.call_at(self._clock.now_ms + interval_ms, due)
