"""Brokers that live with a controller, over a network."""

from dataclasses import replace
from random import Random
from uuid import UUID

import pytest
from kio.schema.broker_heartbeat.v1.request import BrokerHeartbeatRequest
from kio.schema.broker_heartbeat.v1.response import BrokerHeartbeatResponse

from ackproof.reference.controller.channel import ControllerChannel
from ackproof.reference.controller.controller import Controller
from ackproof.reference.controller.image import Image
from ackproof.reference.controller.lifecycle import Identity, Lifecycle
from ackproof.reference.kernel.clock import VirtualClock
from ackproof.reference.protocol.request import Address
from ackproof.reference.simulator.network import SimulatedNetwork
from ackproof.reference.simulator.process import Process

CONTROLLER = Address("controller", 9093)


class Living:
    """A controller and one broker, which hears of everything at once."""

    def __init__(self) -> None:
        self.clock = VirtualClock()
        self.network = SimulatedNetwork(self.clock, Random(0))
        self.heard = Image()
        self.controller = Controller(self.clock, Random(0), self._hear)
        self.network.listen(CONTROLLER, "controller", Process(self.clock, "controller"), self.controller)
        self.runs = 0
        self.process, self.life = self.start()

    def _hear(self, image: Image) -> None:
        self.heard = image

    def start(self, previous_epoch: int = -1) -> tuple[Process, Lifecycle]:
        self.runs += 1
        process = Process(self.clock, "broker-1")
        channel = ControllerChannel(process, self.network.node(process), CONTROLLER)
        identity = Identity(1, Address("broker-1", 9092), UUID(int=self.runs), previous_epoch)
        life = Lifecycle(process, channel, identity, lambda: self.heard.offset)
        life.start()
        return process, life

    def run(self, duration_ms: int = 15_000) -> None:
        self.clock.run_until(self.clock.now_ms + duration_ms)

    @property
    def is_fenced(self) -> bool:
        return self.controller.image.brokers[1].is_fenced


def test_a_broker_registers_and_is_unfenced() -> None:
    living = Living()

    living.run()

    assert (living.life.state, living.is_fenced) == ("running", False)
    assert living.life.epoch == living.controller.image.brokers[1].epoch


def test_a_broker_that_crashes_is_fenced_when_its_session_is_over() -> None:
    living = Living()
    living.run()

    living.process.stop()
    living.run(5_000)
    early = living.is_fenced
    living.run(10_000)

    assert (early, living.is_fenced) == (False, True)


def test_a_broker_that_restarts_soon_waits_until_its_old_session_is_over() -> None:
    living = Living()
    living.run()
    living.process.stop()

    _, life = living.start()
    living.run(5_000)
    early = life.state
    living.run(15_000)

    assert (early, life.state, living.is_fenced) == ("starting", "running", False)


def test_a_broker_asks_before_it_stops() -> None:
    living = Living()
    living.run()

    stopped = living.life.stop()
    living.run(1_000)

    assert (stopped.is_done, living.life.state, living.is_fenced) == (True, "stopped", True)


def test_a_broker_that_may_not_stop_yet_asks_again_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    living = Living()
    living.run()
    refusals, heartbeat = iter(range(4)), living.controller.heartbeat

    def patient(body: BrokerHeartbeatRequest) -> BrokerHeartbeatResponse:
        answer = heartbeat(body)
        return replace(answer, should_shut_down=answer.should_shut_down and next(refusals, None) is None)

    monkeypatch.setattr(living.controller, "heartbeat", patient)
    stopped = living.life.stop()
    living.run(500)

    assert stopped.is_done


def test_a_broker_that_has_not_started_stops_at_once() -> None:
    living = Living()

    assert living.life.stop().is_done


def test_what_the_controller_did_not_answer_is_asked_again() -> None:
    living = Living()
    living.run()
    beats: list[int] = []

    for _ in range(5):
        living.network.afflict("request-lost", lambda letter: isinstance(letter.request.body, BrokerHeartbeatRequest))
    for _ in range(60):
        living.run(500)
        beats.append(living.is_fenced)

    assert not any(beats)
    assert not living.network.afflictions
