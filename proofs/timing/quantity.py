"""Unknown times and counts, and how large or small they can be; all that is said of them is linear."""

from collections.abc import Iterable
from fractions import Fraction
from typing import Any

import attrs

from ackproof.proofs.logic import Number, Truth, z3

EFFORT = 100_000_000
"""When z3 gives up: in its own steps, so that it does so on every machine alike."""


def quantity(name: str) -> Number:
    """An unknown quantity; two of the same name are the same."""
    return Number(z3.Real(name))


def known(value: Fraction | int) -> Number:
    """A known quantity as a term."""
    value = Fraction(value)
    return Number(z3.Q(value.numerator, value.denominator))


def times(number: Number, factor: Fraction | int) -> Number:
    """A quantity that many times."""
    return Number(number.term * known(factor).term)


class UndecidedError(Exception):
    """z3 gave up."""


@attrs.frozen
class Extreme:
    """
    How large or small a quantity can be.

    Attributes:
        value: None where there is no bound.
        is_taken: Whether it can be just that.
    """

    value: Fraction | None
    is_taken: bool = True


def is_satisfiable(given: Iterable[Truth]) -> bool:
    """
    Whether all that is *given* can be true at once.

    Raises:
        UndecidedError: z3 can not tell.
    """
    solver = z3.Solver()
    solver.set("rlimit", EFFORT)
    solver.add(*(one.term for one in given))
    return _decided(solver.check(), solver)


def most(number: Number, given: Iterable[Truth]) -> Extreme | None:
    """
    The largest that *number* can be where all that is *given* is true; None where that can not be.

    Raises:
        UndecidedError: z3 can not tell.
    """
    optimizer = z3.Optimize()
    optimizer.set("rlimit", EFFORT)
    optimizer.add(*(one.term for one in given))
    handle = optimizer.maximize(number.term)
    if not _decided(optimizer.check(), optimizer):
        return None
    infinite, finite, beside = handle.upper_values()
    if _as_fraction(infinite) != 0:
        return Extreme(None, is_taken=False)
    return Extreme(_as_fraction(finite), is_taken=_as_fraction(beside) == 0)


def least(number: Number, given: Iterable[Truth]) -> Extreme | None:
    """
    The smallest that *number* can be, in the same way.

    Raises:
        UndecidedError: z3 can not tell.
    """
    found = most(times(number, -1), given)
    return found if found is None or found.value is None else attrs.evolve(found, value=-found.value)


def _decided(answer: Any, solver: Any) -> bool:
    if answer == z3.unknown:
        raise UndecidedError(str(solver.reason_unknown()))
    return bool(answer == z3.sat)


def _as_fraction(value: Any) -> Fraction:
    value = z3.simplify(value)
    return Fraction(value.as_fraction()) if z3.is_rational_value(value) else Fraction(value.as_long())
