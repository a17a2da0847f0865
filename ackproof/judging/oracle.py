"""The full search as the oracle of repairs, which remembers what it has searched already."""

from collections.abc import Callable
from functools import partial
from typing import Self

import attrs

from ackproof.config.inquiries import Inquiry, inquiries, of
from ackproof.config.pipeline import Pipeline
from ackproof.config.systems import as_bounded, halves, unmodelled, unmodelled_in_one_piece
from ackproof.judging.effort import Effort
from ackproof.judging.hearing import Finding, Hearing, OnProgress
from ackproof.judging.judge import verdict_of
from ackproof.judging.timing import as_injected
from ackproof.model.system import System
from ackproof.properties.claims import basics_of
from ackproof.properties.property import Property
from ackproof.repair.repairing import Failed, Judged
from ackproof.reports.text import is_empty
from ackproof.search.exploration import Budget, Exploration
from ackproof.traces.repeating import can_happen_too

IN_ONE_PIECE = "the whole pipeline"
"""Where an inquiry looks that is not of one half or of the transactions."""

Asked = tuple[tuple[Property, ...], tuple[Property, ...]]
"""What has to hold in every state of a system, and what is looked for in some."""


@attrs.define
class Memory:
    """
    Searches that came to their end, so that configurations that share a system share its search.

    Attributes:
        states: How many distinct states all searches together have met.
        most_states: How many they may meet; None for as many as there are.
        is_interrupted: Whether the user has ended one.
    """

    most_states: int | None = None
    searched: list[tuple[System, Asked, Exploration]] = attrs.field(factory=list[tuple[System, Asked, Exploration]])
    states: int = 0
    is_interrupted: bool = False

    @property
    def states_left(self) -> int | None:
        """How many states further searches may meet."""
        return None if self.most_states is None else max(0, self.most_states - self.states)

    def recall(self, system: System, asked: Asked) -> Exploration | None:
        """What a search of the same system for the same has found."""
        return next((found for of, for_, found in self.searched if for_ == asked and is_same(of, system)), None)

    def keep(self, system: System, asked: Asked, found: Exploration) -> None:
        """Remember what a search has found, if it has looked everywhere it should."""
        self.states += found.distinct_states
        self.is_interrupted = self.is_interrupted or found.ended == "interrupted"
        if found.ended in {"exhausted", "violated"}:
            self.searched.append((system, asked, found))


def is_same(one: System, other: System) -> bool:
    """Whether two systems are the same."""
    return parts_of(one) == parts_of(other)


def parts_of(system: System) -> tuple[object, ...]:
    """What makes *system* what it is; a symmetry is told by its function, and what that is bound to."""
    bound = {name: (of.func, of.args) if isinstance(of, partial) else of for name, of in system.symmetric.items()}
    return (
        tuple(system.initial.items()),
        system.actions,
        system.rules,
        bound,
        system.interchangeable,
        system.reductions,
    )


@attrs.define
class Remembering(Hearing):
    """A hearing that does not search again what has been searched."""

    memory: Memory = attrs.field(factory=Memory)

    def explore(self, group: tuple[Inquiry, ...], what: str, share: float) -> Exploration:
        """Search for a state that breaks what holds, unless that is known."""
        system = self.effort.applied(group[0].system(self.is_fine))
        conditions = dict.fromkeys(condition for inquiry in group for condition in inquiry.looks_for)
        asked = (tuple(inquiry.holds for inquiry in group), tuple(conditions))
        known = None if self.violations else self.memory.recall(system, asked)
        if known is None:
            known = super().explore(group, what, share)
            self.memory.keep(system, asked, known)
        return known

    def explore_fairly(self, inquiry: Inquiry, what: str) -> Exploration:
        """Search for an execution that never comes to the goal, unless that is known."""
        system, asked = inquiry.system(True), ((inquiry.holds,), inquiry.looks_for)
        known = self.memory.recall(system, asked)
        if known is None:
            known = super().explore_fairly(inquiry, what)
            self.memory.keep(system, asked, known)
        return known


