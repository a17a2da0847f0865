"""The network of a directed run of transactions: their requests arrive, and are answered, when the director says so."""

from random import Random

from kio.schema.add_partitions_to_txn.v5.request import AddPartitionsToTxnRequest
from kio.schema.errors import ErrorCode
from kio.schema.heartbeat.v4.request import HeartbeatRequest
from kio.schema.heartbeat.v4.response import HeartbeatResponse
from kio.schema.offset_fetch.v9.request import OffsetFetchRequest
from kio.schema.write_txn_markers.v2.request import WriteTxnMarkersRequest
from kio.static.protocol import RequestPayload, ResponsePayload

from ackproof.reference.kernel.clock import Clock
from ackproof.reference.kernel.future import Future, resolved
from ackproof.reference.protocol.request import Address, Caller, Request, Server
from ackproof.reference.refinement.directing.network import DirectedNetwork, Door, Waiting
from ackproof.reference.refinement.transactions.requests import OF_CLIENTS
from ackproof.reference.simulator.network import SimulatedNetwork
from ackproof.reference.simulator.process import Process
from ackproof.reference.simulator.wire import Letter, Wire

GUARDED = (*OF_CLIENTS, OffsetFetchRequest)

APART = (OffsetFetchRequest, HeartbeatRequest)
"""What a member asks its coordinator for beside each other."""


TELLING = frozenset({ErrorCode.illegal_generation, ErrorCode.rebalance_in_progress, ErrorCode.unknown_member_id})
"""What is answered to a heartbeat of who has to join again."""


def tells(answer: Future[ResponsePayload | None]) -> bool:
    """Whether the *answer* to a heartbeat says that its sender has to join again."""
    response = None if answer.error is not None else answer.result()
    return isinstance(response, HeartbeatResponse) and response.error_code in TELLING


class SideDoor(Door):
    """A door at which heartbeats and who asks for committed offsets do not keep each other waiting."""

    def __init__(self, server: Server, name: str, process: Process, network: "TransactionNetwork") -> None:
        super().__init__(server, name, process, network)
        self._of_members = network

    def serve(self, caller: Caller, request: Request) -> Future[ResponsePayload | None]:
        """As the server does, but for what waits here; who is not told by its heartbeats stays in its group."""
        client, members = caller_of(caller), self._of_members
        if isinstance(request.body, HeartbeatRequest) and client in members.untold - members.unaware:
            outcome = Future[ResponsePayload | None](self._process)
            members.withhold(Waiting(self._server, client, self._name, self._process, caller, request, outcome))
            return resolved(self._process, None)
        outcome = super().serve(caller, request)
        is_apart = isinstance(request.body, APART) and not outcome.is_done
        return resolved(self._process, None) if is_apart and self._network.bars(caller_of(caller), request) else outcome


def caller_of(caller: Caller) -> str:
    """The client that sends on a connection."""
    return caller.host.removeprefix("/")


class TransactionNetwork(DirectedNetwork):
    """
    Nothing takes any time, but what transactional clients and their coordinators ask for waits for the director.

    Attributes:
        passing: Kinds of requests that do not wait.
        is_open: Nothing waits.
        unaware: Instances, by name, whose heartbeats wait: they do not hear that their group has put them out.
        untold: Instances, by name, who stay in their group by heartbeats that do not tell yet that it is to rebalance.
        asks_in_vain: What leaders ask coordinators waits as well.
        held: What the network holds back; whoever sent it has given up on it.
    """

    def __init__(self, clock: Clock, rng: Random) -> None:
        super().__init__(clock, rng)
        self.passing: set[type] = set(GUARDED)
        self.is_open = self.asks_in_vain = False
        self.unaware: set[str] = set()
        self.untold: set[str] = set()
        self.held: list[Waiting] = []
        self._by_number: dict[int, Wire] = {}

    def listen(self, address: Address, name: str, process: Process, server: Server) -> None:
        """*server* can be reached at *address* from now on, as long as *process* runs."""
        SimulatedNetwork.listen(self, address, name, process, SideDoor(server, name, process, self))

    def is_sent(self, letter: Letter) -> int:
        """A request is put on its wire; it arrives at once."""
        self._by_number[letter.wire.number] = letter.wire
        if isinstance(letter.request.body, APART):
            self._questions.append(letter)
        return SimulatedNetwork.is_sent(self, letter)

    def delivered(
        self, sender: str, receiver: str, wire: int, number: int, body: RequestPayload | ResponsePayload
    ) -> None:
        """A message has arrived."""
        SimulatedNetwork.delivered(self, sender, receiver, wire, number, body)

    def bars(self, client: str, request: Request) -> bool:
        """Whether a request waits for the director."""
        if isinstance(request.body, WriteTxnMarkersRequest):
            return not self.is_open and WriteTxnMarkersRequest not in self.passing
        if client.startswith("broker-") and isinstance(request.body, AddPartitionsToTxnRequest):
            return self.asks_in_vain
        if isinstance(request.body, HeartbeatRequest):
            return client in self.unaware
        is_of_instance = client.startswith("instance-") and isinstance(request.body, GUARDED)
        return is_of_instance and not self.is_open and type(request.body) not in self.passing

    def wire(self, waiting: Waiting) -> Wire:
        """The connection that a request came on."""
        return self._by_number[waiting.caller.connection]

    def hold(self, waiting: Waiting) -> None:
        """A request is held back, and with it what comes behind it."""
        self.held.append(waiting)
        self.wire(waiting).hold()

    def lose_answer_to(self, waiting: Waiting) -> None:
        """Nobody hears the answer to a request."""
        self.wire(waiting).cut_answers()
        self.release(waiting)

    def leaves(self, listener: str) -> None:
        """Who has asked a server for what it has not begun to serve asks again, be it another one."""
        for each in [each for each in self.waiting if each.listener == listener and each.answer is None]:
            if each not in self.held:
                self.waiting.remove(each)
                self.wire(each).dies()

    def withhold(self, heartbeat: Waiting) -> None:
        """A *heartbeat* is served, and its answer waits if it says that there is something to do."""
        self.waiting.append(heartbeat)
        heartbeat.admit()
        answer = heartbeat.answer
        assert answer is not None
        answer.then(lambda: None if tells(answer) else self.release(heartbeat))

    def tell(self, name: str) -> None:
        """The heartbeats of an instance are answered again."""
        self.unaware.discard(name)
        self.untold.discard(name)
        for withheld in [each for each in self.of(HeartbeatRequest, name) if each.is_answered]:
            self.release(withheld)
        self._let_in(HeartbeatRequest, name)

    def tell_of_rebalance(self) -> None:
        """Whoever is still in its group hears that it is to rebalance."""
        for name in sorted(self.untold - self.unaware):
            self.tell(name)
        self.untold.clear()

    def forget(self, process: Process) -> None:
        """What a process has sent and no broker has served never arrives, unless it is held back."""
        self.waiting = [
            each for each in self.waiting if each in self.held or self.wire(each).client.process is not process
        ]

    def pass_through(self, kind: type) -> None:
        """Requests of a *kind* do not wait from now on, nor do those that have."""
        self.passing.add(kind)
        self._let_in(kind)

    def open(self) -> None:
        """Nothing waits from now on, but what is held back."""
        self.is_open = True
        for kind in (*GUARDED, WriteTxnMarkersRequest):
            self._let_in(kind)

    def _let_in(self, kind: type, client: str | None = None) -> None:
        for waiting in self.of(kind, client):
            if waiting.answer is None and waiting not in self.held:
                waiting.admit()
                assert waiting.answer is not None
                waiting.answer.then(lambda each=waiting: self.release(each))
