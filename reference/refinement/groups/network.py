"""The network of a group beside the model: only SyncGroups take time."""

from random import Random

from kio.schema.consumer_group_heartbeat.v1.request import ConsumerGroupHeartbeatRequest
from kio.schema.consumer_group_heartbeat.v1.response import ConsumerGroupHeartbeatResponse
from kio.schema.errors import ErrorCode
from kio.schema.heartbeat.v4.request import HeartbeatRequest
from kio.schema.heartbeat.v4.response import HeartbeatResponse
from kio.schema.join_group.v9.request import JoinGroupRequest
from kio.schema.join_group.v9.response import JoinGroupResponse
from kio.schema.leave_group.v5.request import LeaveGroupRequest
from kio.schema.sync_group.v5.request import SyncGroupRequest
from kio.schema.sync_group.v5.response import SyncGroupResponse
from kio.static.protocol import RequestPayload, ResponsePayload

from ackproof.reference.kernel.clock import Clock
from ackproof.reference.kernel.future import Future
from ackproof.reference.protocol.request import Address, Caller, Request, Server
from ackproof.reference.simulator.network import Delays, SimulatedNetwork
from ackproof.reference.simulator.process import Process
from ackproof.reference.simulator.wire import Letter, Wire

OF_GROUPS = (
    ConsumerGroupHeartbeatRequest,
    HeartbeatRequest,
    JoinGroupRequest,
    LeaveGroupRequest,
    SyncGroupRequest,
)

SLOWEST_MS = 20


class Watched:
    """A server whose answers the network sees before they are on their way."""

    def __init__(self, server: Server, network: "MemberNetwork") -> None:
        self._server = server
        self._network = network

    def serve(self, caller: Caller, request: Request) -> Future[ResponsePayload | None]:
        """As the server does."""
        answer = self._server.serve(caller, request)
        self._network.is_served(caller.connection, request.body, answer)
        return answer


