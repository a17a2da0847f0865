"""How a broker asks others, and itself."""

from collections.abc import Callable

from kio.static.protocol import RequestPayload, ResponsePayload

from ackproof.reference.kernel.clock import Clock
from ackproof.reference.kernel.future import Future, TimedOutError, spawn, within
from ackproof.reference.protocol.request import (
    Address,
    Caller,
    Connection,
    DisconnectedError,
    Network,
    Request,
    Server,
)


class Peers:
    """
    Connections to other brokers, made when they are needed; one request is on its way on each at a time.

    What a broker asks itself does not go through the network.

    Source: ``InterBrokerSendThread``.
    """

    def __init__(
        self,
        clock: Clock,
        network: Network,
        broker_id: int,
        server: Server,
        address_of: Callable[[int], Address | None],
        request_timeout_ms: int,
    ) -> None:
        self._clock = clock
        self._network = network
        self._broker_id = broker_id
        self._server = server
        self._address_of = address_of
        self._request_timeout_ms = request_timeout_ms
        self._connections: dict[Address, Connection] = {}

    def ask(self, broker_id: int, body: RequestPayload) -> Future[ResponsePayload]:
        """The answer of a broker; it fails with ``DisconnectedError`` or ``TimedOutError``."""
        return spawn(self._clock, self._ask(broker_id, body))

    async def _ask(self, broker_id: int, body: RequestPayload) -> ResponsePayload:
        request = Request(body, int(body.__version__), f"broker-{self._broker_id}")
        if broker_id == self._broker_id:
            answer = await self._server.serve(Caller(), request)
            assert answer is not None
            return answer
        address = self._address_of(broker_id)
        if address is None:
            raise DisconnectedError(f"nobody knows where broker {broker_id} listens")
        connection = await self._connected(address)
        try:
            return await within(self._clock, connection.ask(request), self._request_timeout_ms)
        except TimedOutError:
            connection.close()
            raise

    async def _connected(self, address: Address) -> Connection:
        known = self._connections.get(address)
        if known is None or not known.is_open:
            known = self._connections[address] = await self._network.connect(address)
        return known
