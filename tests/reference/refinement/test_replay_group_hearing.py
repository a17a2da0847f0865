"""Executions in which members of classic groups hear of something late, or never, are taken step by step."""

from collections.abc import Mapping, Sequence

import attrs
import pytest

from ackproof.model.faults import Faults
from ackproof.model.groups.assignors import ROUND_ROBIN, STICKY
from ackproof.model.groups.classic import ClassicGroup
from ackproof.model.groups.half import KINDS, group_half
from ackproof.model.groups.rules import COOPERATIVE, EAGER, ClassicRules
from ackproof.reference.refinement.replaying.groups import grouped
from ackproof.traces.trace import Trace
from tests.reference.refinement.executions import along, paths

STATIC = attrs.evolve(EAGER, is_static=True)
LIBRDKAFKA = attrs.evolve(
    EAGER,
    keeps_owned_without_membership=True,
    gives_up_as_it_syncs=True,
    claims_heard_generation=False,
    all_watch_partitions=True,
)
STATIC_LIBRDKAFKA = attrs.evolve(LIBRDKAFKA, is_static=True)
WITHOUT_GENERATION = ClassicRules(ROUND_ROBIN, claims_heard_generation=False)

JOINED = ("consumer 1 joins", "consumer 2 joins")
BEGUN = (*JOINED, "generation 1 begins; consumer 1 leads it")
ASSIGNED = (*BEGUN, "consumer 1 assigns: consumer 1 partition 0, consumer 2 partition 1")
LEARNS = ("consumer 1 learns", "consumer 2 learns")
STABLE = (*ASSIGNED, *LEARNS)
MOVES = "the group coordinator moves to another broker"
KNOWS = f"{MOVES}, which knows generation 1"
ANEW = ("consumer 1 gives up partition 0 and joins again", "consumer 2 gives up partition 1 and joins again")
SECOND = "generation 2 begins; consumer 1 leads it"
OF_THREE = (
    SECOND,
    "consumer 1 assigns: consumer 1 partition 0, consumer 2 partition 1, consumer 3 nothing",
    *LEARNS,
)

