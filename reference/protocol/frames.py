"""Frames: how a stream of bytes is cut into messages."""

from ackproof.reference.protocol.request import CloseConnectionError

SIZE_BYTES = 4
FRAME_MAX_BYTES = 104_857_600
"""What a broker takes by default (``socket.request.max.bytes``)."""


class Frames:
    """
    The frames of a stream of which pieces arrive.

    Attributes:
        frame_max_bytes: The largest that is taken.

    Source: ``NetworkReceive``.
    """

    def __init__(self, frame_max_bytes: int = FRAME_MAX_BYTES) -> None:
        self.frame_max_bytes = frame_max_bytes
        self._buffer = bytearray()

    def feed(self, data: bytes) -> None:
        """More of the stream has arrived."""
        self._buffer += data

    def take(self) -> bytes | None:
        """
        What the next frame holds; None while it is not complete.

        Raises:
            CloseConnectionError: It says that it has a negative size, or is too large.
        """
        if len(self._buffer) < SIZE_BYTES:
            return None
        size_bytes = int.from_bytes(self._buffer[:SIZE_BYTES], signed=True)
        if not 0 <= size_bytes <= self.frame_max_bytes:
            raise CloseConnectionError(f"a frame of {size_bytes} bytes")
        end = SIZE_BYTES + size_bytes
        if len(self._buffer) < end:
            return None
        frame = bytes(self._buffer[SIZE_BYTES:end])
        del self._buffer[:end]
        return frame
