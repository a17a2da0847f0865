"""
Unknown numbers and what is true of them: z3 behind types of our own, as z3 has none.

A ``Number`` stands in for an int in the model's own functions, and a ``Truth`` for a bool: whoever asks whether it is
true makes the run branch (``paths``).
"""

import importlib
from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from typing import Any, Protocol

import attrs

z3: Any = importlib.import_module("z3")
"""It has no types, and those that checkers infer are wrong."""

# While it works it would take Ctrl-C for itself, answer "unknown", and go on with what is asked next.
z3.set_param("ctrl_c", False)


class Judge(Protocol):
    """Who decides which branch a run takes."""

    def decide(self, truth: "Truth") -> bool:
        """Whether this run is one in which *truth* is true."""
        ...

    def chance(self) -> "Truth":
        """Something that may be true or not in this run, whatever else is."""
        ...


JUDGE: ContextVar[Judge] = ContextVar("judge")


class Truth:
    """Something that is true or false of unknown numbers."""

    __slots__ = ("term",)

    def __init__(self, term: Any) -> None:
        self.term = term

    def __bool__(self) -> bool:
        return JUDGE.get().decide(self)

    def __and__(self, other: "Truth") -> "Truth":
        return Truth(z3.And(self.term, other.term))

    def __or__(self, other: "Truth") -> "Truth":
        return Truth(z3.Or(self.term, other.term))

    def __invert__(self) -> "Truth":
        return Truth(z3.Not(self.term))

    def implies(self, other: "Truth") -> "Truth":
        """Whether *other* is true wherever this is."""
        return Truth(z3.Implies(self.term, other.term))


class Number:
    """An unknown integer, of any size."""

    __slots__ = ("term",)

    def __init__(self, term: Any) -> None:
        self.term = term

    def __add__(self, other: "Number | int") -> "Number":
        return Number(self.term + _term(other))

    def __sub__(self, other: "Number | int") -> "Number":
        return Number(self.term - _term(other))

    def __mod__(self, other: int) -> "Number":
        return Number(self.term % other)

    __radd__ = __add__

    def __lt__(self, other: "Number | int") -> Truth:
        return Truth(self.term < _term(other))

    def __le__(self, other: "Number | int") -> Truth:
        return Truth(self.term <= _term(other))

    def __gt__(self, other: "Number | int") -> Truth:
        return Truth(self.term > _term(other))

    def __ge__(self, other: "Number | int") -> Truth:
        return Truth(self.term >= _term(other))

    def __eq__(self, other: object) -> Truth:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]  # a Truth branches as a bool does
        return Truth(self.term == _term(other))

    def __ne__(self, other: object) -> Truth:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]  # a Truth branches as a bool does
        return Truth(self.term != _term(other))

    def __hash__(self) -> int:
        raise TypeError("an unknown number has no hash")


def _term(value: object) -> Any:
    if isinstance(value, Number):
        return value.term
    if isinstance(value, int):
        return z3.IntVal(value)
    raise TypeError(f"{value!r} is no number")


def number(name: str) -> Number:
    """An unknown integer; two of the same name are the same."""
    return Number(z3.Int(name))


def constant(value: int) -> Number:
    """A known integer as a term."""
    return Number(z3.IntVal(value))


def truth(name: str) -> Truth:
    """Something unknown that is true or false."""
    return Truth(z3.Bool(name))


ALWAYS, NEVER = Truth(z3.BoolVal(True)), Truth(z3.BoolVal(False))


def all_of(truths: Iterable[Truth]) -> Truth:
    """Whether each of *truths* is true."""
    return Truth(z3.And(*(one.term for one in truths)))


def any_of(truths: Iterable[Truth]) -> Truth:
    """Whether one of *truths* is true."""
    return Truth(z3.Or(*(one.term for one in truths)))


def same(one: Number | int, other: Number | int) -> Truth:
    """Whether two numbers are the same; as ``==``, also of two known ones."""
    return Truth(_term(one) == _term(other))


