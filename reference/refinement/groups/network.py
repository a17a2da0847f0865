"""The network of a group beside the model: only SyncGroups take time."""

from random import Random

from kio.schema.consumer_group_heartbeat.v1.request import ConsumerGroupHeartbeatRequest
from kio.schema.heartbeat.v4.request import HeartbeatRequest
from kio.schema.join_group.v9.request import JoinGroupRequest
from kio.schema.leave_group.v5.request import LeaveGroupRequest
from kio.schema.sync_group.v5.request import SyncGroupRequest

from ackproof.reference.kernel.clock import Clock
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


class MemberNetwork(SimulatedNetwork):
    """
    All is there at once, but for SyncGroups and what follows them on their connections.

    What a process that dies has on its way is lost.
    """

    def __init__(self, clock: Clock, rng: Random) -> None:
        super().__init__(clock, rng, Delays(0, 0))
        self._delays_rng = rng
        self._to_coordinator: dict[int, Wire] = {}

    def is_sent(self, letter: Letter) -> int:
        """A request is put on its wire; when it arrives at the earliest."""
        arrives_ms = super().is_sent(letter)
        if isinstance(letter.request.body, OF_GROUPS):
            self._to_coordinator[letter.wire.number] = letter.wire
        if isinstance(letter.request.body, SyncGroupRequest):
            arrives_ms += self._delays_rng.randrange(SLOWEST_MS)
        return arrives_ms

    def chance(self, outcomes: int) -> int:
        """The first of so many outcomes: what has not arrived never does."""
        return 0

    def reaches_coordinator(self, process: Process) -> bool:
        """Whether a process has a connection to the coordinator."""
        return any(wire.client.process is process and wire.is_open for wire in self._to_coordinator.values())

    def move_coordinator(self) -> None:
        """What is on its way to the coordinator or from it is lost, and so are the connections."""
        for wire in self._to_coordinator.values():
            wire.drop_unserved()
            wire.dies()
        self._to_coordinator.clear()
