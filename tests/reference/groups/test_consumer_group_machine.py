"""Whatever members of a consumer group do, no partition has two owners, and another coordinator finds all as it was."""

import attrs
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from kio.schema.consumer_group_heartbeat.v1.response import ConsumerGroupHeartbeatResponse
from kio.schema.errors import ErrorCode

from tests.reference.groups.consumer_scene import assigned, beat, described, join, leave
from tests.reference.groups.scene import Scene, topic_of

Partition = tuple[str, int]

REBALANCE_MS = 60_000
SESSION_MS = 45_000
LOST = (ErrorCode.unknown_member_id, ErrorCode.fenced_member_epoch, ErrorCode.group_id_not_found)

places = st.integers(0, 3)


@attrs.define
class Client:
    """
    A member as it knows itself.

    Attributes:
        owned: What it reads, until it has revoked it.
        target: What it was last told to own.
        missed_answer: It says everything the next time.
    """

    name: str
    topics: tuple[str, ...] = ("t",)
    instance: str | None = None
    life: int = 0
    epoch: int = 0
    owned: set[Partition] = attrs.Factory(set[Partition])
    target: set[Partition] = attrs.Factory(set[Partition])
    missed_answer: bool = False

    @property
    def member(self) -> str:
        """Its member id: a static member has another one each time it starts."""
        return f"{self.name}-{self.life}"

    @property
    def reported(self) -> dict[str, list[int]]:
        """What it says that it owns."""
        return {topic: sorted(number for of, number in self.owned if of == topic) for topic in self.topics}

    def hear(self, response: ConsumerGroupHeartbeatResponse) -> None:
        """The answer to a heartbeat."""
        if response.error_code in LOST:
            self.lose()
            return
        assert response.error_code == ErrorCode.none
        assert response.member_epoch >= self.epoch
        self.epoch = response.member_epoch
        told = assigned(response)
        if told is not None:
            self.target = {(topic, number) for topic, numbers in told.items() for number in numbers}
            self.take()

    def take(self) -> None:
        """It reads what is new once it has revoked what is not its own any more."""
        if self.owned <= self.target:
            self.owned = set(self.target)

    def lose(self) -> None:
        """It is no member any more."""
        self.epoch, self.owned, self.target = 0, set(), set()


class ConsumerGroupMachine(RuleBasedStateMachine):
    """Two dynamic and two static members."""

    scene: Scene
    clients: list[Client]

    @initialize(interval_ms=st.sampled_from(["0", "1000"]), assignor=st.sampled_from(["uniform", "range"]))
    def begin(self, interval_ms: str, assignor: str) -> None:
        """The group is empty."""
        self.scene = Scene(
            {"t": 4, "u": 3},
            group_consumer_assignment_interval_ms=interval_ms,
            group_consumer_session_timeout_ms=str(SESSION_MS),
            group_consumer_assignors=assignor,
        )
        names = ("one", "two", "three", "four")
        self.clients = [Client(name, instance=name if place >= 2 else None) for place, name in enumerate(names)]

    @rule(place=places)
    def heartbeat(self, place: int) -> None:
        """A member joins, or says what it owns."""
        client = self.clients[place]
        client.hear(self._send(client))
        client.missed_answer = False

    @rule(place=places)
    def miss_answer(self, place: int) -> None:
        """The answer to a member's heartbeat is lost."""
        client = self.clients[place]
        if client.epoch > 0:
            self._send(client)
            client.missed_answer = True

    @rule(place=places)
    def revoke(self, place: int) -> None:
        """A member gives up what it was told to."""
        client = self.clients[place]
        client.owned &= client.target
        client.take()

    @rule(place=places, topics=st.sampled_from([("t",), ("u",), ("t", "u")]))
    def subscribe(self, place: int, topics: tuple[str, ...]) -> None:
        """A member subscribes to other topics, and gives up what it does not subscribe to."""
        client = self.clients[place]
        client.topics = topics
        client.owned = {partition for partition in client.owned if partition[0] in topics}
        client.target = {partition for partition in client.target if partition[0] in topics}
        if client.epoch > 0:
            client.hear(self._send(client, says_topics=True))

    @rule(place=places)
    def leave(self, place: int) -> None:
        """A member leaves."""
        client = self.clients[place]
        if client.epoch > 0:
            leave(self.scene, client.member, instance=client.instance)
            client.lose()

    @rule(place=st.integers(2, 3))
    def restart(self, place: int) -> None:
        """A static member stops, and starts with another member id."""
        client = self.clients[place]
        if client.epoch > 0:
            leave(self.scene, client.member, epoch=-2, instance=client.instance)
            client.life += 1
            client.lose()

    @rule(duration_ms=st.sampled_from([500, 1_000, 20_000, SESSION_MS, REBALANCE_MS]))
    def wait(self, duration_ms: int) -> None:
        """Time passes; sessions may expire."""
        self.scene.wait(duration_ms)

    @precondition(lambda self: self.scene.log.records > 0)
    @rule()
    def fail_over(self) -> None:
        """Another coordinator loads the group."""
        before = described(self.scene)

        self.scene.fail_over()

        assert described(self.scene) == before

    @invariant()
    def no_partition_has_two_owners(self) -> None:
        """Neither as the coordinator sees it, nor as its members do."""
        members = {member.member_id: member for member in described(self.scene).members}
        kept = [
            (topic_of(of.topic_id), number)
            for member in members.values()
            for of in member.assignment.topic_partitions
            for number in of.partitions
        ]
        read = [partition for client in self.clients if client.member in members for partition in client.owned]

        assert len(kept) == len(set(kept))
        assert len(read) == len(set(read))

    def _send(self, client: Client, *, says_topics: bool = False) -> ConsumerGroupHeartbeatResponse:
        if client.epoch == 0:
            return join(self.scene, client.member, client.topics, instance=client.instance, rebalance_ms=REBALANCE_MS)
        says_topics |= client.missed_answer
        return beat(
            self.scene,
            client.member,
            client.epoch,
            instance=client.instance,
            owned=client.reported,
            topics=client.topics if says_topics else None,
            rebalance_ms=REBALANCE_MS if client.missed_answer else -1,
        )


TestConsumerGroup = ConsumerGroupMachine.TestCase
TestConsumerGroup.settings = settings(deadline=None, max_examples=60, stateful_step_count=40)
