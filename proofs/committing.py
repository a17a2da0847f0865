"""Commits as theorems see them: what a member has heard of its group, and what its coordinator makes of that."""

from collections.abc import Iterable, Iterator
from itertools import product
from typing import cast

import attrs

from ackproof.model.consume.consumer import Answer, Consumer, Consumers, Status
from ackproof.model.consume.coordinator import NOBODY, Coordinator, Protocol
from ackproof.model.consume.log import Group
from ackproof.model.consume.reconciling import HEARTBEATS
from ackproof.model.consume.rejoining import begin_generation
from ackproof.model.consume.requests import answers
from ackproof.model.consume.rules import ConsumerRules
from ackproof.model.system import Next
from ackproof.proofs.logic import ALWAYS, NEVER, Number, Truth, all_of, any_of, same_truth, truth
from ackproof.proofs.paths import taken
from ackproof.proofs.states import becomes, unknown
from ackproof.proofs.theorem import Step


@attrs.frozen
class Rules:
    """
    Who judges a commit, and of what client.

    Attributes:
        protocol: Of a group whose members rejoin.
        consumer: Of a member of such a group.
        reconciling: Of a member whose coordinator assigns by itself.
    """

    protocol: Protocol
    consumer: ConsumerRules
    reconciling: ConsumerRules


SENDER, OTHER = 0, 1
STATUSES: tuple[Status, ...] = ("owner", "silent", "member")
MEMBERS = (NOBODY, frozenset({OTHER}), frozenset({SENDER, OTHER}))
Flags = tuple[bool, ...]


@attrs.frozen
class Generations:
    """
    One member of a group, or one that was, and what it commits.

    Attributes:
        of_group: The present generation.
        heard: The one that the member has heard of last.
        sent: The one with which its last commit was sent.
        taken: The one with which the last commit was sent that was accepted of it.
        taken_in: That of the group then.
    """

    of_group: Number
    heard: Number
    sent: Number
    taken: Number
    taken_in: Number


@attrs.frozen
class Standing:
    """
    What such a member is to its group.

    Attributes:
        is_listed: The coordinator knows it.
        is_anybody: The coordinator knows anybody.
        is_completing: The group waits for its assignment.
        is_owner, is_silent, is_rejoining: As it takes itself to be.
        is_ahead: It was given a member epoch that it has not heard of.
        is_released: It has said that it leaves for a while.
    """

    is_listed: Truth
    is_anybody: Truth
    is_completing: Truth
    is_owner: Truth
    is_silent: Truth
    is_rejoining: Truth
    is_ahead: Truth
    is_released: Truth

    @property
    def knows_its_epoch(self) -> Truth:
        """Whether it is a member, and what it sends is of its present member epoch."""
        return self.is_listed & ~self.is_ahead & ~self.is_released


@attrs.frozen
class State:
    """
    A member, as both protocols see it.

    Attributes:
        has_taken_older: A commit of an older member epoch was accepted of it.
    """

    generations: Generations
    standing: Standing
    has_taken_older: Truth


GENERATION, TAKEN_OLDER = "generation", "an older member epoch was accepted"


def state(when: str = "") -> State:
    """An unknown state of a member."""
    has_taken_older = truth(" ".join(filter(None, (TAKEN_OLDER, when))))
    return State(unknown(Generations, GENERATION, when), unknown(Standing, when=when), has_taken_older)


def steps(rules: Rules, before: State, after: State) -> Iterator[Step]:
    """Everything that happens to a member of a group whose members rejoin; what it is to the group may change too."""
    numbers = before.generations
    is_same = same_truth(before.has_taken_older, after.has_taken_older)

    def become(**changes: Number | int) -> Truth:
        return is_same & becomes(numbers, after.generations, **changes)

    yield Step("a generation begins", is_same & begins(rules.consumer, numbers, after.generations))
    yield Step("it sends a commit", become(sent=numbers.heard))
    accepted = of_members(rules, before, "accepted")
    yield Step("its commit is accepted", accepted & become(taken=numbers.sent, taken_in=numbers.of_group))
    yield Step("its commit is refused", of_members(rules, before, "refused") & become(heard=0))
    yield Step("it starts anew", become(heard=0))
    yield Step("it is back under its instance id", become(heard=numbers.of_group))
    yield Step("it becomes something else to the group", become())


