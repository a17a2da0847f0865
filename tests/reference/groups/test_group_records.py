"""Records of ``__consumer_offsets``: the bytes are those that Kafka 4.3.1 wrote."""

from random import Random
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ackproof.reference.groups.modern.schema import (
    ClassicMemberMetadata,
    ClassicProtocol,
    ConsumerGroupCurrentMemberAssignmentKey,
    ConsumerGroupCurrentMemberAssignmentValue,
    ConsumerGroupMemberMetadataKey,
    ConsumerGroupMemberMetadataValue,
    ConsumerGroupMetadataKey,
    ConsumerGroupMetadataValue,
    ConsumerGroupTargetAssignmentMemberKey,
    ConsumerGroupTargetAssignmentMemberValue,
    ConsumerGroupTargetAssignmentMetadataKey,
    ConsumerGroupTargetAssignmentMetadataValue,
    TopicPartitions,
    TopicPartitionsWithEpochs,
)
from ackproof.reference.groups.record import StateRecord, UnreadableRecordError, decode, encode
from ackproof.reference.groups.schema import (
    GroupMetadataKey,
    GroupMetadataValue,
    MemberMetadata,
    OffsetCommitKey,
    OffsetCommitValue,
    OffsetCommitValueV1,
    OffsetCommitValueV3,
)
from ackproof.reference.protocol.primitive import i8, i32, i64
from ackproof.reference.records.batch import Batch, Record
from tests.reference.groups.classic_scene import stable_group
from tests.reference.groups.consumer_scene import join
from tests.reference.groups.offset_scene import commit
from tests.reference.groups.scene import Scene
from tests.reference.protocol.spoiling import spoilt

TOPIC = UUID("e38d058b-d3e3-46c5-9e5e-e53d679991ef")
TOPIC_BYTES = TOPIC.bytes
OFFSET_KEY = OffsetCommitKey(group="g", topic="ta", partition=i32(0))

