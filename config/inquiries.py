"""What has to be searched to decide a basic claim about a pipeline."""

from collections.abc import Callable, Iterator

import attrs

from ackproof.config.pipeline import Pipeline
from ackproof.config.systems import goal_system, halves, is_absorbed, produce_system, system_for, unmodelled
from ackproof.model.system import System
from ackproof.properties.claims import GOALS, INTERESTING, INVARIANTS, OF_TRANSACTIONS, Half
from ackproof.properties.produce import what_a_reader_saw_stays
from ackproof.properties.property import Property


@attrs.frozen
class Inquiry:
    """
    One search: a system, and what every state of it satisfies if the claim is true of its part of the pipeline.

    Attributes:
        half: Where in the pipeline that is.
        where: The same in words.
        looks_for: What some state satisfies unless the claim is an empty one.
        system: The system, without any reduction if that is asked for.
        is_goal: Every fair execution is to come to what ``holds`` says, again and again.
    """

    half: Half
    where: str
    basic: str
    holds: Property
    looks_for: tuple[Property, ...]
    system: Callable[[bool], System]
    is_goal: bool = False

    @property
    def what(self) -> str:
        """What the search looks for, in words."""
        if self.is_goal:
            return f"a fair execution of {self.where} that never {self.basic}"
        return f"a violation of {self.basic} in {self.where}"


def inquiries(pipeline: Pipeline, basic: str) -> tuple[Inquiry, ...]:
    """The searches that decide *basic*, as far as there are models for it."""
    closed = {what.half for what in unmodelled(pipeline, basic)}
    if None in closed or basic in OF_TRANSACTIONS:
        return ()
    return tuple(asked for asked in _inquiries(pipeline, basic) if asked.half not in closed)


def _inquiries(pipeline: Pipeline, basic: str) -> Iterator[Inquiry]:
    if basic in GOALS:
        yield goal(pipeline, basic)
        return
    for half in reversed(halves(pipeline)):
        if not is_absorbed(pipeline, half, basic):
            yield of(pipeline, half, basic)


def of(pipeline: Pipeline, half: Half, basic: str) -> Inquiry:
    """The search for a violation of *basic* in a half, or in the whole."""
    where = "the whole pipeline" if half == "whole" else f"the {half} half"

    def system(is_fine: bool) -> System:
        return system_for(pipeline, half, basic, is_fine=is_fine)

    return Inquiry(half, where, basic, INVARIANTS[half][basic], INTERESTING[half][basic], system)


def goal(pipeline: Pipeline, basic: str) -> Inquiry:
    """The search for an execution that never comes to what *basic* says, step by step without any reduction."""
    half, holds, matters = GOALS[basic]
    where = f"the {half} half"
    return Inquiry(half, where, basic, holds, (matters,), lambda _: goal_system(pipeline, basic), is_goal=True)


def what_readers_saw(pipeline: Pipeline) -> Inquiry:
    """The search for a record that disappears from the log: while there is none the halves can be judged apart."""

    def system(is_fine: bool) -> System:
        return produce_system(pipeline, "no-duplicates", remembers_visible=True, is_fine=is_fine)

    return Inquiry("produce", "the produce half", "no-duplicates", what_a_reader_saw_stays, (), system)