class MemberNetwork(SimulatedNetwork):
    """
    All is there at once, but for SyncGroups and what follows them on their connections.

    What a process that dies has on its way is lost.

    Attributes:
        wait_in_vain: Who has sent a JoinGroup or SyncGroup that is never answered, and has not joined again since.
        have_joined: Whose last JoinGroup has arrived at its coordinator.
        hear_late: Who has heard that its generation is gone as its JoinGroup was on its way, and has not joined since.
        lose_assignments: Whose SyncGroup a former coordinator does not answer, and who has not joined again.
        are_told: Who stands still, and has its assignment as soon as it goes on.
        may_fall_silent: Who had a coordinator that is elsewhere now, and has not been answered by a heartbeat since.
        are_refused: The member ids that a coordinator has just said it does not know, under the consumer protocol.
        last_joined: Who has joined last under an instance id without a member id.
    """

    def __init__(self, clock: Clock, rng: Random) -> None:
        super().__init__(clock, rng, Delays(0, 0))
        self._delays_rng = rng
        self._to_coordinator: dict[int, Wire] = {}
        self._senders: dict[int, Process] = {}
        self._answers: dict[int, Future[ResponsePayload | None]] = {}
        self._unanswered: dict[Process, Letter] = {}
        self._are_to_lose: set[Process] = set()
        self.wait_in_vain: set[Process] = set()
        self.have_joined: set[Process] = set()
        self.hear_late: set[Process] = set()
        self.lose_assignments: set[Process] = set()
        self.are_told: set[Process] = set()
        self.are_refused: set[str] = set()
        self.last_joined: dict[str, Process] = {}
        self.may_fall_silent: set[Process] = set()

    def listen(self, address: Address, name: str, process: Process, server: Server) -> None:
        """*server* can be reached at *address* from now on, as long as *process* runs."""
        super().listen(address, name, process, Watched(server, self))

    def is_served(self, connection: int, body: RequestPayload, answer: Future[ResponsePayload | None]) -> None:
        """A request has arrived at a server, which may not have answered it yet."""
        self._answers[connection] = answer
        if isinstance(body, JoinGroupRequest):
            self.have_joined.add(self._to_coordinator[connection].client.process)
        if isinstance(body, JoinGroupRequest) and body.group_instance_id is not None and not body.member_id:
            self.last_joined[body.group_instance_id] = self._to_coordinator[connection].client.process

    def is_sent(self, letter: Letter) -> int:
        """A request is put on its wire; when it arrives at the earliest."""
        arrives_ms = super().is_sent(letter)
        if isinstance(letter.request.body, OF_GROUPS):
            self._to_coordinator[letter.wire.number] = letter.wire
            self._senders[letter.wire.number] = letter.wire.client.process
        if isinstance(letter.request.body, SyncGroupRequest):
            arrives_ms += self._delays_rng.randrange(SLOWEST_MS)
        if isinstance(letter.request.body, JoinGroupRequest | SyncGroupRequest):
            self._unanswered[letter.wire.client.process] = letter
        if isinstance(letter.request.body, JoinGroupRequest):
            self.wait_in_vain.discard(letter.wire.client.process)
            self.have_joined.discard(letter.wire.client.process)
            self.hear_late.discard(letter.wire.client.process)
            self.lose_assignments.discard(letter.wire.client.process)
        return arrives_ms

    def is_answered(self, letter: Letter) -> None:
        """An answer is about to be put on its wire, which may break."""
        super().is_answered(letter)
        process = letter.wire.client.process
        response = self._answers[letter.wire.number].result()
        if process in self._are_to_lose and has_to_be_heard(letter.request.body, response):
            self._are_to_lose.discard(process)
            self.break_connections(process)
        elif process.is_paused and isinstance(response, SyncGroupResponse) and response.error_code == ErrorCode.none:
            self.are_told.add(process)
        elif isinstance(letter.request.body, ConsumerGroupHeartbeatRequest) and is_unknown(response):
            self.are_refused.add(letter.request.body.member_id)

    def delivered(
        self, sender: str, receiver: str, wire: int, number: int, body: RequestPayload | ResponsePayload
    ) -> None:
        """A message has arrived."""
        super().delivered(sender, receiver, wire, number, body)
        if isinstance(body, JoinGroupResponse | SyncGroupResponse):
            self._unanswered.pop(self._senders[wire], None)
            self.are_told.discard(self._senders[wire])
        elif isinstance(body, HeartbeatResponse) and body.error_code == ErrorCode.illegal_generation:
            self._hears_of_loss(self._senders[wire])
        elif isinstance(body, ConsumerGroupHeartbeatResponse) and body.error_code == ErrorCode.none:
            self.may_fall_silent.discard(self._senders[wire])

    def _hears_of_loss(self, process: Process) -> None:
        sent = self._unanswered.get(process)
        if sent is not None and isinstance(sent.request.body, JoinGroupRequest):
            self.hear_late.add(process)

    def chance(self, outcomes: int) -> int:
        """The first of so many outcomes: what has not arrived never does."""
        return 0

    def reaches_coordinator(self, process: Process) -> bool:
        """Whether a process has a connection to the coordinator."""
        return any(wire.client.process is process and wire.is_open for wire in self._to_coordinator.values())

    def move_coordinator(self) -> None:
        """What is on its way to the coordinator or from it is lost, and so are the connections."""
        self.lose_assignments.update(
            process for process, sent in self._unanswered.items() if isinstance(sent.request.body, SyncGroupRequest)
        )
        for wire in self._to_coordinator.values():
            wire.drop_unserved()
            wire.dies()
        self._to_coordinator.clear()
        self._unanswered.clear()
        self.have_joined.clear()

    def lose_next_answer(self, process: Process) -> None:
        """The next answer that a process has to hear is lost with its connection."""
        self._are_to_lose.add(process)

    def is_to_lose(self, process: Process) -> bool:
        """Whether the next answer that a process has to hear is lost."""
        return process in self._are_to_lose

    def break_connections(self, process: Process) -> None:
        """What a process has on its way to the coordinator or from it is lost, and so are its connections."""
        if process in self._unanswered:
            self.wait_in_vain.add(process)
        for wire in self._to_coordinator.values():
            if wire.client.process is process and wire.is_open:
                wire.drop_unserved()
                wire.dies()


def is_unknown(response: ResponsePayload | None) -> bool:
    """Whether a coordinator does not know who has sent a heartbeat under the consumer protocol."""
    code = response.error_code if isinstance(response, ConsumerGroupHeartbeatResponse) else None
    return code == ErrorCode.unknown_member_id


def has_to_be_heard(body: RequestPayload, response: ResponsePayload | None) -> bool:
    """Whether the answer to a request tells a member something new, and that is not who it is."""
    match body:
        case JoinGroupRequest():
            return bool(body.member_id)
        case ConsumerGroupHeartbeatRequest():
            assert isinstance(response, ConsumerGroupHeartbeatResponse)
            is_news = response.assignment is not None or response.member_epoch != body.member_epoch
            return body.member_epoch > 0 and is_news
        case _:
            return isinstance(body, SyncGroupRequest)