OFFSETS = [
    (
        StateRecord(
            OffsetCommitKey(group="g0-6-1795630877", topic="ta", partition=i32(0)),
            OffsetCommitValue(offset=i64(68), metadata="y" * 20, commit_timestamp=i64(0x1A213F0CC07), topic_id=TOPIC),
        ),
        b"\0\1\0\x0fg0-6-1795630877\0\2ta\0\0\0\0",
        b"\0\4\0\0\0\0\0\0\0D\xff\xff\xff\xff\x15yyyyyyyyyyyyyyyyyyyy\0\0\1\xa2\x13\xf0\xcc\x07\1\0\x10" + TOPIC_BYTES,
    ),
    (
        StateRecord(
            OFFSET_KEY,
            OffsetCommitValueV1(offset=i64(68), metadata="", commit_timestamp=i64(1), expire_timestamp=i64(2)),
        ),
        b"\0\1\0\1g\0\2ta\0\0\0\0",
        b"\0\1\0\0\0\0\0\0\0D\0\0\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\2",
    ),
    (
        StateRecord(OFFSET_KEY, OffsetCommitValueV3(offset=i64(68), metadata="", commit_timestamp=i64(1))),
        b"\0\1\0\1g\0\2ta\0\0\0\0",
        b"\0\3\0\0\0\0\0\0\0D\xff\xff\xff\xff\0\0\0\0\0\0\0\0\0\1",
    ),
    (StateRecord(OFFSET_KEY), b"\0\1\0\1g\0\2ta\0\0\0\0", None),
]
CLASSIC_GROUPS = [
    (
        StateRecord(
            GroupMetadataKey(group="g"),
            GroupMetadataValue(
                protocol_type="consumer",
                generation=i32(3),
                protocol="roundrobin",
                leader="m",
                current_state_timestamp=i64(0x1A214034820),
                members=(
                    MemberMetadata(
                        member_id="m",
                        group_instance_id=None,
                        client_id="client",
                        client_host="/127.0.0.1",
                        rebalance_timeout=i32(60_000),
                        session_timeout=i32(6_000),
                        subscription=b"wants",
                        assignment=b"a10",
                    ),
                ),
            ),
        ),
        b"\0\2\0\1g",
        b"\0\3\0\x08consumer\0\0\0\3\0\nroundrobin\0\1m\0\0\1\xa2\x14\3H \0\0\0\1\0\1m\xff\xff\0\6client\0\n/127.0.0.1"
        b"\0\0\xea`\0\0\x17p\0\0\0\5wants\0\0\0\3a10",
    ),
    (StateRecord(GroupMetadataKey(group="g")), b"\0\2\0\1g", None),
]
MEMBER_KEY = ConsumerGroupMemberMetadataKey(group_id="g", member_id="m")
MEMBERS = [
    (
        StateRecord(
            MEMBER_KEY,
            ConsumerGroupMemberMetadataValue(
                instance_id="i0",
                rack_id=None,
                client_id="client",
                client_host="/127.0.0.1",
                subscribed_topic_names=("ta", "tb", "tc"),
                subscribed_topic_regex="",
                rebalance_timeout_ms=i32(30_000),
                server_assignor="uniform",
            ),
        ),
        b"\0\5\0\1g\0\1m",
        b"\0\0\3i0\0\7client\x0b/127.0.0.1\4\3ta\3tb\3tc\1\0\0u0\x08uniform\1\0\1\0",
    ),
    (
        StateRecord(
            MEMBER_KEY,
            ConsumerGroupMemberMetadataValue(
                instance_id=None,
                rack_id=None,
                client_id="client",
                client_host="/127.0.0.1",
                subscribed_topic_names=("ta",),
                subscribed_topic_regex="",
                rebalance_timeout_ms=i32(60_000),
                server_assignor=None,
                classic_member_metadata=ClassicMemberMetadata(
                    session_timeout_ms=i32(6_000),
                    supported_protocols=(ClassicProtocol(name="range", metadata=b"wants"),),
                ),
            ),
        ),
        b"\0\5\0\1g\0\1m",
        b"\0\0\0\0\7client\x0b/127.0.0.1\2\3ta\1\0\0\xea`\0\1\0\x14\1\0\0\x17p\2\6range\6wants\0\0",
    ),
]
CONSUMER_GROUPS = [
    (
        StateRecord(
            ConsumerGroupMetadataKey(group_id="g"),
            ConsumerGroupMetadataValue(epoch=i32(2), metadata_hash=i64(-0x4AA1090A8B4F8D90)),
        ),
        b"\0\3\0\1g",
        b"\0\0\0\0\0\2\1\0\x08\xb5^\xf6\xf5t\xb0rp",
    ),
    (
        StateRecord(
            ConsumerGroupTargetAssignmentMetadataKey(group_id="g"),
            ConsumerGroupTargetAssignmentMetadataValue(
                assignment_epoch=i32(2), assignment_timestamp=i64(0x1A213F0C9B4)
            ),
        ),
        b"\0\6\0\1g",
        b"\0\0\0\0\0\2\1\0\x08\0\0\1\xa2\x13\xf0\xc9\xb4",
    ),
    (
        StateRecord(
            ConsumerGroupTargetAssignmentMemberKey(group_id="g", member_id="m"),
            ConsumerGroupTargetAssignmentMemberValue(
                topic_partitions=(TopicPartitions(topic_id=TOPIC, partitions=(i32(0), i32(1))),)
            ),
        ),
        b"\0\7\0\1g\0\1m",
        b"\0\0\2" + TOPIC_BYTES + b"\3\0\0\0\0\0\0\0\1\0\0",
    ),
    (
        StateRecord(
            ConsumerGroupCurrentMemberAssignmentKey(group_id="g", member_id="m"),
            ConsumerGroupCurrentMemberAssignmentValue(
                member_epoch=i32(3),
                previous_member_epoch=i32(0),
                state=i8(0),
                assigned_partitions=(
                    TopicPartitionsWithEpochs(
                        topic_id=TOPIC, partitions=(i32(0), i32(1)), assignment_epochs=(i32(3), i32(3))
                    ),
                ),
                partitions_pending_revocation=(),
            ),
        ),
        b"\0\x08\0\1g\0\1m",
        b"\0\0\0\0\0\3\0\0\0\0\0\2" + TOPIC_BYTES + b"\3\0\0\0\0\0\0\0\1\1\0\t\3\0\0\0\3\0\0\0\3\1\0",
    ),
    (StateRecord(ConsumerGroupCurrentMemberAssignmentKey(group_id="g", member_id="m")), b"\0\x08\0\1g\0\1m", None),
]


