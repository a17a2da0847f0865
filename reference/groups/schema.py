"""
The records of offsets and classic groups in ``__consumer_offsets``, declared as kio declares messages.

The version of a key is the type of its record.

Source: ``OffsetCommitKey.json`` and its neighbours, of 4.3.
"""

from dataclasses import dataclass, field
from typing import ClassVar
from uuid import UUID

from kio.static.constants import EntityType

from ackproof.reference.protocol.primitive import i16, i32, i64

STRING = {"kafka_type": "string"}
BYTES = {"kafka_type": "bytes"}
INT32 = {"kafka_type": "int32"}
INT64 = {"kafka_type": "int64"}
UUID_TYPE = {"kafka_type": "uuid"}


@dataclass(frozen=True, slots=True, kw_only=True)
class LegacyOffsetCommitKey:
    """Whose offset it is, as it was written before 0.9."""

    __type__: ClassVar = EntityType.data
    __version__: ClassVar[i16] = i16(0)
    __flexible__: ClassVar[bool] = False
    group: str = field(metadata=STRING)
    topic: str = field(metadata=STRING)
    partition: i32 = field(metadata=INT32)


@dataclass(frozen=True, slots=True, kw_only=True)
class OffsetCommitKey:
    """Whose offset it is."""

    __type__: ClassVar = EntityType.data
    __version__: ClassVar[i16] = i16(1)
    __flexible__: ClassVar[bool] = False
    group: str = field(metadata=STRING)
    topic: str = field(metadata=STRING)
    partition: i32 = field(metadata=INT32)


@dataclass(frozen=True, slots=True, kw_only=True)
class OffsetCommitValueV1:
    """An offset that says when it expires."""

    __type__: ClassVar = EntityType.data
    __version__: ClassVar[i16] = i16(1)
    __flexible__: ClassVar[bool] = False
    offset: i64 = field(metadata=INT64)
    metadata: str = field(metadata=STRING)
    commit_timestamp: i64 = field(metadata=INT64)
    expire_timestamp: i64 = field(metadata=INT64, default=i64(-1))


@dataclass(frozen=True, slots=True, kw_only=True)
class OffsetCommitValueV3:
    """An offset, as 2.1 to 4.1 write it."""

    __type__: ClassVar = EntityType.data
    __version__: ClassVar[i16] = i16(3)
    __flexible__: ClassVar[bool] = False
    offset: i64 = field(metadata=INT64)
    leader_epoch: i32 = field(metadata=INT32, default=i32(-1))
    metadata: str = field(metadata=STRING)
    commit_timestamp: i64 = field(metadata=INT64)


@dataclass(frozen=True, slots=True, kw_only=True)
class OffsetCommitValue:
    """An offset."""

    __type__: ClassVar = EntityType.data
    __version__: ClassVar[i16] = i16(4)
    __flexible__: ClassVar[bool] = True
    offset: i64 = field(metadata=INT64)
    leader_epoch: i32 = field(metadata=INT32, default=i32(-1))
    metadata: str = field(metadata=STRING)
    commit_timestamp: i64 = field(metadata=INT64)
    topic_id: UUID | None = field(metadata={**UUID_TYPE, "tag": 0}, default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupMetadataKey:
    """Which classic group it is."""

    __type__: ClassVar = EntityType.data
    __version__: ClassVar[i16] = i16(2)
    __flexible__: ClassVar[bool] = False
    group: str = field(metadata=STRING)


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberMetadata:
    """A member of a classic group."""

    __type__: ClassVar = EntityType.nested
    __version__: ClassVar[i16] = i16(3)
    __flexible__: ClassVar[bool] = False
    member_id: str = field(metadata=STRING)
    group_instance_id: str | None = field(metadata=STRING, default=None)
    client_id: str = field(metadata=STRING)
    client_host: str = field(metadata=STRING)
    rebalance_timeout: i32 = field(metadata=INT32, default=i32(-1))
    session_timeout: i32 = field(metadata=INT32)
    subscription: bytes = field(metadata=BYTES)
    assignment: bytes = field(metadata=BYTES)


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupMetadataValue:
    """A generation of a classic group that has its assignment."""

    __type__: ClassVar = EntityType.data
    __version__: ClassVar[i16] = i16(3)
    __flexible__: ClassVar[bool] = False
    protocol_type: str = field(metadata=STRING)
    generation: i32 = field(metadata=INT32)
    protocol: str | None = field(metadata=STRING)
    leader: str | None = field(metadata=STRING)
    current_state_timestamp: i64 = field(metadata=INT64, default=i64(-1))
    members: tuple[MemberMetadata, ...]
