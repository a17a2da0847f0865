"""Executions of groups whose members come back, or lose what they are to other processes, are taken step by step."""

from collections.abc import Mapping, Sequence
from typing import cast

import attrs
import pytest

from ackproof.model.faults import Faults
from ackproof.model.groups.classic import ClassicGroup
from ackproof.model.groups.half import KINDS, group_half
from ackproof.model.groups.rules import COOPERATIVE, EAGER, GroupRules
from ackproof.reference.refinement.replaying.groups import grouped
from tests.reference.refinement.executions import along

STATIC = attrs.evolve(EAGER, is_static=True)
KEEPS = attrs.evolve(COOPERATIVE, keeps_owned_without_membership=True)
KEEPS_STATIC = attrs.evolve(KEEPS, is_static=True)
IN_2_4 = attrs.evolve(STATIC, claims_heard_generation=False, forgets_replaced_members=True, expires_awaited_syncs=False)

BEGUN = ("consumer 1 joins", "consumer 2 joins", "generation 1 begins; consumer 1 leads it")
ASSIGNED = (*BEGUN, "consumer 1 assigns: consumer 1 partition 0, consumer 2 partition 1")
STABLE = (*ASSIGNED, "consumer 1 learns", "consumer 2 learns")
IS_STARTED = "consumer 1 stands still; consumer 3 is started with its instance id"
ENDS = "consumer 1 hears that another process has its instance id, and ends"
MOVES = "the group coordinator moves to another broker"

