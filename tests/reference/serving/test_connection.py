import asyncio
import socket
import struct
from collections.abc import Iterator

import pytest
from kio.schema.api_versions.v4.request import ApiVersionsRequest
from kio.schema.api_versions.v4.response import ApiVersionsResponse
from kio.schema.errors import ErrorCode
from kio.schema.metadata.v12.request import MetadataRequest
from kio.schema.metadata.v12.response import MetadataResponse
from kio.static.protocol import ResponsePayload

from ackproof.reference.kernel.clock import VirtualClock
from ackproof.reference.kernel.future import Future, resolved
from ackproof.reference.protocol.codec import correlation_id_of, decode_response, encode_request
from ackproof.reference.protocol.primitive import duration
from ackproof.reference.protocol.request import Caller, Request
from ackproof.reference.serving.connection import Connection
from tests.reference.broker.standing import fetch_request
from tests.reference.serving.served import PATIENCE_S, served

API_VERSIONS = ApiVersionsRequest(client_software_name="test", client_software_version="1")
METADATA = MetadataRequest(topics=(), include_topic_authorized_operations=False)
ANSWER = MetadataResponse(throttle_time=duration(0), brokers=(), topics=())


@pytest.fixture(scope="module")
def address() -> Iterator[tuple[str, int]]:
    with served({"t": 1}, {"socket.request.max.bytes": 10_000}) as where:
        host, _, port = where.partition(":")
        yield host, int(port)


class Client:
    """A socket on which frames are sent and received."""

    def __init__(self, address: tuple[str, int]) -> None:
        self._socket = socket.create_connection(address, PATIENCE_S)

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *error: object) -> None:
        self._socket.close()

    def send(self, data: bytes) -> None:
        self._socket.sendall(data)

    def receive(self) -> bytes:
        """What the next frame holds; nothing if the connection is closed."""
        size = self._exactly(4)
        return self._exactly(struct.unpack(">i", size)[0]) if size else b""

    def _exactly(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            try:
                piece = self._socket.recv(size - len(data))
            except ConnectionResetError:
                return b""
            if not piece:
                return b""
            data += piece
        return data


def test_answers_come_in_the_order_of_requests_however_they_arrive(address: tuple[str, int]) -> None:
    waits = encode_request(Request(fetch_request({("t", 0): 0}, max_wait_ms=200), 12, "test"), 1)
    others = b"".join(encode_request(Request(METADATA, 12, "test"), number) for number in (2, 3))

    with Client(address) as client:
        client.send(waits + others[:5])
        client.send(others[5:])
        answers = [correlation_id_of(client.receive()) for _ in range(3)]

    assert answers == [1, 2, 3]


@pytest.mark.parametrize(
    "data",
    [
        struct.pack(">i", -1),
        struct.pack(">i", 10_001),
        struct.pack(">ihhi", 8, 999, 0, 1),
        struct.pack(">ihhi", 8, 0, 99, 1),
        struct.pack(">ihhi", 8, 0, 0, 1),
        struct.pack(">ih", 2, 3),
        struct.pack(">ihhih", 10, 3, 12, 1, 500),
        encode_request(Request(METADATA, 12, "test"), 1)[:-1] + b"\xff",
    ],
)
def test_bytes_that_are_no_request_close_the_connection_and_nothing_else(data: bytes, address: tuple[str, int]) -> None:
    with Client(address) as client, Client(address) as other:
        client.send(data)
        other.send(encode_request(Request(METADATA, 12, "test"), 7))

        assert client.receive() == b""
        assert correlation_id_of(other.receive()) == 7


def test_an_unknown_version_of_api_versions_is_answered_in_version_0(address: tuple[str, int]) -> None:
    frame = bytearray(encode_request(Request(API_VERSIONS, 4, "test"), 1))
    frame[6:8] = struct.pack(">h", 77)

    with Client(address) as client:
        client.send(bytes(frame))
        answer = decode_response(client.receive(), 18, 0)

    assert isinstance(answer, ApiVersionsResponse)
    assert answer.error_code is ErrorCode.unsupported_version
    assert [each.api_key for each in answer.api_keys] == [18]


def test_a_client_may_go_away_while_it_waits(address: tuple[str, int]) -> None:
    with Client(address) as client:
        client.send(encode_request(Request(fetch_request({("t", 0): 0}, max_wait_ms=100), 12, "test"), 1))

    with Client(address) as other:
        other.send(encode_request(Request(fetch_request({("t", 0): 0}, max_wait_ms=300), 12, "test"), 2))
        assert correlation_id_of(other.receive()) == 2


class Reluctant(asyncio.Transport):
    """What is written to it stays with it until its client takes it."""

    def __init__(self) -> None:
        super().__init__()
        self.reads = True
        self.connection: Connection | None = None

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        assert high == 0

    def write(self, data: bytes | bytearray | memoryview) -> None:
        assert self.connection is not None
        self.connection.pause_writing()

    def pause_reading(self) -> None:
        self.reads = False

    def resume_reading(self) -> None:
        self.reads = True

    def is_closing(self) -> bool:
        return False


def test_the_next_request_waits_until_the_answer_to_the_one_before_is_sent() -> None:
    served_requests: list[Request] = []

    class Prompt:
        def serve(self, caller: Caller, request: Request) -> Future[ResponsePayload | None]:
            served_requests.append(request)
            return resolved(VirtualClock(), ANSWER)

    transport = Reluctant()
    connection = transport.connection = Connection(Prompt(), 1, 10_000, lambda _: None)
    connection.connection_made(transport)

    connection.data_received(encode_request(Request(METADATA, 12, "test"), 1) * 2)

    assert (len(served_requests), transport.reads) == (1, False)

    connection.resume_writing()

    assert len(served_requests) == 2
