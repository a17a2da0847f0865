"""Struck: what a fault did, and what undoes it."""

from collections.abc import Callable
from random import Random

import attrs

from ackproof.reference.simulator.scenario import Fault

Heal = Callable[[], None]


def nothing() -> None:
    """There is nothing to undo."""


@attrs.frozen
class Struck:
    """
    A fault has happened.

    Attributes:
        target: To whom or what.
        heal: What undoes it.
        lasts_ms: After how long.
    """

    target: str
    heal: Heal = nothing
    lasts_ms: int = 0


def lasts(fault: Fault, rng: Random, shortest_ms: int, longest_ms: int) -> int:
    """How long *fault* lasts: as it says, or as chance wants."""
    return rng.randint(shortest_ms, longest_ms) if fault.lasts_ms is None else fault.lasts_ms
