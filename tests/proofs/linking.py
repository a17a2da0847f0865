"""Whether every transition of a bounded system is a step of the system that a theorem is about."""

from collections import deque
from collections.abc import Callable, Hashable, Iterable, Iterator
from functools import cache
from itertools import pairwise
from typing import Generic, TypeVar

import attrs

from ackproof.model.system import Step as Taken
from ackproof.model.system import System, steps
from ackproof.proofs.logic import Question, Truth, all_of, any_of
from ackproof.proofs.states import Value
from ackproof.proofs.theorem import Step

S = TypeVar("S")
T = TypeVar("T")
H = TypeVar("H", bound=Hashable)
Values = dict[str, Value]
Named = dict[str, Hashable]


@attrs.frozen
class Transition(Generic[H]):
    """
    A step that a system takes.

    Attributes:
        before, after: The components by name, and what is remembered of the way there.
    """

    before: tuple[Named, H]
    taken: Taken
    after: tuple[Named, H]


def transitions(system: System, past: H, remember: Callable[[H, Named], H]) -> Iterator[Transition[H]]:
    """Every transition of *system*, breadth first, with what is to be remembered of the *past*."""
    first = (system.first_state, remember(past, system.named(system.first_state)))
    found, waiting = {first}, deque([first])
    while waiting:
        state, known = waiting.popleft()
        for step in steps(system, state):
            then = remember(known, system.named(step.state))
            yield Transition((system.named(state), known), step, (system.named(step.state), then))
            if (step.state, then) not in found:
                found.add((step.state, then))
                waiting.append((step.state, then))


def once(each: Iterable[T], key: Callable[[T], Hashable]) -> Iterator[T]:
    """The first of those that have the same *key*."""
    known = set[Hashable]()
    for one in each:
        if (alike := key(one)) not in known:
            known.add(alike)
            yield one


def as_seen(step: tuple[T, Values, Values]) -> Hashable:
    """What a theorem sees of a step: the values before it, and after it."""
    _, before, after = step
    return (*before.values(), *after.values())


def is_same(before: Values, after: Values) -> bool:
    """Whether a theorem sees no difference."""
    return list(before.values()) == list(after.values())


def is_reached(
    stepping: Callable[[S, S], Iterable[Step]], state: Callable[[str], S], *, most: int = 1
) -> Callable[..., bool]:
    """
    Whether a state is followed by another one in at most so many steps, whichever of several ways to see the two.

    Args:
        state: The unknown state of that name; the first one is called "", the last one "after".
    """
    names = ["", *(f"between {number}" for number in range(1, most)), "after"]

    @cache
    def one(before: str, after: str) -> Truth:
        return any_of(step.holds for step in stepping(state(before), state(after)))

    def way(count: int) -> Truth:
        return all_of(one(before, after) for before, after in pairwise((*names[:count], "after")))

    questions = [Question(way(count)) for count in range(1, most + 1)]

    def is_any(*seen: Values) -> bool:
        return any(question.is_possible_for(values) for question in questions for values in seen)

    return is_any


def names_of(stepping: Callable[[S, S], Iterable[Step]], state: Callable[[str], S]) -> Callable[..., frozenset[str]]:
    """Which steps of a theorem lead from one state to another, by name, in any of several ways to see the two."""
    questions = [(step.name, Question(step.holds)) for step in stepping(state(""), state("after"))]

    def names(*seen: Values) -> frozenset[str]:
        return frozenset(name for name, asked in questions if any(map(asked.is_possible_for, seen)))

    return names


def never_taken(
    stepping: Callable[[S, S], Iterable[Step]], state: Callable[[str], S], seen: Iterable[Values]
) -> frozenset[str]:
    """The steps of a theorem, of those that are possible, which none of the transitions *seen* is."""
    asked = ((step.name, Question(step.holds)) for step in stepping(state(""), state("after")))
    left = {name: question for name, question in asked if question.is_possible_for({})}
    for values in seen:
        left = {name: question for name, question in left.items() if not question.is_possible_for(values)}
        if not left:
            break
    return frozenset(left)
