"""Logging in: by what is asked and answered, against another implementation of who is logged in to."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kio.schema.errors import ErrorCode
from kio.schema.sasl_authenticate.v1.request import SaslAuthenticateRequest
from kio.schema.sasl_authenticate.v1.response import SaslAuthenticateResponse
from kio.schema.sasl_handshake.v1.request import SaslHandshakeRequest
from kio.schema.sasl_handshake.v1.response import SaslHandshakeResponse
from kio.static.protocol import ResponsePayload
from scramp import ScramMechanism  # type: ignore[import-untyped]  # pyright: ignore[reportMissingTypeStubs]

from ackproof.reference.kernel.future import Future
from ackproof.reference.protocol.request import Request
from ackproof.reference.serving.clock import LoopClock
from ackproof.reference.serving.securing import Login, NotAuthenticatedError, authenticate

Server = Callable[[bytes], bytes]


class Broker:
    """A connection to a broker that takes one mechanism, whose part *server* plays."""

    is_open = True

    def __init__(self, clock: LoopClock, mechanism: str, server: Server) -> None:
        self.clock, self.mechanism, self.server = clock, mechanism, server

    def ask(self, request: Request) -> Future[ResponsePayload]:
        future = Future[ResponsePayload](self.clock)
        future.resolve(self.answer(request))
        return future

    def answer(self, request: Request) -> ResponsePayload:
        if isinstance(request.body, SaslHandshakeRequest):
            is_known = request.body.mechanism == self.mechanism
            code = ErrorCode.none if is_known else ErrorCode.unsupported_sasl_mechanism
            return SaslHandshakeResponse(error_code=code, mechanisms=(self.mechanism,))
        assert isinstance(request.body, SaslAuthenticateRequest)
        try:
            said = self.server(request.body.auth_bytes)
        except PermissionError as problem:
            code = ErrorCode.sasl_authentication_failed
            return SaslAuthenticateResponse(error_code=code, error_message=str(problem), auth_bytes=b"")
        return SaslAuthenticateResponse(error_code=ErrorCode.none, error_message=None, auth_bytes=said)

    def tell(self, request: Request) -> None:
        raise AssertionError(request)

    def close(self) -> None:
        self.is_open = False


def scram(mechanism: str, password: str) -> Server:
    def known(_: str) -> object:
        return kind.make_auth_info(password)

    kind: Any = ScramMechanism(mechanism)
    server: Any = kind.make_server(known)
    said = iter((server.get_server_first, server.get_server_final))
    hears = iter((server.set_client_first, server.set_client_final))

    def play(message: bytes) -> bytes:
        next(hears)(message.decode())
        answer: str = next(said)()
        return answer.encode()

    return play


def plain(message: bytes) -> bytes:
    if message != b"\0alice\0secret":
        raise PermissionError("Authentication failed: Invalid username or password")
    return b""


def log_in(mechanism: str, server: Server, password: str = "secret", asked: str | None = None) -> None:
    async def connect() -> None:
        broker = Broker(LoopClock(asyncio.get_running_loop()), mechanism, server)
        await authenticate(broker, Login(asked or mechanism, "alice", password))

    asyncio.run(connect())


@pytest.mark.parametrize("mechanism", ["SCRAM-SHA-256", "SCRAM-SHA-512"])
def test_scram_takes_who_knows_the_password(mechanism: str) -> None:
    log_in(mechanism, scram(mechanism, "secret"))


def test_scram_does_not_take_a_broker_that_knows_another_password() -> None:
    def server(message: bytes) -> bytes:
        return honest(message) if message.startswith(b"n,,") else b"v=" + b"A" * 43 + b"="

    honest = scram("SCRAM-SHA-256", "another")
    with pytest.raises(NotAuthenticatedError, match="alice"):
        log_in("SCRAM-SHA-256", server)


@pytest.mark.parametrize("said", [b"", b"\xff", b"r=another,s=AAAA,i=4096", b"r=\xff,s=,i=0"])
def test_scram_does_not_take_what_is_no_message_of_it(said: bytes) -> None:
    with pytest.raises(NotAuthenticatedError, match="alice"):
        log_in("SCRAM-SHA-256", lambda _: said)


@given(st.binary(max_size=60))
def test_scram_takes_no_bytes_for_a_message_of_it(said: bytes) -> None:
    with pytest.raises(NotAuthenticatedError, match="alice"):
        log_in("SCRAM-SHA-256", lambda _: said)


@pytest.mark.parametrize("said", [b"", b"\xff", b"v=\xff", b"e=other-error"])
def test_scram_does_not_take_what_is_no_last_message_of_it(said: bytes) -> None:
    honest = scram("SCRAM-SHA-256", "secret")

    with pytest.raises(NotAuthenticatedError, match="alice"):
        log_in("SCRAM-SHA-256", lambda message: honest(message) if message.startswith(b"n,,") else said)


def test_plain_says_name_and_password() -> None:
    log_in("PLAIN", plain)


def test_why_somebody_is_refused_is_told() -> None:
    with pytest.raises(NotAuthenticatedError, match="Invalid username or password"):
        log_in("PLAIN", plain, "wrong")


def test_what_is_enabled_instead_is_told() -> None:
    with pytest.raises(NotAuthenticatedError, match="SCRAM-SHA-512 is not enabled there, but PLAIN"):
        log_in("PLAIN", plain, asked="SCRAM-SHA-512")
