"""The network of a run beside the model of transactions: what the model knows takes time, nothing else does."""

from collections.abc import Callable
from functools import partial
from random import Random

import attrs
from kio.schema.add_partitions_to_txn.v5.request import AddPartitionsToTxnRequest
from kio.schema.errors import ErrorCode
from kio.schema.find_coordinator.v6.request import FindCoordinatorRequest
from kio.schema.write_txn_markers.v2.request import WriteTxnMarkersRequest
from kio.static.protocol import RequestPayload, ResponsePayload

from ackproof.model.transactions.request import Request as Asked
from ackproof.reference.kernel.clock import Clock
from ackproof.reference.kernel.future import Future
from ackproof.reference.protocol.request import Address, Caller, Request, Server
from ackproof.reference.refinement.transactions.requests import OF_CLIENTS, code_in, request_of
from ackproof.reference.simulator.network import Delays, SimulatedNetwork
from ackproof.reference.simulator.process import Process
from ackproof.reference.simulator.wire import Letter, Wire

SLOWEST_MS, LOOKUP_MS = 20, 4
"""How long is on its way what the model knows, at most; and who looks for a coordinator, be it again and again."""

TURNED_AWAY = frozenset(
    {
        ErrorCode.concurrent_transactions,
        ErrorCode.coordinator_load_in_progress,
        ErrorCode.coordinator_not_available,
        ErrorCode.not_coordinator,
        ErrorCode.not_enough_replicas,
        ErrorCode.not_leader_or_follower,
        ErrorCode.unknown_topic_or_partition,
    }
)
"""
Errors after which a client asks again, as nothing was decided: where brokers go, that is a request lost to the model.

CONCURRENT_TRANSACTIONS is said for others of them (``AddPartitionsToTxnManager``), and while a coordinator that has
taken over has markers written that are there already.
"""


@attrs.define(eq=False)
class Parcel:
    """
    A request that the model knows, from when it is sent until its answer is heard.

    Attributes:
        asked: What it is in the model; None for markers.
        is_lost: It never arrives, or its answer does not.
        is_silent: The same, and its connection does not break.
        is_held: The network holds it back, and its sender has given up on it.
        is_passed_on: Its answer is on its way back, or was.
        is_heard: Its answer has arrived.
        answer: What the broker decides, once it has been served.
        asks_again_after: Errors that decide nothing.
    """

    letter: Letter
    asked: Asked | None
    is_lost: bool = False
    is_silent: bool = False
    is_held: bool = False
    is_passed_on: bool = False
    is_heard: bool = False
    answer: Future[ResponsePayload | None] | None = None
    asks_again_after: frozenset[ErrorCode] = frozenset()

    @property
    def wire(self) -> Wire:
        """Its connection."""
        return self.letter.wire

    @property
    def sender(self) -> Process:
        """Who has sent it."""
        return self.wire.client.process

    @property
    def response(self) -> ResponsePayload | None:
        """The answer, once there is one."""
        return self.answer.result() if self.answer is not None and self.answer.is_done else None

    @property
    def is_turned_away(self) -> bool:
        """Whether it came to a broker that can not decide on it, as it is not the one to, or not yet."""
        return self.response is not None and code_in(self.response) in self.asks_again_after

    @property
    def is_gone(self) -> bool:
        """Whether its sender has to send it again, if it still wants it."""
        return self.is_lost or self.is_held or self.is_turned_away

    @property
    def is_being_decided(self) -> bool:
        """Whether it has arrived, and is not decided on."""
        return self.answer is not None and not self.answer.is_done

    @property
    def is_under_way(self) -> bool:
        """Whether it has not been decided on, and may be."""
        return self.response is None and not self.is_lost

    @property
    def is_waiting(self) -> bool:
        """Whether its sender may hear of it yet."""
        return not (self.is_gone or self.is_heard or self.sender.has_stopped)


class Watched:
    """A broker, of which the network knows what it decides."""

    def __init__(self, server: Server, network: "TimedNetwork") -> None:
        self._server = server
        self._network = network

    def serve(self, caller: Caller, request: Request) -> Future[ResponsePayload | None]:
        """As the broker does."""
        answer = self._server.serve(caller, request)
        return self._network.served(request, answer)


