"""Executions of the model of groups that take time, or more than one process, are taken step by step."""

from collections.abc import Sequence

import attrs
import pytest

from ackproof.bugs.rebalancing import WITHOUT_GENERATIONS
from ackproof.model.faults import Faults
from ackproof.model.groups.half import KINDS, group_half
from ackproof.model.groups.rules import CONSUMER, COOPERATIVE, EAGER, GroupRules
from ackproof.model.system import Step, System, steps
from ackproof.reference.refinement.replaying.groups import grouped
from ackproof.traces.trace import Trace

STATIC = attrs.evolve(EAGER, is_static=True)
STATIC_CONSUMER = attrs.evolve(CONSUMER, is_static=True)
WAITING = attrs.evolve(CONSUMER, waits_to_assign=True)
JAVA = attrs.evolve(CONSUMER, finishes_what_it_began=True)

JOINED = ("consumer 1 joins", "consumer 2 joins")
STABLE = (
    *JOINED,
    "generation 1 begins; consumer 1 leads it",
    "consumer 1 assigns: consumer 1 partition 0, consumer 2 partition 1",
    "consumer 1 learns",
    "consumer 2 learns",
)
TAKEN = (*STABLE, "consumer 1 stands still; consumer 3 is started with its instance id")
IN_FIRST, IN_SECOND = (f"the group is at generation {number}, the topic has 2 partitions" for number in (1, 2))
AT_FIRST_ARE = {
    number: f"consumer-{number} reads partition {partition}: at generation 1, assigned is partition {partition}"
    for number, partition in ((1, 0), (2, 1), (3, 0))
}

SLOW = pytest.mark.slow


def along(rules: GroupRules, says: Sequence[str]) -> tuple[System, Trace]:
    """The execution of two members and two partitions whose steps begin with these words."""
    system = group_half(rules, members=2, partitions=2, faults=Faults(4), kinds=KINDS, is_fine=True)
    state, taken = system.first_state, list[Step]()
    for said in says:
        taken.append(next(step for step in steps(system, state) if step.says.startswith(said)))
        state = taken[-1].state
    return system, Trace(tuple(system.initial), system.first_state, tuple(taken))


