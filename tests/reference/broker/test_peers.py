from random import Random

import pytest
from kio.schema.metadata.v12.request import MetadataRequest
from kio.schema.metadata.v12.response import MetadataResponse
from kio.static.protocol import ResponsePayload

from ackproof.reference.broker.peers import Peers
from ackproof.reference.kernel.clock import VirtualClock
from ackproof.reference.kernel.future import Future, TimedOutError, resolved
from ackproof.reference.protocol.primitive import duration
from ackproof.reference.protocol.request import Address, Caller, DisconnectedError, Request
from ackproof.reference.simulator.network import Delays, SimulatedNetwork
from ackproof.reference.simulator.process import Process

BODY = MetadataRequest(topics=(), include_topic_authorized_operations=False)
ANSWER = MetadataResponse(throttle_time=duration(0), brokers=(), topics=())
ADDRESSES = {1: Address("one", 1), 2: Address("two", 2), 3: Address("three", 3)}


class Listening:
    """A broker that counts what it is asked, and answers unless it is silent."""

    def __init__(self, clock: VirtualClock) -> None:
        self.requests: list[Request] = []
        self.is_silent = False
        self._clock = clock

    def serve(self, caller: Caller, request: Request) -> Future[ResponsePayload | None]:
        self.requests.append(request)
        answer: ResponsePayload | None = ANSWER
        return Future(self._clock) if self.is_silent else resolved(self._clock, answer)


class Scene:
    """Broker 1 asks; broker 2 listens, and broker 3 does not."""

    def __init__(self) -> None:
        self.clock = VirtualClock()
        network = SimulatedNetwork(self.clock, Random(0), Delays(1, 1))
        self.own, self.other = Listening(self.clock), Listening(self.clock)
        process = Process(self.clock, "one")
        network.listen(ADDRESSES[2], "two", Process(self.clock, "two"), self.other)
        self.peers = Peers(self.clock, network.node(process), 1, self.own, ADDRESSES.get, 1_000)

    def outcome(self, broker: int) -> ResponsePayload:
        future = self.peers.ask(broker, BODY)
        future.then(lambda: None)
        self.clock.run_until(self.clock.now_ms + 10_000)
        return future.result()


def test_another_broker_is_asked_over_the_network() -> None:
    scene = Scene()

    assert [scene.outcome(2), scene.outcome(2)] == [ANSWER, ANSWER]
    assert [(each.body, each.version, each.client_id) for each in scene.other.requests] == [(BODY, 12, "broker-1")] * 2


def test_a_broker_asks_itself_directly() -> None:
    scene = Scene()

    assert scene.outcome(1) == ANSWER
    assert len(scene.own.requests) == 1


@pytest.mark.parametrize("broker", [3, 4])
def test_who_does_not_listen_or_is_not_known_cannot_be_asked(broker: int) -> None:
    with pytest.raises(DisconnectedError):
        Scene().outcome(broker)


def test_who_does_not_answer_is_given_up_and_asked_on_a_new_connection_next_time() -> None:
    scene = Scene()
    scene.other.is_silent = True
    with pytest.raises(TimedOutError):
        scene.outcome(2)
    scene.other.is_silent = False

    assert scene.outcome(2) == ANSWER
