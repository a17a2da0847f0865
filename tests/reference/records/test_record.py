"""Records in the bytes of a batch, as they should not be. Source: ``DefaultRecord``."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ackproof.reference.records.errors import InvalidRecordError
from ackproof.reference.records.record import Header, Record, decode_records, encode_records
from ackproof.reference.records.varint import encoded


def body(*parts: bytes) -> bytes:
    """A record of these bytes, with its length in front."""
    joined = b"".join(parts)
    return encoded(len(joined)) + joined


START = b"\0" + encoded(3) + encoded(0)
NULL, NONE = encoded(-1), encoded(0)


def test_a_record_may_have_neither_key_nor_value() -> None:
    assert decode_records(body(START, NULL, NULL, NONE), 1, 100) == (Record(None, None, 103),)


def test_any_negative_length_is_null() -> None:
    assert decode_records(body(START, encoded(-7), encoded(-2), NONE), 1, 0) == (Record(None, None, 3),)


def test_an_empty_value_is_not_null() -> None:
    assert decode_records(body(START, NULL, encoded(0), NONE), 1, 0) == (Record(b"", None, 3),)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        body(START, encoded(5), b"abc"),
        body(START, NULL, NULL),
        body(START, NULL, NULL, encoded(-1)),
        body(START, NULL, NULL, encoded(1)),
        body(START, NULL, NULL, encoded(2**31 - 1)),
        body(START, NULL, NULL, encoded(1), NULL, NULL),
        body(START, NULL, NULL, NONE, b"more"),
        body(START, NULL, NULL, NONE) + b"more",
        encoded(-1) + START,
        encoded(2**31 - 1) + START,
        body(b"\0" + b"\x80" * 11),
        body(START, b"\x80" * 6),
        body(START, NULL, encoded(3), b"v")[:-1] + encoded(0) * 4,
    ],
)
def test_a_record_that_is_not_one_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidRecordError):
        decode_records(data, 1, 0)


def test_no_record_reaches_into_the_next() -> None:
    longer = body(START, NULL, encoded(20), b"v" * 4)
    data = longer + body(START, NULL, NULL, NONE)

    with pytest.raises(InvalidRecordError):
        decode_records(data, 2, 0)


@given(st.binary(max_size=80), st.integers(-1, 2**31 - 1))
def test_any_bytes_are_records_or_are_refused(data: bytes, count: int) -> None:
    try:
        found = decode_records(data, count, 0)
    except InvalidRecordError:
        return
    assert len(found) == count


def test_headers_keep_their_order_and_may_repeat() -> None:
    headers = (Header("b", b"1"), Header("a", None), Header("b", b""))
    data = encode_records((Record(b"v", headers=headers),), 0)

    assert decode_records(data, 1, 0)[0].headers == headers


@given(st.text(max_size=20))
def test_a_header_key_is_text(key: str) -> None:
    data = encode_records((Record(None, headers=(Header(key, None),)),), 0)

    assert decode_records(data, 1, 0)[0].headers == (Header(key, None),)
