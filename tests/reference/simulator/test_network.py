from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ackproof.reference.protocol.request import Address, DisconnectedError
from ackproof.reference.simulator.network import Delays, MessageFault
from ackproof.reference.simulator.wire import Letter
from tests.reference.simulator.talking import Talking, request

NAMES = [str(number) for number in range(8)]


def named(name: str) -> Callable[[Letter], bool]:
    return lambda letter: letter.request.body == request(name).body


@given(st.integers(0, 2**32), st.integers(0, 5))
def test_requests_arrive_in_order_and_so_do_answers(seed: int, takes_ms: int) -> None:
    talking = Talking(seed, takes_ms)

    talking.ask(*NAMES)
    talking.run()

    assert talking.server.heard == NAMES
    assert list(talking.outcomes.items()) == [(name, "answered") for name in NAMES]


def test_requests_of_one_connection_are_served_one_after_the_other() -> None:
    talking = Talking(takes_ms=7)

    talking.ask(*NAMES)
    talking.run()

    assert talking.server.most_at_once == 1


def test_who_does_not_listen_cannot_be_reached() -> None:
    talking = Talking()

    nobody = talking.network.node(talking.client).connect(Address("nowhere", 1))
    nobody.then(lambda: None)
    talking.run()

    assert isinstance(nobody.error, DisconnectedError)


@given(st.integers(0, 2**32))
def test_what_follows_a_lost_request_is_lost_and_what_is_before_is_not(seed: int) -> None:
    talking = Talking(seed)
    talking.network.afflict("request-lost", named("3"))

    talking.ask(*NAMES)
    talking.run()

    assert talking.server.heard == ["0", "1", "2"]
    assert not talking.connection.is_open
    assert {talking.outcomes[name] for name in NAMES[3:]} == {"gone"}


@given(st.integers(0, 2**32))
def test_a_request_whose_answer_is_lost_is_served(seed: int) -> None:
    talking = Talking(seed)
    talking.network.afflict("response-lost", named("3"))

    talking.ask(*NAMES)
    talking.run()

    heard = talking.server.heard
    assert len(heard) > 3
    assert heard == NAMES[: len(heard)]
    assert {talking.outcomes[name] for name in NAMES[3:]} == {"gone"}


@given(st.integers(0, 2**32))
def test_a_delayed_request_arrives_after_its_sender_has_moved_on(seed: int) -> None:
    talking = Talking(seed, delays=Delays(1, 3))
    talking.network.afflict("request-delayed", named("3"))

    talking.ask(*NAMES)
    while talking.connection.is_open:
        assert talking.clock.step()
    before = list(talking.server.heard)
    talking.connection = talking.connect()
    talking.ask("again")
    talking.run()

    assert set(before) <= {"0", "1", "2"}
    assert sorted(talking.server.heard) == sorted([*NAMES, "again"])
    assert talking.outcomes["again"] == "answered"


def test_a_fault_happens_once() -> None:
    talking = Talking()
    talking.network.afflict("request-lost", lambda _: True)
    talking.ask("a")
    talking.run()

    talking.connection = talking.connect()
    talking.ask("b")
    talking.run()

    assert talking.outcomes == {"a": "gone", "b": "answered"}


@given(st.integers(0, 2**32), st.integers(0, 12))
def test_after_a_client_closed_some_of_what_it_sent_still_arrives(seed: int, after_ms: int) -> None:
    talking = Talking(seed)

    talking.ask(*NAMES)
    talking.run(after_ms)
    talking.connection.close()
    talking.run()

    heard = talking.server.heard
    assert heard == NAMES[: len(heard)]
    assert len(talking.outcomes) == len(NAMES)


@pytest.mark.parametrize("fault", ["request-lost", "request-delayed", "response-lost"])
def test_a_closed_connection_takes_no_requests(fault: MessageFault) -> None:
    talking = Talking()
    talking.network.afflict(fault, lambda _: True)
    talking.ask("a")
    talking.run()

    talking.ask("b")
    talking.connection.tell(request("c"))
    talking.run()

    assert talking.outcomes == {"a": "gone", "b": "gone"}
    assert "b" not in talking.server.heard
    assert "c" not in talking.server.heard


def test_the_connections_of_a_server_that_is_gone_break() -> None:
    talking = Talking(takes_ms=1000)
    talking.ask("a", "b")
    talking.run(100)

    talking.broker.stop()
    talking.network.vanish(talking.broker)
    talking.run()

    assert talking.outcomes == {"a": "gone", "b": "gone"}
    assert talking.server.heard == ["a"]


def test_a_paused_server_answers_late() -> None:
    talking = Talking()
    talking.broker.pause()
    talking.ask("a")
    talking.run()
    meanwhile = dict(talking.outcomes)

    talking.broker.resume()
    talking.run()

    assert (meanwhile, talking.outcomes) == ({}, {"a": "answered"})


def test_a_server_that_closes_the_connection_answers_nothing_more() -> None:
    talking = Talking()

    talking.ask("close", "a")
    talking.run()

    assert talking.server.heard == ["close"]
    assert talking.outcomes == {"close": "gone", "a": "gone"}


def test_what_is_never_answered_does_not_hold_up_what_follows() -> None:
    talking = Talking()

    talking.connection.tell(request("silent"))
    talking.ask("a")
    talking.run()

    assert talking.server.heard == ["silent", "a"]
    assert talking.outcomes == {"a": "answered"}
