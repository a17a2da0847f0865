"""Consumers of either protocol and a broker, on a network that takes its time."""

from typing import Any

import pytest

from ackproof.reference.consumer.record import OffsetAndMetadata
from ackproof.reference.producer.record import ProducerRecord
from tests.reference.broker.standing import TOPIC
from tests.reference.consumer.cluster import Application, Cluster

P0, P1 = (TOPIC, 0), (TOPIC, 1)
EAGER = {"partition_assignment_strategy": "range", "session_timeout_ms": 10_000}
COOPERATIVE = {"partition_assignment_strategy": "cooperative-sticky", "session_timeout_ms": 10_000}
MODERN = {"group_protocol": "consumer"}
PROTOCOLS = pytest.mark.parametrize("settings", [EAGER, COOPERATIVE, MODERN], ids=["eager", "cooperative", "modern"])
BROKER = {
    "group.consumer.session.timeout.ms": 10_000,
    "group.consumer.min.session.timeout.ms": 5_000,
    "group.consumer.heartbeat.interval.ms": 1_000,
    "group.consumer.min.heartbeat.interval.ms": 500,
}

Settings = dict[str, Any]


def cluster(partitions: int = 2, seed: int = 0) -> Cluster:
    return Cluster({TOPIC: partitions}, seed, **BROKER)


@PROTOCOLS
def test_a_group_of_one_reads_everything(settings: Settings) -> None:
    scene = cluster()
    scene.produce("a", "b")
    scene.produce("c", partition=1)
    application = Application(scene, **settings)

    scene.pass_time(5_000)

    assert sorted(application.read) == ["a", "b", "c"]
    assert scene.committed(application.consumer, P0, P1) == [2, 1]


@PROTOCOLS
def test_members_share_partitions_and_nothing_is_read_twice(settings: Settings) -> None:
    scene = cluster(partitions=6)
    applications = [Application(scene, **settings) for _ in range(3)]
    scene.pass_time(30_000)
    for number in range(6):
        scene.produce(*(f"{number}-{turn}" for turn in range(3)), partition=number)

    scene.pass_time(5_000)

    assert [len(application.listener.partitions) for application in applications] == [2, 2, 2]
    assert sorted(value for application in applications for value in application.read) == sorted(
        f"{number}-{turn}" for number in range(6) for turn in range(3)
    )


@PROTOCOLS
def test_whoever_joins_later_goes_on_where_the_others_have_committed(settings: Settings) -> None:
    scene = cluster(partitions=4)
    for number in range(4):
        scene.produce("old", partition=number)
    first = Application(scene, **settings)
    scene.pass_time(10_000)

    second = Application(scene, **settings)
    scene.pass_time(20_000)

    assert first.read == ["old"] * 4
    assert second.read == []
    assert len(first.listener.partitions) == len(second.listener.partitions) == 2


@PROTOCOLS
def test_what_a_member_leaves_behind_the_others_take_over(settings: Settings) -> None:
    scene = cluster(partitions=4)
    first, second = Application(scene, **settings), Application(scene, **settings)
    scene.pass_time(20_000)

    second.is_running = False
    scene.pass_time(20_000)

    assert second.finished.is_done
    assert second.listener.partitions == set()
    assert len(first.listener.partitions) == 4


@PROTOCOLS
def test_what_a_member_that_died_had_not_committed_is_read_again(settings: Settings) -> None:
    scene = cluster()
    scene.produce("a")
    dead = Application(scene, commits=False, **settings)
    scene.pass_time(10_000)
    assert dead.read == ["a"]

    dead.process.stop()
    heir = Application(scene, **settings)
    scene.pass_time(60_000)

    assert heir.read == ["a"]
    assert heir.listener.partitions == {P0, P1}


@PROTOCOLS
def test_the_group_survives_a_restart_of_its_coordinator(settings: Settings) -> None:
    scene = cluster()
    scene.produce("a")
    application = Application(scene, **settings)
    scene.pass_time(10_000)

    scene.restart_broker()
    scene.pass_time(20_000)
    scene.produce("b")
    scene.pass_time(20_000)

    assert application.read == ["a", "b"]
    assert scene.committed(application.consumer, P0) == [2]


@PROTOCOLS
def test_who_was_paused_for_longer_than_its_session_has_lost_its_partitions(settings: Settings) -> None:
    scene = cluster()
    scene.produce("a")
    paused, other = Application(scene, **settings), Application(scene, **settings)
    scene.pass_time(20_000)

    paused.process.pause()
    scene.pass_time(40_000)
    assert other.listener.partitions == {P0, P1}
    paused.process.resume()
    scene.pass_time(40_000)

    assert len(paused.listener.partitions) == len(other.listener.partitions) == 1
    assert paused.listener.partitions | other.listener.partitions == {P0, P1}


