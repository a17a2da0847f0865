"""How to look for a violation, and how hard: nothing of it changes what is true, only what is found in time."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

import attrs

from ackproof.model.system import System
from ackproof.search.engines import How
from ackproof.search.exploration import Checkpoint
from ackproof.search.explorer import Plan

REDUCTIONS = ("urgency", "symmetry", "slicing", "partial-order")
"""Simplifications of the search, each of which can be left out."""

USUAL = frozenset({"urgency", "symmetry", "slicing"})
"""Those that are in force unless somebody says otherwise: with partial order a violation found need not be shortest."""


@attrs.frozen
class Effort:
    """
    How to search.

    Attributes:
        how: By which loop, with how many workers.
        reductions: Which simplifications are in force.
        walks: How many steps to walk at random where an exhaustive search ended before its time.
        seed: Of those walks.
        megabytes: Of memory for each search; None for three quarters of the machine's.
        checkpoints: The folder for searches that end before their time; None to leave nothing.
        is_resumed: Go on with what is there.
    """

    how: How = attrs.field(factory=How)
    reductions: frozenset[str] = USUAL
    walks: int = 0
    seed: int = 0
    megabytes: int | None = None
    checkpoints: Path | None = None
    is_resumed: bool = False

    def applied(self, system: System) -> System:
        """*system* with the declared reductions that are in force."""
        return attrs.evolve(system, reductions=system.reductions & self.reductions)

    def plan(self, file: str, what: str, about: Mapping[str, object]) -> Plan:
        """How to search for *what* in the pipeline of *file*."""
        slices, partial_order = "slicing" in self.reductions, "partial-order" in self.reductions
        return Plan(self.how, slices, partial_order, self.checkpoint(file, what, about))

    def checkpoint(self, file: str, what: str, about: Mapping[str, object]) -> Checkpoint | None:
        """Where to leave a search for *what* in the pipeline of *file*."""
        if self.checkpoints is None:
            return None
        name = hashlib.sha256(f"{Path(file).resolve()}: {what}".encode()).hexdigest()[:16]
        return Checkpoint(self.checkpoints / f"{name}.npz", about, self.is_resumed)


def reductions_named(names: str) -> frozenset[str]:
    """
    The reductions in a list with commas; "none" for none.

    Raises:
        ValueError: There is none of that name.
    """
    given = {name.strip() for name in names.split(",")} - {"", "none"}
    unknown = given - set(REDUCTIONS)
    if unknown:
        raise ValueError(f"there is no reduction {', '.join(sorted(unknown))}; there are {', '.join(REDUCTIONS)}")
    return frozenset(given)
