"""The network of a directed run: what matters arrives, and is answered, only when the director says so."""

from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Protocol

import attrs
from kio.schema.alter_partition.v3.request import AlterPartitionRequest
from kio.schema.broker_heartbeat.v1.request import BrokerHeartbeatRequest
from kio.schema.errors import ErrorCode
from kio.schema.fetch.v12.request import FetchRequest
from kio.schema.metadata.v12.request import MetadataRequest
from kio.schema.metadata.v12.response import MetadataResponse, MetadataResponseTopic
from kio.schema.offset_for_leader_epoch.v4.request import OffsetForLeaderEpochRequest
from kio.schema.produce.v12.request import ProduceRequest
from kio.static.protocol import RequestPayload, ResponsePayload

from ackproof.reference.kernel.clock import Clock
from ackproof.reference.kernel.future import Future, resolved
from ackproof.reference.protocol.request import Address, Caller, Connection, DisconnectedError, Request, Server
from ackproof.reference.refinement.network import Line, StagedNetwork, Watched
from ackproof.reference.simulator.network import SimulatedNetwork
from ackproof.reference.simulator.process import Process
from ackproof.reference.simulator.wire import Endpoint, Letter

Answer = Future[ResponsePayload | None]

Change = Callable[[MetadataResponseTopic], MetadataResponseTopic]
"""From what is said of a topic to what is heard."""


@attrs.define(eq=False)
class Waiting:
    """
    A request that waits at the door of a server, or whose answer waits there.

    Attributes:
        client, listener: Names.
        process: The server's.
        outcome: What its sender waits for.
        answer: What the server says, once it was let in.
    """

    server: Server
    client: str
    listener: str
    process: Process
    caller: Caller
    request: Request
    outcome: Answer
    answer: Answer | None = None

    def admit(self) -> None:
        """The server gets it."""
        self.answer = self.server.serve(self.caller, self.request)
        # Nobody else may wait for it.
        self.answer.then(lambda: None)

    @property
    def is_answered(self) -> bool:
        """Whether the server has answered."""
        return self.answer is not None and self.answer.is_done


class Guarded(Protocol):
    """
    A network with doors.

    Attributes:
        waiting: What waits, the oldest first.
        unhurried: Kinds of requests that do not keep waiting what comes behind them.
    """

    waiting: list[Waiting]
    unhurried: tuple[type, ...]

    def bars(self, client: str, request: Request) -> bool:
        """Whether a request waits for the director."""
        ...

    def as_told(self, client: str, process: Process, answer: Answer) -> Answer:
        """What a client hears of the *answer* to a request that does not wait, of the *process* of a server."""
        ...


class Door:
    """What stands before a server."""

    def __init__(self, server: Server, name: str, process: Process, network: Guarded) -> None:
        self._server = server
        self._name = name
        self._process = process
        self._network = network

    def serve(self, caller: Caller, request: Request) -> Answer:
        """As the server does, but for what waits here."""
        client = caller.host.removeprefix("/")
        if not self._network.bars(client, request):
            answer = self._server.serve(caller, request)
            is_asked = isinstance(request.body, MetadataRequest)
            return self._network.as_told(client, self._process, answer) if is_asked else answer
        outcome = Answer(self._process)
        self._network.waiting.append(Waiting(self._server, client, self._name, self._process, caller, request, outcome))
        return resolved(self._process, None) if isinstance(request.body, self._network.unhurried) else outcome


def told_otherwise(process: Process, answer: Answer, change: Change) -> Answer:
    """An *answer* about topics, each of which is told as *change* makes it."""
    outcome = Answer(process)

    def answered() -> None:
        told = answer.result()
        assert isinstance(told, MetadataResponse)
        outcome.resolve(replace(told, topics=tuple(map(change, told.topics))))

    answer.then(answered)
    return outcome


def unknown(topic: MetadataResponseTopic) -> MetadataResponseTopic:
    """A topic that is not known."""
    return replace(topic, error_code=ErrorCode.unknown_topic_or_partition, partitions=())


