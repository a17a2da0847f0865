"""Executions of static members in which some poll, or stand still, as others are waited for, are taken step by step."""

from collections.abc import Mapping, Sequence

import attrs
import pytest

from ackproof.model.faults import Faults
from ackproof.model.groups.half import KINDS, group_half
from ackproof.model.groups.rules import COOPERATIVE, GroupRules
from ackproof.reference.refinement.replaying.groups import grouped
from tests.reference.refinement.executions import along
from tests.reference.refinement.test_replay_group_instances import ASSIGNED, BEGUN, IN_2_4, STABLE, STATIC

FORGETS = "consumer 2 does not poll for too long and forgets who it is"
IS_STARTED = "consumer 1 stands still; consumer 3 is started with its instance id"
ENDS = "consumer 1 hears that another process has its instance id, and ends"
RETURNS_UNKNOWN = "consumer 1 returns under its instance id, with a member id that the leader does not know"
TELLS_NOTHING = "consumer 1 sends its SyncGroup and does not know that it leads"

CASES: Mapping[str, tuple[GroupRules, Sequence[str]]] = {
    "a leader polls until the answer to its SyncGroup comes, as another member does not": (
        STATIC,
        (
            *ASSIGNED,
            "consumer 2 learns",
            FORGETS,
            "consumer 2 returns",
            "consumer 1 does not poll for too long and forgets",
            "consumer 2 learns",
        ),
    ),
    "who returns hears what it has asked before it forgot who it is": (
        STATIC,
        (
            *ASSIGNED,
            "consumer 1 does not poll for too long and forgets",
            FORGETS,
            "the session of consumer 2 expires",
            "consumer 2 joins",
        ),
    ),
    "a process that goes on after a long pause hears first what it has asked before": (
        STATIC,
        (
            *ASSIGNED,
            "consumer 2 learns",
            "consumer 2 pauses for too long",
            "consumer 2 learns that it is no longer in the group",
            "consumer 2 joins",
            "consumer 1 learns",
            IS_STARTED,
            "generation 2 begins; consumer 2 leads it",
            "consumer 3 returns",
            ENDS,
        ),
    ),
    "somebody whose id another process has is missed for as long as the group waits": (
        STATIC,
        (
            *BEGUN,
            IS_STARTED,
            "consumer 2 pauses for too long",
            "consumer 2 learns that it is no longer in the group",
            "consumer 2 joins",
            "generation 2 begins; consumer 2 leads it",
        ),
    ),
    "a generation is gone whose SyncGroup was lost with its coordinator": (
        attrs.evolve(COOPERATIVE, is_static=True),
        (
            *STABLE,
            "consumer 2 crashes",
            "the session of consumer 2 expires",
            "consumer 2 joins",
            "consumer 1 joins again",
            "generation 2 begins; consumer 1 leads it",
            "the group coordinator moves to another broker, which knows generation 1",
            "consumer 1 learns that its generation is gone",
        ),
    ),
    "who is told no assignment is left out, and joins once its generation is gone": (
        IN_2_4,
        (
            *BEGUN,
            "consumer 1 crashes",
            RETURNS_UNKNOWN,
            TELLS_NOTHING,
            "consumer 2 crashes",
            "the session of consumer 2 expires",
            "consumer 2 joins",
            "generation 2 begins; consumer 2 leads it",
            "consumer 2 assigns",
            "consumer 1 learns that its generation is gone",
        ),
    ),
    "librdkafka takes no assignment for one of nothing": (
        attrs.evolve(IN_2_4, reads_no_assignment=True),
        (
            *BEGUN,
            "consumer 1 crashes",
            RETURNS_UNKNOWN,
            TELLS_NOTHING,
            "consumer 1 learns that it owns nothing",
            "consumer 2 learns that it owns nothing",
            "consumer 2 crashes",
            "the session of consumer 2 expires",
            "consumer 1 joins again",
        ),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_everybody_polls_or_stands_still_for_as_long_as_in_the_execution(name: str) -> None:
    rules, says = CASES[name]
    system = group_half(rules, members=2, partitions=2, faults=Faults(5), kinds=KINDS, is_fine=True)

    assert grouped(system, along(system, *says)).steps == len(says)


def test_an_instance_id_is_taken_back_before_a_group_begins_that_was_empty() -> None:
    says = (
        "consumer 1 joins",
        "generation 1 begins",
        "consumer 1 assigns",
        "consumer 1 learns",
        "consumer 1 stands still; consumer 2 is started with its instance id",
        "the session of consumer 2 expires",
        "consumer 2 joins",
        "consumer 1 does not poll for too long and forgets who it is; nobody reads partition 0; it takes its instance",
        "consumer 1 returns",
        "generation 2 begins",
    )
    system = group_half(STATIC, members=1, partitions=1, faults=Faults(5), kinds=KINDS, is_fine=True)

    assert grouped(system, along(system, *says)).steps == len(says)
