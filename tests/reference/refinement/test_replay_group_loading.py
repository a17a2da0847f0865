"""Executions of classic groups of static members whose coordinator moves are taken step by step, by who knows whom."""

from collections.abc import Mapping, Sequence

import pytest

from ackproof.model.faults import Faults
from ackproof.model.groups.half import KINDS, group_half
from ackproof.reference.refinement.replaying.groups import grouped
from tests.reference.refinement.executions import along
from tests.reference.refinement.test_replay_group_instances import ASSIGNED, STABLE, STATIC
from tests.reference.refinement.test_replay_group_patience import FORGETS, IS_STARTED

MOVES = "the group coordinator moves to another broker, which knows generation 1"
KNOWS_FORMER = f"{MOVES}; it knows consumer 2 by a former id alone"

CASES: Mapping[str, Sequence[str]] = {
    "who does not know its member id asks its next coordinator before its instance id is taken back": (
        *STABLE,
        IS_STARTED,
        "the session of consumer 3 expires",
        "consumer 3 joins",
        f"{FORGETS}; nobody reads partition 0; it takes its instance id back from consumer 3",
        MOVES,
        "consumer 1 returns under its instance id; nothing else changes",
        "consumer 3 hears that another process has its instance id, and ends",
    ),
    "of two that are missed one after the other the next coordinator misses the second one first": (
        *STABLE,
        "consumer 2 does not poll for too long and forgets who it is",
        "consumer 1 stops without leaving",
        "the session of consumer 1 expires",
        "consumer 2 returns under its instance id and joins",
        KNOWS_FORMER,
        "the session of consumer 2 expires",
    ),
    "the next coordinator misses who is to be replaced before it misses a former process": (
        *ASSIGNED,
        "consumer 2 crashes",
        "the session of consumer 2 expires",
        "consumer 2 joins",
        IS_STARTED,
        KNOWS_FORMER,
        "the session of consumer 3 expires",
        "consumer 3 joins",
    ),
    "who dies without being a member is known by the id that it had before": (
        *STABLE,
        "consumer 2 pauses for too long",
        "consumer 2 crashes",
        "consumer 2 joins",
        KNOWS_FORMER,
        "consumer 2 returns under its instance id; nothing else changes",
    ),
    "another process starts where one has ended that the next coordinator knows": (
        *STABLE,
        IS_STARTED,
        "the session of consumer 3 expires",
        "consumer 3 joins",
        "consumer 1 hears that another process has its instance id, and ends",
        f"{MOVES}; it knows consumer 3 by a former id alone",
        "consumer 2 stands still; consumer 1 is started with its instance id",
        "consumer 3 returns under its instance id; nothing else changes",
    ),
    "the former process of two that are missed has the longer one of their sessions": (
        *STABLE,
        IS_STARTED,
        "the session of consumer 3 expires",
        MOVES,
        "consumer 3 returns under its instance id; nothing else changes",
        f"{FORGETS}; nobody reads partition 0; it takes its instance id back from consumer 3",
        "the session of consumer 1 expires",
    ),
    "who has not heard its assignment for long stands still as another process is started": (
        *ASSIGNED,
        "consumer 2 learns",
        "consumer 2 does not poll for too long and forgets who it is",
        "the session of consumer 2 expires",
        "consumer 2 joins",
        IS_STARTED,
        KNOWS_FORMER,
        "consumer 2 returns under its instance id; nothing else changes",
        "consumer 2 pauses for too long",
        "consumer 2 learns that it is no longer in the group",
        "consumer 2 joins",
        "generation 2 begins; consumer 2 leads it",
    ),
    "a SyncGroup is given up as late as somebody may be without polling that its generation began with": (
        *ASSIGNED,
        "consumer 1 learns",
        FORGETS,
        "consumer 2 stands still; consumer 3 is started with its instance id",
        "consumer 3 returns under its instance id; nothing else changes",
        "the coordinator has waited in vain for a SyncGroup of a former process",
        MOVES,
        "the session of consumer 1 expires",
        "consumer 2 hears that another process has its instance id, and ends",
        "consumer 3 joins again",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_group_goes_on_with_what_its_next_coordinator_knows(name: str) -> None:
    says = CASES[name]
    system = group_half(STATIC, members=2, partitions=2, faults=Faults(6), kinds=KINDS, is_fine=True)

    assert grouped(system, along(system, *says)).steps == len(says)
