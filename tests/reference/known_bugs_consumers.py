"""Known bugs of consumers, with a broker that says what it is told to say."""

from collections.abc import Mapping
from random import Random

from kio.schema.errors import ErrorCode

from ackproof.model.consume.rules import ConsumerRules
from ackproof.model.system import System
from ackproof.reference.consumer.consumer import Consumer
from ackproof.reference.consumer.record import OffsetAndMetadata
from ackproof.reference.consumer.settings import consumer_settings
from ackproof.reference.kernel.future import spawn
from ackproof.reference.simulator.process import Process
from tests.reference.consumer.listening import Told
from tests.reference.consumer.modern_member import member
from tests.reference.consumer.scripted_group import ScriptedGroup, values
from tests.reference.consumer.scripted_leader import P0
from tests.reference.known_bugs_rules import Scenario, brokers, consumer, rule
from tests.reference.simulator.clusters import TOPIC, Clustered

NEVER_MS, A_WHILE_MS = 600_000, 3_000


def reading(
    system: System, *values: str, told: Told | None = None, **settings: object
) -> tuple[ScriptedGroup, Consumer]:
    """A member that has read the first record, and commits automatically every second if nothing else is said."""
    group = ScriptedGroup()
    group.append(*(values or ("a",)))
    given: dict[str, object] = {"enable_auto_commit": "true", "auto_commit_interval_ms": 1_000, "max_poll_records": 1}
    return group, group.joined(told, rules=consumer(system), **{**given, **settings})


def rebalances(group: ScriptedGroup, member: Consumer) -> None:
    """The group rebalances, and the member polls."""
    group.rebalance()
    group.poll(member)


def kafka_2942(system: System) -> bool:
    """A record is committed as poll returns it, before anybody has processed it."""
    group, _ = reading(system, auto_commit_interval_ms=NEVER_MS)
    group.pass_time(100)
    return group.committed == {P0: 1}


def kafka_14196(system: System) -> bool:
    """A record that poll has returned is not committed when its partition is revoked."""
    group, member = reading(system, auto_commit_interval_ms=NEVER_MS)
    rebalances(group, member)
    return P0 not in group.committed


def kafka_14024(system: System) -> bool:
    """The commit before a rebalance is put off by the coordinator, and nobody tries again."""
    group, member = reading(system, auto_commit_interval_ms=NEVER_MS)
    group.fail("offset_commit", ErrorCode.coordinator_load_in_progress)
    rebalances(group, member)
    return P0 not in group.committed


def kafka_18641(system: System) -> bool:
    """A record is committed while the application is still processing it."""
    group, reader = member(rules=consumer(system), enable_auto_commit="true", auto_commit_interval_ms=1_000)
    group.append("a")
    assert group.poll(reader) == ["a"]
    group.pass_time(2_000)
    return group.committed == {P0: 1}


def kafka_16203(system: System) -> bool:
    """There is nothing to commit when the interval is over, and nothing is committed ever after."""
    group = ScriptedGroup()
    reader = group.consumer(
        rules=consumer(system), enable_auto_commit="true", auto_commit_interval_ms=100, group_protocol="consumer"
    )
    group.pass_time(500)
    group.append("a")
    reader.subscribe(["t"])
    for _ in range(10):
        group.poll(reader)
    return P0 not in group.committed


def kafka_20332(system: System) -> bool:
    """A member gives its partition up while the application is still processing what poll has returned."""
    told = Told()
    group, _ = reading(system, told=told, enable_auto_commit="false")
    group.rebalance()
    group.pass_time(1_000)
    return ("revoked", (P0,)) in told.told


def librdkafka_4844(system: System) -> bool:
    """The end of the partition is taken for a record, and what is committed is beyond it."""
    group, member = reading(system, "a", "b")
    group.poll(member)
    group.pass_time(1_500)
    return group.committed == {P0: 3}


