"""Executions that never end: what leads to the steps that are repeated for ever, and then these, some times over."""

from collections.abc import Sequence
from typing import Protocol, Self, TypeVar

TURNS = 3
"""How often steps are taken that the model repeats for ever; after each time all has to be as it was before."""


class Numbered(Protocol):
    """A step."""

    def renumbered(self, number: int) -> Self:
        """The same step as another one of the trace."""
        ...


T = TypeVar("T", bound=Numbered)


def repeated(steps: Sequence[T], loop: int | None) -> tuple[T, ...]:
    """
    *steps*, of which those from *loop* on are taken ``TURNS`` times.

    A trace that stops where nothing is possible any more repeats nothing.
    """
    cycle = () if loop is None else steps[loop:]
    again = (step.renumbered(len(steps) + place) for place, step in enumerate([*cycle] * (TURNS - 1), start=1))
    return (*steps, *again)
