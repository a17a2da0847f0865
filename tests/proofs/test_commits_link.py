"""The theorem of commits is about the groups and the transactions that are searched, step by step."""

from collections.abc import Callable, Iterator
from functools import cache, partial
from typing import cast

import attrs
import pytest

from ackproof.model.consume.consumer import Consumer, Consumers
from ackproof.model.consume.coordinator import CLASSIC, Coordinator, Protocol
from ackproof.model.consume.half import consume_half
from ackproof.model.consume.log import Group
from ackproof.model.consume.rebalancing import (
    COOPERATIVE_LIBRDKAFKA,
    RECONCILING,
    RECONCILING_WITH_EXACT_EPOCHS,
)
from ackproof.model.consume.reconciling import HEARTBEATS
from ackproof.model.consume.rules import ConsumerRules
from ackproof.model.faults import Faults
from ackproof.model.system import System
from ackproof.proofs.committing import (
    GENERATION,
    TAKEN_OLDER,
    Generations,
    Rules,
    Standing,
    State,
    state,
    steps,
    steps_by_epoch,
)
from ackproof.proofs.logic import Question
from ackproof.proofs.states import values_of
from ackproof.proofs.theorem import Step
from ackproof.proofs.theorems.commits import EXACT, first, invariant
from tests.proofs.linking import Named, Transition, Values, as_seen, names_of, once, transitions

KINDS = frozenset({"consumer-pause", "member-joins"})


@attrs.frozen
class Sent:
    """
    What a state does not say of a consumer.

    Attributes:
        under_way: How many commits it has on the way.
        generation: The one with which it sent the last one.
    """

    under_way: int = 0
    generation: int = 0


Past = tuple[Sent, ...]
NO_PAST: Past = ()
Stepping = Callable[[Rules, State, State], Iterator[Step]]


def remember(past: Past, now: Named) -> Past:
    consumers = cast("Consumers", now["consumers"])
    return tuple(after(sent, one) for sent, one in zip(past or (Sent(),) * len(consumers), consumers, strict=True))


def after(sent: Sent, consumer: Consumer) -> Sent:
    is_waiting = consumer.to_commit is not None and consumer.answer is None
    under_way = len(consumer.in_flight) + is_waiting
    return Sent(under_way, consumer.generation if under_way > sent.under_way else sent.generation)


def reading(rules: ConsumerRules, *, kinds: frozenset[str] = KINDS, faults: int = 1) -> System:
    return consume_half(rules, records=1, faults=Faults(faults), kinds=kinds, is_fine=True)


SYNC, AUTO = ConsumerRules(commit="sync", instances=1), ConsumerRules(commit="auto", instances=1)
EXACT_EPOCHS = RECONCILING_WITH_EXACT_EPOCHS
ALL = KINDS | {"consumer-crash", "member-leaves"}
OTHERS = frozenset({"coordinator-failover", "offsets-expired", "partitions-added", "member-joins"})
SYSTEMS = {
    "commits are waited for": (steps, reading(SYNC)),
    "consumers crash": (steps, reading(attrs.evolve(SYNC, commit="async"), kinds=ALL)),
    "offsets expire": (steps, reading(SYNC, kinds=OTHERS, faults=2)),
    "static members": (steps, reading(attrs.evolve(SYNC, is_static=True))),
    "commits by the client": (steps, reading(AUTO)),
    "commits of librdkafka while it rejoins": (
        steps,
        reading(attrs.evolve(AUTO, rebalancing=COOPERATIVE_LIBRDKAFKA)),
    ),
    "commits that librdkafka waits for while it rejoins": (
        steps,
        reading(attrs.evolve(SYNC, rebalancing=COOPERATIVE_LIBRDKAFKA)),
    ),
    "members that are given epochs": (steps_by_epoch, reading(attrs.evolve(SYNC, rebalancing=EXACT_EPOCHS))),
    "static members that are given epochs": (
        steps_by_epoch,
        reading(attrs.evolve(AUTO, is_static=True, rebalancing=EXACT_EPOCHS), kinds=ALL),
    ),
}