def steps_by_epoch(rules: Rules, before: State, after: State) -> Iterator[Step]:
    """Everything that happens to a member whose coordinator assigns by itself."""
    is_older = before.has_taken_older | ~before.standing.knows_its_epoch
    accepted = of_epochs(rules, before) & same_truth(after.has_taken_older, is_older)
    yield Step("the commit of a member that is given epochs is accepted", accepted)
    others = same_truth(after.has_taken_older, before.has_taken_older)
    yield Step("it is given an epoch, or hears of it, or becomes something else to the group", others)


def of_members(rules: Rules, at: State, answer: Answer) -> Truth:
    """Whether that may be the answer to a commit of a member that rejoins, or of one that was, as the model decides."""
    return any_of(
        is_so & answered(rules.protocol, rules.consumer, sender, coordinator, at.generations, answer)
        for is_so, sender, coordinator in cases(at, (False,), (False,))
    )


def of_epochs(rules: Rules, at: State) -> Truth:
    """Whether a commit of a member that is given epochs may be accepted, or of one that was."""
    both = (False, True)
    return any_of(
        is_so & answered(HEARTBEATS, rules.reconciling, sender, coordinator, at.generations, "accepted")
        for is_so, sender, coordinator in cases(at, both, both)
    )


def cases(at: State, ahead: Flags, released: Flags) -> Iterator[tuple[Truth, Consumer, Coordinator]]:
    """What a sender may be to its group, each with whether it is that."""
    flags, numbers = (False, True), at.generations
    for members, is_completing, status, rejoins, is_ahead, is_released in product(
        MEMBERS, flags, STATUSES, flags, ahead, released
    ):
        is_listed = SENDER in members
        known = {
            "is_listed": is_listed,
            "is_anybody": bool(members),
            "is_completing": is_completing,
            "is_owner": status == "owner",
            "is_silent": status == "silent",
            "is_rejoining": rejoins,
            "is_ahead": is_ahead,
            "is_released": is_released,
        }
        is_so = all_of(is_flag(getattr(at.standing, name), value) for name, value in known.items())
        sender = Consumer(status, generation=cast("int", numbers.sent), is_rejoining=rejoins)
        coordinator = Coordinator(
            "completing" if is_completing else "stable",
            members,
            ahead=frozenset({SENDER}) if is_ahead else NOBODY,
            released=frozenset({SENDER}) if is_released else NOBODY,
        )
        yield is_so, sender, coordinator


def is_flag(has: Truth, value: bool) -> Truth:
    """Whether a flag has that value."""
    return has if value else ~has


def answered(
    protocol: Protocol,
    rules: ConsumerRules,
    sender: Consumer,
    coordinator: Coordinator,
    numbers: Generations,
    answer: Answer,
) -> Truth:
    """Whether that may be the answer to the commit of *sender*, by the model's own decision."""
    group = Group(generation=cast("int", numbers.of_group))
    consumers = (sender, Consumer("member"))
    return taken(
        lambda: frozenset(answers(rules, protocol, consumers, group, coordinator, SENDER)),
        lambda found: ALWAYS if answer in found else NEVER,
    )


def begins(rules: ConsumerRules, before: Generations, after: Generations) -> Truth:
    """A generation begins: the member has joined it and is told, or has not, by the model's own action."""
    heard = cast("int", before.heard)
    consumers = (Consumer("joining", generation=heard), Consumer("out", generation=heard))
    coordinator = Coordinator("preparing", frozenset({SENDER}), frozenset({SENDER}))
    group = Group(generation=cast("int", before.of_group))

    def begun() -> Next:
        outcomes = cast("Iterable[Next]", begin_generation.function(rules, consumers, group, coordinator))
        return next(iter(outcomes))

    def is_begun(outcome: Next) -> Truth:
        then = cast("Group", outcome.changes["group"])
        of_group = cast("Number", cast("object", then.generation))
        told = (cast("object", one.generation) for one in cast("Consumers", outcome.changes["consumers"]))
        return any_of(becomes(before, after, of_group=of_group, heard=cast("Number", one)) for one in told)

    return taken(begun, is_begun)
