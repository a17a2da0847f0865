"""A connection on which a broker has told what it understands, and on which it is asked."""

from typing import TypeVar

import attrs
from kio.schema.api_versions.v4.request import ApiVersionsRequest
from kio.schema.api_versions.v4.response import ApiVersionsResponse
from kio.schema.errors import ErrorCode
from kio.static.protocol import RequestPayload, ResponsePayload

from ackproof.reference.client.versions import BrokerVersions, api_of, broker_versions
from ackproof.reference.kernel.clock import Clock
from ackproof.reference.kernel.future import TimedOutError, within
from ackproof.reference.protocol.apis import API_OF
from ackproof.reference.protocol.request import Address, Connection, DisconnectedError, Network, Request
from ackproof.reference.surveying.survey import UnreachableError

R = TypeVar("R", bound=ResponsePayload)

API_VERSIONS = API_OF[18]
CLIENT_ID = "ackproof"
SOFTWARE_VERSION = "1"


@attrs.frozen
class Line:
    """
    A connection to a broker.

    Attributes:
        said: What the broker has said of itself.
        timeout_ms: How long each answer is waited for.
    """

    clock: Clock
    address: Address
    connection: Connection
    said: ApiVersionsResponse
    timeout_ms: int

    @property
    def versions(self) -> BrokerVersions:
        """What the broker understands, and the features that its cluster has."""
        return broker_versions(self.said)

    def supported_level(self, feature: str) -> int | None:
        """The newest level of a *feature* that the broker supports; None if it knows none."""
        return next((each.max_version for each in self.said.supported_features if each.name == feature), None)

    async def ask(self, body: RequestPayload, kind: type[R], least: int = 0) -> R:
        """
        The answer, which is of this *kind*.

        Args:
            body: What is asked.
            kind: Of the answer.
            least: The oldest version that may be sent.

        Raises:
            UnreachableError: There is none, or the broker knows no such version.
        """
        api, shown = api_of(body), named(self.address)
        version = self.versions.usable(api, api.newest)
        if version is None or version < least:
            raise UnreachableError(
                f"{shown} answers no {api.name} of version {least} to {api.newest}: it is a controller, or a broker"
                " that is too old"
            )
        try:
            request = Request(body, version, CLIENT_ID)
            answer = await within(self.clock, self.connection.ask(request), self.timeout_ms)
        except DisconnectedError:
            raise UnreachableError(
                f"{shown} has closed the connection after it told its versions: it may ask for authentication (SASL:"
                " security.protocol)"
            ) from None
        except TimedOutError:
            raise UnreachableError(f"{shown} has not answered {api.name} within {self.timeout_ms} ms") from None
        assert isinstance(answer, kind)
        return answer


async def lined(clock: Clock, network: Network, address: Address, timeout_ms: int) -> Line:
    """
    A connection to the broker at *address*, which has told what it understands.

    Raises:
        UnreachableError: Nobody is there, or nobody who speaks as a broker does.
    """
    shown = named(address)
    try:
        connection = await within(clock, network.connect(address), timeout_ms)
    except DisconnectedError as problem:
        raise UnreachableError(str(problem)) from None
    except TimedOutError:
        raise UnreachableError(f"{shown} has not taken the connection within {timeout_ms} ms") from None
    try:
        said = await _versions(clock, connection, timeout_ms)
    except DisconnectedError:
        raise UnreachableError(
            f"{shown} has closed the connection at the first request: it may be a port with encryption (TLS:"
            " security.protocol), or no broker"
        ) from None
    except TimedOutError:
        raise UnreachableError(
            f"{shown} has not answered within {timeout_ms} ms: it may be a port with encryption (TLS:"
            " security.protocol), or no broker"
        ) from None
    if said.error_code != ErrorCode.none:
        raise UnreachableError(f"{shown} does not tell its versions: {said.error_code.name.upper()}")
    return Line(clock, address, connection, said, timeout_ms)


async def _versions(clock: Clock, connection: Connection, timeout_ms: int) -> ApiVersionsResponse:
    """What a broker says of itself, in the newest version that both sides know (KIP-511)."""
    body = ApiVersionsRequest(client_software_name=CLIENT_ID, client_software_version=SOFTWARE_VERSION)
    said = await _said(clock, connection, Request(body, API_VERSIONS.newest, CLIENT_ID), timeout_ms)
    if said.error_code == ErrorCode.unsupported_version:
        version = broker_versions(said).usable(API_VERSIONS, API_VERSIONS.newest) or 0
        return await _said(clock, connection, Request(body, version, CLIENT_ID), timeout_ms)
    return said


async def _said(clock: Clock, connection: Connection, request: Request, timeout_ms: int) -> ApiVersionsResponse:
    answer = await within(clock, connection.ask(request), timeout_ms)
    assert isinstance(answer, ApiVersionsResponse)
    return answer


def named(address: Address) -> str:
    """An address as people write it."""
    return f"{address.host}:{address.port}"
