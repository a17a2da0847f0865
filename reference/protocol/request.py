"""Who asks whom: requests with the version that they are sent at, servers, and connections between them."""

from typing import Protocol

import attrs
from kio.static.protocol import RequestPayload, ResponsePayload

from ackproof.reference.kernel.future import Future
from ackproof.reference.kernel.value import value


@value
class Request:
    """
    A request as a server gets it.

    Attributes:
        body: Always the class of the API's version in ``apis.py``, whatever version it was sent at.
        version: The version that it was sent at, which decides what some answers say.
        retention_ms: How long an OffsetCommit of version 2 to 4 says that its offsets are kept; None if it does not.
    """

    body: RequestPayload
    version: int
    client_id: str | None = None
    retention_ms: int | None = None


@attrs.frozen
class Caller:
    """
    Who sends requests on one connection.

    Attributes:
        connection: Tells connections to one server apart.
    """

    connection: int = 0
    host: str = "/127.0.0.1"


@attrs.frozen
class Address:
    """Where a server listens."""

    host: str
    port: int


class DisconnectedError(Exception):
    """The connection is gone, and with it the answer: nobody knows whether the request was served."""


class CloseConnectionError(Exception):
    """What a server raises in place of an answer where a broker closes the connection."""


class Server(Protocol):
    """Whoever answers requests; it is handed those of one connection one after the other, as a broker's threads are."""

    def serve(self, caller: Caller, request: Request) -> Future[ResponsePayload | None]:
        """
        The answer, of the class in ``apis.py``; None where Kafka sends none (acks=0, records that are null).

        It fails with ``CloseConnectionError`` where a broker closes the connection.
        """
        ...


class Connection(Protocol):
    """A client's side of a connection: requests arrive in order, and so do answers."""

    @property
    def is_open(self) -> bool:
        """Whether nobody has closed it."""
        ...

    def ask(self, request: Request) -> Future[ResponsePayload]:
        """The answer to *request*; it fails with ``DisconnectedError`` when the connection goes."""
        ...

    def tell(self, request: Request) -> None:
        """Send a *request* that is never answered (acks=0)."""
        ...

    def close(self) -> None:
        """Close it: what has not been answered fails."""
        ...


class Network(Protocol):
    """What a node is handed to reach others."""

    def connect(self, address: Address) -> Future[Connection]:
        """A connection; it fails with ``DisconnectedError`` if nobody listens there."""
        ...
