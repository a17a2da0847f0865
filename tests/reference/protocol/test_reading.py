"""Messages are read as kio reads them, and what kio does not read as Kafka does."""

import tracemalloc
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kio.schema.api_versions.v4.request import ApiVersionsRequest
from kio.schema.create_topics.v2.request import CreateTopicsRequest
from kio.schema.delete_topics.v4.request import DeleteTopicsRequest
from kio.schema.describe_cluster.v0.request import DescribeClusterRequest
from kio.schema.errors import ErrorCode
from kio.schema.fetch.v12.request import FetchRequest
from kio.schema.heartbeat.v0.response import HeartbeatResponse
from kio.schema.init_producer_id.v0.request import InitProducerIdRequest
from kio.schema.join_group.v5.request import JoinGroupRequest
from kio.schema.metadata.v1.request import MetadataRequest
from kio.schema.offset_commit.v2.request import OffsetCommitRequest
from kio.schema.produce.v8.response import ProduceResponse
from kio.serial import entity_reader

from ackproof.reference.groups.modern.schema import ConsumerGroupMemberMetadataValue
from ackproof.reference.protocol.primitive import BrokerId, duration, i32, milliseconds
from ackproof.reference.protocol.reading import read, skip_tagged
from ackproof.reference.protocol.wire import MalformedError
from tests.reference.protocol.spoiling import spoilt
from tests.reference.protocol.versions import classes, each_api, written
from tests.reference.strategies import messages

ALL_CODES = tuple(ErrorCode)
few = settings(max_examples=3)


@each_api
@few
@given(data=st.data())
def test_messages_are_read_as_kio_reads_them(api_key: int, data: st.DataObject) -> None:
    for entity in classes(api_key):
        message = data.draw(messages(entity, ALL_CODES))
        raw = written(message)

        assert read(entity, b"in front" + raw, 8) == (message, 8 + len(raw))
        assert entity_reader(entity)(raw, 0) == (message, len(raw))


@each_api
@few
@given(data=st.data())
def test_what_ends_early_is_no_message(api_key: int, data: st.DataObject) -> None:
    for entity in classes(api_key):
        raw = written(data.draw(messages(entity)))
        for length in range(len(raw)):
            with pytest.raises(MalformedError):
                read(entity, raw[:length])


def test_what_follows_a_message_is_left_alone() -> None:
    assert read(HeartbeatResponse, b"\0\0more") == (HeartbeatResponse(error_code=ErrorCode.none), 2)


def test_tagged_fields_that_are_not_known_are_skipped() -> None:
    known = ApiVersionsRequest(client_software_name="a", client_software_version="1")
    raw = written(known)[:-1] + b"\x02" + b"\x63\x03abc" + b"\xff\x01\x00"

    assert read(ApiVersionsRequest, raw) == (known, len(raw))
    assert skip_tagged(raw, 4) == len(raw)


def test_tagged_fields_may_be_there_or_not() -> None:
    request = FetchRequest(
        cluster_id=None,
        replica_id=BrokerId(-1),
        max_wait=duration(5),
        min_bytes=i32(1),
        topics=(),
        forgotten_topics_data=(),
    )
    raw = written(request)

    assert read(FetchRequest, raw)[0].cluster_id is None
    assert read(FetchRequest, raw[:-1] + b"\x01\x00\x03\x02ab")[0].cluster_id == "a"


def test_an_error_code_that_is_not_known_is_one_of_the_server() -> None:
    assert read(HeartbeatResponse, b"\x7f\xff")[0].error_code is ErrorCode.unknown_server_error


def test_text_need_not_be_utf_8() -> None:
    assert read(MetadataRequest, b"\0\0\0\1\0\2a\xff")[0].topics == (
        read(MetadataRequest, b"\0\0\0\1" + b"\0\4a" + "\ufffd".encode())[0].topics or ()
    )


