"""The network of a run of the consume half beside the model: commits and SyncGroups take time, nothing else does."""

from collections.abc import Callable
from functools import partial
from random import Random

from kio.schema.errors import ErrorCode
from kio.schema.fetch.v12.request import FetchRequest
from kio.schema.join_group.v9.request import JoinGroupRequest
from kio.schema.offset_commit.v9.response import OffsetCommitResponse
from kio.schema.offset_fetch.v9.request import OffsetFetchRequest
from kio.schema.sync_group.v5.request import SyncGroupRequest
from kio.schema.sync_group.v5.response import SyncGroupResponse
from kio.static.protocol import RequestPayload, ResponsePayload

from ackproof.reference.kernel.clock import Clock
from ackproof.reference.kernel.future import Future
from ackproof.reference.protocol.request import Address, Caller, Request, Server
from ackproof.reference.refinement.consume.parcel import (
    OF_GROUPS,
    REFUSALS,
    SLOW,
    Parcel,
    committed_by,
    committer_of,
    is_hurrying,
)
from ackproof.reference.simulator.network import Delays, SimulatedNetwork
from ackproof.reference.simulator.process import Process
from ackproof.reference.simulator.wire import Letter, Wire

SLOWEST_MS = 20


class Watched:
    """A broker, whose slow requests arrive when the network lets them."""

    def __init__(self, server: Server, network: "GroupNetwork") -> None:
        self._server = server
        self._network = network

    def serve(self, caller: Caller, request: Request) -> Future[ResponsePayload | None]:
        """As the broker does, later."""
        if isinstance(request.body, self._network.slow_kinds):
            return self._network.arrived(self._server, caller, request)
        if isinstance(request.body, FetchRequest) and caller.host.removeprefix("/") in self._network.lagging:
            return self._network.held(self._server, caller, request)
        return self._server.serve(caller, request)


