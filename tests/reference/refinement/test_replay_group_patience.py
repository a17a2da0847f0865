"""Executions of groups in which it matters who is waited for, and for how long, are taken step by step."""

from collections.abc import Mapping, Sequence

import pytest

from ackproof.model.faults import Faults
from ackproof.model.groups.half import KINDS, group_half
from ackproof.reference.refinement.replaying.groups import grouped
from tests.reference.refinement.executions import along
from tests.reference.refinement.test_replay_group_instances import ASSIGNED, BEGUN, IN_2_4, STABLE, STATIC

FORGETS = "consumer 1 does not poll for too long and forgets who it is"
RETURNS = "consumer 1 returns under its instance id and joins"
IS_STARTED = "consumer 1 stands still; consumer 3 is started with its instance id"

CASES: Mapping[str, Sequence[str]] = {
    "a coordinator is late to give up the SyncGroup of who has forgotten who it is": (
        *BEGUN,
        "consumer 2 pauses for too long",
        "consumer 1 joins again",
        "generation 2 begins; consumer 1 leads it",
        FORGETS,
        RETURNS,
        "generation 3 begins; consumer 1 leads it",
    ),
    "who has forgotten who it is stays away for a session, as others are waited for": (
        *STABLE,
        "consumer 2 does not poll for too long and forgets who it is",
        "the session of consumer 2 expires",
        "consumer 1 gives up partition 0 and joins again",
        "generation 2 begins; consumer 1 leads it",
        "consumer 1 assigns",
        "consumer 1 learns",
        FORGETS,
        "the session of consumer 1 expires",
        "consumer 1 joins",
        "generation 3 begins; consumer 1 leads it",
        "consumer 1 assigns",
        "consumer 1 learns",
        IS_STARTED,
        "the session of consumer 3 expires",
    ),
    "a group waits for somebody that has a member id and has not joined": (
        *ASSIGNED,
        "consumer 1 pauses for too long",
        "consumer 2 joins again",
        "consumer 2 stands still; consumer 3 is started with its instance id",
        "consumer 3 returns under its instance id and joins",
        "generation 2 begins; consumer 3 leads it",
    ),
    "a process takes its instance id back that has stood still for long": (
        *BEGUN,
        IS_STARTED,
        "consumer 3 returns under its instance id and joins",
        "consumer 2 pauses for too long",
        "generation 2 begins; consumer 3 leads it",
        f"{FORGETS}; it takes its instance id back from consumer 3",
        RETURNS,
        "consumer 3 hears that another process has its instance id, and ends",
    ),
    "who waits for its assignment polls as another one is missed": (
        *ASSIGNED,
        "consumer 2 learns that it owns partition 1",
        FORGETS,
        "consumer 2 stands still; consumer 3 is started with its instance id",
        "consumer 1 returns under its instance id; nothing else changes",
        "the session of consumer 3 expires",
    ),
    "a group prepares no longer than who takes its instance id back may be without polling": (
        *STABLE,
        "consumer 2 pauses for too long",
        IS_STARTED,
        "consumer 3 returns under its instance id and joins",
        f"{FORGETS}; nobody reads partition 0; it takes its instance id back from consumer 3",
        RETURNS,
        "generation 2 begins; consumer 1 leads it",
    ),
    "two forget who they are before their group has prepared that nobody is added to meanwhile": (
        *ASSIGNED,
        "consumer 2 stands still; consumer 3 is started with its instance id",
        "the session of consumer 3 expires",
        "consumer 3 joins",
        FORGETS,
        "consumer 2 does not poll for too long and forgets who it is; it takes its instance id back from consumer 3",
        "consumer 2 returns under its instance id and joins",
        RETURNS,
        "generation 2 begins; consumer 1 leads it",
    ),
    "a new member waits for one that a generation begins without, which forgets who it is before it hears that": (
        *ASSIGNED,
        "consumer 2 stands still; consumer 3 is started with its instance id",
        "the session of consumer 3 expires",
        "consumer 3 joins",
        "consumer 1 learns that it owns partition 0",
        "consumer 2 hears that another process has its instance id, and ends",
        "consumer 1 does not poll for too long; generation 2 begins; consumer 3 leads it",
        FORGETS,
        "consumer 3 assigns",
        "the session of consumer 1 expires",
    ),
    "who has returned is missed by the session of its former process": (
        *STABLE,
        IS_STARTED,
        "consumer 2 does not poll for too long and forgets who it is",
        "consumer 3 returns under its instance id; nothing else changes",
        "consumer 3 pauses for too long",
        "the session of consumer 2 expires",
    ),
    "who has died before another one forgets who it is is not missed for as long again": (
        *STABLE,
        "consumer 1 crashes",
        "consumer 2 does not poll for too long and forgets who it is",
        "the session of consumer 1 expires",
        "consumer 1 joins",
        "the session of consumer 2 expires",
        "generation 2 begins; consumer 1 leads it",
    ),
    "who stands still does not poll as others do": (
        *STABLE,
        IS_STARTED,
        "consumer 3 returns under its instance id; nothing else changes",
        "consumer 3 learns that it owns partition 0",
        f"{FORGETS}; nobody reads partition 0; it takes its instance id back from consumer 3",
        "consumer 1 returns under its instance id; nothing else changes",
        "consumer 3 does not poll for too long and forgets who it is; nobody reads partition 0; it takes its instance",
    ),
}


BEFORE_2_5 = {"a group waits for somebody that has a member id and has not joined"}

LONG = {
    "who has died before another one forgets who it is is not missed for as long again",
    "who has forgotten who it is stays away for a session, as others are waited for",
    "a group prepares no longer than who takes its instance id back may be without polling",
    "who has returned is missed by the session of its former process",
}


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.slow] if name in LONG else []) for name in CASES]
)
def test_what_is_waited_for_comes_in_the_order_of_the_execution(name: str) -> None:
    says, rules = CASES[name], IN_2_4 if name in BEFORE_2_5 else STATIC
    system = group_half(rules, members=2, partitions=2, faults=Faults(5), kinds=KINDS, is_fine=True)

    assert grouped(system, along(system, *says)).steps == len(says)
