"""Frames in a stream."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ackproof.reference.protocol.frames import Frames
from ackproof.reference.protocol.request import CloseConnectionError


def framed(data: bytes) -> bytes:
    return len(data).to_bytes(4) + data


def taken(frames: Frames) -> list[bytes]:
    found: list[bytes] = []
    while (frame := frames.take()) is not None:
        found.append(frame)
    return found


@given(sent=st.lists(st.binary(max_size=20)), pieces=st.lists(st.integers(1, 15)))
def test_frames_are_whole_however_their_bytes_arrive(sent: list[bytes], pieces: list[int]) -> None:
    frames = Frames()
    stream = b"".join(map(framed, sent))
    got: list[bytes] = []
    for length in [*pieces, len(stream)]:
        frames.feed(stream[:length])
        stream = stream[length:]
        got += taken(frames)

    assert got == sent


@pytest.mark.parametrize("size_bytes", [-1, 11, 2**31 - 1])
def test_a_frame_of_no_sane_size_ends_the_connection_after_those_before_it(size_bytes: int) -> None:
    frames = Frames(frame_max_bytes=10)

    frames.feed(framed(b"0123456789") + size_bytes.to_bytes(4, signed=True))

    assert frames.take() == b"0123456789"
    with pytest.raises(CloseConnectionError):
        frames.take()
