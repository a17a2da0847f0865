"""How a client's connections to brokers are secured: whether they are encrypted, and who it says that it is."""

from collections.abc import Callable, Generator, Mapping
from ssl import SSLContext
from typing import Any, TypeVar

import attrs
from kio.schema.errors import ErrorCode
from kio.schema.sasl_authenticate.v1.request import SaslAuthenticateRequest
from kio.schema.sasl_authenticate.v1.response import SaslAuthenticateResponse
from kio.schema.sasl_handshake.v1.request import SaslHandshakeRequest
from kio.schema.sasl_handshake.v1.response import SaslHandshakeResponse
from kio.static.protocol import RequestPayload, ResponsePayload
from scramp import (  # type: ignore[import-untyped]  # pyright: ignore[reportMissingTypeStubs]
    ScramClient,
    ScramException,
)

from ackproof.reference.protocol.request import Connection, DisconnectedError, Request
from ackproof.reference.serving.serving import settled

R = TypeVar("R", bound=ResponsePayload)

Conversation = Generator[bytes, bytes, None]
"""What a client says to log in, each time sent what the broker answers."""


class NotAuthenticatedError(DisconnectedError):
    """The broker does not let in who the client says that it is, or it is not the broker that knows the password."""


@attrs.frozen
class Login:
    """
    Who a client says that it is.

    Attributes:
        mechanism: One of ``MECHANISMS``.
    """

    mechanism: str
    username: str
    password: str = attrs.field(repr=False)


@attrs.frozen
class Security:
    """
    Neither encrypted nor logged in, unless said otherwise (``security.protocol``).

    Attributes:
        tls: What certificates are trusted and shown; None for no encryption.
    """

    tls: SSLContext | None = None
    login: Login | None = None


PLAINTEXT = Security()


async def authenticate(connection: Connection, login: Login) -> None:
    """
    Log in on a new *connection*, before anything else is asked on it.

    Raises:
        NotAuthenticatedError: The broker refuses, or can not prove that it knows the password (SCRAM).
        DisconnectedError: The connection goes meanwhile.

    Source: ``SaslClientAuthenticator``; KIP-43, KIP-152.
    """
    offered = await _asked(connection, SaslHandshakeRequest(mechanism=login.mechanism), SaslHandshakeResponse)
    if offered.error_code != ErrorCode.none:
        raise NotAuthenticatedError(f"{login.mechanism} is not enabled there, but {', '.join(offered.mechanisms)}")
    conversation = MECHANISMS[login.mechanism](login)
    try:
        said = next(conversation)
        while True:
            said = conversation.send(await _told(connection, said))
    except StopIteration:
        return
    except ScramException as problem:
        raise NotAuthenticatedError(f"{login.username}: {problem}") from problem


async def _told(connection: Connection, said: bytes) -> bytes:
    """What the broker answers to a message of the mechanism."""
    answer = await _asked(connection, SaslAuthenticateRequest(auth_bytes=said), SaslAuthenticateResponse)
    if answer.error_code != ErrorCode.none:
        raise NotAuthenticatedError(answer.error_message or answer.error_code.name.upper())
    return answer.auth_bytes


async def _asked(connection: Connection, body: RequestPayload, expected: type[R]) -> R:
    answer = await settled(connection.ask(Request(body, int(body.__version__), "ackproof")))
    assert isinstance(answer, expected)
    return answer


def _plain(login: Login) -> Conversation:
    """Source: RFC 4616; ``PlainSaslClient``."""
    yield f"\0{login.username}\0{login.password}".encode()


def _scram(login: Login) -> Conversation:
    """Source: RFC 5802; ``ScramSaslClient``."""
    client: Any = ScramClient([login.mechanism], login.username, login.password)
    client.set_server_first((yield client.get_client_first().encode()).decode(errors="replace"))
    client.set_server_final((yield client.get_client_final().encode()).decode(errors="replace"))


MECHANISMS: Mapping[str, Callable[[Login], Conversation]] = {
    "PLAIN": _plain,
    "SCRAM-SHA-256": _scram,
    "SCRAM-SHA-512": _scram,
}
"""How to log in by each mechanism that is known here (``sasl.mechanism``)."""