class TimedNetwork(SimulatedNetwork):
    """
    A network on which all is there at once, but for what the model knows to be on its way.

    Attributes:
        parcels: All such requests so far, in the order of sending.
        writers: The instance that each process is one of.
        asks_again_after: Errors that decide nothing.
        tells: What a request says besides, which no broker sees.
    """

    def __init__(self, clock: Clock, rng: Random, asks_again_after: frozenset[ErrorCode] = frozenset()) -> None:
        super().__init__(clock, rng, Delays(0, 0))
        self.asks_again_after = asks_again_after
        self.parcels: list[Parcel] = []
        self.writers: dict[Process, int] = {}
        self.tells: Callable[[Asked], Asked] = lambda asked: asked
        self._delays_rng = rng
        self._taken_ms: set[int] = set()
        self._begun_ms: dict[Process, int] = {}

    def listen(self, address: Address, name: str, process: Process, server: Server) -> None:
        """*server* can be reached at *address* from now on, as long as *process* runs."""
        super().listen(address, name, process, Watched(server, self))

    def is_sent(self, letter: Letter) -> int:
        """A request is put on its wire; when it arrives at the earliest."""
        arrives_ms, body = super().is_sent(letter), letter.request.body
        writer = self.writers.get(letter.wire.client.process)
        if isinstance(body, OF_CLIENTS) and writer is not None:
            # Who stood still as a broker went has not noticed yet.
            is_lost = letter.wire.listener.process.has_stopped
            self.parcels.append(
                Parcel(letter, self._asked(body, writer), is_lost, asks_again_after=self.asks_again_after)
            )
        elif isinstance(body, WriteTxnMarkersRequest):
            self.parcels.append(Parcel(letter, None, asks_again_after=self.asks_again_after))
        elif (
            isinstance(body, AddPartitionsToTxnRequest)
            and self._begun_ms.get(letter.wire.client.process) != self.now_ms
        ):
            # A leader asks about a batch once more, a while after that has come.
            return self._alone_ms(arrives_ms)
        else:
            return arrives_ms + LOOKUP_MS * isinstance(body, FindCoordinatorRequest)
        return self._alone_ms(max(arrives_ms, self._later_ms() + 1))

    def _alone_ms(self, at_ms: int) -> int:
        """That millisecond or the next one in which no other request that the model knows arrives."""
        while at_ms in self._taken_ms:
            at_ms += 1
        self._taken_ms.add(at_ms)
        return at_ms

    def _asked(self, body: RequestPayload, writer: int) -> Asked:
        asked = request_of(body, writer)
        assert asked is not None
        return self.tells(asked)

    def served(self, request: Request, answer: Future[ResponsePayload | None]) -> Future[ResponsePayload | None]:
        """A broker has begun to serve a request; its answer, which takes time too if the model knows of it."""
        parcel = next((each for each in reversed(self.parcels) if each.letter.request is request), None)
        if parcel is None:
            return answer
        parcel.answer = answer
        self._begun_ms[parcel.wire.listener.process] = self.now_ms
        if parcel.asked is None:
            return answer
        process = parcel.wire.listener.process
        outcome = Future[ResponsePayload | None](process)

        def answered() -> None:
            process.call_at(self._later_ms(), partial(pass_on, parcel, answer, outcome))

        answer.then(answered)
        return outcome

    def delivered(
        self, sender: str, receiver: str, wire: int, number: int, body: RequestPayload | ResponsePayload
    ) -> None:
        """A message has arrived."""
        super().delivered(sender, receiver, wire, number, body)
        for parcel in self.parcels:
            is_answered = parcel.answer is not None and parcel.answer.is_done
            if is_answered and (parcel.wire.number, parcel.letter.number) == (wire, number):
                parcel.is_heard = True

    def chance(self, outcomes: int) -> int:
        """The last of so many outcomes: whatever was sent arrives, unless it is lost on purpose."""
        return outcomes - 1

    def _later_ms(self) -> int:
        return self.now_ms + self._delays_rng.randrange(SLOWEST_MS)

    # What goes wrong.

    def lose(self, parcel: Parcel) -> None:
        """A request never arrives, or its answer does not, and the connection breaks."""
        parcel.is_lost = True
        parcel.wire.cut_requests(parcel.letter.number)
        parcel.wire.cut_answers()
        parcel.wire.breaks()

    def silence(self, parcel: Parcel) -> None:
        """A request never arrives, or its answer does not, and nobody notices."""
        parcel.is_silent = True
        parcel.wire.cut_requests(parcel.letter.number)
        parcel.wire.cut_answers()

    def lose_all(self, process: Process) -> None:
        """A broker is gone, and with it what it has not heard or has not answered; who stands still has its answers."""
        for parcel in self.parcels:
            is_there = parcel.is_heard or (parcel.is_passed_on and parcel.sender.is_paused)
            if parcel.wire.listener.process is process and not is_there:
                parcel.is_lost = True

    def is_alone(self, parcel: Parcel) -> bool:
        """Whether nothing else is under way on its connection."""
        others = (each for each in self.parcels if each is not parcel and each.wire is parcel.wire)
        return not any(each.is_waiting for each in others)

    def hold_back(self, parcel: Parcel, until_ms: int) -> None:
        """The connection is stuck, its sender gives up on it, and what it holds arrives then, or right after."""
        parcel.is_held = True
        parcel.wire.hold()
        parcel.wire.breaks()
        parcel.wire.listener.process.call_at(self._alone_ms(until_ms), parcel.wire.let_go)


def pass_on(parcel: Parcel, answer: Future[ResponsePayload | None], outcome: Future[ResponsePayload | None]) -> None:
    """*outcome* is what the *answer* to a parcel is."""
    parcel.is_passed_on = True
    if answer.error is None:
        outcome.resolve(answer.result())
    else:
        outcome.fail(answer.error)