@pytest.mark.parametrize(("record", "key", "value"), [*OFFSETS, *CLASSIC_GROUPS, *MEMBERS, *CONSUMER_GROUPS])
def test_a_record_is_written_and_read_as_kafka_writes_it(record: StateRecord, key: bytes, value: bytes | None) -> None:
    assert encode(record, 5) == Record(value, key, 5)
    assert decode(Record(value, key, 5)) == record


def test_a_record_of_another_type_is_none_of_a_coordinators() -> None:
    assert decode(Record(b"\0\0", b"\0\x0e")) is None


def test_a_value_of_an_unknown_version_cannot_be_read() -> None:
    with pytest.raises(UnreadableRecordError, match="OffsetCommitValue of version 99"):
        decode(Record(b"\0\x63", b"\0\1\0\1g\0\2ta\0\0\0\0"))


@pytest.mark.parametrize(
    ("key", "value", "complaint"),
    [
        (None, b"\0\4", "without a key"),
        (b"\0", None, "key without a version"),
        (b"\0\1\0\5ab", None, "OffsetCommitKey: 5 bytes in 2"),
        (b"\0\2\xff\xff", None, "GroupMetadataKey: group is null"),
        (b"\0\2\0\1g", b"\0", "value without a version"),
        (b"\0\2\0\1g", b"\0\3\0\0", "GroupMetadataValue ends early"),
        (b"\0\2\0\1g", b"\0\3\0\0\0\0\0\1\xff\xff\xff\xff" + bytes(8) + b"\xff" * 4, "members is null"),
    ],
)
def test_a_record_that_is_not_what_it_says_cannot_be_read(key: bytes | None, value: bytes, complaint: str) -> None:
    with pytest.raises(UnreadableRecordError, match=complaint):
        decode(Record(value, key))


def test_a_tagged_field_that_is_not_known_is_passed_over() -> None:
    value = b"\0\0\0\0\0\2\2\0\x08\xb5^\xf6\xf5t\xb0rp\x63\3abc"

    assert decode(Record(value, b"\0\3\0\1g")) == CONSUMER_GROUPS[0][0]


@given(st.sampled_from([*OFFSETS, *CLASSIC_GROUPS, *MEMBERS, *CONSUMER_GROUPS]), st.integers(0, 2**32))
def test_any_bytes_are_a_record_or_cannot_be_read(good: tuple[StateRecord, bytes, bytes | None], seed: int) -> None:
    random = Random(seed)
    _, key, value = good
    for _ in range(20):
        spoilt_value = None if value is None else spoilt(value, random)
        for record in (Record(spoilt_value, key), Record(value, spoilt(key, random))):
            try:
                decoded = decode(record)
            except UnreadableRecordError:
                continue
            assert decoded is None or encode(decoded, 5).key


def test_the_same_requests_write_the_same_bytes() -> None:
    def written() -> list[Batch]:
        scene = Scene()
        stable_group(scene, instances=["one", None], group="classic")
        join(scene, "one", group="consumer")
        commit(scene, 5)
        return list(scene.log.batches())

    assert written() == written()
