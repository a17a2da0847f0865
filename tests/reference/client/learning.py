"""A client that learns of a cluster of two brokers."""

from random import Random

from kio.schema.errors import ErrorCode
from kio.schema.metadata.v12.request import MetadataRequest
from kio.static.protocol import ResponsePayload

from ackproof.reference.client.metadata import Metadata
from ackproof.reference.client.nodes import Nodes
from ackproof.reference.client.settings import ClientSettings
from ackproof.reference.kernel.clock import VirtualClock
from ackproof.reference.protocol.request import Address, Request
from tests.reference.client.scripted import ScriptedNetwork, metadata

HERE, THERE = Address("here", 9092), Address("there", 9092)


BOTH = {1: HERE, 2: THERE}


class Wanted:
    """An interest in what a test wants."""

    allows_auto_topic_creation = False

    def __init__(self, topics: tuple[str, ...] | None, new_topics: tuple[str, ...] | None = None) -> None:
        self.topics = topics
        self.new_topics = new_topics

    def retains(self, topic: str, is_internal: bool) -> bool:
        del is_internal
        return self.topics is None or topic in self.topics

    def answered(self, topics: tuple[str, ...]) -> None:
        del topics


class Scene:
    """Two brokers, of which the first is a bootstrap server, and what they know of the cluster."""

    def __init__(self, topics: tuple[str, ...] | None = ("t",), **settings: object) -> None:
        self.clock = VirtualClock(1_000_000)
        self.network = ScriptedNetwork(self.clock)
        self.leaders: dict[str, dict[int, int] | ErrorCode] = {"t": {0: 1, 1: 2}}
        self.epochs: dict[str, int] = {}
        self.brokers = dict(BOTH)
        self.asked: list[tuple[int, tuple[str, ...] | None]] = []
        for address in BOTH.values():
            self.network.serve(address, {"metadata": self._answer})
        self.interest = Wanted(topics)
        given = ClientSettings(bootstrap_servers=(HERE,), **settings)  # type: ignore[arg-type]  # any of its keys
        rng = Random(1)
        self.nodes = Nodes(self.clock, self.network, given, rng)
        self.metadata = Metadata(self.clock, self.nodes, given, rng, self.interest)

    def run(self, for_ms: int) -> None:
        self.clock.run_until(self.clock.now_ms + for_ms)

    def _answer(self, request: Request) -> ResponsePayload:
        body = request.body
        assert isinstance(body, MetadataRequest)
        names = None if body.topics is None else tuple(str(topic.name) for topic in body.topics)
        self.asked.append((self.clock.now_ms, names))
        told = {
            name: self.leaders.get(name, ErrorCode.unknown_topic_or_partition)
            for name in (self.leaders if names is None else names)
        }
        return metadata(self.brokers, told, self.epochs)
