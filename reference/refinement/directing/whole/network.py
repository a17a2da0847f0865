"""The network of a directed pipeline in one piece: the doors of the partition's replicas, and those of its readers."""

from collections.abc import Set
from random import Random

from kio.schema.broker_heartbeat.v1.request import BrokerHeartbeatRequest

from ackproof.reference.kernel.clock import Clock
from ackproof.reference.protocol.request import Request
from ackproof.reference.refinement.directing.network import DirectedNetwork
from ackproof.reference.refinement.directing.reader_network import ReaderNetwork


class WholeNetwork(ReaderNetwork):
    """
    Nothing takes any time, but what either half has wait for its director waits.

    Consumers and the brokers that keep their offsets are as in a directed group, all others as with a producer alone.
    """

    def __init__(self, clock: Clock, rng: Random, keepers: Set[str]) -> None:
        super().__init__(clock, rng)
        self._keepers = keepers

    def bars(self, client: str, request: Request) -> bool:
        """Whether a request waits for the director."""
        if isinstance(request.body, BrokerHeartbeatRequest):
            return client in self.muted
        is_of_group = client.startswith("consumer-") or client in self._keepers
        return super().bars(client, request) if is_of_group else DirectedNetwork.bars(self, client, request)
