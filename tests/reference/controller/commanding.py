"""A controller with brokers that are nothing but what it is told of them."""

from collections.abc import Mapping
from random import Random
from uuid import UUID

from kio.schema.alter_partition.v3.request import AlterPartitionRequest, BrokerState, PartitionData, TopicData
from kio.schema.broker_heartbeat.v1.request import BrokerHeartbeatRequest
from kio.schema.broker_heartbeat.v1.response import BrokerHeartbeatResponse
from kio.schema.broker_registration.v4.request import BrokerRegistrationRequest, Listener
from kio.schema.create_topics.v7.request import (
    CreatableReplicaAssignment,
    CreatableTopic,
    CreatableTopicConfig,
    CreateTopicsRequest,
)
from kio.schema.errors import ErrorCode
from kio.static.primitive import u16

from ackproof.model.produce.rules import BrokerRules
from ackproof.reference.controller.controller import Controller
from ackproof.reference.controller.image import Image, PartitionImage
from ackproof.reference.controller.settings import ControllerSettings
from ackproof.reference.kernel.clock import VirtualClock
from ackproof.reference.protocol.primitive import BrokerId, TopicName, duration, i8, i16, i32, i64

TOPIC = "payments"


class Commanding:
    """A controller, its clock, and what it published."""

    def __init__(self, brokers: int = 3, rules: BrokerRules | None = None, **settings: str) -> None:
        self.clock = VirtualClock()
        self.published: list[Image] = []
        self.rules = rules or BrokerRules()
        self.rng = Random(1)
        given = {key.replace("_", "."): value for key, value in settings.items()}
        self.controller = Controller(
            self.clock, self.rng, self.published.append, ControllerSettings.of(given), self.rules
        )
        self._incarnations = 0
        for broker in range(1, brokers + 1):
            self.start(broker)

    @property
    def image(self) -> Image:
        return self.controller.image

    def epoch(self, broker: int) -> int:
        return self.image.brokers[broker].epoch

    def register(self, broker: int, previous_epoch: int = -1) -> ErrorCode:
        self._incarnations += 1
        return self.controller.register(
            BrokerRegistrationRequest(
                broker_id=BrokerId(broker),
                cluster_id="",
                incarnation_id=UUID(int=self._incarnations),
                listeners=(
                    Listener(name="PLAINTEXT", host=f"broker-{broker}", port=u16(9092), security_protocol=i16(0)),
                ),
                features=(),
                rack=None,
                previous_broker_epoch=i64(previous_epoch),
            )
        ).error_code

    def beat(
        self,
        broker: int,
        *,
        offset: int | None = None,
        epoch: int | None = None,
        stops: bool = False,
        wants_fence: bool = False,
    ) -> BrokerHeartbeatResponse:
        return self.controller.heartbeat(
            BrokerHeartbeatRequest(
                broker_id=BrokerId(broker),
                broker_epoch=i64(self.epoch(broker) if epoch is None else epoch),
                current_metadata_offset=i64(self.image.offset if offset is None else offset),
                want_fence=wants_fence,
                want_shut_down=stops,
            )
        )

    def start(self, broker: int, previous_epoch: int = -1) -> None:
        assert self.register(broker, previous_epoch) is ErrorCode.none
        self.beat(broker)

    def crash(self, broker: int) -> None:
        """It sends no more heartbeats, the others do."""
        for _ in range(5):
            self.clock.run_until(self.clock.now_ms + 2500)
            for other in self.image.brokers:
                if other != broker and not self.image.brokers[other].is_fenced:
                    self.beat(other)

    def stop(self, broker: int) -> int:
        """It stops cleanly; the broker epoch it remembers."""
        while not self.beat(broker, stops=True).should_shut_down:
            for other in self.image.brokers:
                if other != broker:
                    self.beat(other)
        return self.epoch(broker)

    def restart(self, broker: int, previous_epoch: int = -1) -> None:
        """Once its session is over."""
        while self.register(broker, previous_epoch) is not ErrorCode.none:
            self.crash(broker)
        self.beat(broker)

    def create(self, *replicas: int, settings: Mapping[str, str] | None = None) -> PartitionImage:
        created = self.controller.create_topics(
            CreateTopicsRequest(
                topics=(
                    CreatableTopic(
                        name=TopicName(TOPIC),
                        num_partitions=i32(-1),
                        replication_factor=i16(-1),
                        assignments=(
                            CreatableReplicaAssignment(
                                partition_index=i32(0), broker_ids=tuple(BrokerId(broker) for broker in replicas)
                            ),
                        ),
                        configs=tuple(CreatableTopicConfig(name=k, value=v) for k, v in (settings or {}).items()),
                    ),
                ),
                timeout=duration(1000),
            )
        )
        assert created.topics[0].error_code is ErrorCode.none
        return self.partition

    @property
    def partition(self) -> PartitionImage:
        found = self.image.partition(TOPIC, 0)
        assert found is not None
        return found

    def alter(
        self,
        *members: int,
        leader: int | None = None,
        leader_epoch: int | None = None,
        partition_epoch: int | None = None,
        epochs: Mapping[int, int] | None = None,
        recovery: int = 0,
    ) -> ErrorCode:
        """The leader, or *leader*, asks for *members* to be in sync."""
        now = self.partition
        asks = now.leader if leader is None else leader
        known = {broker: self.epoch(broker) for broker in self.image.brokers} | dict(epochs or {})
        partition = PartitionData(
            partition_index=i32(0),
            leader_epoch=i32(now.leader_epoch if leader_epoch is None else leader_epoch),
            new_isr_with_epochs=tuple(
                BrokerState(broker_id=BrokerId(member), broker_epoch=i64(known.get(member, 0))) for member in members
            ),
            leader_recovery_state=i8(recovery),
            partition_epoch=i32(now.partition_epoch if partition_epoch is None else partition_epoch),
        )
        response = self.controller.alter_partition(
            AlterPartitionRequest(
                broker_id=BrokerId(asks),
                broker_epoch=i64(self.epoch(asks)),
                topics=(TopicData(topic_id=self.image.topics[TOPIC].topic_id, partitions=(partition,)),),
            )
        )
        assert response.error_code is ErrorCode.none
        return response.topics[0].partitions[0].error_code