@PROTOCOLS
def test_a_static_member_that_returns_in_time_takes_its_partitions_back(settings: Settings) -> None:
    scene = cluster()
    first = Application(scene, group_instance_id="first", **settings)
    second = Application(scene, group_instance_id="second", **settings)
    scene.pass_time(20_000)
    had = set(first.listener.partitions)

    first.is_running = False
    scene.pass_time(2_000)
    returned = Application(scene, group_instance_id="first", **settings)
    scene.pass_time(20_000)

    assert returned.listener.partitions == had
    assert second.listener.partitions == {P0, P1} - had


@PROTOCOLS
def test_automatic_commits_are_enough_for_who_stops_cleanly(settings: Settings) -> None:
    scene = cluster()
    scene.produce("a", "b")
    first = Application(scene, commits=False, enable_auto_commit="true", **settings)
    scene.pass_time(10_000)
    first.is_running = False
    scene.pass_time(10_000)

    second = Application(scene, **settings)
    scene.pass_time(20_000)

    assert (first.read, second.read) == (["a", "b"], [])


@PROTOCOLS
@pytest.mark.parametrize("seed", range(3))
def test_members_that_come_and_go_lose_nothing(settings: Settings, seed: int) -> None:
    scene = cluster(partitions=3, seed=seed)
    applications = [Application(scene, **settings)]
    sent = 0
    for turn in range(12):
        scene.produce(str(sent), str(sent + 1), partition=turn % 3)
        sent += 2
        if turn % 3 == 0:
            applications.append(Application(scene, **settings))
        elif turn % 4 == 1:
            applications[turn // 4].is_running = False
        scene.pass_time(4_000)
    scene.pass_time(30_000)

    read = [value for application in applications for value in application.read]
    assert set(read) == {str(number) for number in range(sent)}


def transact(scene: Cluster, transactional_id: str, *values: str, commits: bool) -> None:
    producer = scene.producer(transactional_id)
    scene.run(producer.init_transactions())
    scene.run(producer.begin_transaction())
    for value in values:
        producer.send(ProducerRecord(TOPIC, value.encode(), partition=0))
    scene.run(producer.commit_transaction() if commits else producer.abort_transaction())
    scene.run(producer.close())


@PROTOCOLS
def test_read_committed_sees_what_was_committed_alone(settings: Settings) -> None:
    scene = cluster()
    transact(scene, "one", "aborted", commits=False)
    transact(scene, "two", "committed", commits=True)
    committed = Application(scene, group_id="careful", isolation_level="read_committed", **settings)
    everything = Application(scene, group_id="careless", **settings)

    scene.pass_time(10_000)

    assert committed.read == ["committed"]
    assert everything.read == ["aborted", "committed"]
    # Markers take offsets too.
    assert scene.committed(committed.consumer, P0) == [4]


@PROTOCOLS
def test_read_committed_waits_in_front_of_an_open_transaction(settings: Settings) -> None:
    scene = cluster()
    producer = scene.producer("open")
    scene.run(producer.init_transactions())
    scene.run(producer.begin_transaction())
    producer.send(ProducerRecord(TOPIC, b"open", partition=0))
    scene.run(producer.flush())
    scene.produce("after")
    application = Application(scene, isolation_level="read_committed", **settings)
    scene.pass_time(10_000)
    assert application.read == []
    assert application.consumer.current_lag(P0) == 0

    scene.run(producer.commit_transaction())
    scene.pass_time(5_000)

    assert application.read == ["open", "after"]


@PROTOCOLS
def test_offsets_that_a_transaction_commits_count_once_it_is_committed(settings: Settings) -> None:
    scene = cluster()
    scene.produce("a", "b")
    application = Application(scene, commits=False, **settings)
    scene.pass_time(10_000)
    producer = scene.producer("copier")
    scene.run(producer.init_transactions())

    for commits, expected in ((False, None), (True, 2)):
        scene.run(producer.begin_transaction())
        offsets = {P0: OffsetAndMetadata(2)}
        scene.run(producer.send_offsets_to_transaction(offsets, application.consumer.group_metadata))
        scene.run(producer.commit_transaction() if commits else producer.abort_transaction())
        assert scene.committed(application.consumer, P0) == [expected]


@PROTOCOLS
def test_a_pattern_finds_topics(settings: Settings) -> None:
    scene = cluster()
    scene.produce("a")
    consumer = scene.consumer(**settings)
    consumer.subscribe_pattern("ord.*")

    assert scene.poll_until(consumer, 1) == ["a"]
