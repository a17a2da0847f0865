"""Numbers of varying length."""

from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kio.serial.writers import write_unsigned_varint
from kio.static.primitive import uvarint

from ackproof.reference.protocol.wire import MalformedError, read_unsigned_varint, skip


@given(st.integers(0, 2**31 - 1))
def test_a_number_is_read_as_kio_writes_it(value: int) -> None:
    buffer = BytesIO()
    write_unsigned_varint(buffer, uvarint(value))
    raw = buffer.getvalue()

    assert read_unsigned_varint(b"x" + raw, 1) == (value, 1 + len(raw))


@pytest.mark.parametrize(
    ("raw", "value"), [("ffffffff07", 2**31 - 1), ("8080808008", -(2**31)), ("ffffffff0f", -1), ("ffffffff7f", -1)]
)
def test_a_number_has_32_bits(raw: str, value: int) -> None:
    assert read_unsigned_varint(bytes.fromhex(raw), 0) == (value, 5)


def test_a_number_has_at_most_five_bytes() -> None:
    with pytest.raises(MalformedError):
        read_unsigned_varint(b"\x80\x80\x80\x80\x80\x00", 0)


@pytest.mark.parametrize("length", [-1, 3])
def test_nothing_but_what_is_there_is_skipped(length: int) -> None:
    with pytest.raises(MalformedError):
        skip(b"abc", 1, length)
