"""
The records of consumer groups in ``__consumer_offsets``, declared as kio declares messages.

The version of a key is the type of its record.

Source: ``ConsumerGroupMetadataKey.json`` and its neighbours, of 4.3.
"""

from dataclasses import dataclass, field
from typing import ClassVar
from uuid import UUID

from kio.static.constants import EntityType

from ackproof.reference.groups.schema import BYTES, INT32, INT64, STRING, UUID_TYPE
from ackproof.reference.protocol.primitive import i8, i16, i32, i64

INT8 = {"kafka_type": "int8"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsumerGroupMetadataKey:
    """Which consumer group it is."""

    __type__: ClassVar = EntityType.data
    __version__: ClassVar[i16] = i16(3)
    __flexible__: ClassVar[bool] = False
    group_id: str = field(metadata=STRING)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsumerGroupMetadataValue:
    """The epoch of a consumer group."""

    __type__: ClassVar = EntityType.data
    __version__: ClassVar[i16] = i16(0)
    __flexible__: ClassVar[bool] = True
    epoch: i32 = field(metadata=INT32)
    metadata_hash: i64 = field(metadata={**INT64, "tag": 0}, default=i64(0))


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsumerGroupMemberMetadataKey:
    """Which member of a consumer group it is."""

    __type__: ClassVar = EntityType.data
    __version__: ClassVar[i16] = i16(5)
    __flexible__: ClassVar[bool] = False
    group_id: str = field(metadata=STRING)
    member_id: str = field(metadata=STRING)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassicProtocol:
    """A protocol that a classic member of a consumer group supports."""

    __type__: ClassVar = EntityType.nested
    __version__: ClassVar[i16] = i16(0)
    __flexible__: ClassVar[bool] = True
    name: str = field(metadata=STRING)
    metadata: bytes = field(metadata=BYTES)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassicMemberMetadata:
    """What a member of a consumer group that uses the classic protocol said when it joined."""

    __type__: ClassVar = EntityType.nested
    __version__: ClassVar[i16] = i16(0)
    __flexible__: ClassVar[bool] = True
    session_timeout_ms: i32 = field(metadata=INT32)
    supported_protocols: tuple[ClassicProtocol, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsumerGroupMemberMetadataValue:
    """What a member of a consumer group said of itself."""

    __type__: ClassVar = EntityType.data
    __version__: ClassVar[i16] = i16(0)
    __flexible__: ClassVar[bool] = True
    instance_id: str | None = field(metadata=STRING)
    rack_id: str | None = field(metadata=STRING)
    client_id: str = field(metadata=STRING)
    client_host: str = field(metadata=STRING)
    subscribed_topic_names: tuple[str, ...] = field(metadata=STRING)
    subscribed_topic_regex: str | None = field(metadata=STRING)
    rebalance_timeout_ms: i32 = field(metadata=INT32, default=i32(-1))
    server_assignor: str | None = field(metadata=STRING)
    classic_member_metadata: ClassicMemberMetadata | None = field(metadata={"tag": 0}, default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsumerGroupRegularExpressionKey:
    """A regular expression that members of a consumer group subscribe by."""

    __type__: ClassVar = EntityType.data
    __version__: ClassVar[i16] = i16(16)
    __flexible__: ClassVar[bool] = False
    group_id: str = field(metadata=STRING)
    regular_expression: str = field(metadata=STRING)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsumerGroupRegularExpressionValue:
    """The topics that a regular expression was resolved to."""

    __type__: ClassVar = EntityType.data
    __version__: ClassVar[i16] = i16(0)
    __flexible__: ClassVar[bool] = True
    topics: tuple[str, ...] = field(metadata=STRING)
    version: i64 = field(metadata=INT64)
    timestamp: i64 = field(metadata=INT64)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsumerGroupTargetAssignmentMetadataKey:
    """Whose target assignment it is."""

    __type__: ClassVar = EntityType.data
    __version__: ClassVar[i16] = i16(6)
    __flexible__: ClassVar[bool] = False
    group_id: str = field(metadata=STRING)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsumerGroupTargetAssignmentMetadataValue:
    """The epoch of a target assignment."""

    __type__: ClassVar = EntityType.data
    __version__: ClassVar[i16] = i16(0)
    __flexible__: ClassVar[bool] = True
    assignment_epoch: i32 = field(metadata=INT32)
    assignment_timestamp: i64 = field(metadata={**INT64, "tag": 0}, default=i64(0))


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsumerGroupTargetAssignmentMemberKey:
    """Whose part of a target assignment it is."""

    __type__: ClassVar = EntityType.data
    __version__: ClassVar[i16] = i16(7)
    __flexible__: ClassVar[bool] = False
    group_id: str = field(metadata=STRING)
    member_id: str = field(metadata=STRING)


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicPartitions:
    """Partitions of a topic."""

    __type__: ClassVar = EntityType.nested
    __version__: ClassVar[i16] = i16(0)
    __flexible__: ClassVar[bool] = True
    topic_id: UUID | None = field(metadata=UUID_TYPE)
    partitions: tuple[i32, ...] = field(metadata=INT32, default=())


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsumerGroupTargetAssignmentMemberValue:
    """What a member is to be assigned."""

    __type__: ClassVar = EntityType.data
    __version__: ClassVar[i16] = i16(0)
    __flexible__: ClassVar[bool] = True
    topic_partitions: tuple[TopicPartitions, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsumerGroupCurrentMemberAssignmentKey:
    """Whose assignment it is."""

    __type__: ClassVar = EntityType.data
    __version__: ClassVar[i16] = i16(8)
    __flexible__: ClassVar[bool] = False
    group_id: str = field(metadata=STRING)
    member_id: str = field(metadata=STRING)


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicPartitionsWithEpochs:
    """Partitions of a topic, each with the epoch since which it has been the member's (KIP-1251)."""

    __type__: ClassVar = EntityType.nested
    __version__: ClassVar[i16] = i16(0)
    __flexible__: ClassVar[bool] = True
    topic_id: UUID | None = field(metadata=UUID_TYPE)
    partitions: tuple[i32, ...] = field(metadata=INT32, default=())
    assignment_epochs: tuple[i32, ...] = field(metadata={**INT32, "tag": 0}, default=())


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsumerGroupCurrentMemberAssignmentValue:
    """What a member is assigned, and what it still has to give up."""

    __type__: ClassVar = EntityType.data
    __version__: ClassVar[i16] = i16(0)
    __flexible__: ClassVar[bool] = True
    member_epoch: i32 = field(metadata=INT32)
    previous_member_epoch: i32 = field(metadata=INT32)
    state: i8 = field(metadata=INT8)
    assigned_partitions: tuple[TopicPartitionsWithEpochs, ...]
    partitions_pending_revocation: tuple[TopicPartitionsWithEpochs, ...]