def known(
    now: Named, index: int, sent: int, taken: tuple[int, int], *, has_taken_older: bool, when: str = ""
) -> Values:
    """The state of the theorem of one consumer, with the generations of the last commit that was accepted of it."""
    consumer, group = cast("Consumers", now["consumers"])[index], cast("Group", now["group"])
    coordinator = cast("Coordinator", now["coordinator"])
    numbers = dict(zip(("taken", "taken_in"), taken, strict=True))
    numbers |= {"of_group": group.generation, "heard": consumer.generation, "sent": sent}
    standing = {
        "is_listed": index in coordinator.members,
        "is_anybody": bool(coordinator.members),
        "is_completing": coordinator.state == "completing",
        "is_owner": consumer.status == "owner",
        "is_silent": consumer.status == "silent",
        "is_rejoining": consumer.is_rejoining,
        "is_ahead": index in coordinator.ahead,
        "is_released": index in coordinator.released,
    }
    older = {" ".join(filter(None, (TAKEN_OLDER, when))): has_taken_older}
    return values_of(Generations, numbers, GENERATION, when) | values_of(Standing, standing, when=when) | older


def accepts(step: Transition[Past], index: int) -> bool:
    """Whether the group coordinator accepts a commit of the consumer at *index*."""
    if step.taken.action.name not in {"commit arrives", "async commit arrives"}:
        return False
    before, after = (cast("Consumers", now["consumers"])[index] for now in (step.before[0], step.after[0]))
    return step.taken.says.startswith("the group coordinator accepts") and before != after


def seen(step: Transition[Past], index: int) -> tuple[Values, Values]:
    """A transition as the theorem sees it of one consumer: what was accepted before it was of the first generation."""
    (before, past), (now, then) = step.before, step.after
    taken, older = (0, 0), False
    if accepts(step, index):
        taken = (past[index].generation, cast("Group", before["group"]).generation)
        coordinator = cast("Coordinator", before["coordinator"])
        older = index not in coordinator.members - coordinator.ahead - coordinator.released
    one = known(before, index, past[index].generation, (0, 0), has_taken_older=False)
    return one, known(now, index, then[index].generation, taken, has_taken_older=older, when="after")


def every_step(system: System) -> Iterator[tuple[str, Values, Values]]:
    every = (
        (step.taken.says, *seen(step, index))
        for step in transitions(system, NO_PAST, remember)
        for index in range(len(step.before[1]))
    )
    return once(every, as_seen)


@cache
def names_by(stepping: Stepping) -> Callable[..., frozenset[str]]:
    return names_of(partial(stepping, EXACT), state)


FAST = ("commits are waited for", "members that are given epochs")
CASES = [name if name in FAST else pytest.param(name, marks=pytest.mark.slow) for name in SYSTEMS]


@pytest.mark.parametrize("name", CASES)
def test_every_step_of_a_member_is_one_of_the_theorem_and_keeps_its_invariant(name: str) -> None:
    stepping, system = SYSTEMS[name]
    holds = Question(invariant(state("after")) if stepping is steps else ~state("after").has_taken_older)
    names = names_by(stepping)
    for says, before, after in every_step(system):
        assert holds.is_possible_for(after), says
        assert names(before | after), says


@pytest.mark.parametrize("name", SYSTEMS)
def test_a_group_starts_as_the_theorem_does(name: str) -> None:
    started = SYSTEMS[name][1].initial

    assert Question(first(state())).is_possible_for(known(dict(started), 0, 0, (0, 0), has_taken_older=False))


@pytest.mark.parametrize("stepping", [steps, steps_by_epoch], ids=["of members that rejoin", "by epoch"])
def test_every_step_of_the_theorem_is_one_of_a_member(stepping: Stepping) -> None:
    names = names_by(stepping)
    system = next(system for of, system in SYSTEMS.values() if of is stepping)
    taken = (names(before | after) for _, before, after in every_step(system))

    assert frozenset[str]().union(*taken) == {step.name for step in stepping(EXACT, state(), state("after"))}


def judging(system: System, protocol: Protocol) -> System:
    return attrs.evolve(system, rules={**system.rules, "protocol": protocol})


STATIC = "a coordinator asks only who is a member"
BROKEN = {
    STATIC: (
        steps,
        judging(
            reading(attrs.evolve(SYNC, is_static=True), kinds=ALL, faults=2),
            attrs.evolve(CLASSIC, answer=HEARTBEATS.answer),
        ),
    ),
    "a client commits as nobody": (steps, reading(attrs.evolve(SYNC, commits_as_nobody=True))),
    "older member epochs are accepted": (steps_by_epoch, reading(attrs.evolve(SYNC, rebalancing=RECONCILING))),
}


@pytest.mark.parametrize(
    "name", [pytest.param(STATIC, marks=pytest.mark.slow), *(name for name in BROKEN if name != STATIC)]
)
def test_where_a_rule_is_broken_a_step_is_none_of_the_theorem(name: str) -> None:
    stepping, system = BROKEN[name]
    names = names_by(stepping)

    assert not all(names(before | after) for _, before, after in every_step(system))
