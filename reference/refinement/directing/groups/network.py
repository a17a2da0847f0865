"""The network of a directed group: what members say to their coordinator arrives when the director says so."""

from random import Random

from kio.schema.consumer_group_heartbeat.v1.request import ConsumerGroupHeartbeatRequest
from kio.schema.join_group.v9.request import JoinGroupRequest
from kio.schema.sync_group.v5.request import SyncGroupRequest
from kio.static.protocol import ResponsePayload

from ackproof.reference.kernel.clock import Clock
from ackproof.reference.kernel.future import Future, resolved
from ackproof.reference.protocol.request import Address, Caller, Request, Server
from ackproof.reference.refinement.directing.network import Waiting
from ackproof.reference.refinement.groups.network import MemberNetwork
from ackproof.reference.simulator.network import SimulatedNetwork
from ackproof.reference.simulator.process import Process
from ackproof.reference.simulator.wire import Letter, Wire

APART = (ConsumerGroupHeartbeatRequest, SyncGroupRequest)
"""What may as well not have been sent yet, so that it keeps nothing waiting."""


class Door:
    """What stands before a server."""

    def __init__(self, server: Server, name: str, process: Process, network: "GroupNetwork") -> None:
        self._server = server
        self._name = name
        self._process = process
        self._network = network

    def serve(self, caller: Caller, request: Request) -> Future[ResponsePayload | None]:
        """As the server does, but for what waits here."""
        client = caller.host.removeprefix("/")
        if not is_barred(client, request):
            return self._server.serve(caller, request)
        outcome = Future[ResponsePayload | None](self._process)
        self._network.waiting.append(Waiting(self._server, client, self._name, self._process, caller, request, outcome))
        return resolved(self._process, None) if isinstance(request.body, APART) else outcome


def is_barred(client: str, request: Request) -> bool:
    """Whether a request waits for the director: not if a member says that it leaves."""
    body = request.body
    if isinstance(body, ConsumerGroupHeartbeatRequest):
        return client.startswith("consumer-") and body.member_epoch >= 0
    return client.startswith("consumer-") and isinstance(body, JoinGroupRequest | SyncGroupRequest)


class GroupNetwork(MemberNetwork):
    """
    Nothing takes any time, but JoinGroups, SyncGroups and heartbeats of the consumer protocol wait for the director.

    So do their answers. Heartbeats of the classic protocol pass, as do those with which a member leaves.

    Attributes:
        waiting: What waits, the oldest first.
    """

    def __init__(self, clock: Clock, rng: Random) -> None:
        super().__init__(clock, rng)
        self.waiting: list[Waiting] = []
        self._letters: list[Letter] = []

    def listen(self, address: Address, name: str, process: Process, server: Server) -> None:
        """*server* can be reached at *address* from now on, as long as *process* runs."""
        super().listen(address, name, process, Door(server, name, process, self))

    def is_sent(self, letter: Letter) -> int:
        """A request is put on its wire; it arrives at once."""
        super().is_sent(letter)
        if isinstance(letter.request.body, APART):
            self._letters.append(letter)
        return SimulatedNetwork.is_sent(self, letter)

    def sent_by(self, process: Process | None, kind: type) -> list[Waiting]:
        """What a process has sent of a *kind* that waits, the oldest first, or the answer to which does."""
        wires = {wire.number for wire in self._to_coordinator.values() if wire.client.process is process}
        return [
            each for each in self.waiting if each.caller.connection in wires and isinstance(each.request.body, kind)
        ]

    def release(self, waiting: Waiting) -> None:
        """The answer goes out."""
        self.waiting.remove(waiting)
        assert waiting.answer is not None
        letter = next((each for each in self._letters if each.request is waiting.request), None)
        if letter is None:
            waiting.outcome.resolve(waiting.answer.result())
            return
        self._letters.remove(letter)
        response = waiting.answer.result()
        if letter.future is not None and response is not None:
            self.delivered(waiting.listener, waiting.client, letter.wire.number, letter.number, response)
            letter.future.resolve(response)

    def break_connections(self, process: Process) -> None:
        """What a process has on its way to the coordinator or from it is lost, and so are its connections."""
        super().break_connections(process)
        self.forget(process)

    def move_coordinator(self) -> None:
        """What is on its way to the coordinator or from it is lost, and so are the connections."""
        self._forget(list(self._to_coordinator.values()))
        super().move_coordinator()

    def forget(self, process: Process) -> None:
        """What a process has sent and nobody has served never arrives, and what waits for it is not heard."""
        self._forget([wire for wire in self._to_coordinator.values() if wire.client.process is process])

    def _forget(self, wires: list[Wire]) -> None:
        numbers = {wire.number for wire in wires}
        self.waiting = [each for each in self.waiting if each.caller.connection not in numbers]
        self._letters = [each for each in self._letters if each.wire.number not in numbers]
