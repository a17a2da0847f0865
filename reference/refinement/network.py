"""The network of a run beside the model: only the messages that the model knows take time."""

from collections.abc import Callable
from random import Random

import attrs
from kio.schema.alter_partition.v3.request import AlterPartitionRequest
from kio.schema.fetch.v12.request import FetchRequest
from kio.schema.produce.v12.request import ProduceRequest
from kio.schema.produce.v12.response import ProduceResponse
from kio.static.protocol import RequestPayload, ResponsePayload

from ackproof.reference.kernel.clock import Clock
from ackproof.reference.kernel.future import Future
from ackproof.reference.protocol.request import Address, Caller, Connection, DisconnectedError, Request, Server
from ackproof.reference.simulator.network import Delays, SimulatedNetwork
from ackproof.reference.simulator.process import Process
from ackproof.reference.simulator.wire import Endpoint, Letter, Wire

TAKES_TIME = (ProduceRequest, FetchRequest, AlterPartitionRequest)
"""Requests that are on their way for a while; answers and all other messages are there at once."""

SLOWEST_MS = 20


@attrs.define(eq=False)
class Line:
    """
    A connection of the producer to a broker, as far as produce requests go.

    Attributes:
        letters: Those that are not answered, the oldest first.
        served: The outcomes of the first of them, which the broker has begun to serve.
        is_held: The network holds back what has not arrived, or has let it go since.
        is_doomed: It is gone, which its client notices as soon as it does anything.
    """

    wire: Wire
    letters: list[Letter] = attrs.field(factory=list[Letter])
    served: list[Future[ResponsePayload | None]] = attrs.field(factory=list["Future[ResponsePayload | None]"])
    is_held: bool = False
    is_doomed: bool = False

    @property
    def is_broken(self) -> bool:
        """Whether its client knows that it is gone."""
        return not self.wire.is_open


def serves_anybody(address: Address) -> bool:
    """Nobody is turned away."""
    del address
    return False


class Watched:
    """A server that tells when it begins to serve a produce request."""

    def __init__(self, server: Server, network: "StagedNetwork") -> None:
        self._server = server
        self._network = network

    def serve(self, caller: Caller, request: Request) -> Future[ResponsePayload | None]:
        """As the server does."""
        answer = self._server.serve(caller, request)
        if isinstance(request.body, ProduceRequest):
            self._network.begins(caller.connection, answer)
        return answer


class StagedNetwork(SimulatedNetwork):
    """
    Connections that break as the model's do.

    What a broken connection has not handed over is lost with it, unless the network holds it back, and a client notices
    at once. Real ones may hand some of it over later, which the model takes to happen as they break.

    Attributes:
        lines: The producer's connections, the oldest first.
        decides_at_once: What is in sync is written at once, as to ZooKeeper.
        fetches: By who fetches, the leader epoch in which it sent its last fetch, and how many there were before.
        turns_away: Who starts serves nobody before it has registered (``BrokerServer.startup``).
    """

    def __init__(self, clock: Clock, rng: Random) -> None:
        super().__init__(clock, rng, Delays(0, 0))
        self.lines: dict[int, Line] = {}
        self.decides_at_once = False
        self.fetches: dict[str, tuple[int, int]] = {}
        self.turns_away: Callable[[Address], bool] = serves_anybody
        self._delays_rng = rng

    def listen(self, address: Address, name: str, process: Process, server: Server) -> None:
        """*server* can be reached at *address* from now on, as long as *process* runs."""
        super().listen(address, name, process, Watched(server, self))

    def connect(self, client: Endpoint, address: Address) -> Future[Connection]:
        """A connection of *client* to *address*."""
        if not self.turns_away(address):
            return super().connect(client, address)
        refused: Future[Connection] = Future(client.process)
        refused.fail(DisconnectedError(f"{address.host} still starts"))
        return refused

    def is_sent(self, letter: Letter) -> int:
        """A request is put on its wire; when it arrives at the earliest."""
        if isinstance(letter.request.body, ProduceRequest):
            self.lines.setdefault(letter.wire.number, Line(letter.wire)).letters.append(letter)
        if isinstance(letter.request.body, FetchRequest):
            self._is_fetching(letter.wire.client.name, letter.request.body)
        arrives_ms = super().is_sent(letter)
        is_at_once = self.decides_at_once and isinstance(letter.request.body, AlterPartitionRequest)
        if isinstance(letter.request.body, TAKES_TIME) and not is_at_once:
            return max(arrives_ms, self.now_ms + 1 + self._delays_rng.randrange(SLOWEST_MS))
        return arrives_ms

    def chance(self, outcomes: int) -> int:
        """The first of so many outcomes: what has not arrived never does."""
        return 0

    def begins(self, wire: int, answer: Future[ResponsePayload | None]) -> None:
        """A broker begins to serve the next produce request of a wire."""
        line = self.lines[wire]
        if line.letters[len(line.served)].future is None:
            del line.letters[0]
        else:
            line.served.append(answer)

    def delivered(
        self, sender: str, receiver: str, wire: int, number: int, body: RequestPayload | ResponsePayload
    ) -> None:
        """A message has arrived."""
        super().delivered(sender, receiver, wire, number, body)
        if isinstance(body, ProduceResponse):
            del self.lines[wire].letters[0], self.lines[wire].served[0]

    def lose_request(self, line: Line) -> None:
        """What the broker has not begun to serve is lost, and the connection with it."""
        line.wire.drop_unserved()
        line.wire.cut_requests(line.letters[len(line.served)].number)
        self._break(line)

    def lose_answer(self, line: Line) -> None:
        """The answer that is to come is lost with the connection, and what waits behind it is not served."""
        line.wire.drop_unserved()
        line.wire.cut_answers()
        self._break(line)

    def hold_back(self, line: Line, until_ms: int) -> None:
        """The connection is stuck, its client gives up on it, and what it holds arrives then."""
        line.is_held = True
        line.wire.hold()
        line.wire.breaks()
        process = line.wire.listener.process
        process.call_at(until_ms, line.wire.let_go)

    def _is_fetching(self, name: str, fetch: FetchRequest) -> None:
        _, before = self.fetches.get(name, (-1, -1))
        for topic in fetch.topics:
            for partition in topic.partitions:
                self.fetches[name] = (partition.current_leader_epoch, before + 1)

    def _break(self, line: Line) -> None:
        line.is_doomed = True
        line.wire.breaks()
