"""Known bugs of replication, on brokers that replicate one partition among themselves."""

from collections.abc import Callable, Mapping

from ackproof.model.system import System
from tests.reference.broker.following import Following, Node
from tests.reference.broker.leading import Leading
from tests.reference.controller.commanding import Commanding
from tests.reference.known_bugs_rules import Scenario, brokers
from tests.reference.simulator.clusters import Clustered

A_WHILE_MS = 5_000


def followed(system: System) -> tuple[Following, Node, Node]:
    """Brokers 1 and 2 with a replica each."""
    cluster = Following(rules=brokers(system))
    return cluster, cluster.nodes[1], cluster.nodes[2]


def until(cluster: Following, condition: Callable[[], bool], at_most_ms: int = A_WHILE_MS) -> bool:
    """Time passes until it is so; whether it comes about."""
    over_ms = cluster.clock.now_ms + at_most_ms
    while not condition():
        if not cluster.clock.step(over_ms):
            return False
    return True


def acknowledges_a(cluster: Following) -> None:
    """Broker 1 leads and both have a record, but only 1 knows yet that it is committed."""
    cluster.elect(1)
    cluster.nodes[1].write("a")
    assert until(cluster, lambda: cluster.nodes[1].log.high_watermark == 1)
    assert cluster.nodes[2].values == ["a"]
    assert cluster.nodes[2].log.high_watermark == 0


def kip_101(system: System) -> bool:
    """A follower that begins to follow again is elected before it has fetched, and what was committed is gone."""
    cluster, first, second = followed(system)
    acknowledges_a(cluster)
    cluster.elect(1)
    until(cluster, lambda: second.values == [], at_most_ms=1)
    cluster.elect(2)
    cluster.run()
    return first.values == second.values == []


def kip_101_divergence(system: System) -> bool:
    """The log of broker 2 is lost, and it leads on; broker 1 follows it and keeps another record at the same offset."""
    cluster, first, second = followed(system)
    cluster.elect(1)
    first.write("a")
    cluster.run()
    second.log.truncate_to(0)
    cluster.elect(2, 2)
    second.write("b")
    cluster.elect(2)
    cluster.run()
    assert second.values == ["b"]
    return first.values == ["a"]


def kafka_6361(system: System) -> bool:
    """Leadership moves there and back, both write, and broker 2 keeps what it had written where its leader has more."""
    cluster, first, second = followed(system)
    cluster.elect(1, 1)
    first.write("a", "b")
    cluster.elect(2, 2)
    second.write("x")
    cluster.elect(1)
    first.write("c")
    cluster.run()
    assert first.values == ["a", "b", "c"]
    return second.values[:1] == ["x"]


def kafka_7415(system: System) -> bool:
    """Leadership moves there and back, broker 2 drops a committed record as it follows again, and is elected."""
    cluster, first, second = followed(system)
    acknowledges_a(cluster)
    cluster.elect(2, 2)
    second.write("b")
    cluster.elect(1)
    until(cluster, lambda: second.values == [])
    cluster.elect(2)
    cluster.run()
    return "a" not in first.values


def kafka_7128(system: System) -> bool:
    """A new leader lets in a follower that lacks what is committed, as its own high watermark lags."""
    leading = Leading(in_sync=(1, 2), rules=brokers(system))
    leading.append("a")
    leading.hear(leader_epoch=1)
    leading.fetched(3, 0, broker_epoch=30)
    if leading.controller.wanted:
        leading.controller.grant()
    return 3 in leading.in_sync


def kafka_13141(system: System) -> bool:
    """The leader counts a fetch of a follower that has to truncate: it commits what the follower lacks."""
    cluster, first, second = followed(system)
    cluster.elect(1, 1)
    first.write("lost")
    cluster.elect(2)
    second.write("b")
    assert until(cluster, lambda: second.log.high_watermark == 1)
    cluster.elect(1)
    cluster.run()
    return "b" not in second.values


def kafka_14139(system: System) -> bool:
    """A follower restarts with an empty log after the leader asked for it to be in sync; it is taken, and elected."""
    cluster = Commanding(rules=brokers(system))
    cluster.create(1, 2, 3, settings={"min.insync.replicas": "2"})
    cluster.alter(1, 2)
    before = cluster.epoch(3)
    cluster.restart(3)
    cluster.alter(1, 2, 3, epochs={3: before})
    cluster.controller.move_leader("payments", 0, 3)
    return cluster.partition.leader == 3


def kip_966(system: System) -> bool:
    """The last replica in sync loses power, comes back first and leads, though the other one has all that counts."""
    return any(loses_the_last_replica(system, seed) for seed in range(6))


def loses_the_last_replica(system: System, seed: int) -> bool:
    """Whether the record is gone."""
    cluster = Clustered(seed, brokers=2, rules=brokers(system), broker_session_timeout_ms="9000")
    cluster.produce("a")
    leader, (follower,) = cluster.leader, cluster.followers
    assert follower.process is not None
    follower.process.pause()
    cluster.send("b", acks=1)
    cluster.wait(lambda: cluster.partition.in_sync_replicas == (leader.broker_id,))
    leader.lose_power()
    follower.process.resume()
    cluster.wait(lambda: not cluster.cluster.image.is_active(leader.broker_id))
    cluster.start(leader)
    cluster.run(3_000)
    return "a" not in cluster.values(cluster.leader)


def kafka_4623(system: System) -> bool:
    """Nobody in sync is left, a replica that lacks a record is elected by default, and it is gone."""
    cluster = Clustered(brokers=2, rules=brokers(system), settings={"min.insync.replicas": "1"})
    leader, (follower,) = cluster.leader, cluster.followers
    cluster.crash(follower)
    cluster.produce("a")
    cluster.crash(leader)
    cluster.start(follower)
    cluster.run(1_000)
    cluster.start(leader)
    cluster.run(3_000)
    return cluster.values(cluster.leader) == []


def kafka_14704(system: System) -> bool:
    """A follower takes the leader's high watermark and so has a record for committed that it is about to truncate."""
    cluster, first, second = followed(system)
    cluster.elect(1, 1)
    first.write("lost")
    cluster.elect(2, 2)
    second.write("b")
    second.log.high_watermark = 1
    cluster.elect(2)
    until(cluster, lambda: first.values != ["lost"] or first.log.high_watermark == 1)
    return first.values == ["lost"]


def kafka_15583(system: System) -> bool:
    """A leader alone shows a record to consumers; after an unclean election it is gone."""
    cluster = Clustered(brokers=2, rules=brokers(system))
    leader, (follower,) = cluster.leader, cluster.followers
    cluster.crash(follower)
    cluster.produce("a", acks=1)
    cluster.run(500)
    was_shown = cluster.high_watermark(leader) == 1
    cluster.crash(leader)
    cluster.start(follower)
    cluster.wait(lambda: cluster.partition.leader == follower.broker_id)
    cluster.start(leader)
    cluster.run(3_000)
    assert cluster.values(cluster.leader) == []
    return was_shown


SCENARIOS: Mapping[str, Scenario] = {
    "KIP-101": kip_101,
    "KIP-101 (divergence)": kip_101_divergence,
    "KAFKA-6361": kafka_6361,
    "KAFKA-7415": kafka_7415,
    "KAFKA-7128": kafka_7128,
    "KAFKA-13141": kafka_13141,
    "KAFKA-14139": kafka_14139,
    "KIP-966": kip_966,
    "KAFKA-4623": kafka_4623,
    "KAFKA-14704": kafka_14704,
    "KAFKA-15583": kafka_15583,
}
