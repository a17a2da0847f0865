"""A connection to the real broker: a socket that blocks."""

import socket
import time
from functools import partial

from tests.conformance.connection import ClosedError
from tests.conformance.side import Side

SIZE_BYTES = 4


class Socket:
    """Frames over TCP."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), 10)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._received = b""

    def send(self, frame: bytes) -> None:
        try:
            self._socket.sendall(frame)
        except OSError as error:
            raise ClosedError from error

    def poll(self, patience_ms: int) -> bytes | None:
        self._socket.settimeout(max(patience_ms, 1) / 1_000)
        try:
            while (frame := self._taken()) is None:
                if not (data := self._socket.recv(1 << 16)):
                    raise ClosedError
                self._received += data
        except TimeoutError:
            return None
        except OSError as error:
            raise ClosedError from error
        return frame

    def close(self) -> None:
        self._socket.close()

    def _taken(self) -> bytes | None:
        end = SIZE_BYTES + int.from_bytes(self._received[:SIZE_BYTES])
        if len(self._received) < max(end, SIZE_BYTES):
            return None
        frame, self._received = self._received[SIZE_BYTES:end], self._received[end:]
        return frame


def now_ms() -> int:
    """The time now."""
    return time.time_ns() // 1_000_000


def real_side(port: int) -> Side:
    """The broker that listens on *port*."""
    side = Side(partial(Socket, port), lambda duration_ms: time.sleep(duration_ms / 1_000), now_ms)
    side.warm_up()
    return side
