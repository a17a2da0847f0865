"""The network of a directed pipeline in one piece: the doors of the partition's replicas, and those of its readers."""

from collections.abc import Set
from dataclasses import replace
from random import Random
from typing import cast

import attrs
from kio.schema.broker_heartbeat.v1.request import BrokerHeartbeatRequest
from kio.schema.fetch.v12.request import FetchRequest

from ackproof.reference.kernel.clock import Clock
from ackproof.reference.protocol.primitive import i32
from ackproof.reference.protocol.request import Request
from ackproof.reference.refinement.directing.network import DirectedNetwork
from ackproof.reference.refinement.directing.reader_network import ReaderNetwork


class WholeNetwork(ReaderNetwork):
    """
    Nothing takes any time, but what either half has wait for its director waits.

    Consumers and the brokers that keep their offsets are as in a directed group, all others as with a producer alone.

    Attributes:
        fetched_bytes: How much a consumer is let fetch at once, by its name, be it less than it asks for.
    """

    def __init__(self, clock: Clock, rng: Random, keepers: Set[str]) -> None:
        super().__init__(clock, rng)
        self._keepers = keepers
        self.fetched_bytes: dict[str, int] = {}

    def let_one_read(self, client: str) -> None:
        """A consumer's fetches are answered until it gets records, and not too many of them."""
        if client in self.fetched_bytes:
            for waiting in self.of(FetchRequest, client):
                asked = cast("FetchRequest", waiting.request.body)
                body = replace(asked, max_bytes=i32(self.fetched_bytes[client]))
                waiting.request = attrs.evolve(waiting.request, body=body)
        super().let_one_read(client)

    def bars(self, client: str, request: Request) -> bool:
        """Whether a request waits for the director."""
        if isinstance(request.body, BrokerHeartbeatRequest):
            return client in self.muted
        is_of_group = client.startswith("consumer-") or client in self._keepers
        return super().bars(client, request) if is_of_group else DirectedNetwork.bars(self, client, request)
