"""The network of a directed pipeline in one piece: the doors of the partition's replicas, and those of its readers."""

from collections.abc import Set
from dataclasses import replace
from random import Random

import attrs
from kio.schema.broker_heartbeat.v1.request import BrokerHeartbeatRequest
from kio.schema.list_offsets.v10.request import ListOffsetsRequest

from ackproof.reference.kernel.clock import Clock
from ackproof.reference.protocol.primitive import i64
from ackproof.reference.protocol.request import Address, Caller, Request, Server
from ackproof.reference.refinement.directing.network import Answer, DirectedNetwork, Door
from ackproof.reference.refinement.directing.reader_network import ReaderNetwork
from ackproof.reference.refinement.network import Watched
from ackproof.reference.simulator.network import SimulatedNetwork
from ackproof.reference.simulator.process import Process


class DatedDoor(Door):
    """What stands before a server, where consumers may ask for another time than theirs."""

    def __init__(self, server: Server, name: str, process: Process, network: "WholeNetwork") -> None:
        super().__init__(server, name, process, network)
        self._dates = network

    def serve(self, caller: Caller, request: Request) -> Answer:
        """As the server does, but for what waits here."""
        return super().serve(caller, self._dates.dated(caller.host.removeprefix("/"), request))


class WholeNetwork(ReaderNetwork):
    """
    Nothing takes any time, but what either half has wait for its director waits.

    Consumers and the brokers that keep their offsets are as in a directed group, all others as with a producer alone.

    Attributes:
        young_since_ms: Since when records are young enough for a consumer that starts by their age, by its name.
    """

    def __init__(self, clock: Clock, rng: Random, keepers: Set[str]) -> None:
        super().__init__(clock, rng)
        self._keepers = keepers
        self.young_since_ms: dict[str, int] = {}

    def listen(self, address: Address, name: str, process: Process, server: Server) -> None:
        """*server* can be reached at *address* from now on, as long as *process* runs."""
        SimulatedNetwork.listen(self, address, name, process, DatedDoor(Watched(server, self), name, process, self))

    def dated(self, client: str, request: Request) -> Request:
        """What a server gets of a *request*: how long ago a consumer asks for is up to the director."""
        body, since_ms = request.body, self.young_since_ms.get(client)
        if since_ms is None or not isinstance(body, ListOffsetsRequest):
            return request
        topics = tuple(
            replace(topic, partitions=tuple(replace(each, timestamp=i64(since_ms)) for each in topic.partitions))
            for topic in body.topics
        )
        return attrs.evolve(request, body=replace(body, topics=topics))

    def bars(self, client: str, request: Request) -> bool:
        """Whether a request waits for the director."""
        if isinstance(request.body, BrokerHeartbeatRequest):
            return client in self.muted
        is_of_group = client.startswith("consumer-") or client in self._keepers
        return super().bars(client, request) if is_of_group else DirectedNetwork.bars(self, client, request)