CASES: Mapping[str, tuple[GroupRules, Sequence[str]]] = {
    "instance ids keep their order while one of them is out of the group": (
        STATIC,
        (
            *STABLE,
            "consumer 2 crashes",
            "consumer 1 crashes",
            "the session of consumer 1 expires",
            "consumer 2 returns under its instance id and joins",
            "consumer 1 joins",
            "generation 2 begins; consumer 2 leads",
            "consumer 2 assigns: consumer 1 partition 0, consumer 2 partition 1",
        ),
    ),
    "a process that has ended though another one has its instance id does not come back": (
        STATIC,
        (*STABLE, IS_STARTED, "consumer 1 crashes", "consumer 3 returns", "consumer 3 learns"),
    ),
    "what was a member waits for the next generation": (
        STATIC,
        (
            *STABLE,
            "partition 2 is added",
            "consumer 1, the leader, sees more",
            "consumer 1 gives up partition 0",
            "consumer 2 gives up partition 1",
            IS_STARTED,
            "generation 2 begins; consumer 3 leads it",
            "consumer 3 returns under its instance id and joins",
            ENDS,
        ),
    ),
    "its place is free for long before another process joins": (
        STATIC,
        (*STABLE, IS_STARTED, "the session of consumer 3 expires", "consumer 3 joins", ENDS),
    ),
    "who stood still is another one once it has ended": (
        STATIC,
        (*STABLE, IS_STARTED, "consumer 3 returns", ENDS, "consumer 1 joins"),
    ),
    "a static member joins anew once its session has ended": (
        STATIC,
        (
            *STABLE,
            "consumer 1 stops without leaving",
            "consumer 2 does not poll for too long and forgets",
            "the session of consumer 1 expires",
            "consumer 1 joins",
            "consumer 2 returns under its instance id and joins",
        ),
    ),
    "who forgets who it is has nothing once its session is over": (
        KEEPS_STATIC,
        (
            *STABLE,
            "consumer 1 does not poll for too long and forgets",
            "the session of consumer 1 expires",
            "consumer 1 joins",
        ),
    ),
    "who leads is decided as its leader goes": (
        STATIC,
        (
            *STABLE,
            "consumer 3 joins",
            "consumer 1 crashes",
            "the session of consumer 1 expires",
            "consumer 3 crashes",
            "consumer 3 returns",
            "consumer 1 joins",
            "consumer 2 gives up partition 1 and joins",
            "generation 2 begins; consumer 3 leads",
        ),
    ),
    "the coordinator moves before anybody has heard of a generation": (
        EAGER,
        (
            *STABLE,
            "consumer 3 joins",
            "consumer 1 gives up partition 0",
            "consumer 2 gives up partition 1",
            f"{MOVES}, which knows generation 1",
            "consumer 3 learns that it is no longer in the group",
            "consumer 2 joins again",
        ),
    ),
    "a leader that asks again has seen what it assigns": (
        EAGER,
        (
            *BEGUN[:2],
            "consumer 1 loses the answer to its JoinGroup",
            BEGUN[2],
            "partition 2 is added",
            "consumer 1 sends its JoinGroup again and hears",
            "consumer 1 assigns: consumer 1 partitions 0 and 1, consumer 2 partition 2",
        ),
    ),
    "a leader that is told again by whom it leads knows all": (
        IN_2_4,
        (
            *BEGUN[:2],
            "consumer 1 loses the answer to its JoinGroup",
            BEGUN[2],
            "consumer 1 returns under its instance id, with a member id that the leader does not know",
            "consumer 1 loses the answer to its SyncGroup",
            "consumer 1 joins again; it hears of generation 1 again",
            "consumer 1 assigns: consumer 1 partition 0, consumer 2 partition 1",
        ),
    ),
    "a member leaves whose coordinator has moved": (EAGER, (*STABLE, MOVES, "consumer 2 leaves")),
    "who is put out before it has said that it joins again gives up what it owned": (
        KEEPS,
        (
            *STABLE,
            "consumer 2 pauses for too long; the coordinator removes it",
            "consumer 1 pauses for too long; the coordinator removes it as it is about to join again",
            "consumer 1 learns that it is no longer in the group and gives up partition 0",
        ),
    ),
    "who leads is looked for again where who was to lead has not joined": (
        STATIC,
        (
            "consumer 1 joins",
            "consumer 1 stops without leaving",
            "consumer 2 joins",
            "generation 1 begins; consumer 1 leads it",
            "the session of consumer 1 expires",
            "consumer 3 joins",
            "consumer 1 joins",
            "consumer 2 stops without leaving",
            "generation 2 begins; consumer 3 leads it",
        ),
    ),
    "who has forgotten who it is waits for its SyncGroup first": (
        STATIC,
        (
            *BEGUN,
            "consumer 2 does not poll for too long and forgets",
            ASSIGNED[3],
            "consumer 2 returns under its instance id",
            "consumer 2 learns",
        ),
    ),
    "who has its assignment and has not looked at it hears first that its instance id is taken": (
        STATIC,
        (*ASSIGNED, IS_STARTED, "the session of consumer 3 expires", "consumer 3 joins", ENDS),
    ),
    "the last one to join leaves before it has heard of its generation": (
        EAGER,
        (
            "consumer 2 joins",
            "consumer 2 leaves; the coordinator hears so once all have joined",
            "consumer 1 joins",
            "generation 1 begins; consumer 2 leads it; consumer 2 left",
            "consumer 1 joins again",
            "consumer 1 leaves; the coordinator hears so once all have joined",
        ),
    ),
    "who was put out is known again once the coordinator has moved": (
        EAGER,
        (*ASSIGNED, "consumer 2 pauses for too long", MOVES, "consumer 1 learns", "consumer 2 learns"),
    ),
    "who was put out goes on once the coordinator has moved, and is not missed": (
        STATIC,
        (
            *STABLE,
            "consumer 1 pauses for too long; the coordinator removes it",
            MOVES,
            "consumer 2 does not poll for too long and forgets who it is",
            "the session of consumer 2 expires",
            "consumer 1 gives up partition 0 and joins again",
        ),
    ),
    "who has left is known again once the coordinator has moved, and joins beside that": (
        EAGER,
        (
            *STABLE,
            "consumer 1 pauses for too long; the coordinator removes it",
            f"{MOVES}, which knows generation 1; consumer 1 had left, and is known again",
            "the session of consumer 1 expires",
            "consumer 1 joins",
        ),
    ),
    "a member that leaves unheard is another one": (
        KEEPS,
        (
            *STABLE,
            "consumer 1 does not poll for too long and leaves unheard",
            "consumer 3 joins",
            "the session of consumer 1 expires",
        ),
    ),
}


LONG = {
    "who was put out goes on once the coordinator has moved, and is not missed",
    "who has left is known again once the coordinator has moved, and joins beside that",
    "a member that leaves unheard is another one",
    "a static member joins anew once its session has ended",
    "who forgets who it is has nothing once its session is over",
}


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.slow] if name in LONG else []) for name in CASES]
)
def test_an_execution_is_taken_to_its_end(name: str) -> None:
    rules, says = CASES[name]
    system = group_half(rules, members=2, partitions=2, faults=Faults(5), kinds=KINDS, is_fine=True)
    trace = along(system, *says)

    found = grouped(system, trace)

    assert found.partitions == cast("ClassicGroup", trace.states[-1][trace.names.index("group")]).partitions
