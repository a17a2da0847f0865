"""Whole runs."""

import os
import subprocess
import sys
from pathlib import Path
from zlib import crc32

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ackproof.reference.simulator.checking import Broken, broken, is_through
from ackproof.reference.simulator.history import Event
from ackproof.reference.simulator.run import run
from ackproof.reference.simulator.scenario import FaultName, ProducerPlan, Scenario, TopicPlan
from tests.reference.simulator.scenarios import HARMLESS, HASTY, SAFE, with_faults, without_deliveries

ROOT = Path(__file__).parents[3]
EVERYTHING = with_faults(HASTY, *HARMLESS, "producer-crash", "power-loss", "retention", "partitions-added")
CRASHES: tuple[FaultName, ...] = ("broker-crash",) * 6
CRASHING = without_deliveries(with_faults(HASTY, *CRASHES))
PRINTS_CHECKSUM = """
from zlib import crc32
from ackproof.reference.simulator.run import run
from tests.reference.simulator.test_run import EVERYTHING
print(crc32(run(EVERYTHING, 5).text.encode()))
"""


def test_one_seed_is_one_run() -> None:
    assert run(EVERYTHING, 3).text == run(EVERYTHING, 3).text


def test_another_seed_is_another_run() -> None:
    assert run(EVERYTHING, 3).text != run(EVERYTHING, 4).text


@pytest.mark.parametrize("hash_seed", ["0", "1"])
def test_another_process_makes_the_same_of_a_seed(hash_seed: str) -> None:
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    command = [sys.executable, "-c", PRINTS_CHECKSUM]

    printed = subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True).stdout

    assert int(printed) == crc32(run(EVERYTHING, 5).text.encode())


def test_deliveries_can_be_left_out() -> None:
    history, shorter = run(SAFE, 0), run(without_deliveries(SAFE), 0)

    assert shorter.entries == [each for each in history.entries if isinstance(each, Event)]


def test_a_run_is_well_if_nothing_goes_wrong() -> None:
    history = run(SAFE, 0)

    assert is_through(history)
    assert len(list(history.of("acknowledged"))) == len(list(history.of("stored"))) == 40
    assert broken(history) == ()


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32), faults=st.lists(st.sampled_from(HARMLESS), min_size=1, max_size=6))
def test_what_all_in_sync_have_acknowledged_is_never_lost(seed: int, faults: list[FaultName]) -> None:
    history = run(without_deliveries(with_faults(SAFE, *faults)), seed)

    assert is_through(history)
    assert broken(history) == ()


def test_what_only_the_leader_has_acknowledged_may_be_lost() -> None:
    assert any("no-loss" in claims(broken(run(CRASHING, seed))) for seed in range(40))


def test_a_producer_that_numbers_nothing_may_reorder() -> None:
    assert any("in-order" in claims(broken(run(CRASHING, seed))) for seed in range(40))


@pytest.mark.parametrize(("properties", "repeats"), [({"enable.idempotence": "false"}, True), ({}, False)])
def test_a_lost_answer_is_a_repeat_unless_batches_are_numbered(properties: dict[str, str], repeats: bool) -> None:
    plan = ProducerPlan(records=10, properties=properties)
    scenario = with_faults(Scenario(producers=(plan,), duration_ms=200), "response-lost", "response-lost")

    found = [claims(broken(run(scenario, seed))) for seed in range(10)]

    assert any("no-duplicates" in each for each in found) is repeats


def test_a_topic_that_can_not_be_is_a_mistake() -> None:
    with pytest.raises(ValueError, match=r"min\.insync\.replicas"):
        run(Scenario(topics=(TopicPlan(settings={"min.insync.replicas": "none"}),)), 0)


def claims(found: tuple[Broken, ...]) -> set[str]:
    return {each.claim for each in found}
