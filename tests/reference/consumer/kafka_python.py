"""What kafka-python makes of members and topics, and of bytes that members exchange."""

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any
from warnings import catch_warnings, simplefilter

import attrs

from ackproof.reference.client.cluster import TopicPartition
from ackproof.reference.consumer.assignors.assignor import Assignment, Counts, Subscriptions


def quietly(name: str) -> Any:
    """One of its modules: it reads its schemas in a way that Python deprecates."""
    with catch_warnings():
        simplefilter("ignore", DeprecationWarning)
        return import_module(name)


METADATA = quietly("kafka.protocol.consumer.metadata")
ASSIGNORS: Mapping[str, Any] = {
    "range": quietly("kafka.coordinator.assignors.range").RangePartitionAssignor,
    "roundrobin": quietly("kafka.coordinator.assignors.roundrobin").RoundRobinPartitionAssignor,
}


@attrs.frozen
class ForeignMember:
    """A member as its assignors get it."""

    member_id: str
    group_instance_id: str | None
    metadata: Any


@attrs.frozen
class ForeignCluster:
    """Metadata as its assignors get it."""

    counts: Counts

    def partitions_for_topic(self, topic: str) -> set[int] | None:
        return set(range(self.counts[topic])) if topic in self.counts else None


def assigned(name: str, counts: Counts, subscriptions: Subscriptions) -> Assignment:
    """What its assignor of that name gives to each member."""
    members = [
        ForeignMember(member, of.group_instance_id, METADATA.ConsumerProtocolSubscription(0, list(of.topics), b""))
        for member, of in subscriptions.items()
    ]
    # It has members with an instance id first, as Kafka does, only if they come first.
    members.sort(key=lambda member: member.group_instance_id is None)
    told = ASSIGNORS[name].assign(ForeignCluster(counts), members)
    return {member: tuple(sorted((of.topic, of.partition) for of in told[member].partitions())) for member in told}


def decoded_assignment(data: bytes) -> list[TopicPartition]:
    """The partitions that it reads in an assignment."""
    return [(of.topic, of.partition) for of in METADATA.ConsumerProtocolAssignment.decode(data).partitions()]


def encoded_subscription(topics: Sequence[str], user_data: bytes, version: int) -> bytes:
    """A subscription as it writes it."""
    data: bytes = METADATA.ConsumerProtocolSubscription(version, list(topics), user_data).encode()
    return data
