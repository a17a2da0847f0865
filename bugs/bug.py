"""A known bug: the rules that had it, what it broke, and the rules that fixed it."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import attrs

from ackproof.model.faults import Faults
from ackproof.model.system import System
from ackproof.properties.property import Property


@attrs.frozen(kw_only=True)
class Bug:
    """
    A bug as a pair of systems that differ in rules alone.

    Attributes:
        number: How people look it up: a ticket, a KIP, or ``librdkafka NUMBER``.
        title: What happened to a user, in one sentence without a full stop.
        affected, fixed_in: Versions, in words.
        breaks: The claim or invariant by the name that users know.
        statement: What was to hold in every state; where ``is_goal``, what every fair execution was to reach.
        faults: The kinds of fault that it needs, each with how often; none for a bug that needs none.
        mechanism: Which method had it and how, for people.
        had, fixed: Systems with the rules that had it, and with those that fixed it.
    """

    number: str
    title: str
    affected: str
    fixed_in: str
    source: str
    breaks: str
    statement: Property
    faults: Mapping[str, int]
    mechanism: str
    had: Callable[[], System]
    fixed: Callable[[], System]
    is_goal: bool = False

    @property
    def budget(self) -> Faults:
        """What its systems may spend."""
        return budget(self.faults)


def budget(faults: Mapping[str, int]) -> Faults:
    """Just these *faults*, each as often as it says."""
    return Faults(sum(faults.values()), tuple(sorted(faults.items())))


def bug(
    number: str,
    title: str,
    *,
    affected: str,
    fixed_in: str,
    source: str,
    breaks: str,
    statement: Property,
    faults: Mapping[str, int],
    had: Any,  # whatever rules its function takes
    fixed: Any,  # the same
    is_goal: bool = False,
) -> Callable[[Callable[..., System]], Bug]:
    """
    Make a bug of a function from (rules, budget, kinds of fault) to the system that has these rules.

    Its docstring is the mechanism: it names the method of Kafka or of the client that had the bug.
    """

    def wrap(system: Callable[..., System]) -> Bug:
        kinds = frozenset(faults)
        return Bug(
            number=number,
            title=title,
            affected=affected,
            fixed_in=fixed_in,
            source=source,
            breaks=breaks,
            statement=statement,
            faults=faults,
            mechanism=inspect.cleandoc(system.__doc__ or ""),
            had=lambda: system(had, budget(faults), kinds),
            fixed=lambda: system(fixed, budget(faults), kinds),
            is_goal=is_goal,
        )

    return wrap


@attrs.frozen
class OutOfReach:
    """A bug of the record that no rule of the model can have, and why."""

    number: str
    title: str
    why_not: str
    source: str