@pytest.mark.parametrize(
    ("rules", "says", "lines"),
    [
        pytest.param(
            STATIC_CONSUMER,
            (*JOINED, "consumer 1 does not poll for too long and says that it will be back", "consumer 1 returns"),
            (
                "the group is at epoch 3, the topic has 2 partitions",
                "consumer-1 reads nothing: at epoch 3, assigned is partition 0",
                "consumer-2 reads nothing: at epoch 3, assigned is nothing",
            ),
            marks=SLOW,
            id="a static member says that it will be back",
        ),
        pytest.param(
            STATIC,
            (*TAKEN, "consumer 3 returns", "consumer 3 learns", "consumer 1 hears that another process"),
            (IN_FIRST, AT_FIRST_ARE[2], AT_FIRST_ARE[3]),
            id="another process takes an instance id",
        ),
        pytest.param(
            STATIC,
            (*STABLE, "consumer 2 does not poll for too long and forgets who it is", "consumer 2 returns"),
            (IN_FIRST, AT_FIRST_ARE[1], "consumer-2 reads nothing: at generation 1, assigned is partition 1"),
            marks=SLOW,
            id="a static member forgets who it is",
        ),
        pytest.param(
            STATIC,
            (
                *TAKEN,
                "consumer 3 returns",
                "consumer 3 learns",
                "consumer 1 does not poll for too long and forgets who it is",
                "consumer 1 returns",
                "consumer 1 learns",
                "consumer 3 hears that another process has its instance id",
            ),
            (IN_FIRST, AT_FIRST_ARE[1], AT_FIRST_ARE[2]),
            marks=SLOW,
            id="a process takes its instance id back",
        ),
        pytest.param(
            STATIC,
            (
                *STABLE[:3],
                "consumer 2 crashes",
                *STABLE[3:5],
                "consumer 2 returns",
                "consumer 2 learns",
                "the coordinator has waited in vain for a SyncGroup",
                "consumer 1 gives up partition 0",
                "consumer 2 gives up partition 1",
                "generation 2 begins",
            ),
            (
                IN_SECOND,
                "consumer-1 reads nothing: at generation 2, nothing is assigned yet",
                "consumer-2 reads nothing: at generation 2, nothing is assigned yet",
            ),
            marks=SLOW,
            id="a SyncGroup is waited for in vain",
        ),
        pytest.param(
            STATIC,
            (
                *STABLE,
                "partition 2 is added",
                "consumer 2 crashes",
                "consumer 1, the leader, sees more partitions",
                "consumer 1 gives up partition 0",
                "generation 2 begins; consumer 1 leads it",
                "consumer 1 assigns: consumer 1 partitions 0 and 1, consumer 2 partition 2",
            ),
            (
                "the group is at generation 2, the topic has 3 partitions",
                "consumer-1 reads nothing: at generation 2, assigned is partitions 0 and 1",
            ),
            marks=SLOW,
            id="a static member that does not run is waited for",
        ),
        pytest.param(
            WAITING,
            (*JOINED, "consumer 2 crashes", "the session of consumer 2 expires", "consumer 2 joins; epoch 4 begins"),
            (
                "the group is at epoch 5, the topic has 2 partitions",
                "consumer-1 reads nothing: at epoch 2, assigned is partitions 0 and 1",
                "consumer-2 reads nothing: at epoch 5, assigned is nothing",
            ),
            id="a heartbeat stays out for longer than the session of another member",
        ),
        pytest.param(
            EAGER,
            (
                *STABLE,
                "consumer 2 crashes",
                "consumer 1 crashes",
                "the session of consumer 1 expires",
                "consumer 1 joins",
                "the session of consumer 2 expires",
            ),
            (
                "the group is at generation 2, the topic has 2 partitions",
                "consumer-1 reads nothing: at generation None, nothing is assigned yet",
            ),
            id="who dies first may be missed last",
        ),
        pytest.param(
            EAGER,
            ("partition 2 is added", *STABLE, "consumer 1, the leader, sees more", "consumer 1 gives up partition 0"),
            (
                "the group is at generation 1, the topic has 3 partitions",
                "consumer-1 reads nothing: at generation 1, assigned is partition 0",
                AT_FIRST_ARE[2],
            ),
            id="a leader goes by the partitions that it knows of",
        ),
        pytest.param(
            COOPERATIVE,
            (
                *STABLE[:4],
                "consumer 2 learns",
                "the group coordinator moves to another broker, which knows generation 1; consumer 1 will join again",
                "consumer 1 joins again",
            ),
            (IN_FIRST, "consumer-1 reads nothing: at generation 1, assigned is partition 0", AT_FIRST_ARE[2]),
            id="the answer to a SyncGroup is lost as the coordinator moves",
        ),
        pytest.param(
            STATIC,
            (
                *STABLE,
                "partition 2 is added",
                "consumer 1, the leader, sees more partitions",
                "consumer 1 gives up partition 0",
                "consumer 2 does not poll for too long; generation 2 begins",
                "consumer 1 assigns: consumer 1 partitions 0 and 1, consumer 2 partition 2",
            ),
            (
                "the group is at generation 2, the topic has 3 partitions",
                "consumer-1 reads nothing: at generation 2, assigned is partitions 0 and 1",
                "consumer-2 reads partition 1: not a member, as the coordinator sees it",
            ),
            marks=SLOW,
            id="a generation begins without a static member that reads on",
        ),
        pytest.param(
            EAGER,
            (
                *STABLE[:3],
                "consumer 2 crashes",
                "consumer 1 crashes",
                "the session of consumer 1 expires",
                "consumer 1 joins",
                "the session of consumer 2 expires",
                "consumer 2 joins",
                "generation 2 begins; consumer 1 leads",
            ),
            (
                IN_SECOND,
                "consumer-1 reads nothing: at generation 2, nothing is assigned yet",
                "consumer-2 reads nothing: at generation 2, nothing is assigned yet",
            ),
            id="a process joins before the session of its former one ends",
        ),
        pytest.param(
            EAGER,
            (
                *STABLE,
                "consumer 1 crashes",
                "the session of consumer 1 expires",
                "consumer 1 joins",
                "consumer 2 gives up partition 1",
                "generation 2 begins; consumer 2 leads",
                "consumer 2 assigns: consumer 1 partition 1, consumer 2 partition 0",
            ),
            (
                IN_SECOND,
                "consumer-1 reads nothing: at generation 2, assigned is partition 1",
                "consumer-2 reads nothing: at generation 2, assigned is partition 0",
            ),
            id="who joins as somebody else may come elsewhere",
        ),
        pytest.param(
            JAVA,
            (
                *JOINED,
                "consumer 1 with a heartbeat, is told to own partition 0",
                "consumer 1 takes partition 0",
                "consumer 1 says with a heartbeat that it owns partition 0, is at epoch 2",
                "consumer 2 with a heartbeat, is told to own partition 1",
            ),
            (
                "the group is at epoch 3, the topic has 2 partitions",
                "consumer-1 reads partition 0: at epoch 3, assigned is partition 0",
                "consumer-2 reads nothing: at epoch 3, assigned is partition 1",
            ),
            id="a member says what it has, and not what it had begun to take",
        ),
        pytest.param(
            STATIC_CONSUMER,
            (
                *JOINED,
                "consumer 1 does not poll for too long and says that it will be back",
                "consumer 2 does not poll for too long and says that it will be back",
                "consumer 1 returns",
                "consumer 1 pauses for too long",
            ),
            (
                "the group is at epoch 4, the topic has 2 partitions",
                "consumer-1 reads nothing: not a member, as the coordinator sees it",
                "consumer-2 reads nothing: not a member, as the coordinator sees it",
            ),
            marks=SLOW,
            id="one after the other does not poll for too long",
        ),
        pytest.param(
            STATIC,
            ("consumer 1 joins", "the group coordinator moves", "consumer 1 learns", "consumer 1 joins"),
            (
                "the group is at generation 0, the topic has 2 partitions",
                "consumer-1 reads nothing: at generation None, assigned is nothing",
            ),
            id="a member that has not heard its id joins anew",
        ),
        pytest.param(
            WITHOUT_GENERATIONS,
            (
                *JOINED,
                "generation 1 begins; consumer 1 leads it",
                "consumer 1 pauses for too long; the coordinator removes it",
                "consumer 2 joins again",
                "consumer 1 learns that it is no longer in the group",
                "consumer 1 joins",
                "generation 2 begins; consumer 2 leads it",
                "consumer 2 assigns: consumer 1 partition 0, consumer 2 partition 1",
                "consumer 1 learns that it owns partition 0",
                "partition 2 is added",
                "consumer 1 sees more partitions and will join again",
            ),
            (
                "the group is at generation 2, the topic has 3 partitions",
                "consumer-1 reads partition 0: at generation 2, assigned is partition 0",
                "consumer-2 reads nothing: at generation 2, assigned is partition 1",
            ),
            marks=SLOW,
            id="a former leader goes on watching its topic",
        ),
    ],
)
def test_an_execution_is_taken(rules: GroupRules, says: Sequence[str], lines: Sequence[str]) -> None:
    assert tuple(grouped(*along(rules, says)).lines()) == lines