CASES: Mapping[str, tuple[ClassicRules, Sequence[str]]] = {
    "who watches its topic has seen as little as its leader": (
        LIBRDKAFKA,
        (
            "consumer 1 joins",
            "partition 2 is added",
            "consumer 2 joins",
            "generation 1 begins; consumer 1 leads it",
            "consumer 1 assigns: consumer 1 partition 0, consumer 2 partition 1",
            "consumer 2 learns that it owns partition 1",
            "consumer 2 sees more partitions and will join again",
            "consumer 2 gives up partition 1 and joins again",
            "consumer 1 learns",
        ),
    ),
    "a coordinator moves again before somebody misses an answer": (
        EAGER,
        (*ASSIGNED, MOVES, f"{KNOWS}; consumer 2 will join again", "consumer 1 learns", "consumer 2 joins again"),
    ),
    "an answer is lost that a former coordinator gave": (
        LIBRDKAFKA,
        (
            *ASSIGNED,
            "consumer 1 pauses for too long",
            f"{KNOWS}; consumer 1 will join again",
            "consumer 1 joins again",
            "consumer 2 loses the answer to its SyncGroup",
            "consumer 2 joins again",
        ),
    ),
    "a member joins again between two moves of its coordinator": (
        STATIC_LIBRDKAFKA,
        (
            *ASSIGNED,
            f"{KNOWS}; consumer 1 and consumer 2 will join again",
            "consumer 2 joins again; it hears of generation 1 again",
            MOVES,
            "consumer 2 learns",
        ),
    ),
    "a coordinator moves before anybody hears that a session is over": (
        STATIC,
        (
            *STABLE,
            MOVES,
            "consumer 2 stops without leaving",
            "the session of consumer 2 expires",
            KNOWS,
            "the session of consumer 2 expires",
            "consumer 1 gives up partition 0 and joins again",
        ),
    ),
    "who learns late has not heard that its group prepares": (
        WITHOUT_GENERATION,
        (
            *JOINED,
            "consumer 2 crashes",
            "generation 1 begins; consumer 1 leads it",
            "consumer 1 assigns",
            "the session of consumer 2 expires",
            "consumer 2 joins",
            "consumer 1 learns",
            f"{KNOWS}; it knows consumer 2 by a former id alone",
            "the session of consumer 2 expires",
            "consumer 1 gives up",
        ),
    ),
    "a group does not wait for who has died for longer than for a new member": (
        attrs.evolve(COOPERATIVE, is_static=True),
        (
            *BEGUN,
            "consumer 2 crashes",
            "consumer 1 does not poll for too long and forgets who it is",
            "the session of consumer 1 expires",
            "consumer 1 joins",
            "generation 2 begins; consumer 1 leads it",
        ),
    ),
    "who has heard of a lost generation is missed later than who is gone": (
        WITHOUT_GENERATION,
        (
            *STABLE,
            "consumer 3 joins",
            *ANEW,
            *OF_THREE,
            "consumer 3 leaves",
            *ANEW,
            "generation 3 begins; consumer 1 leads it",
            f"{MOVES}, which knows generation 2",
            "consumer 1 learns that its generation is gone",
            "the session of consumer 3 expires",
            "consumer 2 learns that its generation is gone",
        ),
    ),
    "a static member stops that is about to join again": (
        STATIC,
        (*STABLE, "consumer 3 joins", ANEW[0], "consumer 2 stops without leaving", "consumer 3 stops without leaving"),
    ),
    "who has lost its connection leaves": (
        EAGER,
        (*ASSIGNED, "consumer 1 learns", "consumer 2 loses the answer to its SyncGroup", "consumer 2 leaves"),
    ),
    "a leader sees what is added only as it has joined again": (
        STATIC_LIBRDKAFKA,
        (
            *BEGUN,
            "consumer 1 loses the answer to its SyncGroup",
            "partition 2 is added",
            "consumer 1 joins again; it hears of generation 1 again",
            "consumer 1 assigns: consumer 1 partitions 0 and 1, consumer 2 partition 2",
        ),
    ),
    "a group that somebody leaves at once waits until another one has not polled for too long": (
        attrs.evolve(WITHOUT_GENERATION, assignor=STICKY),
        (
            *JOINED,
            "consumer 2 leaves; the coordinator hears so once all have joined",
            "generation 1 begins; consumer 1 leads it; consumer 2 left",
            "consumer 1 does not poll for too long and leaves unheard; it is consumer 3 now",
            "the session of consumer 1 expires",
        ),
    ),
    "a heartbeat crosses a JoinGroup": (
        LIBRDKAFKA,
        (
            *STABLE,
            "consumer 3 joins",
            *ANEW,
            SECOND,
            f"{KNOWS}; consumer 1 and consumer 2 will join again",
            "consumer 3 learns that it is no longer in the group",
            "consumer 2 joins again; it hears of generation 1 again",
            "consumer 3 joins",
            "consumer 1 joins again; a heartbeat tells it that its generation is gone",
            "consumer 2 joins again",
            SECOND,
            "consumer 1 learns that its generation is gone",
        ),
    ),
}


@pytest.mark.parametrize(("rules", "says"), CASES.values(), ids=CASES)
def test_an_execution_is_taken(rules: ClassicRules, says: Sequence[str]) -> None:
    system = group_half(rules, members=2, partitions=2, faults=Faults(5), kinds=KINDS, is_fine=True)

    assert grouped(system, along(system, *says)).steps > 0


def test_a_sync_group_may_arrive_or_not_whose_answer_is_lost_before_its_sender_dies() -> None:
    """Where it has not, the coordinator waits for it as a new process has its instance id."""
    says = (*BEGUN, "consumer 2 loses", "consumer 1 assigns", "consumer 2 crashes", "consumer 2 returns")
    system = group_half(STATIC, members=2, partitions=2, faults=Faults(5), kinds=KINDS, is_fine=True)
    found = list(paths(system, system.first_state, says))
    groups = [system.named(path[-1].state)["group"] for path in found]

    assert {group.awaits_former for group in groups if isinstance(group, ClassicGroup)} == {False, True}
    assert {grouped(system, Trace(tuple(system.initial), system.first_state, path)).steps for path in found} == {7}
