"""Frames with headers, and what becomes of those that are wrong."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kio.schema.api_versions.v4.request import ApiVersionsRequest
from kio.schema.api_versions.v4.response import ApiVersion, ApiVersionsResponse
from kio.schema.errors import ErrorCode
from kio.schema.heartbeat.v4.request import HeartbeatRequest
from kio.schema.heartbeat.v4.response import HeartbeatResponse

from ackproof.reference.protocol.apis import API_OF
from ackproof.reference.protocol.codec import (
    RequestHeader,
    correlation_id_of,
    decode_request,
    decode_response,
    encode_request,
    encode_response,
)
from ackproof.reference.protocol.converting import request_class, response_class
from ackproof.reference.protocol.primitive import GroupId, duration, i16, i32
from ackproof.reference.protocol.request import CloseConnectionError, Request
from tests.reference.protocol.spoiling import spoilt
from tests.reference.protocol.versions import VERSIONS, each_api
from tests.reference.strategies import messages

few = settings(max_examples=3)
HEARTBEAT = HeartbeatRequest(group_id=GroupId("g"), generation_id=i32(1), member_id="m", group_instance_id=None)
API_VERSIONS = API_OF[18]
REFUSED = ApiVersionsResponse(
    error_code=ErrorCode.unsupported_version,
    api_keys=(ApiVersion(api_key=i16(18), min_version=i16(0), max_version=i16(4)),),
    throttle_time=duration(0),
)


@each_api
@few
@given(data=st.data(), correlation_id=st.integers(-(2**31), 2**31 - 1), client_id=st.text(max_size=5))
def test_a_server_reads_what_a_client_sends(
    api_key: int, data: st.DataObject, correlation_id: int, client_id: str
) -> None:
    version = API_OF[api_key].version
    body = data.draw(messages(request_class(api_key, version)))

    frame = encode_request(Request(body, version, client_id), correlation_id)
    header, request = decode_request(frame[4:])

    assert int.from_bytes(frame[:4]) == len(frame) - 4
    assert header == RequestHeader(api_key, version, correlation_id, client_id)
    assert request == Request(body, version, client_id)


@each_api
@few
@given(data=st.data(), correlation_id=st.integers(-(2**31), 2**31 - 1))
def test_a_client_reads_what_a_server_answers(api_key: int, data: st.DataObject, correlation_id: int) -> None:
    version = API_OF[api_key].version
    answer = data.draw(messages(response_class(api_key, version)))

    frame = encode_response(RequestHeader(api_key, version, correlation_id), answer)

    assert int.from_bytes(frame[:4]) == len(frame) - 4
    assert correlation_id_of(frame[4:]) == correlation_id
    assert decode_response(frame[4:], api_key, version) == answer


@pytest.mark.parametrize(
    ("version", "frame"),
    [
        (0, "00000015 000c 0000 00000007 0001 63 0001 67 00000001 0001 6d"),
        (3, "00000017 000c 0003 00000007 0001 63 0001 67 00000001 0001 6d ffff"),
        (4, "00000016 000c 0004 00000007 0001 63 00 02 67 00000001 02 6d 00 00"),
    ],
)
def test_a_request_has_the_header_of_its_version(version: int, frame: str) -> None:
    encoded = encode_request(Request(HEARTBEAT, version, "c"), correlation_id=7)

    assert encoded == bytes.fromhex(frame)


@pytest.mark.parametrize(
    ("version", "frame"),
    [
        (0, "00000006 00000007 0010"),
        (1, "0000000a 00000007 00000005 0010"),
        (4, "0000000c 00000007 00 00000005 0010 00"),
    ],
)
def test_an_answer_has_the_header_of_its_version(version: int, frame: str) -> None:
    answer = HeartbeatResponse(throttle_time=duration(5), error_code=ErrorCode.not_coordinator)

    assert encode_response(RequestHeader(12, version, 7), answer) == bytes.fromhex(frame)


@pytest.mark.parametrize("client_id", [None, ""])
def test_a_client_without_a_name_has_an_empty_one(client_id: str | None) -> None:
    header, request = decode_request(encode_request(Request(HEARTBEAT, 4, client_id), 7)[4:])

    assert header.client_id == request.client_id == ""


@pytest.mark.parametrize(
    ("frame", "retention_ms"),
    [
        ("0008 0002 00000007 0001 63 0001 67 ffffffff 0000 0000000000000064 00000000", 100),
        ("0008 0004 00000007 0001 63 0001 67 ffffffff 0000 ffffffffffffffff 00000000", None),
        ("0008 0005 00000007 0001 63 0001 67 ffffffff 0000 00000000", None),
    ],
)
def test_a_commit_of_an_old_version_says_how_long_it_is_kept(frame: str, retention_ms: int | None) -> None:
    _, request = decode_request(bytes.fromhex(frame))

    assert request.retention_ms == retention_ms


def test_what_follows_a_request_is_ignored() -> None:
    data = encode_request(Request(HEARTBEAT, 4, "c"), 7)[4:]

    assert decode_request(data + b"more") == decode_request(data)


def test_tagged_fields_of_a_header_are_skipped() -> None:
    data = encode_request(Request(HEARTBEAT, 4, "c"), 7)[4:]

    assert decode_request(data[:11] + b"\x01\x05\x02ab" + data[12:]) == decode_request(data)


@pytest.mark.parametrize(
    ("api_key", "version"), [(-1, 0), (7, 0), (999, 0), (0, 0), (0, 2), (0, 13), (1, 3), (1, 13), (12, 5), (12, -1)]
)
def test_what_is_not_served_ends_the_connection(api_key: int, version: int) -> None:
    head = api_key.to_bytes(2, signed=True) + version.to_bytes(2, signed=True)

    with pytest.raises(CloseConnectionError):
        decode_request(head + bytes(100))


@pytest.mark.parametrize("length", range(22))
def test_a_request_that_ends_early_ends_the_connection(length: int) -> None:
    data = encode_request(Request(HEARTBEAT, 4, "c"), 7)[4:]

    with pytest.raises(CloseConnectionError):
        decode_request(data[:length])


@pytest.mark.parametrize("version", [-1, 5, 32767])
def test_api_versions_of_a_version_that_is_not_known_is_answered_in_version_0(version: int) -> None:
    head = b"\0\x12" + version.to_bytes(2, signed=True) + b"\0\0\0\7" + b"\0\1c"

    header, request = decode_request(head + b"\0" + b"whatever it says")
    frame = encode_response(header, REFUSED)

    assert request.body == ApiVersionsRequest(client_software_name="", client_software_version="")
    assert request.version == version
    assert header.is_unsupported_api_versions
    assert frame == bytes.fromhex("00000010 00000007 0023 00000001 0012 0000 0004")


@pytest.mark.parametrize("version", range(API_VERSIONS.newest + 1))
def test_a_client_understands_that_its_version_of_api_versions_is_not_known(version: int) -> None:
    data = encode_response(RequestHeader(18, 99, 7), REFUSED)[4:]

    assert decode_response(data, 18, version) == REFUSED


@pytest.mark.parametrize("version", range(API_VERSIONS.newest + 1))
def test_an_answer_to_api_versions_never_has_tagged_fields_in_its_header(version: int) -> None:
    data = encode_response(RequestHeader(18, version, 7), REFUSED)[4:]

    assert data[4:6] == b"\0\x23"


@pytest.mark.parametrize("data", [b"", b"\0\0\0"])
def test_an_answer_without_a_correlation_id_ends_the_connection(data: bytes) -> None:
    with pytest.raises(CloseConnectionError):
        correlation_id_of(data)


@pytest.mark.parametrize("data", [b"", b"\0\0\0\7", b"\0\0\0\7\0\xff\xff\xff\xff\xff"])
def test_an_answer_that_is_malformed_ends_the_connection(data: bytes) -> None:
    with pytest.raises(CloseConnectionError):
        decode_response(data, 12, 4)


@each_api
@few
@given(data=st.data(), seed=st.integers(0, 2**32))
def test_any_bytes_are_a_request_or_end_the_connection(api_key: int, data: st.DataObject, seed: int) -> None:
    random = Random(seed)
    newest = request_class(api_key, API_OF[api_key].version)
    good = encode_request(Request(data.draw(messages(newest)), API_OF[api_key].version, "c"), 7)[4:]
    for _ in range(50):
        raw = spoilt(good, random)
        try:
            header, request = decode_request(raw)
        except CloseConnectionError:
            continue
        assert isinstance(request.body, request_class(header.api_key, API_OF[header.api_key].version))


@each_api
@few
@given(data=st.data(), seed=st.integers(0, 2**32))
def test_any_bytes_are_an_answer_or_end_the_connection(api_key: int, data: st.DataObject, seed: int) -> None:
    random, version = Random(seed), API_OF[api_key].version
    newest = response_class(api_key, version)
    good = encode_response(RequestHeader(api_key, version, 7), data.draw(messages(newest)))[4:]
    for _ in range(50):
        try:
            answer = decode_response(spoilt(good, random), api_key, version)
        except CloseConnectionError:
            continue
        assert isinstance(answer, newest)


@settings(max_examples=300)
@given(data=st.binary(max_size=80), api_key=st.sampled_from(list(VERSIONS)), version=st.integers(-1, 13))
def test_random_bytes_are_a_request_or_end_the_connection(data: bytes, api_key: int, version: int) -> None:
    for raw in (data, api_key.to_bytes(2) + version.to_bytes(2, signed=True) + data):
        try:
            decode_request(raw)
        except CloseConnectionError:
            continue
