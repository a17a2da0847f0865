"""Known bugs of members of classic groups, which a broker coordinates."""

from collections.abc import Mapping
from itertools import combinations

from kio.schema.sync_group.v5.request import SyncGroupRequest

from ackproof.model.consume.rebalancing import COOPERATIVE
from ackproof.model.consume.rules import ConsumerRules
from ackproof.model.system import System
from ackproof.reference.simulator.wire import Letter
from tests.reference.broker.standing import TOPIC
from tests.reference.consumer.cluster import Application, Cluster
from tests.reference.known_bugs_rules import Scenario, members

SESSION_MS = 1_000
P0, P1 = (TOPIC, 0), (TOPIC, 1)


class Sharing(Cluster):
    """A group of cooperative members with the rules of a bug, which share two partitions."""

    def __init__(self, system: System) -> None:
        super().__init__({TOPIC: 2}, **{"group.min.session.timeout.ms": 100})
        self._system = system
        self.members: list[Application] = []

    def starts(self, name: str) -> Application:
        """One more joins; assignors go by the order of names."""
        member = Application(
            self,
            rules=ConsumerRules(rebalancing=COOPERATIVE),
            member_rules=members(self._system),
            client_id=name,
            heartbeat_interval_ms=200,
            partition_assignment_strategy="cooperative-sticky",
            session_timeout_ms=SESSION_MS,
        )
        self.members.append(member)
        return member

    def two_have_started(self, first: str, second: str) -> tuple[Application, Application]:
        """The first one leads the group, and keeps the first partition as the second one joins."""
        leader = self.starts(first)
        self.pass_time(SESSION_MS)
        follower = self.starts(second)
        self.pass_time(2 * SESSION_MS)
        assert (leader.consumer.assignment, follower.consumer.assignment) == ((P0,), (P1,))
        return leader, follower

    def hold_back_sync_group(self, member: Application, until_ms: int) -> None:
        """A SyncGroup of *member* arrives that much later, and with it all that follows."""

        def strikes(letter: Letter) -> bool:
            return letter.wire.client.process is member.process and isinstance(letter.request.body, SyncGroupRequest)

        self.network.slow(strikes, self.clock.now_ms + until_ms)

    def stands_still_as_it_is(self, state: str, member: Application, duration_ms: int) -> None:
        """A *member* that has come to that *state* hears nothing more for a while."""
        while member.consumer.view().member.state != state:
            self.pass_time(1)
        member.process.pause()
        self.clock.call_at(self.clock.now_ms + duration_ms, member.process.resume)

    def two_own_the_same(self, duration_ms: int, *, are_stable: bool = False) -> bool:
        """Whether two members of one generation read the same partition at some time."""
        for _ in range(duration_ms):
            self.pass_time(1)
            for one, other in combinations(self.members, 2):
                views = (one.consumer.view().member, other.consumer.view().member)
                is_one_generation = views[0].epoch == views[1].epoch >= 0
                if are_stable and any(view.state != "stable" for view in views):
                    continue
                if is_one_generation and set(one.consumer.assignment) & set(other.consumer.assignment):
                    return True
        return False


def is_removed_while_it_rejoins(system: System) -> Sharing:
    """The owner of the first partition hears as it rejoins that it was put out; meanwhile the other one has got all."""
    scene = Sharing(system)
    first, second = scene.two_have_started("first", "second")
    second.consumer.enforce_rebalance()
    scene.stands_still_as_it_is("preparing rebalance", first, 2 * SESSION_MS)
    scene.pass_time(2 * SESSION_MS - 1)
    assert second.consumer.assignment == (P0, P1)
    scene.stands_still_as_it_is("completing rebalance", second, SESSION_MS // 4)
    return scene


def kafka_12983(system: System) -> bool:
    """A member that is put out while it rejoins reads on, and another one of its new generation reads the same."""
    return is_removed_while_it_rejoins(system).two_own_the_same(SESSION_MS)


def kafka_python_rejoin(system: System) -> bool:
    """The same as KAFKA-12983, with what kafka-python claims."""
    return kafka_12983(system)


def librdkafka_rejoin(system: System) -> bool:
    """A member that is put out is told so by its JoinGroup and reads on, and another one reads the same."""
    scene = Sharing(system)
    first, second = scene.two_have_started("first", "second")
    first.consumer.enforce_rebalance()
    first.process.pause()
    scene.clock.call_at(scene.clock.now_ms + 2 * SESSION_MS, first.process.resume)
    scene.pass_time(2 * SESSION_MS - 1)
    assert second.consumer.assignment == (P0, P1)
    scene.stands_still_as_it_is("completing rebalance", second, SESSION_MS // 4)
    return scene.two_own_the_same(SESSION_MS)


def kafka_12984(system: System) -> bool:
    """A member that was put out while it rejoined claims what another one owns, and both are assigned it."""
    return is_removed_while_it_rejoins(system).two_own_the_same(SESSION_MS, are_stable=True)


def misses_a_generation(system: System) -> Sharing:
    """A member hears no assignment of one generation, as its SyncGroup is late, and joins the next with a new one."""
    scene = Sharing(system)
    leader, late = scene.two_have_started("leader", "late")
    leader.finished.may_fail()
    scene.hold_back_sync_group(late, SESSION_MS // 2)
    leader.consumer.enforce_rebalance()
    scene.pass_time(SESSION_MS // 4)
    scene.hold_back_sync_group(late, SESSION_MS)
    scene.starts("another")
    return scene


def kafka_13406(system: System) -> bool:
    """The leader refuses an assignment as it does not go by a stale claim, and its poll raises an error."""
    scene = misses_a_generation(system)
    scene.pass_time(3 * SESSION_MS)
    leader = scene.members[0].finished
    return leader.is_done and isinstance(leader.error, ValueError)


def kafka_14639(system: System) -> bool:
    """A member that missed a generation still reads what is assigned to a new one."""
    return misses_a_generation(system).two_own_the_same(SESSION_MS)


def kafka_python_claims(system: System) -> bool:
    """A member that was put out claims what it had, and is given it while another one still has it."""
    scene = Sharing(system)
    first, second = scene.two_have_started("first", "second")
    second.process.pause()
    scene.pass_time(3 * SESSION_MS)
    assert first.consumer.assignment == (P0, P1)
    second.process.resume()
    scene.stands_still_as_it_is("completing rebalance", first, SESSION_MS // 4)
    return scene.two_own_the_same(SESSION_MS)


SCENARIOS: Mapping[str, Scenario] = {
    "KAFKA-12983": kafka_12983,
    "KAFKA-12984": kafka_12984,
    "KAFKA-13406": kafka_13406,
    "KAFKA-14639": kafka_14639,
    "kafka-python cooperative-sticky claims": kafka_python_claims,
    "kafka-python cooperative rejoin": kafka_python_rejoin,
    "librdkafka cooperative rejoin": librdkafka_rejoin,
}
