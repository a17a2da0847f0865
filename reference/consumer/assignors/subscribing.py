"""What members tell each other: subscriptions and assignments, as bytes that the coordinator does not have to read."""

from collections.abc import Iterable
from io import BytesIO
from struct import Struct

import attrs
from kio.schema.consumer_protocol_assignment.v3.data import ConsumerProtocolAssignment
from kio.schema.consumer_protocol_assignment.v3.data import TopicPartition as AssignedTopic
from kio.schema.consumer_protocol_subscription.v0.data import ConsumerProtocolSubscription as SubscriptionV0
from kio.schema.consumer_protocol_subscription.v1.data import ConsumerProtocolSubscription as SubscriptionV1
from kio.schema.consumer_protocol_subscription.v2.data import ConsumerProtocolSubscription as SubscriptionV2
from kio.schema.consumer_protocol_subscription.v3.data import ConsumerProtocolSubscription as SubscriptionV3
from kio.schema.consumer_protocol_subscription.v3.data import TopicPartition as OwnedTopic
from kio.serial import entity_writer

from ackproof.reference.client.cluster import TopicPartition
from ackproof.reference.consumer.requests import by_topic
from ackproof.reference.protocol.primitive import TopicName, i32
from ackproof.reference.protocol.reading import read

VERSION = Struct(">h")
NEWEST = 3


@attrs.frozen
class MemberSubscription:
    """
    What a member tells as it joins (``ConsumerPartitionAssignor.Subscription``).

    Attributes:
        owned: What it has, and keeps if the assignor lets it.
        generation: In which it was assigned that; -1 where it does not tell.
        user_data: What its assignor adds.
        group_instance_id: Not told here, but in its JoinGroup.
    """

    topics: tuple[str, ...]
    owned: tuple[TopicPartition, ...] = ()
    generation: int = -1
    user_data: bytes | None = None
    rack_id: str | None = None
    group_instance_id: str | None = None


def encode_subscription(subscription: MemberSubscription) -> bytes:
    """The bytes of a *subscription* (``ConsumerProtocol.serializeSubscription``)."""
    data = SubscriptionV3(
        topics=tuple(sorted(subscription.topics)),
        user_data=subscription.user_data,
        owned_partitions=tuple(
            OwnedTopic(topic=TopicName(topic), partitions=tuple(i32(number) for number in numbers))
            for topic, numbers in by_topic(sorted(subscription.owned)).items()
        ),
        generation_id=i32(subscription.generation),
        rack_id=subscription.rack_id,
    )
    buffer = BytesIO(VERSION.pack(NEWEST))
    buffer.seek(VERSION.size)
    entity_writer(SubscriptionV3)(buffer, data)
    return buffer.getvalue()


def decode_subscription(data: bytes, group_instance_id: str | None = None) -> MemberSubscription:
    """
    The subscription that *data* holds, of whatever version; of a newer one what this one has too.

    Raises:
        ValueError: It is none.

    Source: ``ConsumerProtocol.deserializeSubscription``, where null is no list either.
    """
    told = _read(data, version_of(data))
    owned = told.owned_partitions if isinstance(told, SubscriptionV1 | SubscriptionV2 | SubscriptionV3) else ()
    return MemberSubscription(
        tuple(told.topics),
        tuple((str(of.topic), int(number)) for of in owned for number in of.partitions),
        int(told.generation_id) if isinstance(told, SubscriptionV2 | SubscriptionV3) else -1,
        told.user_data,
        (told.rack_id or None) if isinstance(told, SubscriptionV3) else None,
        group_instance_id,
    )


def _read(data: bytes, version: int) -> SubscriptionV0 | SubscriptionV1 | SubscriptionV2 | SubscriptionV3:
    match version:
        case 0:
            return read(SubscriptionV0, data, VERSION.size)[0]
        case 1:
            return read(SubscriptionV1, data, VERSION.size)[0]
        case 2:
            return read(SubscriptionV2, data, VERSION.size)[0]
        case _:
            return read(SubscriptionV3, data, VERSION.size)[0]


def encode_assignment(partitions: Iterable[TopicPartition]) -> bytes:
    """The bytes of an assignment that says no more (``ConsumerProtocol.serializeAssignment``)."""
    data = ConsumerProtocolAssignment(
        assigned_partitions=tuple(
            AssignedTopic(topic=TopicName(topic), partitions=tuple(i32(number) for number in numbers))
            for topic, numbers in by_topic(partitions).items()
        ),
        user_data=None,
    )
    buffer = BytesIO(VERSION.pack(NEWEST))
    buffer.seek(VERSION.size)
    entity_writer(ConsumerProtocolAssignment)(buffer, data)
    return buffer.getvalue()


def decode_assignment(data: bytes) -> tuple[TopicPartition, ...]:
    """
    The partitions that an assignment names; all its versions are alike.

    Raises:
        ValueError: It is none.

    Source: ``ConsumerProtocol.deserializeAssignment``, where null is no list either.
    """
    version_of(data)
    told = read(ConsumerProtocolAssignment, data, VERSION.size)[0]
    return tuple((str(of.topic), int(number)) for of in told.assigned_partitions for number in of.partitions)


def version_of(data: bytes) -> int:
    """
    The version that *data* is to be read as.

    Raises:
        ValueError: It is negative, or missing.
    """
    if len(data) < VERSION.size:
        raise ValueError(f"{len(data)} bytes are no message of the consumer protocol")
    (version,) = VERSION.unpack_from(data)
    if version < 0:
        raise ValueError(f"the consumer protocol has no version {version}")
    return min(int(version), NEWEST)
