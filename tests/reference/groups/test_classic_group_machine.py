"""Whatever members of a classic group do, no partition has two owners in a generation."""

import attrs
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule
from kio.schema.errors import ErrorCode
from kio.schema.join_group.v9.response import JoinGroupResponse
from kio.schema.sync_group.v5.response import SyncGroupResponse

from ackproof.reference.kernel.future import Future
from tests.reference.groups.classic_scene import begin_join, begin_sync, heartbeat, leave
from tests.reference.groups.describe_scene import described
from tests.reference.groups.offset_scene import commit
from tests.reference.groups.scene import Scene

PARTITIONS = 6
REBALANCE_MS = 20_000
SESSION_MS = 10_000
LOST = (ErrorCode.unknown_member_id, ErrorCode.fenced_instance_id)

places = st.integers(0, 3)


@attrs.define(eq=False)
class Client:
    """A member as it knows itself."""

    name: str
    instance: str | None = None
    member: str = ""
    joined: JoinGroupResponse | None = None
    join: Future[JoinGroupResponse] | None = None
    sync: Future[SyncGroupResponse] | None = None
    is_assigned: bool = False

    @property
    def generation(self) -> int:
        """The generation that it is in."""
        return self.joined.generation_id if self.joined else -1

    def lose(self) -> None:
        """It is no member any more."""
        self.member, self.joined, self.join, self.sync = "", None, None, None

    def assignments(self) -> dict[str, bytes]:
        """What it assigns, if it leads: everything, to each in turn."""
        members = [member.member_id for member in self.joined.members] if self.joined else []
        return {member: bytes(range(place, PARTITIONS, len(members))) for place, member in enumerate(members)}


class ClassicGroupMachine(RuleBasedStateMachine):
    """Two dynamic and two static members."""

    @initialize()
    def begin(self) -> None:
        """The group is not there yet."""
        self.scene = Scene(offsets_retention_check_interval_ms="100000000")
        names = ("one", "two", "three", "four")
        self.clients = [Client(name, instance=name if place >= 2 else None) for place, name in enumerate(names)]
        self.owners: dict[tuple[int, int], str] = {}

    @rule(place=places)
    def poll(self, place: int) -> None:
        """A member does what is next: it joins, fetches its assignment, or sends a heartbeat."""
        self._poll(self.clients[place])
        self._hear_everybody()

    @rule(duration_ms=st.sampled_from([0, 100]))
    def poll_all(self, duration_ms: int) -> None:
        """All do, one after the other."""
        for client in self.clients:
            self._poll(client)
        self.scene.wait(duration_ms)
        self._hear_everybody()

    @rule(place=places)
    def join(self, place: int) -> None:
        """A member joins, or joins again."""
        if self.clients[place].join is None:
            self._join(self.clients[place])
        self._hear_everybody()

    @rule(place=places)
    def commit(self, place: int) -> None:
        """A member commits."""
        client = self.clients[place]
        if client.joined:
            code = commit(self.scene, 5, member=client.member, generation=client.generation, instance=client.instance)
            if code in LOST:
                client.lose()

    @rule(place=places)
    def leave(self, place: int) -> None:
        """A member leaves."""
        client = self.clients[place]
        if client.member:
            leave(self.scene, (client.member, client.instance))
            client.lose()
            self._hear_everybody()

    @rule(place=st.integers(2, 3))
    def restart(self, place: int) -> None:
        """A static member stops, and starts without a member id."""
        self.clients[place].lose()

    @rule(duration_ms=st.sampled_from([100, 5_000, SESSION_MS, REBALANCE_MS]))
    def wait(self, duration_ms: int) -> None:
        """Time passes; sessions may expire."""
        self.scene.wait(duration_ms)
        self._hear_everybody()

    @rule()
    def fail_over(self) -> None:
        """Another coordinator loads the group."""
        before = described(self.scene)

        self.scene.fail_over()

        if before.group_state == "Stable":
            assert described(self.scene) == before
        self._hear_everybody()

    def _poll(self, client: Client) -> None:
        if client.join or client.sync:
            return
        if client.joined is None:
            self._join(client)
        elif not client.is_assigned:
            self._sync(client)
        else:
            code = heartbeat(self.scene, client.member, client.generation, instance=client.instance)
            if code == ErrorCode.rebalance_in_progress:
                self._join(client)
            elif code in LOST:
                client.lose()

    def _join(self, client: Client) -> None:
        client.sync = None
        client.join = self._begin_join(client)

    def _sync(self, client: Client) -> None:
        client.sync = begin_sync(
            self.scene, client.member, client.generation, client.assignments(), instance=client.instance
        )

    def _begin_join(self, client: Client) -> Future[JoinGroupResponse]:
        answer = begin_join(
            self.scene,
            client.member,
            instance=client.instance,
            session_ms=SESSION_MS,
            rebalance_ms=REBALANCE_MS,
        )
        if answer.is_done and answer.result().error_code == ErrorCode.member_id_required:
            client.member = answer.result().member_id
            return self._begin_join(client)
        return answer

    def _hear_everybody(self) -> None:
        self.scene.settle()
        for client in self.clients:
            self._hear_join(client)
            self._hear_sync(client)

    def _hear_join(self, client: Client) -> None:
        if client.join is None or not client.join.is_done:
            return
        response, client.join = client.join.result(), None
        if response.error_code == ErrorCode.none:
            client.member, client.joined, client.is_assigned = response.member_id, response, False
        elif response.error_code in LOST:
            client.lose()

    def _hear_sync(self, client: Client) -> None:
        if client.sync is None or not client.sync.is_done:
            return
        response, client.sync = client.sync.result(), None
        if response.error_code == ErrorCode.none:
            client.is_assigned = True
            for partition in response.assignment:
                assert self.owners.setdefault((client.generation, partition), client.name) == client.name
        elif response.error_code in LOST:
            client.lose()
        else:
            client.joined = None


TestClassicGroup = ClassicGroupMachine.TestCase
TestClassicGroup.settings = settings(deadline=None, max_examples=60, stateful_step_count=40)