class DirectedNetwork(StagedNetwork):
    """
    Nothing takes any time, but Produce, Fetch and AlterPartition wait for the director, and so do their answers.

    Attributes:
        waiting: What waits, the oldest first.
        muted: Brokers, by name, whose heartbeats do not arrive.
        refuses: Whether a client finds nobody to connect to.
        apart: Clients and servers, by name, of which the first can not connect to the second.
        told_of_no_topic: Clients that hear of no topic that they ask for.
        produce_requests: How many there have been.
        stopping: Clients whose process stands still once it has sent so many batches.
        parting: Clients that lose their connection as soon as they hear who leads.
    """

    def __init__(self, clock: Clock, rng: Random) -> None:
        super().__init__(clock, rng)
        self.waiting: list[Waiting] = []
        # A leader's question to the controller does not keep its heartbeats waiting.
        self.unhurried: tuple[type, ...] = (AlterPartitionRequest,)
        self.muted: set[str] = set()
        self.refuses: Callable[[Endpoint], bool] = lambda _: False
        self.apart: set[tuple[str, str]] = set()
        self.told_of_no_topic: set[str] = set()
        self.produce_requests = 0
        self.parting: set[str] = set()
        self.stopping: dict[str, int] = {}
        self._questions: list[Letter] = []

    def listen(self, address: Address, name: str, process: Process, server: Server) -> None:
        """*server* can be reached at *address* from now on, as long as *process* runs."""
        SimulatedNetwork.listen(self, address, name, process, Door(Watched(server, self), name, process, self))

    def connect(self, client: Endpoint, address: Address) -> Future[Connection]:
        """A connection of *client* to *address*."""
        if self.refuses(client) or (client.name, address.host) in self.apart:
            refused = Future[Connection](client.process)
            refused.fail(DisconnectedError("nobody listens for now"))
            return refused
        return super().connect(client, address)

    def is_sent(self, letter: Letter) -> int:
        """A request is put on its wire; it arrives at once."""
        if isinstance(letter.request.body, ProduceRequest):
            self.produce_requests += 1
            self._counts(letter.wire.client)
            self.lines.setdefault(letter.wire.number, Line(letter.wire)).letters.append(letter)
        elif isinstance(letter.request.body, AlterPartitionRequest):
            self._questions.append(letter)
        return SimulatedNetwork.is_sent(self, letter)

    def _counts(self, client: Endpoint) -> None:
        """A client sends one batch more."""
        if client.name in self.stopping:
            self.stopping[client.name] -= 1
            if not self.stopping[client.name]:
                del self.stopping[client.name]
                client.process.pause()

    def delivered(
        self, sender: str, receiver: str, wire: int, number: int, body: RequestPayload | ResponsePayload
    ) -> None:
        """A message has arrived."""
        super().delivered(sender, receiver, wire, number, body)
        if receiver in self.parting and isinstance(body, MetadataResponse) and body.topics:
            self.parting.discard(receiver)
            next(each for each in self._wires if each.number == wire).breaks()

    def as_told(self, client: str, process: Process, answer: Answer) -> Answer:
        """What a client hears of an answer about topics."""
        return told_otherwise(process, answer, unknown) if client in self.told_of_no_topic else answer

    def bars(self, client: str, request: Request) -> bool:
        """Whether a request waits for the director."""
        if isinstance(request.body, BrokerHeartbeatRequest):
            return client in self.muted
        if isinstance(request.body, OffsetForLeaderEpochRequest):
            return client.startswith("broker-")
        return isinstance(request.body, ProduceRequest | FetchRequest | AlterPartitionRequest)

    def of(self, kind: type, client: str | None = None, listener: str | None = None) -> list[Waiting]:
        """What waits of a *kind*, from and to whom, as long as its server runs."""
        return [
            each
            for each in self.waiting
            if isinstance(each.request.body, kind)
            and not each.process.has_stopped
            and client in (None, each.client)
            and listener in (None, each.listener)
        ]

    def release(self, waiting: Waiting) -> None:
        """The answer goes out."""
        self.waiting.remove(waiting)
        assert waiting.answer is not None
        letter = next((each for each in self._questions if each.request is waiting.request), None)
        if letter is not None:
            self._questions.remove(letter)
            response = waiting.answer.result()
            if letter.future is not None and response is not None:
                letter.future.resolve(response)
        elif waiting.answer.error is not None:
            waiting.outcome.fail(waiting.answer.error)
        else:
            waiting.outcome.resolve(waiting.answer.result())
        line = self.lines.get(waiting.caller.connection)
        if line is not None and line.is_broken and line.served:
            # Nobody hears it.
            del line.letters[0], line.served[0]

    def part(self, client: str, *servers: str) -> None:
        """A client loses its connections to some *servers*, or all."""
        for wire in self._wires:
            if wire.client.name == client and wire.is_open and (not servers or wire.listener.name in servers):
                wire.breaks()

    def unmute(self, broker: str) -> None:
        """Its heartbeats arrive again."""
        self.muted.discard(broker)
        for each in self.of(BrokerHeartbeatRequest, broker):
            each.admit()
            self.release(each)
