"""
Questions: what the search asks of Python, once for each combination of what a reading sees.

Everything is told in numbers of values (``ackproof.search.values``). How a state is packed is not known here, so that
the plain and the compiled loop share the same answers.
"""

from array import array
from collections.abc import Hashable, Iterator
from functools import partial

import attrs

from ackproof.model.action import Action
from ackproof.model.faults import FAULTS, Faults
from ackproof.model.reading import Bound, Lens, Part
from ackproof.model.system import State, System, outcomes, paid_for
from ackproof.properties.property import Property, is_true
from ackproof.search.values import Column, Domain

Seen = tuple[int, ...]
"""For each part of a reading, the number of its value, or of what a view shows of it."""
After = tuple[int, ...]
"""One outcome: for each part that an action writes, the number of the value after it."""


def numbers() -> "array[int]":
    """An empty array of integers of 64 bits."""
    return array("q")


@attrs.frozen
class Eye:
    """
    How a reading looks at one component.

    Attributes:
        component: Its place in a state.
        domain: What the numbers that it sees stand for: values of the component, or of a view.
        shown: For each value of the component, the number of what the view shows; None where it is seen whole.
    """

    component: int
    domain: Domain
    shown: Column | None


@attrs.define(eq=False)
class Question:
    """
    One action or statement, and all that was ever asked of it.

    Attributes:
        place: Which of the system's actions or of the statements.
        written: Which of the eyes an action writes.
        place_of: Where each component that it writes stands among those.
        cost: For a fault, what becomes of each budget: its own number where it is spent.
        seen, counts, after: The answers, one behind the other: what was seen; how many outcomes there are (of a
            statement: 1 where it is true); the outcomes.
    """

    place: int
    bound: Bound
    eyes: tuple[Eye, ...]
    written: tuple[int, ...] = ()
    place_of: dict[str, int] = attrs.field(factory=dict[str, int])
    cost: Column | None = None
    seen: "array[int]" = attrs.field(factory=numbers)
    counts: "array[int]" = attrs.field(factory=numbers)
    after: "array[int]" = attrs.field(factory=numbers)

    @property
    def action(self) -> Action:
        """The action that it is about."""
        assert isinstance(self.bound.reading, Action)
        return self.bound.reading

    def answers(self) -> Iterator[tuple[Seen, list[After]]]:
        """Every answer, with what was seen; a statement that is true has one empty outcome."""
        first = 0
        for number, count in enumerate(self.counts):
            seen = tuple(self.seen[number * len(self.eyes) : (number + 1) * len(self.eyes)])
            many = len(self.written)
            yield seen, [tuple(self.after[i * many : (i + 1) * many]) for i in range(first, first + count)]
            first += count

    def note(self, seen: Seen, answer: list[After]) -> None:
        """Remember an answer."""
        self.seen.extend(seen)
        self.counts.append(len(answer))
        for after in answer:
            self.after.extend(after)


