"""How connections come to be, and go."""

from kio.schema.errors import ErrorCode
from kio.static.protocol import ResponsePayload

from ackproof.reference.client.asking import RequestTimedOutError, UnsupportedVersionError
from ackproof.reference.kernel.future import TimedOutError
from ackproof.reference.protocol.request import DisconnectedError, Request
from tests.reference.client.connecting import BODY, HERE, NODE, Scene, beat
from tests.reference.client.scripted import versions


def test_a_request_follows_a_connection_and_the_versions_of_the_broker() -> None:
    scene = Scene(client_id="c")
    server = scene.server(beat())

    assert scene.outcome(scene.nodes().ask(NODE, BODY)) == beat()
    assert [type(request.body).__name__ for request in server.asked] == ["ApiVersionsRequest", "HeartbeatRequest"]
    assert [(request.version, request.client_id) for request in server.asked] == [(4, "c"), (4, "c")]


def test_the_version_is_the_newest_that_both_know() -> None:
    scene = Scene()
    server = scene.network.serve(
        HERE, {"heartbeat": lambda _: beat(), "api_versions": lambda _: versions(newest={"heartbeat": 3})}
    )
    nodes = scene.nodes()

    scene.outcome(nodes.ask(NODE, BODY))
    scene.outcome(nodes.ask(NODE, BODY, at_most=1), 2 * 10**6)

    assert [request.version for request in server.asked_for("heartbeat")] == [3, 1]


def test_a_client_may_know_less_than_a_broker() -> None:
    scene = Scene()
    server = scene.server(beat())

    scene.outcome(scene.nodes(versions={"api_versions": 3, "heartbeat": 2}).ask(NODE, BODY))

    assert [request.version for request in server.asked] == [3, 2]


def test_what_the_broker_does_not_know_is_not_sent() -> None:
    scene = Scene()
    server = scene.network.serve(HERE, {"api_versions": lambda _: versions(newest={"heartbeat": -1})})

    assert isinstance(scene.outcome(scene.nodes().ask(NODE, BODY)), UnsupportedVersionError)
    assert not server.asked_for("heartbeat")


def test_an_old_broker_is_asked_for_its_versions_in_a_version_that_it_knows() -> None:
    scene = Scene()

    def answer(request: Request) -> ResponsePayload:
        return versions(ErrorCode.unsupported_version if request.version > 2 else ErrorCode.none, {"api_versions": 2})

    server = scene.network.serve(HERE, {"heartbeat": lambda _: beat(), "api_versions": answer})

    assert scene.outcome(scene.nodes().ask(NODE, BODY)) == beat()
    assert [request.version for request in server.asked_for("api_versions")] == [4, 2]


def test_a_request_that_is_not_answered_in_time_takes_the_connection_and_all_others_with_it() -> None:
    scene = Scene(request_timeout_ms=500)
    server = scene.server(None, None)
    nodes = scene.nodes()
    first = nodes.ask(NODE, BODY)
    scene.clock.run_until(1_300)
    second = nodes.ask(NODE, BODY)
    second.then(lambda: None)

    assert isinstance(scene.outcome(first, 1_504), RequestTimedOutError)
    assert isinstance(second.error, RequestTimedOutError)
    assert not server.connections[0].is_open


def test_it_is_not_yet_late_as_the_timeout_is_reached() -> None:
    scene = Scene(request_timeout_ms=500)
    scene.server(None)
    answer = scene.nodes().ask(NODE, BODY)
    answer.then(lambda: None)
    # Two messages each way go before the request itself.
    sent_ms = 1_000 + 3
    scene.clock.run_until(sent_ms + 500)

    assert not answer.is_done
    assert scene.outcome(answer, sent_ms + 501)


def test_without_a_connection_a_request_fails() -> None:
    scene = Scene()

    assert isinstance(scene.outcome(scene.nodes().ask(NODE, BODY)), DisconnectedError)


def test_what_could_not_be_sent_in_time_is_told_apart() -> None:
    scene = Scene(socket_connection_setup_timeout_ms=5_000)
    scene.server()
    scene.network.never.add(HERE)
    answer = scene.nodes().ask(NODE, BODY, timeout_ms=300)

    assert isinstance(scene.outcome(answer), TimedOutError)


def test_connecting_may_not_take_for_ever() -> None:
    scene = Scene(socket_connection_setup_timeout_ms=1_000, request_timeout_ms=60_000)
    scene.server()
    scene.network.never.add(HERE)

    assert isinstance(scene.outcome(scene.nodes().ask(NODE, BODY), 2_300), DisconnectedError)


def test_each_failed_connection_makes_the_next_wait_twice_as_long() -> None:
    scene = Scene(reconnect_backoff_ms=100, reconnect_backoff_max_ms=1_000)
    nodes = scene.nodes()
    for _ in range(8):
        scene.outcome(nodes.ask(NODE, BODY), scene.clock.now_ms + 1_500)
    waits = list[int]()
    nodes = scene.nodes()
    for _ in range(6):
        nodes.ready(NODE)
        scene.clock.run_until(scene.clock.now_ms + 1)
        waits.append(nodes.poll_delay_ms(NODE) or 0)
        scene.clock.run_until(scene.clock.now_ms + waits[-1])

    assert all(0.8 * want <= wait <= 1.2 * want for wait, want in zip(waits[:4], (100, 200, 400, 800), strict=True))
    assert all(800 <= wait <= 1_000 for wait in waits[4:])


def test_a_request_waits_for_the_back_off() -> None:
    scene = Scene()
    nodes = scene.nodes()
    scene.outcome(nodes.ask(NODE, BODY), 1_010)
    scene.server(beat())

    assert nodes.is_unavailable(NODE)
    assert scene.outcome(nodes.ask(NODE, BODY)) == beat()
