"""The consume half as a whole: sizes, verdicts without faults, sentences, and the oracle."""

from collections.abc import Iterator
from itertools import product
from typing import cast

import attrs
import pytest

from ackproof.model.consume.auto_commit import AIOKAFKA, JAVA, LIBRDKAFKA, LIBRDKAFKA_WITHOUT_OFFSET_STORE
from ackproof.model.consume.consumer import Consumers
from ackproof.model.consume.half import KINDS, consume_half
from ackproof.model.consume.rules import ConsumerRules, Processing, Reset, When
from ackproof.model.faults import Faults
from ackproof.model.system import State
from ackproof.properties.claims import INVARIANTS
from ackproof.search.explorer import explore
from tests import oracle

COMMITS = [ConsumerRules(commit="sync"), ConsumerRules(commit="async")] + [
    ConsumerRules(commit="auto", auto_commit=client)
    for client in (JAVA, LIBRDKAFKA, LIBRDKAFKA_WITHOUT_OFFSET_STORE, AIOKAFKA)
]
FIVE = frozenset({"consumer-crash", "consumer-pause", "member-joins", "member-leaves", "coordinator-failover"})


WHEN: tuple[When, ...] = ("after-processing", "before-processing")
PROCESSING: tuple[Processing, ...] = ("in-poll-loop", "handed-off")
RESETS: tuple[Reset, ...] = ("earliest", "latest", "none")


def applications() -> Iterator[ConsumerRules]:
    for rules, when, processing, reset in product(COMMITS, WHEN, PROCESSING, RESETS):
        yield attrs.evolve(rules, commit_when=when, processing=processing, reset=reset)


@pytest.mark.parametrize("instances", [1, 2])
def test_without_faults_only_latest_loses_and_only_threads_reorder(instances: int) -> None:
    for rules in applications():
        system = consume_half(attrs.evolve(rules, instances=instances), records=2, faults=Faults(0), kinds=KINDS)
        holds = {
            claim: explore(system, statement).violation is None for claim, statement in INVARIANTS["consume"].items()
        }

        assert holds == {
            "no-loss": rules.reset != "latest",
            "no-duplicates": True,
            "in-order": rules.processing == "in-poll-loop" or rules.reset == "none",
        }


@pytest.mark.parametrize(
    ("records", "instances", "states"),
    [
        (2, 1, (21, 129, 539)),
        (2, 2, (21, 301, 1_422)),
        (3, 1, (43, 324, 1_682)),
        (3, 2, (43, 931, 5_175)),
    ],
)
def test_the_number_of_states_with_sync_commit_after_processing(
    records: int, instances: int, states: tuple[int, ...]
) -> None:
    rules = ConsumerRules(instances=instances)
    systems = [consume_half(rules, records=records, faults=Faults(faults), kinds=FIVE) for faults in range(3)]

    assert tuple(explore(system).distinct_states for system in systems) == states


def test_the_oracle_meets_the_same_states() -> None:
    rules = ConsumerRules(commit="async", processing="handed-off", instances=2)
    system = consume_half(rules, records=2, faults=Faults(1), kinds=KINDS)

    assert len(oracle.explore(system).states) == explore(system).distinct_states


def test_a_reset_to_none_starts_nothing_without_a_committed_offset() -> None:
    system = consume_half(ConsumerRules(reset="none"), records=2, faults=Faults(0), kinds=KINDS)

    assert explore(system).fired["poll"] == 0


def test_after_a_clean_leave_somebody_runs_or_starts_again() -> None:
    system = consume_half(ConsumerRules(), records=1, faults=Faults(1), kinds=frozenset({"member-leaves"}))

    assert {"owner", "out"} == set().union(*map(statuses, oracle.explore(system).states)) - {"stopped"}


def statuses(state: State) -> set[str]:
    return {consumer.status for consumer in cast("Consumers", state[2])}


def test_each_action_of_a_system_can_happen() -> None:
    never = {
        name
        for rules in applications()
        if rules.reset != "none"
        for name, count in explore(consume_half(rules, records=2, faults=Faults(1), kinds=KINDS)).fired.items()
        if count == 0
    }

    assert never == set()