class Questions:
    """
    A system and statements about it, in numbers.

    Attributes:
        domains: For each component.
        guarded: For each component that a guard looks at, its place and what its values allow: a bit for each action.
        actions, statements: What can be asked.
        asked: Which question was asked when: actions first, then statements.
    """

    def __init__(self, system: System, statements: tuple[Property, ...] = ()) -> None:
        self.system = system
        self.names = tuple(system.initial)
        self.place = {name: place for place, name in enumerate(self.names)}
        shared = {name: family[0] for kind in system.interchangeable for family in kind.families for name in family}
        by_name: dict[str, Domain] = {}
        self.domains = [by_name.setdefault(shared.get(name, name), Domain()) for name in self.names]
        self._views: dict[tuple[int, Lens], tuple[Domain, Column]] = {}
        self.first = self.row(system.first_state)
        self._number_budgets()
        self.actions = [self._of_action(place) for place in range(len(system.actions))]
        self.statements = [self._of_statement(place, said) for place, said in enumerate(statements)]
        self.guarded = self._guards(self.actions)
        self.suspected = self._guards(self.statements)
        self.asked = numbers()

    # what a state is

    def row(self, state: State) -> tuple[int, ...]:
        """The numbers of the values of *state*."""
        return tuple(domain.number(value) for domain, value in zip(self.domains, state, strict=True))

    def state(self, row: tuple[int, ...]) -> State:
        """The values of the numbers in *row*."""
        return tuple(domain.values[number] for domain, number in zip(self.domains, row, strict=True))

    @property
    def calls(self) -> int:
        """How often Python was asked."""
        return len(self.asked)

    @property
    def budget(self) -> int:
        """The place of the component that faults are paid from."""
        return self.place[FAULTS]

    # asking

    def ask(self, question: Question, seen: Seen) -> list[After]:
        """Every different outcome of an action, given what it sees."""
        values = [eye.domain.values[number] for eye, number in zip(question.eyes, seen, strict=True)]
        told = outcomes(self.system, question.bound, tuple(values))
        answer = list(dict.fromkeys([self._after(question, seen, changes) for _, changes in told]))
        self.asked.append(question.place)
        question.note(seen, answer)
        return answer

    def judge(self, question: Question, seen: Seen) -> bool:
        """Whether a statement is true of what it sees."""
        values = tuple(eye.domain.values[number] for eye, number in zip(question.eyes, seen, strict=True))
        answer = is_true(question.bound, values)
        self.asked.append(len(self.actions) + question.place)
        question.note(seen, [()] if answer else [])
        return answer

    def _after(self, question: Question, seen: Seen, changes: dict[str, Hashable]) -> After:
        """The numbers of what is written, those of what changes replaced."""
        after = [seen[place] for place in question.written]
        for name, value in changes.items():
            place = question.place_of[name]
            after[place] = question.eyes[question.written[place]].domain.number(value)
        return tuple(after)

    # how readings look at components

    def _number_budgets(self) -> None:
        """Know every budget from the start, so that the cost of a fault is a column."""
        if FAULTS not in self.place:
            return
        budgets = self.domains[self.place[FAULTS]]
        for budget in budgets.values:
            assert isinstance(budget, Faults)
            for kind, times in dict.fromkeys((act.fault, act.times) for act in self.system.actions if act.fault):
                left = budget.without(kind, times)
                if left is not None:
                    budgets.number(left)

    def _of_action(self, place: int) -> Question:
        act, bound = self.system.actions[place], self.system.bound[place]
        written = tuple(
            number
            for number, part in enumerate(bound.parts)
            if part.view is None and part.parameter in act.writes and part.component in self.place
        )
        cost = self._cost(act) if act.fault else None
        place_of = {bound.parts[part].component: number for number, part in enumerate(written)}
        return Question(place, bound, tuple(self._eye(part) for part in bound.parts), written, place_of, cost)

    def _of_statement(self, place: int, statement: Property) -> Question:
        bound = statement.within(self.system)
        return Question(place, bound, tuple(self._eye(part) for part in bound.parts))

    def _eye(self, part: Part) -> Eye:
        component = self.place[part.component]
        domain = self.domains[component]
        if part.view is None:
            return Eye(component, domain, None)
        known = self._views.get((id(domain), part.view))
        if known is None:
            shown = Domain()
            view = part.view
            known = shown, domain.column(lambda value: shown.number(view(value)))
            self._views[id(domain), part.view] = known
        return Eye(component, *known)

    def _cost(self, act: Action) -> Column:
        budgets = self.domains[self.place[FAULTS]]
        left = [paid_for(act, budget) for budget in budgets.values]
        return [own if paid is None else budgets.numbers[paid[FAULTS]] for own, paid in enumerate(left)]

    # guards

    def _guards(self, questions: list[Question]) -> dict[int, Column]:
        """For each component that guards look at, which questions each of its values allows, as bits."""
        looking: dict[int, list[tuple[int, Lens]]] = {}
        for question in questions:
            for part in question.bound.parts:
                if part.guard is not None:
                    looking.setdefault(self.place[part.component], []).append((question.place, part.guard))
            if question.cost is not None:
                looking.setdefault(self.place[FAULTS], []).append((question.place, Lens(affords, (question.action,))))
        everything = (1 << len(questions)) - 1
        return {
            place: self.domains[place].column(partial(allowed, everything, guards)) for place, guards in looking.items()
        }


def affords(budget: Hashable, act: Action) -> bool:
    """Whether the *budget* allows this fault."""
    return paid_for(act, budget) is not None


def allowed(everything: int, guards: list[tuple[int, Lens]], value: Hashable) -> int:
    """Of *everything*, questions as bits, what no guard rules out for a value."""
    for place, guard in guards:
        if not guard(value):
            everything &= ~(1 << place)
    return everything
