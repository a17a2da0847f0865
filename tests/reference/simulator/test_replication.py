"""Replication in a whole cluster: facts D.1 to D.5."""

import pytest
from kio.schema.errors import ErrorCode

from ackproof.model.produce.rules import BrokerRules
from ackproof.reference.controller.image import NO_LEADER
from tests.reference.simulator.clusters import Clustered


def test_what_is_acknowledged_by_all_outlives_the_leader() -> None:
    cluster = Clustered()

    assert cluster.produce("a") is ErrorCode.none
    cluster.crash(cluster.leader)

    assert cluster.values(cluster.leader) == ["a"]


def test_what_only_the_leader_has_goes_with_it() -> None:
    cluster = Clustered(replica_fetch_wait_max_ms="1")
    old = cluster.leader
    for follower in cluster.followers:
        assert follower.process is not None
        follower.process.pause()

    assert cluster.produce("a", acks=1) is ErrorCode.none
    old.crash()
    for follower in cluster.followers:
        assert follower.process is not None
        follower.process.resume()
    cluster.wait(lambda: cluster.partition.leader not in (old.broker_id, NO_LEADER))
    cluster.start(old)
    cluster.run(2_000)

    assert cluster.values(old) == cluster.values(cluster.leader) == []


def test_acknowledgement_by_all_waits_for_those_in_sync_only() -> None:
    cluster = Clustered()
    slow = cluster.followers[0]

    cluster.crash(slow)

    assert cluster.produce("a") is ErrorCode.none
    assert slow.broker_id not in cluster.partition.in_sync_replicas


def test_too_few_in_sync_replicas_refuse() -> None:
    cluster = Clustered()

    for follower in cluster.followers:
        cluster.crash(follower)

    assert cluster.produce("a") is ErrorCode.not_enough_replicas
    assert cluster.produce("b", acks=1) is ErrorCode.none


def test_the_high_watermark_stands_still_while_too_few_are_in_sync() -> None:
    cluster = Clustered()
    cluster.produce("a")
    for follower in cluster.followers:
        cluster.crash(follower)

    cluster.produce("b", acks=1)
    cluster.run(1_000)

    assert (cluster.values(cluster.leader), cluster.high_watermark(cluster.leader)) == (["a", "b"], 1)


def test_a_follower_that_comes_back_is_in_sync_once_it_has_caught_up() -> None:
    cluster = Clustered()
    back = cluster.followers[0]
    cluster.crash(back)
    cluster.produce("a")

    cluster.start(back)
    cluster.wait(lambda: back.broker_id in cluster.partition.in_sync_replicas)

    assert cluster.values(back) == ["a"]


def test_a_follower_that_does_not_fetch_leaves_the_in_sync_replicas() -> None:
    cluster = Clustered(broker_session_timeout_ms="60000")
    stuck = cluster.followers[0]
    assert stuck.process is not None

    stuck.process.pause()
    cluster.run(4_000)
    while_idle = cluster.partition.in_sync_replicas
    cluster.produce("a", acks=1)
    cluster.run(4_000)
    meanwhile = cluster.partition.in_sync_replicas
    stuck.process.resume()
    cluster.run(2_000)

    assert stuck.broker_id in while_idle
    assert stuck.broker_id not in meanwhile
    assert stuck.broker_id in cluster.partition.in_sync_replicas


def test_leadership_moves_without_loss() -> None:
    cluster = Clustered()
    cluster.produce("a")
    old, new = cluster.leader, cluster.followers[0]

    cluster.cluster.controller.move_leader("input", 0, new.broker_id)
    cluster.run(500)
    cluster.produce("b")
    cluster.run(500)

    assert cluster.leader is new
    assert cluster.values(old) == cluster.values(new) == ["a", "b"]


def crashes_and_a_power_loss(seed: int, *, stops_cleanly: bool) -> Clustered:
    """A record is acknowledged on the leader and one follower, which goes; then the leader loses power."""
    cluster = Clustered(seed)
    leader, (first, second) = cluster.leader, cluster.followers
    cluster.crash(first)
    assert cluster.produce("r1") is ErrorCode.none
    if stops_cleanly:
        second.stop()
        cluster.wait(lambda: not second.is_up)
        cluster.run(2_000)
    else:
        cluster.crash(second)
    leader.lose_power()
    cluster.wait(lambda: cluster.partition.leader == NO_LEADER)
    cluster.run(2_000)
    cluster.start(second)
    cluster.start(leader)
    cluster.run(3_000)
    return cluster


def test_two_crashes_and_a_power_loss_lose_what_all_had_acknowledged() -> None:
    """As on 4.1.1 and 4.3.1: one follower still has the record, and truncates it."""
    left = [crashes_and_a_power_loss(seed, stops_cleanly=False) for seed in range(8)]

    lossy = [cluster for cluster in left if cluster.values(cluster.leader) == []]
    assert lossy
    for cluster in lossy:
        assert [cluster.values(machine) for machine in cluster.followers if machine.is_up] == [[]]
        assert cluster.partition.in_sync_replicas


def test_a_clean_stop_in_place_of_the_second_crash_loses_nothing() -> None:
    for seed in range(8):
        cluster = crashes_and_a_power_loss(seed, stops_cleanly=True)

        assert cluster.values(cluster.leader) == ["r1"]


def test_without_eligible_replicas_nobody_leads_until_the_last_one_is_back() -> None:
    cluster = Clustered(rules=BrokerRules(has_eligible_leader_replicas=False))
    cluster.produce("a")
    last, others = cluster.leader, cluster.followers
    for machine in (*others, last):
        cluster.crash(machine)

    cluster.start(*others)
    without = cluster.partition.leader
    cluster.start(last)

    assert (without, cluster.leader) == (NO_LEADER, last)
    assert cluster.values(last) == ["a"]


def test_an_unclean_election_makes_others_truncate_to_match() -> None:
    cluster = Clustered(settings={"unclean.leader.election.enable": "true"})
    leader, (first, second) = cluster.leader, cluster.followers
    cluster.crash(first)
    cluster.crash(second)
    cluster.produce("a", acks=1)
    leader.crash()
    cluster.start(first)
    cluster.wait(lambda: cluster.partition.leader == first.broker_id)
    cluster.run(100)
    cluster.produce("b", acks=1)

    cluster.start(leader)
    cluster.run(3_000)

    assert cluster.values(leader) == cluster.values(first) == ["b"]


@pytest.mark.parametrize("flushes", [True, False])
def test_a_power_loss_spares_what_is_flushed(flushes: bool) -> None:
    settings = {"flush.messages": "1"} if flushes else {}
    left: list[list[str]] = []
    for seed in range(6):
        cluster = Clustered(seed, brokers=1, settings={**settings, "min.insync.replicas": "1"})
        cluster.produce("a")
        machine = cluster.leader
        machine.lose_power()
        cluster.run(3_000)
        cluster.start(machine)
        cluster.run(500)
        left.append(cluster.values(machine))

    assert (left == [["a"]] * 6) is flushes


def test_a_crash_loses_nothing_that_was_written() -> None:
    cluster = Clustered(brokers=1, settings={"min.insync.replicas": "1"})
    cluster.produce("a")
    machine = cluster.leader

    cluster.crash(machine)
    cluster.start(machine)
    cluster.run(500)

    assert cluster.values(machine) == ["a"]
