"""Zig-zag numbers, with kio's own as the oracle."""

from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kio.serial.readers import read_signed_varint, read_signed_varlong
from kio.serial.writers import write_signed_varint, write_signed_varlong

from ackproof.reference.records.errors import InvalidRecordError
from ackproof.reference.records.varint import encoded, read_varint, read_varlong

ints = st.integers(-(2**31), 2**31 - 1)
longs = st.integers(-(2**63), 2**63 - 1)


@given(ints)
def test_a_number_of_32_bits_is_written_as_kio_writes_it(value: int) -> None:
    buffer = BytesIO()
    write_signed_varint(buffer, value)

    assert encoded(value) == buffer.getvalue()
    assert read_varint(b"xx" + encoded(value), 2) == (value, 2 + len(encoded(value)))
    assert read_signed_varint(encoded(value), 0) == (value, len(encoded(value)))


@given(longs)
def test_a_number_of_64_bits_is_written_as_kio_writes_it(value: int) -> None:
    buffer = BytesIO()
    write_signed_varlong(buffer, value)

    assert encoded(value) == buffer.getvalue()
    assert read_varlong(b"xx" + encoded(value), 2) == (value, 2 + len(encoded(value)))
    assert read_signed_varlong(encoded(value), 0) == (value, len(encoded(value)))


@pytest.mark.parametrize(
    ("value", "written"), [(0, "00"), (-1, "01"), (1, "02"), (63, "7e"), (-64, "7f"), (64, "8001")]
)
def test_small_numbers_are_short(value: int, written: str) -> None:
    assert encoded(value).hex() == written


def test_a_number_may_be_longer_than_it_needs_to_be() -> None:
    assert read_varint(b"\x82\x80\x80\x80\x00", 0) == (1, 5)


def test_bits_beyond_the_32nd_do_not_count() -> None:
    assert read_varint(b"\x82\x80\x80\x80\x70", 0) == (1, 5)


def test_a_number_of_32_bits_has_at_most_five_bytes() -> None:
    with pytest.raises(InvalidRecordError):
        read_varint(b"\x80\x80\x80\x80\x80\x00", 0)


def test_a_number_of_64_bits_has_at_most_ten_bytes() -> None:
    with pytest.raises(InvalidRecordError):
        read_varlong(b"\x80" * 10 + b"\x00", 0)


@given(longs)
def test_a_number_that_ends_early_is_no_number(value: int) -> None:
    with pytest.raises(IndexError):
        read_varlong(encoded(value)[:-1], 0)
