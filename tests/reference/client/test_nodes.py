import pytest

from ackproof.reference.client.node import Node, coordinator_node
from ackproof.reference.protocol.request import Address, DisconnectedError
from tests.reference.client.connecting import BODY, HERE, NODE, Scene, beat
from tests.reference.client.scripted import versions


def test_answers_belong_to_requests_in_order() -> None:
    scene = Scene()
    scene.server(beat(), beat(0), beat())
    nodes = scene.nodes()
    answers = [nodes.ask(NODE, BODY) for _ in range(3)]
    order = list[int]()
    for number, answer in enumerate(answers):
        answer.then(lambda number=number: order.append(number))  # type: ignore[misc]  # bound early on purpose
    scene.clock.run_until(2_000)

    assert order == [0, 1, 2]


def test_no_more_is_under_way_than_may_be() -> None:
    scene = Scene()
    server = scene.server(None, None, None)
    nodes = scene.nodes(max_in_flight=2)
    for _ in range(3):
        nodes.ask(NODE, BODY).then(lambda: None)
    scene.clock.run_until(2_000)

    assert nodes.in_flight_count(NODE) == nodes.in_flight_count() == 2
    assert len(server.asked_for("heartbeat")) == 1
    assert not nodes.can_send(NODE)


def test_nothing_is_sent_while_metadata_is_overdue() -> None:
    scene = Scene()
    server = scene.server(beat())
    nodes = scene.nodes()
    nodes.is_update_due = lambda: True
    answer = nodes.ask(NODE, BODY)
    scene.clock.run_until(2_000)

    assert not server.asked_for("heartbeat")
    assert nodes.has_pending(NODE)

    nodes.is_update_due = lambda: False
    nodes.serve_all()

    assert scene.outcome(answer) == beat()
    assert not nodes.has_pending(NODE)


def test_a_broker_that_asks_for_it_is_left_alone_for_a_while() -> None:
    scene = Scene()
    server = scene.server(beat(throttle_ms=700), beat())
    nodes = scene.nodes()
    scene.outcome(nodes.ask(NODE, BODY), 1_100)
    answer = nodes.ask(NODE, BODY)
    scene.clock.run_until(1_600)

    assert len(server.asked_for("heartbeat")) == 1
    assert scene.outcome(answer) == beat()


def test_a_coordinator_has_a_connection_of_its_own() -> None:
    scene = Scene()
    server = scene.server(beat(), beat())
    nodes = scene.nodes()
    scene.outcome(nodes.ask(NODE, BODY))
    scene.outcome(nodes.ask(coordinator_node(1, HERE), BODY), 2 * 10**6)

    assert len(server.connections) == 2


def test_an_idle_connection_is_closed() -> None:
    scene = Scene(connections_max_idle_ms=5_000)
    server = scene.server(beat())
    scene.outcome(scene.nodes().ask(NODE, BODY), 5_900)

    assert server.connections[0].is_open

    scene.clock.run_until(6_100)

    assert not server.connections[0].is_open


def test_a_node_that_is_elsewhere_now_is_connected_to_there() -> None:
    scene = Scene()
    nodes = scene.nodes()
    scene.outcome(nodes.ask(Node(1, Address("gone", 1)), BODY), 1_010)
    scene.server(beat())

    assert scene.outcome(nodes.ask(NODE, BODY), 1_100) == beat()


def test_the_node_with_least_under_way_is_preferred_then_one_that_is_being_connected() -> None:
    scene = Scene()
    there, elsewhere = Address("there", 1), Address("elsewhere", 1)
    scene.server(None)
    scene.network.serve(there, {"heartbeat": lambda _: None})
    other, third = Node(2, there), Node(3, elsewhere)
    nodes = scene.nodes()
    nodes.ask(NODE, BODY).then(lambda: None)
    scene.clock.run_until(1_100)
    nodes.ready(other)

    assert nodes.least_loaded([NODE, other, third]) == NODE
    assert nodes.least_loaded([other, third]) == other
    assert nodes.least_loaded([third]) == third

    scene.clock.run_until(1_200)

    assert nodes.least_loaded([NODE, other, third]) == other
    assert nodes.least_loaded([]) is None


def test_the_best_informed_broker_tells_the_features_of_the_cluster() -> None:
    scene = Scene()
    there = Address("there", 1)

    def serve(address: Address, level: int, epoch: int) -> None:
        told = versions(features={"transaction.version": level}, features_epoch=epoch)
        scene.network.serve(address, {"heartbeat": lambda _: beat(), "api_versions": lambda _: told})

    serve(HERE, 2, 7)
    serve(there, 1, 3)
    nodes = scene.nodes()

    assert nodes.finalized_feature("transaction.version") == 0
    assert nodes.finalized_features_epoch == -1

    for node in (NODE, Node(2, there)):
        scene.outcome(nodes.ask(node, BODY), scene.clock.now_ms + 100)

    assert nodes.finalized_feature("transaction.version") == 2
    assert nodes.finalized_features_epoch == 7


def test_a_closed_client_sends_nothing() -> None:
    scene = Scene()
    server = scene.server(beat(), beat())
    nodes = scene.nodes()
    scene.outcome(nodes.ask(NODE, BODY))
    nodes.close()

    assert not server.connections[0].is_open
    assert not nodes.can_send(NODE)


def test_a_connection_that_was_lost_is_told_of() -> None:
    scene = Scene()
    server = scene.server(beat(), None)
    nodes = scene.nodes()
    scene.outcome(nodes.ask(NODE, BODY))
    gone = list[Node]()
    nodes.on_disconnect(gone.append)
    answer = nodes.ask(NODE, BODY)
    answer.then(lambda: None)
    scene.clock.run_until(scene.clock.now_ms + 10)
    server.drop()
    scene.clock.run_until(scene.clock.now_ms + 10)

    assert gone == [NODE]
    assert nodes.has_failed(NODE)
    with pytest.raises(DisconnectedError):
        answer.result()