def kafka_python_2628(system: System) -> bool:
    """The coordinator does not tell in time what is committed, and the group starts over."""
    group = ScriptedGroup()
    group.append("a", "b")
    group.committed[P0] = 1
    group.silent.add("offset_fetch")
    member = group.consumer(rules=consumer(system), request_timeout_ms=1_000)
    member.subscribe(["t"])
    return group.poll(member, 10_000) == ["a", "b"]


def librdkafka_4059(system: System) -> bool:
    """A commit is refused in a rebalance, and the member gives up its partition as lost."""
    told = Told()
    group, member = reading(
        system, told=told, enable_auto_commit="false", partition_assignment_strategy="cooperative-sticky"
    )
    group.rebalance()
    group.start(member.poll(500))
    group.pass_time(1)
    group.fail("offset_commit", ErrorCode.illegal_generation)
    member.commit_async({P0: OffsetAndMetadata(1)})
    group.pass_time(4_000)
    group.poll(member)
    return ("lost", (P0,)) in told.told


def kafka_16103(system: System) -> bool:
    """A consumer closes before its asynchronous commit is answered."""
    group, reader = member(rules=consumer(system))
    answers: list[Exception | None] = []
    reader.commit_async({P0: OffsetAndMetadata(7)}, lambda _, error: answers.append(error))
    group.run(reader.close())
    return not answers


def librdkafka_4208(system: System) -> bool:
    """A record joins a batch, a rebalance empties that, and the record is committed and not returned."""
    group = ScriptedGroup()
    group.append("a")
    reader = group.consumer(rules=consumer(system), enable_auto_commit="true", auto_commit_interval_ms=NEVER_MS)
    reader.subscribe(["t"])
    batch = group.start(reader.consume(2, 2 * A_WHILE_MS))
    group.rebalance()
    group.pass_time(2 * A_WHILE_MS)
    return group.committed == {P0: 1} and values(batch.result()) == []


def kafka_7747(system: System) -> bool:
    """A replica that lacks a record is elected and writes another one in its place; who has read the first skips it."""
    cluster = Clustered(
        brokers=2,
        rules=brokers(system),
        settings={"min.insync.replicas": "1", "unclean.leader.election.enable": "true"},
    )
    leader, (follower,) = cluster.leader, cluster.followers
    reader = Reader(cluster, validates_positions=rule(system, "validates_positions", bool))
    cluster.crash(follower)
    cluster.produce("a")
    assert reader.poll() == ["a"]
    cluster.crash(leader)
    cluster.start(follower)
    cluster.wait(lambda: cluster.partition.leader == follower.broker_id)
    cluster.produce("b")
    return reader.poll() == []


class Reader:
    """A consumer of the one partition of a cluster, without a group."""

    def __init__(self, cluster: Clustered, *, validates_positions: bool) -> None:
        process = Process(cluster.clock, "reader")
        properties = {"bootstrap.servers": cluster.cluster.bootstrap_servers, "auto.offset.reset": "earliest"}
        self._cluster = cluster
        self._consumer = Consumer(
            process,
            cluster.network.node(process),
            consumer_settings(properties),
            ConsumerRules(),
            Random(1),
            validates_positions=validates_positions,
        )
        spawn(cluster.clock, self._consumer.assign([(TOPIC, 0)]))

    def poll(self) -> list[str]:
        """What there is within some seconds."""
        polled = spawn(self._cluster.clock, self._consumer.poll(A_WHILE_MS))
        self._cluster.wait(lambda: polled.is_done)
        return values(polled.result())


SCENARIOS: Mapping[str, Scenario] = {
    "KAFKA-2942": kafka_2942,
    "KAFKA-14196": kafka_14196,
    "KAFKA-18641": kafka_18641,
    "KAFKA-16203": kafka_16203,
    "KAFKA-20332": kafka_20332,
    "librdkafka #4844": librdkafka_4844,
    "kafka-python #2628": kafka_python_2628,
    "KAFKA-14024": kafka_14024,
    "librdkafka 4059": librdkafka_4059,
    "KAFKA-16103": kafka_16103,
    "librdkafka #4208": librdkafka_4208,
    "KAFKA-7747": kafka_7747,
}