class GroupNetwork(SimulatedNetwork):
    """
    A network on which all is there at once, but for what the model knows to be on its way.

    Attributes:
        parcels: All slow requests so far, in the order of sending.
        committed: Tells what the group has committed.
        is_busy: Whether a process is not in poll: a SyncGroup of it waits for that, unless a commit waits behind it.
        urgent: Processes of which nothing takes time.
        commits_under_way_max: How many commits of one consumer are on their way at most: with one more the oldest is
            there at once.
        answers_late: Whether answers to commits take time too.
        slow_kinds: Kinds of requests that take time.
        tells_first: Whoever joins or gives something up has been answered before, be it in the background.
        lagging: Brokers, by name, whose fetches wait.
        hurries_nobody: What is committed as nobody takes no time.
        joins_behind: A JoinGroup waits for what its sender commits last.
        only_advances: What is committed below what is committed already is no news: nobody accepts it.
    """

    def __init__(
        self,
        clock: Clock,
        rng: Random,
        commits_under_way_max: int,
        *,
        answers_late: bool,
        looks_up_late: bool = False,
        tells_first: bool = False,
        only_advances: bool = False,
        joins_behind: bool = False,
        hurries_nobody: bool = False,
    ) -> None:
        super().__init__(clock, rng, Delays(0, 0))
        self.parcels: list[Parcel] = []
        self.committed: Callable[[], int | None] = lambda: None
        self.urgent: set[Process] = set()
        self.is_busy: Callable[[Process], bool] = lambda _: False
        self.commits_under_way_max = commits_under_way_max
        self.answers_late = answers_late
        self.slow_kinds: tuple[type, ...] = (*SLOW, OffsetFetchRequest) if looks_up_late else SLOW
        self.tells_first = tells_first
        self.only_advances = only_advances
        self.joins_behind = joins_behind
        self.hurries_nobody = hurries_nobody
        self.lagging: set[str] = set()
        self._held: list[tuple[Server, Caller, Request, Future[ResponsePayload | None]]] = []
        self._group_wires: dict[int, Wire] = {}
        self._gone: set[int] = set()
        self._delays_rng = rng

    def listen(self, address: Address, name: str, process: Process, server: Server) -> None:
        """*server* can be reached at *address* from now on, as long as *process* runs."""
        super().listen(address, name, process, Watched(server, self))

    def is_sent(self, letter: Letter) -> int:
        """A request is put on its wire; when it arrives at the earliest."""
        body, wire = letter.request.body, letter.wire
        if isinstance(body, (*OF_GROUPS, *self.slow_kinds)):
            self._group_wires[wire.number] = wire
        if isinstance(body, self.slow_kinds):
            self._put(letter)
        elif is_hurrying(letter):
            self._hurry(wire.client.process, is_joining=isinstance(body, JoinGroupRequest))
        return super().is_sent(letter)

    def _hurry(self, process: Process, *, is_joining: bool) -> None:
        for parcel in self.under_way(process):
            parcel.has_join_behind = is_joining and self.joins_behind and parcel.is_news
            if not parcel.has_join_behind:
                parcel.hurry()
        for parcel in self.commits_of(process) if self.tells_first else ():
            parcel.tell()

    def delivered(
        self, sender: str, receiver: str, wire: int, number: int, body: RequestPayload | ResponsePayload
    ) -> None:
        """A message has arrived."""
        super().delivered(sender, receiver, wire, number, body)
        for parcel in self.parcels:
            if isinstance(body, OffsetCommitResponse) and (parcel.wire.number, parcel.letter.number) == (wire, number):
                parcel.is_heard = True

    def chance(self, outcomes: int) -> int:
        """The last of so many outcomes: whatever was sent arrives, unless it is lost on purpose."""
        return outcomes - 1

    @property
    def is_asked_for_offsets(self) -> bool:
        """Whether somebody asks what is committed, and is yet to be answered."""
        asked = (each for each in self.parcels if isinstance(each.letter.request.body, OffsetFetchRequest))
        return any(each.is_under_way for each in asked)

    @property
    def holding_join(self) -> frozenset[Process]:
        """Processes of which a JoinGroup waits for the last commit."""
        return frozenset(each.process for each in self.parcels if each.has_join_behind and each.is_under_way)

    def reaches_coordinator(self, process: Process) -> bool:
        """Whether a process has a connection to the coordinator."""
        return any(wire.client.process is process and wire.is_open for wire in self._group_wires.values())

    def under_way(self, process: Process) -> list[Parcel]:
        """The slow requests of a process that have not been served, and may be."""
        return [parcel for parcel in self.parcels if parcel.process is process and parcel.is_under_way]

    def commits_of(self, process: Process) -> list[Parcel]:
        """The commits of a process, in the order of sending."""
        return [parcel for parcel in self.parcels if parcel.process is process and parcel.offset is not None]

    def assignment_of(self, member_id: str, generation: int) -> bytes | None:
        """What the coordinator has answered to the SyncGroup of a member; None while that has not come to pass."""
        for parcel in reversed(self.parcels):
            body, answer = parcel.letter.request.body, parcel.answer
            if not isinstance(body, SyncGroupRequest) or body.member_id != member_id:
                continue
            if body.generation_id == generation and answer is not None and answer.is_done:
                told = answer.result()
                assert isinstance(told, SyncGroupResponse)
                return None if told.error_code != ErrorCode.none or parcel.is_lost else told.assignment
        return None

    def _put(self, letter: Letter) -> None:
        offset = committed_by(letter)
        is_of_nobody = self.hurries_nobody and committer_of(letter)[0] == ""
        is_urgent = letter.wire.client.process in self.urgent or is_of_nobody
        before = [parcel for parcel in self.under_way(letter.wire.client.process) if parcel.offset is not None]
        known = before[-1].offset if before else self.committed()
        if offset is not None:
            most = 0 if is_urgent else self.commits_under_way_max - 1
            for parcel in before[: max(len(before) - most, 0)]:
                parcel.hurry()
        self.parcels.append(
            Parcel(
                letter,
                offset,
                is_news=offset is not None and self.is_news(offset, known) and not self._is_in_vain(letter),
                is_answered_late=self.answers_late and offset is not None and not is_urgent,
                is_hurried=is_urgent,
                is_lost=letter.wire.number in self._gone,
            )
        )

    def is_news(self, offset: int, known: int | None) -> bool:
        """Whether it is of use to commit *offset* where *known* is committed."""
        return offset != known and not (self.only_advances and known is not None and offset < known)

    def _is_in_vain(self, letter: Letter) -> bool:
        """Whether the same was refused before, be it that its client has not heard of that, or is of no generation."""
        member_id, generation = committer_of(letter)
        commits = (each for each in self.parcels if each.offset is not None)
        refused = (committer_of(each.letter) for each in commits if each.decision in REFUSALS)
        return bool(member_id and generation < 0) or (member_id, generation) in refused

    def arrived(self, server: Server, caller: Caller, request: Request) -> Future[ResponsePayload | None]:
        """A slow request has come to its broker, and is served before long."""
        parcel = next(each for each in self.parcels if each.letter.request is request)
        process = parcel.wire.listener.process
        outcome = Future[ResponsePayload | None](process)
        parcel.serves = partial(self._serve, parcel, server, caller, outcome)
        if parcel.is_hurried:
            parcel.hurry()
        else:
            process.call_at(self._later_ms(), lambda: self._is_due(parcel))
        return outcome

    def held(self, server: Server, caller: Caller, request: Request) -> Future[ResponsePayload | None]:
        """A fetch of a broker that lags: it waits until that is to catch up."""
        process = next(wire for wire in self._wires if wire.number == caller.connection).listener.process
        outcome = Future[ResponsePayload | None](process)
        self._held.append((server, caller, request, outcome))
        return outcome

    def catch_up(self, broker: str) -> None:
        """A broker lags no more."""
        self.lagging.discard(broker)
        waiting, self._held = self._held, []
        for server, caller, request, outcome in waiting:
            if caller.host.removeprefix("/") == broker:
                answer = server.serve(caller, request)
                answer.then(partial(resolve, outcome, answer))
            else:
                self._held.append((server, caller, request, outcome))

    def _is_due(self, parcel: Parcel) -> None:
        process = parcel.wire.listener.process
        if parcel.offset is None and self.is_busy(parcel.process) and not self._holds_up_commit(parcel):
            process.call_at(self.now_ms + 1, lambda: self._is_due(parcel))
        else:
            parcel.hurry()

    def _holds_up_commit(self, parcel: Parcel) -> bool:
        """Whether its sender may be waiting for a commit that is behind it on its connection."""
        behind = self.parcels[self.parcels.index(parcel) + 1 :]
        return any(each.offset is not None and each.wire is parcel.wire for each in behind)

    def _serve(self, parcel: Parcel, server: Server, caller: Caller, outcome: Future[ResponsePayload | None]) -> None:
        answer = parcel.answer = server.serve(caller, parcel.letter.request)
        process = parcel.wire.listener.process

        def answered() -> None:
            parcel.tells = partial(resolve, outcome, answer)
            process.call_at(self._later_ms() if parcel.is_answered_late else self.now_ms, parcel.tell)

        answer.then(answered)

    def _later_ms(self) -> int:
        return self.now_ms + self._delays_rng.randrange(SLOWEST_MS)

    def lose(self, parcels: list[Parcel]) -> None:
        """These never arrive, nor do their answers."""
        for parcel in parcels:
            parcel.is_lost = True

    def cut_off(self, process: Process) -> None:
        """Whatever is on its way between a process and its coordinator is lost, and so are the connections."""
        self.lose([parcel for parcel in self.parcels if parcel.process is process])
        for number, wire in list(self._group_wires.items()):
            if wire.client.process is process:
                self._break(number, wire)

    def move_coordinator(self) -> None:
        """Whatever is on its way to the coordinator, or from it, is lost, and so are the connections to it."""
        self.lose(self.parcels)
        for number, wire in list(self._group_wires.items()):
            self._break(number, wire)

    def _break(self, number: int, wire: Wire) -> None:
        wire.drop_unserved()
        wire.dies()
        self._gone.add(number)
        del self._group_wires[number]


def resolve(outcome: Future[ResponsePayload | None], answer: Future[ResponsePayload | None]) -> None:
    """What somebody waits for is what the broker has answered."""
    outcome.resolve(answer.result())
