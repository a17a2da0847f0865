"""What makes metadata old, and how a client comes by new."""

import pytest

from ackproof.reference.client.metadata import MetadataClosedError
from ackproof.reference.client.node import Node
from ackproof.reference.kernel.future import Future
from ackproof.reference.protocol.request import Address
from tests.reference.client.learning import BOTH, HERE, THERE, Scene
from tests.reference.client.scripted import versions


def test_a_leader_epoch_that_was_seen_elsewhere_makes_what_is_known_old() -> None:
    scene = Scene()
    scene.run(50)

    assert not scene.metadata.saw_epoch("t", 0, 0)
    assert not scene.metadata.saw_epoch("u", 0, 9)
    assert scene.metadata.saw_epoch("t", 0, 3)
    assert scene.metadata.leader_of("t", 0).node is None
    assert scene.metadata.leader_of("t", 0).leader_epoch == 3

    scene.epochs["t"] = 3
    scene.run(300)

    assert scene.metadata.leader_of("t", 0).node == Node(1, HERE)


def test_a_connection_that_goes_makes_what_is_known_old() -> None:
    scene = Scene()
    scene.run(50)
    scene.nodes.ready(Node(2, THERE))
    scene.run(50)
    scene.nodes.disconnect(Node(2, THERE))
    scene.run(300)

    assert len(scene.asked) == 2


def test_nobody_is_ready_for_anything_else_while_metadata_is_overdue() -> None:
    scene = Scene()
    scene.run(50)
    node = Node(2, THERE)
    scene.nodes.ready(node)
    scene.run(100)

    assert scene.nodes.is_ready(node)

    scene.metadata.request_update()

    assert not scene.nodes.is_ready(node)
    assert scene.nodes.can_send(node)

    scene.run(50)

    assert scene.nodes.is_ready(node)


def test_a_client_that_reaches_nobody_starts_again_from_its_bootstrap_servers() -> None:
    scene = Scene(metadata_max_age_ms=1_000)
    scene.brokers = {2: THERE}
    scene.leaders["t"] = {0: 2}
    scene.run(50)
    # The only broker that is known is elsewhere by now, which only the bootstrap server knows.
    moved = Address("elsewhere", 1)
    gone = scene.network.servers.pop(THERE)
    scene.network.servers[moved] = gone
    scene.brokers = {2: moved}
    scene.nodes.disconnect(Node(-1, HERE))
    scene.run(5_000)

    assert scene.metadata.cluster.nodes == {2: Node(2, moved)}


def test_without_that_strategy_it_goes_on_asking_those_that_it_knows() -> None:
    scene = Scene(metadata_max_age_ms=1_000, metadata_recovery_strategy="none")
    scene.brokers = {2: THERE}
    scene.leaders["t"] = {0: 2}
    scene.run(50)
    scene.network.servers.pop(THERE)
    scene.run(10_000)

    assert scene.metadata.cluster.nodes == {2: Node(2, THERE)}
    assert len([at_ms for at_ms, address in scene.network.attempts if address == THERE]) > 3


def test_a_broker_that_knows_of_no_broker_is_asked_again() -> None:
    scene = Scene()
    scene.brokers = {}
    scene.run(50)

    assert scene.metadata.cluster.is_bootstrap

    scene.brokers = dict(BOTH)
    scene.run(500)

    assert not scene.metadata.cluster.is_bootstrap


def test_a_broker_that_can_not_tell_is_told_of_to_who_waits() -> None:
    scene = Scene()
    scene.network.servers[HERE].answers["api_versions"] = lambda _: versions(newest={"metadata": -1})
    updated: Future[None] = scene.metadata.updated(scene.metadata.version)
    updated.then(lambda: None)
    scene.run(50)

    assert updated.error is not None


def test_who_waits_for_an_update_of_a_client_that_is_closed_hears_so() -> None:
    scene = Scene()
    waiting = scene.metadata.updated(scene.metadata.version)
    waiting.then(lambda: None)
    scene.metadata.close()
    later = scene.metadata.updated(scene.metadata.version)
    later.then(lambda: None)
    scene.run(500)

    assert scene.asked == []
    for future in (waiting, later):
        with pytest.raises(MetadataClosedError):
            future.result()


def test_whoever_wants_to_know_is_called_after_each_answer() -> None:
    scene = Scene(metadata_max_age_ms=1_000)
    versions_seen = list[int]()
    scene.metadata.on_update(lambda: versions_seen.append(scene.metadata.version))
    scene.run(2_500)

    assert versions_seen == [2, 3, 4]
    assert scene.metadata.updated(3).is_done
