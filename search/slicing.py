"""
Slicing: a system without what no property can tell.

A component matters if a property looks at it, or if an action that may change a component that matters looks at it
(the cone of influence). What is left reads nothing but what matters, so leaving out all other steps turns an execution
of the whole into one of the slice: verdicts and the lengths of shortest violations stay.

- Faults only spend the budget, and who has more of it can do more: nothing misses a fault that is left out. It is
  otherwise where something looks at the budget, or where an urgent fault holds up others until the budget is spent.
  Then it matters how the budget is spent, and so does every fault.
- An urgent action holds up others while it is enabled. While urgency is in force, what it reads and writes matters.
- Of interchangeable components all matter or none, so that what is left can still be renamed.
"""

from collections.abc import Iterable, Iterator

import attrs

from ackproof.model.action import Action
from ackproof.model.faults import FAULTS
from ackproof.model.symmetry import Interchangeable
from ackproof.model.system import State, System
from ackproof.properties.property import Property
from ackproof.traces.trace import Trace, represented, trace_of

SPENDING = f"how {FAULTS} are spent"
"""Stands beside the components: every fault changes it, and who looks at the budget itself reads it."""


@attrs.frozen
class Slice:
    """
    What is left of a system.

    Attributes:
        system: The components and actions that matter, in their order.
        components: The components that were dropped.
        actions: The actions that were dropped.
    """

    whole: System
    system: System
    components: tuple[str, ...] = ()
    actions: tuple[Action, ...] = ()

    def in_whole(self, trace: Trace) -> Trace:
        """An execution of the slice as one of the whole, where what was dropped keeps its first value."""
        first = self.whole.named(self.whole.first_state)
        states: list[State] = []
        for state in trace.states:
            values = {**first, **dict(zip(trace.names, state, strict=True))}
            states.append(represented(self.whole, tuple(values.values())))
        return trace_of(self.whole, states)


def sliced(system: System, properties: Iterable[Property]) -> Slice:
    """
    The part of *system* that decides *properties*, those that must hold and those that are looked for.

    Without properties it is the whole: then the states themselves are what is asked for.
    """
    statements = tuple(properties)
    if not statements:
        return Slice(system, system)
    cone = Cone(system, statements)
    return Slice(
        system,
        attrs.evolve(
            system,
            initial={name: value for name, value in system.initial.items() if name in cone.matters},
            actions=tuple(system.actions[place] for place in sorted(cone.kept)),
            symmetric={name: said for name, said in system.symmetric.items() if name in cone.matters},
            interchangeable=tuple(cone.interchangeable()),
        ),
        tuple(name for name in system.initial if name not in cone.matters),
        tuple(act for place, act in enumerate(system.actions) if place not in cone.kept),
    )


class Cone:
    """
    The cone of influence of some properties.

    Attributes:
        matters: The components that can make a difference to them.
        kept: The places of the actions that may change one of those, or hold up an action that does.
    """

    def __init__(self, system: System, properties: tuple[Property, ...]) -> None:
        self.system = system
        self.reads = [frozenset(reads(system, place)) for place in range(len(system.actions))]
        self.writes = [frozenset(writes(system, place)) for place in range(len(system.actions))]
        self.kept = set(system.urgent)
        self.matters: set[str] = set()
        for statement in properties:
            self._add(looked_at(part.component for part in statement.within(system).parts))
        for place in system.urgent:
            self._add({*self.reads[place], *self.writes[place]})
        while self._grow():
            pass

    def _grow(self) -> bool:
        """Take in the actions that change what matters, and what they read."""
        new = {place for place, written in enumerate(self.writes) if not written.isdisjoint(self.matters)} - self.kept
        for place in new:
            self._add(self.reads[place])
        self.kept |= new
        return bool(new)

    def _add(self, names: Iterable[str]) -> None:
        self.matters.update(names)
        for kind in self.system.interchangeable:
            for family in kind.families:
                if not self.matters.isdisjoint(family):
                    self.matters.update(family)

    def interchangeable(self) -> Iterator[Interchangeable]:
        """What is left of the names that differ in nothing but the name."""
        for kind in self.system.interchangeable:
            families = tuple(family for family in kind.families if self.matters.issuperset(family))
            renamed = {name: function for name, function in kind.renamed.items() if name in self.matters}
            if families or renamed:
                yield attrs.evolve(kind, families=families, renamed=renamed)


def looked_at(components: Iterable[str]) -> Iterator[str]:
    """Components, and how the budget is spent if it is one of them."""
    for name in components:
        yield from (name, SPENDING) if name == FAULTS else (name,)


def reads(system: System, place: int) -> Iterator[str]:
    """What an action depends on: all that it looks at, and for a fault the budget."""
    yield from looked_at(part.component for part in system.bound[place].parts)
    if system.actions[place].fault:
        yield FAULTS


def writes(system: System, place: int) -> Iterator[str]:
    """What an action may change; a fault also how the budget is spent."""
    act = system.actions[place]
    yield from (part.component for part in system.bound[place].parts if part.parameter in act.writes)
    if act.fault:
        yield SPENDING