def test_any_negative_length_is_null() -> None:
    assert read(MetadataRequest, b"\xff\xff\xff\xf9")[0].topics is None
    assert read(InitProducerIdRequest, b"\xff\x80" + bytes(4))[0].transactional_id is None


def test_what_must_be_there_is_not_null() -> None:
    for entity, raw in (
        (CreateTopicsRequest, b"\xff\xff\xff\xff" + bytes(5)),
        (MetadataRequest, b"\0\0\0\1\xff\xff"),
        (DeleteTopicsRequest, b"\x02\x00" + bytes(5)),
    ):
        with pytest.raises(MalformedError, match="is null"):
            read(entity, raw)


@pytest.mark.parametrize("byte", [1, 2, 255])
def test_any_byte_but_zero_is_true(byte: int) -> None:
    assert read(DescribeClusterRequest, bytes((byte, 0)))[0].include_cluster_authorized_operations


def test_text_is_not_longer_than_a_short_string() -> None:
    with pytest.raises(MalformedError, match="text of 32768 bytes"):
        read(ApiVersionsRequest, b"\x81\x80\x02" + b"a" * 32_768 + b"\x02a\0")


@pytest.mark.parametrize("retention_ms", [2**63 - 1, -(2**63)])
def test_a_time_beyond_what_python_can_say_is_the_longest_that_it_can(retention_ms: int) -> None:
    raw = b"\0\1g" + bytes(4) + b"\0\1m" + retention_ms.to_bytes(8, signed=True) + bytes(4)

    retention = read(OffsetCommitRequest, raw)[0].retention_time

    assert abs(milliseconds(retention)) > 2**56


def test_a_moment_is_exact_and_before_the_epoch_there_is_none() -> None:
    def appended_ms(at_ms: int) -> int:
        head = b"\0\0\0\1\0\1t\0\0\0\1" + bytes(4) + bytes(2) + bytes(8)
        raw = head + at_ms.to_bytes(8, signed=True) + bytes(8) + bytes(4) + b"\xff\xff" + bytes(4)
        return milliseconds(read(ProduceResponse, raw)[0].responses[0].partition_responses[0].log_append_time)

    assert appended_ms(1_700_000_000_123) == 1_700_000_000_123
    assert appended_ms(253_402_300_799_999) == 253_402_300_799_999
    assert appended_ms(-1) == -1
    assert appended_ms(-2) == -1


@pytest.mark.parametrize("count", [b"\x7f\xff\xff\xff", b"\x00\xff\xff\xff"])
def test_nothing_is_made_room_for_that_is_not_there(count: bytes) -> None:
    head = b"\0\1g" + bytes(8) + b"\0\0" + b"\xff\xff" + b"\0\1t"
    tracemalloc.start()
    try:
        with pytest.raises(MalformedError):
            read(JoinGroupRequest, head + count)
        with pytest.raises(MalformedError):
            read(ApiVersionsRequest, b"\x02a\x02b\xff\xff\xff\xff\x07")
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak_bytes < 100_000


@pytest.mark.parametrize(("tag", "expected"), [(b"\1\0\1\0", None), (b"\1\0\7\1\0\0\0\5\1\0", 5), (b"\0", None)])
def test_a_message_in_a_tagged_field_may_be_missing(tag: bytes, expected: int | None) -> None:
    raw = b"\0\0\2c\2h\1\1\0\0\0\0\0" + tag
    member, end = read(ConsumerGroupMemberMetadataValue, raw)
    classic = member.classic_member_metadata

    assert (classic and classic.session_timeout_ms, end) == (expected, len(raw))


@each_api
@few
@given(data=st.data(), seed=st.integers(0, 2**32))
def test_any_bytes_are_a_message_or_are_refused(api_key: int, data: st.DataObject, seed: int) -> None:
    random = Random(seed)
    for entity in classes(api_key):
        good = written(data.draw(messages(entity)))
        for _ in range(20):
            raw = spoilt(good, random)
            try:
                message, end = read(entity, raw)
            except MalformedError:
                continue
            assert isinstance(message, entity)
            assert end <= len(raw)