@attrs.define
class Hasty(Remembering):
    """A hearing that ends with the first violation, whatever is left to be searched."""

    def budget(self, share: float, depth: int | None = None) -> Budget:
        """A share of the time that is left, and all states that are."""
        return attrs.evolve(super().budget(share, depth), states=self.memory.states_left)

    def hear_group(self, group: tuple[Inquiry, ...], share: float) -> None:
        """Search one system, unless the claim is known to be violated."""
        if not self.violations:
            super().hear_group(group, share)


@attrs.frozen
class Oracle:
    """
    Judges configurations within what is left of a budget.

    Attributes:
        seconds_left: How long it may still take.
        effort: How to search.
        may_be_empty: Claims that hold even if what is interesting about them never happens.
    """

    seconds_left: Callable[[], float]
    memory: Memory = attrs.field(factory=Memory)
    effort: Effort = attrs.field(factory=Effort)
    on_progress: OnProgress | None = None
    may_be_empty: frozenset[str] = frozenset()

    def __call__(self, pipeline: Pipeline) -> Judged:
        """What the full search says of the claims of *pipeline*, up to the first that is not so."""
        pipeline = as_injected(pipeline)
        for claim in pipeline.claims:
            if (answer := self.judged(pipeline, claim)) != "holds":
                return answer
        return "holds"

    def judged(self, pipeline: Pipeline, claim: str) -> Judged:
        """What the full search says of one claim."""
        hearing = self.heard(pipeline, claim)
        if hearing.violations:
            return failed(hearing.violations[0])
        if any(unmodelled(pipeline, basic) for basic in basics_of(claim)):
            return "undecidable"
        if hearing.reasons:
            return "unknown"
        return "undecidable" if is_empty(verdict_of(hearing)) and claim not in self.may_be_empty else "holds"

    def heard(self, pipeline: Pipeline, claim: str) -> Hearing:
        """The search for one claim, in the time that is left."""
        bounded = as_bounded(pipeline, claim)
        bounds = attrs.evolve(bounded.bounds, budget_s=max(0.0, self.seconds_left()))
        within = attrs.evolve(bounded, bounds=bounds)
        hearing = Hasty(within, claim, self.on_progress, effort=self.effort, memory=self.memory)
        if self.memory.is_interrupted:
            hearing.reasons.append("interrupted before it was searched")
        else:
            hearing.hear()
        return hearing

    def knowing(self, pipeline: Pipeline) -> Self:
        """The same, for which claims may be empty that are so of *pipeline* as it is."""
        injected = as_injected(pipeline)
        empty = (claim for claim in injected.claims if is_empty(verdict_of(self.heard(injected, claim))))
        return attrs.evolve(self, may_be_empty=frozenset(empty))


def failed(finding: Finding) -> Failed:
    """The violation that was found, and whether it can happen elsewhere."""
    trace, inquiry = finding.exploration.violation, finding.inquiry
    assert trace is not None
    actions = [step.action.name for step in trace.steps]
    system = inquiry.system(False)

    def happens(pipeline: Pipeline) -> bool:
        same = same_inquiry(as_injected(pipeline), inquiry)
        if same is None:
            return False
        there = same.system(False)
        # That something never happens is known only of the same system.
        return is_same(system, there) or (not same.is_goal and can_happen_too(there, actions, same.holds))

    return Failed(happens, trace.faults)


def same_inquiry(pipeline: Pipeline, inquiry: Inquiry) -> Inquiry | None:
    """The search of another pipeline that asks what *inquiry* asks; None if nobody asks that there."""
    if inquiry.where == IN_ONE_PIECE:
        is_asked = len(halves(pipeline)) > 1 and not unmodelled_in_one_piece(pipeline, inquiry.basic, rolls_back=True)
        return of(pipeline, "whole", inquiry.basic, rolls_back=True) if is_asked else None
    asked = inquiries(pipeline, inquiry.basic)
    return next((other for other in asked if (other.half, other.where) == (inquiry.half, inquiry.where)), None)
