"""Executions of the model of groups are taken by members and their coordinator."""

import time
from random import Random

import attrs
import pytest

from ackproof.bugs import rebalancing, reconciling
from ackproof.bugs.bug import Bug
from ackproof.bugs.hunting import searched
from ackproof.model.faults import Faults
from ackproof.model.groups.half import KINDS as OF_GROUPS
from ackproof.model.groups.half import group_half
from ackproof.model.groups.rules import CONSUMER, COOPERATIVE, EAGER, ClassicRules, GroupRules
from ackproof.model.system import Step, System, steps
from ackproof.reference.refinement.directing.groups.ordering import in_time
from ackproof.reference.refinement.directing.groups.shift import BEGIN
from ackproof.reference.refinement.replaying.groups import NotGroupedError, grouped
from ackproof.traces.trace import Trace

BUGS = [value for module in (rebalancing, reconciling) for value in vars(module).values() if isinstance(value, Bug)]

FOUND = {
    "KAFKA-12983": "partition 0 is read by consumer-1 (generation 3) and by consumer-2 (generation 3)",
    "KAFKA-12984": "partition 0 is assigned to consumer-1 and to consumer-2 in generation 3",
    "KAFKA-13406": (
        "consumer-1 can not assign anything: Assignor supporting the COOPERATIVE protocol violates its requirements"
    ),
    "KAFKA-14639": (
        "partition 0 is read by consumer-2 (generation 3, assigned partition 2) "
        "and by consumer-3 (generation 3, assigned partition 0)"
    ),
    "kafka-python cooperative-sticky claims": (
        "partition 1 is read by consumer-1 (generation 3, assigned partition 1) "
        "and by consumer-2 (generation 3, assigned partition 0)"
    ),
    "kafka-python cooperative rejoin": (
        "partition 0 is read by consumer-1 (generation 3) and by consumer-2 (generation 3)"
    ),
    "librdkafka cooperative rejoin": (
        "partition 0 is read by consumer-1 (generation 3) and by consumer-2 (generation 3)"
    ),
    "KAFKA-9801": "partition 0 is read by nobody, and so it stays",
    "KAFKA-13435": "partition 1 is added, and nobody notices: it is assigned to nobody",
    "KAFKA-16147": (
        "partition 1 is read by consumer-1 (epoch 4, assigned partitions 0 and 1) "
        "and by consumer-2 (epoch 5, assigned partition 1)"
    ),
    "KAFKA-16249": (
        "partition 1 is read by nobody, and so it stays until the coordinator puts out consumer-1, "
        "after max.poll.interval.ms"
    ),
    "KAFKA-16185": (
        "partition 2 is read by nobody, and so it stays until the coordinator puts out consumer-1, "
        "after max.poll.interval.ms"
    ),
    "KAFKA-16215": "partition 0 is read by nobody, and so it stays",
    "KIP-848 reconciliation": (
        "partition 2 is read by consumer-1 (epoch 4, assigned partitions 0 and 1) "
        "and by consumer-2 (epoch 4, assigned partition 2)"
    ),
}
"""By the numbers of bugs: the first thing that is found on the reference."""


def had(bug: Bug) -> tuple[System, Trace]:
    """The system with the rules that had a bug, and its shortest execution."""
    system = bug.had()
    trace = searched(bug, system, None, time.monotonic).violation
    assert trace is not None
    return system, trace


def bug_of(number: str) -> Bug:
    """The bug of that number."""
    return next(bug for bug in BUGS if bug.number == number)


def test_all_bugs_of_groups_are_replayed() -> None:
    assert sorted(bug.number for bug in BUGS) == sorted(FOUND)


@pytest.mark.slow
@pytest.mark.parametrize("number", FOUND)
def test_a_bug_of_groups_happens_on_the_reference(number: str) -> None:
    bug = bug_of(number)

    assert grouped(*had(bug)).findings(bug.breaks)[0] == FOUND[number]


