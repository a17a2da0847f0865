"""Theorems: statements about systems of any size, each with what has to be proved and a rule without which it fails."""

import inspect
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Generic, TypeVar

import attrs

from ackproof.proofs.logic import Proved, Refuted, Truth, Undecided, prove

R = TypeVar("R")
Clock = Callable[[], float]


@attrs.frozen
class Obligation:
    """
    A part of a proof.

    Attributes:
        name: What it says, after "base", "step" or "safety".
    """

    name: str
    holds: Truth


@attrs.frozen
class Step:
    """
    One kind of step of the system that a theorem is about.

    Attributes:
        holds: Whether a state and the next one are before and after such a step.
    """

    name: str
    holds: Truth


Obligations = Callable[[R], Iterator[Obligation]]


def kept(invariant: Truth, steps: Iterable[Step], after: Truth) -> Iterator[Obligation]:
    """That the *invariant* still holds *after* each of the *steps*."""
    for step in steps:
        yield Obligation(f"step: {step.name}", (invariant & step.holds).implies(after))


@attrs.frozen(kw_only=True)
class Theorem(Generic[R]):
    """
    A statement, and how it is proved: an invariant that holds at first, that every step keeps, and that implies it.

    Attributes:
        statement: In one sentence.
        proof: The invariant and the steps, in words.
        source: Where Kafka says so.
        obligations: What has to be proved under given rules.
        sound: Rules under which it is true, each of which is proved.
        broken: Rules under which it is not, by what is different about them.
    """

    name: str
    statement: str
    proof: str
    source: str
    obligations: Obligations[R]
    sound: tuple[R, ...]
    broken: Mapping[str, R]


@attrs.frozen
class Proof:
    """
    What became of a theorem.

    Attributes:
        open: What could not be proved under the sound rules, each with why.
        refuted: For each of the broken rules the obligation that fails, and the numbers for which it does.
    """

    theorem: Theorem[object]
    open: tuple[str, ...]
    refuted: Mapping[str, tuple[str, Refuted] | None]
    seconds: float

    @property
    def is_proved(self) -> bool:
        """Whether every obligation is."""
        return not self.open

    @property
    def is_as_expected(self) -> bool:
        """Whether it is proved, and refuted wherever its rules are broken."""
        return self.is_proved and all(self.refuted.values())


def theorem(*, source: str, sound: tuple[R, ...], broken: Mapping[str, R]) -> Callable[[Obligations[R]], Theorem[R]]:
    """Make a theorem of a function from rules to obligations: its docstring is the statement, then the proof."""

    def wrap(obligations: Obligations[R]) -> Theorem[R]:
        statement, _, proof = inspect.cleandoc(obligations.__doc__ or "").partition("\n\n")
        return Theorem(
            name=getattr(obligations, "__name__", "").replace("_", "-"),
            statement=statement.replace("\n", " "),
            proof=proof,
            source=source,
            obligations=obligations,
            sound=sound,
            broken=broken,
        )

    return wrap


def proved(theorem: Theorem[R], *, clock: Clock = time.monotonic) -> Proof:
    """Prove *theorem*, and refute it under each of its broken rules."""
    started = clock()
    still_open = tuple(problem for rules in theorem.sound for problem in _open(theorem.obligations(rules)))
    refuted = {why: next(_refuted(theorem.obligations(rules)), None) for why, rules in theorem.broken.items()}
    return Proof(theorem, still_open, refuted, clock() - started)  # type: ignore[arg-type]  # its rules are its own


def _open(obligations: Iterator[Obligation]) -> Iterator[str]:
    for obligation in obligations:
        match prove(obligation.holds):
            case Proved():
                pass
            case Refuted(values):
                yield f"{obligation.name}: false for {values}"
            case Undecided(reason):
                yield f"{obligation.name}: undecided, {reason}"


def _refuted(obligations: Iterator[Obligation]) -> Iterator[tuple[str, Refuted]]:
    for obligation in obligations:
        outcome = prove(obligation.holds)
        if isinstance(outcome, Refuted):
            yield obligation.name, outcome