def one_if(truth: Truth) -> Number:
    """1 where *truth* is true, else 0."""
    return Number(z3.If(truth.term, z3.IntVal(1), z3.IntVal(0)))


def same_truth(one: Truth, other: Truth) -> Truth:
    """Whether both are true, or neither."""
    return Truth(one.term == other.term)


@attrs.frozen
class Proved:
    """It is true, whatever the numbers are."""


@attrs.frozen
class Refuted:
    """It is false for these numbers."""

    values: Mapping[str, int | bool]


@attrs.frozen
class Undecided:
    """z3 gave up."""

    reason: str


Outcome = Proved | Refuted | Undecided

TIMEOUT_MS = 60_000

CHANCE = "chance "
"""What is left to chance in a run is so named; it says nothing to people."""


def prove(statement: Truth, *, timeout_ms: int = TIMEOUT_MS) -> Outcome:
    """Whether *statement* is true of all numbers."""
    solver = z3.Solver()
    solver.set("timeout", timeout_ms)
    solver.add(z3.Not(statement.term))
    answer = solver.check()
    if answer == z3.unsat:
        return Proved()
    if answer == z3.sat:
        return Refuted(_values(_smallest(statement, solver.model(), timeout_ms)))
    return Undecided(str(solver.reason_unknown()))


def _smallest(statement: Truth, found: Any, timeout_ms: int) -> Any:
    """Numbers near 0 for which *statement* is false, if they are found in time: people are to read them."""
    optimizer = z3.Optimize()
    optimizer.set("timeout", timeout_ms)
    optimizer.add(z3.Not(statement.term))
    unknowns = [declared() for declared in found.decls() if declared.range() == z3.IntSort()]
    optimizer.minimize(z3.Sum(*(z3.If(one < 0, -one, one) for one in unknowns), z3.IntVal(0)))
    return optimizer.model() if optimizer.check() == z3.sat else found


def is_possible(truths: Iterable[Truth]) -> bool:
    """Whether some numbers make all of *truths* true; also where z3 can not tell."""
    solver = z3.Solver()
    solver.add(*(one.term for one in truths))
    return bool(solver.check() != z3.unsat)


class Question:
    """Whether some numbers make a statement true, asked again and again for other values of some of its unknowns."""

    def __init__(self, statement: Truth) -> None:
        self._solver = z3.Solver()
        self._solver.add(statement.term)

    def is_possible_for(self, values: Mapping[str, int | bool]) -> bool:
        """Whether the statement is true for these *values*, and some of the unknowns that are left."""
        return bool(self._solver.check(*(a == b for a, b in _pairs(values))) == z3.sat)


def _values(model: Any) -> dict[str, int | bool]:
    found: dict[str, int | bool] = {}
    for declared in sorted(model.decls(), key=lambda one: str(one.name())):
        value = model[declared]
        if str(declared.name()).startswith(CHANCE):
            continue
        if z3.is_int_value(value):
            found[str(declared.name())] = int(value.as_long())
        elif z3.is_bool(value):
            found[str(declared.name())] = bool(z3.is_true(value))
    return found


def value_of(term: Number, values: Mapping[str, int | bool]) -> int:
    """What *term* is for these *values* of its unknowns."""
    return int(_with(term.term, values).as_long())


def is_true_of(statement: Truth, values: Mapping[str, int | bool]) -> bool:
    """Whether *statement* is true for these *values* of its unknowns."""
    return bool(z3.is_true(_with(statement.term, values)))


def _with(term: Any, values: Mapping[str, int | bool]) -> Any:
    return z3.simplify(z3.substitute(term, *_pairs(values)))


def _pairs(values: Mapping[str, int | bool]) -> list[tuple[Any, Any]]:
    return [
        (z3.Bool(name), z3.BoolVal(value)) if isinstance(value, bool) else (z3.Int(name), z3.IntVal(value))
        for name, value in values.items()
    ]