def test_a_coordinator_that_lost_an_epoch_gives_a_partition_to_two() -> None:
    """KAFKA-16147."""
    found = grouped(*had(bug_of("KAFKA-16147")))

    assert found.findings("no-duplicates") == (FOUND["KAFKA-16147"],)
    assert found.findings("every_partition_is_owned_at_last") == ()
    with pytest.raises(ValueError, match="a group decides nothing about no-loss"):
        found.findings("no-loss")


@pytest.mark.slow
def test_a_reference_with_the_rules_that_fixed_a_bug_is_not_taken_for_the_model() -> None:
    bug = bug_of("KAFKA-16147")
    system, trace = had(bug)

    with pytest.raises(NotGroupedError, match=r"step 6 .*: partitions 0 and 1 has an owner, not partition 0"):
        grouped(attrs.evolve(system, rules=bug.fixed().rules), trace)


def test_a_generation_begins_as_soon_as_all_have_joined() -> None:
    """A coordinator does not wait for what has nothing to do with it."""
    system, trace = had(bug_of("kafka-python cooperative-sticky claims"))
    ordered = in_time(system, trace)
    names = [step.action.name for step in ordered.steps]

    assert [names[place - 1] for place, name in enumerate(names) if name == BEGIN] == ["join", "rejoin", "rejoin"]
    assert "hear of removal" in [
        trace.steps[place - 1].action.name for place in range(1, len(names)) if is_begun(trace, place)
    ]
    assert ordered.states[-1] == trace.states[-1]
    assert are_steps(system, ordered)


def is_begun(trace: Trace, place: int) -> bool:
    """Whether a generation begins there."""
    return trace.steps[place].action.name == BEGIN


def are_steps(system: System, trace: Trace) -> bool:
    """Whether the system can take all steps of a trace, whose parts are told apart."""
    apart = attrs.evolve(system, symmetric={}, reductions=frozenset())
    return all(step in steps(apart, before) for before, step in zip(trace.states, trace.steps, strict=False))


JAVA = attrs.evolve(CONSUMER, finishes_what_it_began=True)
KINDS = frozenset({"consumer-crash", "member-joins", "member-leaves"})


def walk(rules: GroupRules, seed: int, faults: int = 1, kinds: frozenset[str] = KINDS) -> tuple[System, Trace]:
    """An execution that chance chooses."""
    rng = Random(seed)
    system = group_half(rules, members=2, partitions=2, faults=Faults(faults), kinds=kinds, is_fine=True)
    state, taken = system.first_state, list[Step]()
    for _ in range(12):
        possible = steps(system, state)
        if possible:
            taken.append(rng.choice(possible))
            state = taken[-1].state
    return system, Trace(tuple(system.initial), system.first_state, tuple(taken))


def is_taken(rules: GroupRules, seed: int) -> bool:
    """Whether such an execution is taken, and does not just fail to be."""
    try:
        return grouped(*walk(rules, seed)).steps > 0
    except NotGroupedError:
        return False


@pytest.mark.slow
@pytest.mark.parametrize("rules", [EAGER, COOPERATIVE, JAVA], ids=["eager", "cooperative", "new"])
def test_most_executions_that_chance_chooses_are_taken(rules: GroupRules) -> None:
    assert sum(is_taken(rules, seed) for seed in range(12)) >= 11


CLASSIC = [
    attrs.evolve(rules, is_static=is_static)
    for rules in (EAGER, COOPERATIVE, attrs.evolve(EAGER, claims_heard_generation=False, all_watch_partitions=True))
    for is_static in (False, True)
]


@pytest.mark.slow
@pytest.mark.parametrize("rules", CLASSIC, ids=map(str, range(len(CLASSIC))))
def test_executions_of_classic_groups_with_all_that_goes_wrong_are_taken(rules: ClassicRules) -> None:
    for seed in range(12):
        system, trace = walk(rules, seed, 3, OF_GROUPS)

        assert grouped(system, trace).steps > 0
