"""A broker's way to the controller."""

from typing import Protocol

from kio.static.protocol import RequestPayload, ResponsePayload

from ackproof.reference.kernel.clock import Clock
from ackproof.reference.kernel.future import Future, sleep, spawn
from ackproof.reference.protocol.request import Address, Connection, DisconnectedError, Network, Request


class ControllerLink(Protocol):
    """Whom a broker asks what only the controller decides."""

    def ask(self, body: RequestPayload) -> Future[ResponsePayload]:
        """
        The controller's answer.

        Args:
            body: AlterPartition 3, BrokerRegistration 4, BrokerHeartbeat 1, AllocateProducerIds 0, CreateTopics 7,
                DeleteTopics 6, CreatePartitions 3 or ElectLeaders 2.
        """
        ...


class ControllerChannel:
    """
    A connection to the controller that is made again whenever it breaks; what had no answer is asked again.

    Source: ``NodeToControllerChannelManagerImpl``, with a retry timeout that never ends.
    """

    def __init__(self, clock: Clock, network: Network, address: Address, retry_backoff_ms: int = 50) -> None:
        self._clock = clock
        self._network = network
        self._address = address
        self._retry_backoff_ms = retry_backoff_ms
        self._connection: Connection | None = None

    def ask(self, body: RequestPayload) -> Future[ResponsePayload]:
        """The controller's answer, however often it has to be asked."""
        return spawn(self._clock, self._ask(body))

    async def _ask(self, body: RequestPayload) -> ResponsePayload:
        while True:
            try:
                return await (await self._connected()).ask(Request(body, int(body.__version__)))
            except DisconnectedError:
                await sleep(self._clock, self._retry_backoff_ms)

    async def _connected(self) -> Connection:
        if self._connection is None or not self._connection.is_open:
            connection = await self._network.connect(self._address)
            if self._connection is None or not self._connection.is_open:
                self._connection = connection
            else:
                connection.close()
        return self._connection
