"""
The smallest repairs: sets of changes, the fewest first, each judged by the full search.

Settings are tried before upgrades, and these before changes of the application. What is found is a frontier: no other
repair is smaller and costs nothing that it does not cost.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Literal

import attrs

from ackproof.config.pipeline import Pipeline
from ackproof.repair.change import Change, changed
from ackproof.repair.learning import Happens, Learner
from ackproof.repair.lever import Option, Where
from ackproof.repair.needs import Needs, fewest, needs_of
from ackproof.repair.proposing import MOST_CHANGES, Proposer

__all__ = ["MOST_CHANGES", "MOST_REPAIRS", "Failed", "Judged", "Oracle", "Repair", "Search", "repairs"]

MOST_REPAIRS = 5
"""How many repairs are looked for."""

KINDS: tuple[Where, ...] = ("configuration", "upgrade", "application")


@attrs.frozen
class Failed:
    """
    A configuration under which a claim is violated.

    Attributes:
        happens: Whether the execution that violates it can happen in another configuration too.
        faults: The kinds of fault in it.
    """

    happens: Happens
    faults: tuple[str, ...] = ()


Judged = Literal["holds", "unknown", "undecidable"] | Failed
Oracle = Callable[[Pipeline], Judged]
"""What the full search says of the claims of a pipeline; undecidable: there is no model, or they say nothing there."""


@attrs.frozen
class Repair:
    """A set of changes under which the claims hold, in the order of their levers."""

    options: tuple[Option, ...]

    @property
    def changes(self) -> tuple[Change, ...]:
        """The changes alone."""
        return tuple(option.change for option in self.options)

    @property
    def where(self) -> Where:
        """The kind of its dearest change."""
        return kind(self.options)


def kind(options: Sequence[Option]) -> Where:
    """The kind of the dearest of some options."""
    return KINDS[max((KINDS.index(option.lever.where) for option in options), default=0)]


@attrs.frozen
class Search:
    """
    What a search for repairs has found.

    Attributes:
        repairs: Of the cheapest kind that there is, the smallest first.
        tried: How many configurations were judged.
        undecided: How many of them could not be decided.
        is_complete: Whether nothing smaller was left out, and there is no further one if there are none.
        faults: The kinds of fault in executions that no change prevents; if each can be prevented, those of the first.
    """

    repairs: tuple[Repair, ...]
    tried: int
    undecided: int
    is_complete: bool
    faults: tuple[str, ...] = ()


@attrs.define
class Hunt:
    """
    A search for repairs, as far as it has come.

    Attributes:
        first, unprevented: The kinds of fault in the first counterexample, and in one that no change prevents.
    """

    pipeline: Pipeline
    levers: Sequence[Option]
    oracle: Oracle
    needs: Needs = attrs.field(init=False)
    learner: Learner = attrs.field(init=False)
    proposer: Proposer = attrs.field(init=False)
    found: list[Repair] = attrs.field(factory=list[Repair])
    tried: int = 0
    undecided: int = 0
    first: tuple[str, ...] = ()
    unprevented: tuple[str, ...] = ()

    def __attrs_post_init__(self) -> None:
        self.needs = needs_of(self.pipeline, self.levers)
        self.learner = Learner(self.pipeline, self.levers, self.needs)
        self.proposer = Proposer(self.levers, self.needs)

    def judged(self, chosen: Sequence[Option]) -> Judged | None:
        """What the full search says of the pipeline with these changes; None if they are refused."""
        after = changed(self.pipeline, frozenset(option.change for option in chosen))
        return None if after is None else self.oracle(after)

    def learn(self, proposed: tuple[Option, ...], answer: Judged | None) -> None:
        """Learn from the *answer* on what was *proposed*."""
        self.tried += answer is not None
        self.undecided += answer in {"unknown", "undecidable"}
        match answer:
            case "holds":
                self.found.append(Repair(proposed))
                self.proposer.learn(proposed, ())
                self.proposer.surpass(proposed)
                for stronger in self.stronger(proposed):
                    self.proposer.learn(stronger, ())
            case "unknown":
                self.proposer.exclude(proposed)
            case "undecidable" | None:
                core = fewest(proposed, self.needs, lambda fewer: self.judged(fewer) == answer)
                self.proposer.learn(core, ())
            case Failed():
                self.learn_from(proposed, answer)

    def stronger(self, found: tuple[Option, ...]) -> Iterator[tuple[Option, ...]]:
        """What was *found* with a dearer value of a key at the same costs: nobody needs it."""
        for option in found:
            for other in self.levers[self.levers.index(option) + 1 :]:
                if other.change.key == option.change.key and other.pays == option.pays:
                    yield tuple(other if one is option else one for one in found)

    def learn_from(self, proposed: tuple[Option, ...], failed: Failed) -> None:
        """Learn from an execution that happens with what was *proposed*."""
        lesson = self.learner.lesson(proposed, failed.happens)
        self.proposer.learn(lesson.given, lesson.one_of)
        self.first = self.first or failed.faults
        if not lesson.one_of and not lesson.given:
            self.unprevented = failed.faults

    def outcome(self, *, is_complete: bool) -> Search:
        """What has been found."""
        is_complete = is_complete and self.undecided == 0
        return Search(tuple(self.found), self.tried, self.undecided, is_complete, self.unprevented or self.first)


def repairs(
    pipeline: Pipeline,
    levers: Sequence[Option],
    oracle: Oracle,
    *,
    has_time: Callable[[], bool],
    most: int = MOST_REPAIRS,
) -> Search:
    """The smallest repairs of *pipeline* by *levers*, as long as there is time."""
    hunt = Hunt(pipeline, levers, oracle)
    while len(hunt.found) < most and (proposed := hunt.proposer.propose()) is not None:
        if hunt.found and kind(proposed) != hunt.found[0].where:
            break
        if not has_time():
            return hunt.outcome(is_complete=False)
        hunt.learn(proposed, hunt.judged(proposed))
    return hunt.outcome(is_complete=True)
