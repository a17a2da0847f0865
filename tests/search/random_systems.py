"""Small random systems: whatever a system can declare occurs in some of them."""

from collections.abc import Callable, Hashable, Iterator
from itertools import product
from random import Random

import attrs

from ackproof.model.action import Action
from ackproof.model.faults import FAULTS, Faults
from ackproof.model.system import Next, System
from ackproof.properties.property import Property

COMPONENTS = ("a", "b", "c", "d", "e")
VALUES = range(3)
KINDS = ("broker-crash", "request-lost")
CLOSE = (1, 1, 1, 2, 2, 3)
LOOSE = (1, 1, 1, 1, 1, 2)
"""At how many components an action looks: one of these numbers."""

Guard = Callable[[Hashable], bool]
Outcome = tuple[Hashable, ...]


@attrs.frozen
class Asked:
    """A system, what is to hold in it, what is looked for."""

    system: System
    holds: Property
    looks_for: Property

    @property
    def statements(self) -> tuple[Property, Property]:
        """Both statements."""
        return self.holds, self.looks_for


def asked(seed: int, reach: tuple[int, ...] = CLOSE) -> Asked:
    """A system of a few components of three values, with faults, and perhaps with urgent actions."""
    random = Random(seed)
    budget = Faults(random.randrange(3), random.choice([(), ((KINDS[0], 1),)]))
    components = COMPONENTS[: random.randint(2, 5)]
    initial: dict[str, Hashable] = {**{name: random.choice(VALUES) for name in components}, FAULTS: budget}
    share = random.choice([0, 0, 0.2])
    acts = [an_action(random, components, reach, share) for _ in range(random.randint(3, 7))]
    return Asked(System(initial, tuple(acts)), a_statement(random, components), a_statement(random, components))


def an_action(random: Random, components: tuple[str, ...], reach: tuple[int, ...], urgent: float) -> Action:
    """An action that sees some components through a view and writes some of the others; a *urgent* share is urgent."""
    reads = (*random.sample(components, min(len(components), random.choice(reach))),)
    parameters = tuple(f"of_{read}" for read in reads)
    sees: dict[str, Guard] = {parameter: is_highest for parameter in parameters[1:] if random.random() < 0.25}
    when = {parameter: differs_from(random.choice(VALUES)) for parameter in parameters if random.random() < 0.4}
    writes = tuple(parameter for parameter in parameters if parameter not in sees and random.random() < 0.7)
    if random.random() < 0.1:
        reads, parameters, sees = (*reads, FAULTS), (*parameters, "budget"), {**sees, "budget": is_spent}
    return Action(
        function=outcomes_of(table(random, [parameter in sees for parameter in parameters], len(writes)), writes),
        parameters=parameters,
        reads=reads,
        when=when,
        sees=sees,
        name=f"change {' and '.join(writes)}",
        writes=frozenset(writes),
        fault=random.choice(KINDS) if random.random() < 0.25 else None,
        is_urgent=random.random() < urgent,
    )


def table(random: Random, views: list[bool], written: int) -> dict[Outcome, list[Outcome]]:
    """For all that an action can see the values of what it writes; a third of it makes nothing happen."""
    seen = product(*((False, True) if is_view else VALUES for is_view in views))
    many = {key: random.choice([0, 0, 1, 1, 1, 2]) for key in seen}
    return {key: [tuple(random.choices(VALUES, k=written)) for _ in range(count)] for key, count in many.items()}


def outcomes_of(outcomes: dict[Outcome, list[Outcome]], writes: tuple[str, ...]) -> Callable[..., Iterator[Next]]:
    """The function of an action whose outcomes stand in a table."""

    def function(*seen: Hashable) -> Iterator[Next]:
        for values in outcomes[seen]:
            yield Next(f"{seen} gives {values}", **dict(zip(writes, values, strict=True)))

    return function


def a_statement(random: Random, components: tuple[str, ...]) -> Property:
    """A statement about a component or two that is false of one value; now and then one about the budget."""
    if random.random() < 0.05:
        return statement(is_left, (FAULTS,), {})
    reads = (*random.sample(components, random.randint(1, 2)),)
    when = {f"of_{reads[0]}": differs_from(random.choice(VALUES))} if random.random() < 0.2 else {}
    broken = tuple(random.choices(VALUES, k=len(reads)))
    return statement(lambda *seen: seen != broken, reads, when)


def statement(holds: Callable[..., bool], reads: tuple[str, ...], when: dict[str, Guard]) -> Property:
    """A property of these components."""
    name = f"what_is_said_of_{'_and_'.join(reads)}"
    parameters = tuple(f"of_{read}" for read in reads)
    return Property(function=holds, parameters=parameters, reads=reads, when=when, name=name, says=name, source="none")


def is_highest(value: Hashable) -> bool:
    """A view of a component."""
    return value == VALUES[-1]


def is_spent(budget: Hashable) -> bool:
    """A view of the budget."""
    return isinstance(budget, Faults) and budget.left == 0


def is_left(budget: Hashable) -> bool:
    """What may be said of the budget."""
    return not is_spent(budget)


def differs_from(value: int) -> Guard:
    """A guard that is closed at one value."""
    return lambda other: other != value
