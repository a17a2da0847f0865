"""The network of a directed group: what members say to their coordinator arrives when the director says so."""

from dataclasses import replace
from functools import partial
from random import Random

from kio.schema.consumer_group_heartbeat.v1.request import ConsumerGroupHeartbeatRequest
from kio.schema.heartbeat.v4.request import HeartbeatRequest
from kio.schema.join_group.v9.request import JoinGroupRequest
from kio.schema.leave_group.v5.request import LeaveGroupRequest
from kio.schema.metadata.v12.response import MetadataResponseTopic
from kio.schema.sync_group.v5.request import SyncGroupRequest

from ackproof.reference.kernel.clock import Clock
from ackproof.reference.protocol.request import Address, Request, Server
from ackproof.reference.refinement.directing.network import Answer, Door, Waiting, told_otherwise
from ackproof.reference.refinement.groups.network import MemberNetwork
from ackproof.reference.simulator.network import SimulatedNetwork
from ackproof.reference.simulator.process import Process
from ackproof.reference.simulator.wire import Letter, Wire


class GroupNetwork(MemberNetwork):
    """
    Nothing takes any time, but JoinGroups, SyncGroups and heartbeats of the consumer protocol wait for the director.

    So do their answers. Heartbeats of the classic protocol pass for now, as do those with which a member leaves.

    Attributes:
        waiting: What waits, the oldest first.
        unhurried: What may as well not have been sent yet, so that it keeps nothing waiting.
        seen: How many partitions clients hear of, by name, all if 0: brokers do not learn of new ones at the same time.
        held_up: Clients, by name, whose heartbeats of the classic protocol wait as well.
        delayed: The same of those that stand still with a heartbeat on its way.
        unheard: The same of those with which a member of that leaves.
    """

    def __init__(self, clock: Clock, rng: Random) -> None:
        super().__init__(clock, rng)
        self.waiting: list[Waiting] = []
        self.unhurried: tuple[type, ...] = (ConsumerGroupHeartbeatRequest, HeartbeatRequest, SyncGroupRequest)
        self.seen: dict[str, int] = {}
        self.held_up: set[str] = set()
        self.delayed: set[str] = set()
        self.unheard: set[str] = set()
        self._letters: list[Letter] = []

    def bars(self, client: str, request: Request) -> bool:
        """Whether a request waits for the director: not if a member says that it leaves."""
        body = request.body
        if isinstance(body, ConsumerGroupHeartbeatRequest):
            return client.startswith("consumer-") and body.member_epoch >= 0
        if isinstance(body, HeartbeatRequest):
            return client in self.held_up or client in self.delayed
        if isinstance(body, LeaveGroupRequest):
            return client in self.unheard
        return client.startswith("consumer-") and isinstance(body, JoinGroupRequest | SyncGroupRequest)

    def as_told(self, client: str, process: Process, answer: Answer) -> Answer:
        """A client hears of so many partitions as it is to see."""
        most = self.seen.get(client, 0)
        return answer if not most else told_otherwise(process, answer, partial(with_partitions, most))

    def listen(self, address: Address, name: str, process: Process, server: Server) -> None:
        """*server* can be reached at *address* from now on, as long as *process* runs."""
        super().listen(address, name, process, Door(server, name, process, self))

    def is_sent(self, letter: Letter) -> int:
        """A request is put on its wire; it arrives at once."""
        super().is_sent(letter)
        if isinstance(letter.request.body, self.unhurried):
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
        if process in self.lose_assignments:
            # What is lost now at the latest was as the coordinator moved.
            self.wait_in_vain.add(process)
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


def with_partitions(most: int, topic: MetadataResponseTopic) -> MetadataResponseTopic:
    """A topic of which only the first partitions are known."""
    return replace(topic, partitions=tuple(each for each in topic.partitions if each.partition_index < most))
