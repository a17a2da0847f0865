"""What each fault does to a cluster and its applications."""

from typing import get_args

import attrs
import pytest

from ackproof.model.faults import KINDS
from ackproof.reference.simulator.history import Event, History
from ackproof.reference.simulator.run import run
from ackproof.reference.simulator.scenario import Fault, FaultName, Scenario
from ackproof.reference.simulator.simulation import Simulation
from tests.reference.simulator.scenarios import QUICK, SAFE, without_deliveries

AT_MS = 800


def history_with(name: FaultName, scenario: Scenario = SAFE, seed: int = 0, lasts_ms: int | None = None) -> History:
    fault = Fault(name, AT_MS, lasts_ms=lasts_ms)
    return run(without_deliveries(attrs.evolve(scenario, faults=(fault,))), seed)


def led_after(history: History, topic: str = "input") -> list[Event]:
    (fault,) = history.of("fault")
    return [each for each in history.of("led") if each.at_ms >= fault.at_ms and each["topic"] == topic]


@pytest.mark.parametrize("name", ["broker-crash", "power-loss"])
def test_a_broker_that_goes_is_missed_and_comes_back(name: FaultName) -> None:
    history = history_with(name, lasts_ms=3_000)

    in_sync = [each["in_sync"] for each in led_after(history)]
    assert any(isinstance(members, tuple) and len(members) == 2 for members in in_sync)
    assert isinstance(in_sync[-1], tuple)
    assert len(in_sync[-1]) == 3


def test_leadership_moves_to_who_is_in_sync() -> None:
    history = history_with("leader-change")

    before = next(history.of("led"))
    (after,) = led_after(history)
    assert after["leader"] != before["leader"]
    assert after["leader_epoch"] == 1


def test_a_follower_that_lags_leaves_the_in_sync_replicas_for_a_while() -> None:
    history = history_with("follower-lag")

    members = [each["in_sync"] for each in led_after(history)]
    assert [len(each) for each in members if isinstance(each, tuple)] == [2, 3]


@pytest.mark.parametrize("name", ["request-lost", "response-lost", "request-delayed"])
def test_a_fault_of_a_message_strikes_one_of_an_application(name: FaultName) -> None:
    history = history_with(name)

    (struck,) = history.of("struck")
    assert struck["name"] == name
    assert str(struck["target"]).endswith("of producer")


def test_a_producer_that_crashes_goes_on_after_what_it_sent() -> None:
    history = history_with("producer-crash")

    sent = [each["record"] for each in history.of("sent")]
    assert sent == [f"producer/{number}" for number in range(40)]


def test_a_producer_that_is_paused_sends_nothing_meanwhile() -> None:
    history = history_with("producer-pause", lasts_ms=1_500)

    (fault,) = history.of("fault")
    assert not [each for each in history.of("sent") if 0 < each.at_ms - fault.at_ms < 1_500]


def test_a_send_may_take_longer_than_the_producer_waits() -> None:
    producer = attrs.evolve(SAFE.producers[0], properties={**QUICK, "delivery.timeout.ms": "2000", "linger.ms": "0"})
    impatient = attrs.evolve(producer, properties={**producer.properties, "request.timeout.ms": "1500"})

    history = history_with("send-timeout", attrs.evolve(SAFE, producers=(impatient,)))

    assert list(history.of("not-acknowledged"))


def simulated(name: FaultName) -> Simulation:
    simulation = Simulation(without_deliveries(attrs.evolve(SAFE, faults=(Fault(name, AT_MS),))), 0)
    simulation.run()
    return simulation


def test_a_topic_gets_another_partition() -> None:
    assert len(simulated("partitions-added").cluster.image.topics["input"].partitions) == 2


def test_retention_moves_the_log_start() -> None:
    simulation = simulated("retention")

    machine = simulation.cluster.machines[simulation.cluster.image.topics["input"].partitions[0].leader]
    assert machine.broker is not None
    assert machine.broker.replicas.partition("input", 0).log.log_start_offset > 0


def test_every_fault_of_the_model_can_be_simulated() -> None:
    assert set(get_args(FaultName)) == set(KINDS)


def test_what_cannot_happen_is_spared() -> None:
    history = history_with("member-joins")

    (spared,) = history.of("spared")
    assert spared["name"] == "member-joins"


def test_a_fault_happens_to_whom_it_is_meant_for() -> None:
    faults = (Fault("broker-crash", AT_MS, target="broker-2", lasts_ms=500),)
    history = run(without_deliveries(attrs.evolve(SAFE, faults=faults)), 1)

    (fault,) = history.of("fault")
    assert (fault.at_ms - next(history.of("sent")).at_ms, fault["target"]) == (AT_MS, "broker-2")
