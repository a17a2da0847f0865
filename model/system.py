"""
Systems: named components, and actions that name the components they touch.

A *component* is a hashable value (a producer, a channel, all replicas of a partition). An *action* is a pure
function. Its parameters are the names of what it reads: components, or rules, which never change. It yields every
possible outcome as a ``Next`` that names the components that change. A *system* is components with their first
values, actions, and rules; a *state* is the tuple of its components' values.

Two-phase commit, as the example of a whole system. A resource manager prepares or aborts by itself; the
coordinator commits once all are prepared, or aborts at any time before:

>>> from collections.abc import Iterator

>>> @action
... def prepare(manager: str, mail: frozenset[str], name: str) -> Iterator[Next]:
...     if manager == "working":
...         yield Next(f"{name} is prepared", manager="prepared", mail=mail | {name})

>>> @action
... def refuse(manager: str) -> Iterator[Next]:
...     if manager == "working":
...         yield Next("a manager aborts by itself", manager="aborted")

>>> @action
... def obey(manager: str, mail: frozenset[str]) -> Iterator[Next]:
...     for decision in sorted(mail & {"committed", "aborted"}):
...         yield Next(f"a manager is told: {decision}", manager=decision)

>>> @action
... def hear(decision: str, heard: frozenset[str], mail: frozenset[str], name: str) -> Iterator[Next]:
...     if decision == "none" and name in mail:
...         yield Next(f"the coordinator hears from {name}", heard=heard | {name})

>>> @action
... def decide(decision: str, heard: frozenset[str], mail: frozenset[str], names: frozenset[str]) -> Iterator[Next]:
...     if decision == "none":
...         yield Next("the coordinator aborts", decision="aborted", mail=mail | {"aborted"})
...         if heard == names:
...             yield Next("the coordinator commits", decision="committed", mail=mail | {"committed"})

``Action.on`` puts one action on several components; here every manager gets its own:

>>> def manager_part(name: str) -> System:
...     mine = {"manager": name}
...     acts = (
...         prepare.on(**mine, name=f"{name}_name"),
...         refuse.on(**mine),
...         obey.on(**mine),
...         hear.on(name=f"{name}_name"),
...     )
...     return System({name: "working", **COORDINATOR}, acts, rules={f"{name}_name": name})

>>> COORDINATOR = {"decision": "none", "heard": frozenset(), "mail": frozenset()}
>>> def two_phase_commit(managers: int) -> System:
...     names = [f"manager_{number}" for number in range(managers)]
...     coordinator = System(COORDINATOR, (decide,), rules={"names": frozenset(names)})
...     return compose(coordinator, *map(manager_part, names))

Exploring is nothing but following ``steps``:

>>> def explore(system: System) -> set[State]:
...     found, waiting = {system.first_state}, [system.first_state]
...     while waiting:
...         new = {step.state for step in steps(system, waiting.pop())} - found
...         found |= new
...         waiting += new
...     return found

>>> len(explore(two_phase_commit(3))), len(explore(two_phase_commit(5)))
(288, 8832)

``ackproof.search`` does the same, only faster: as an outcome depends on nothing but what the action reads, it asks
each action once for each combination of values. Views and guards (``ackproof.model.reading``) let it ask less.
"""

from collections.abc import Hashable, Iterator, Mapping
from functools import cached_property
from typing import TypeVar

import attrs

from ackproof.model.action import Action, Next, action
from ackproof.model.faults import FAULTS, Faults
from ackproof.model.reading import Bound
from ackproof.model.symmetry import Interchangeable, Representative, orbit, told

__all__ = ["REDUCTIONS", "Action", "Interchangeable", "Next", "Step", "System", "action", "compose", "steps"]

State = tuple[Hashable, ...]
Value = TypeVar("Value")

REDUCTIONS = frozenset({"urgency", "symmetry"})
"""What a system declares and a search may ignore: urgent actions run first; like parts are not told apart."""


@attrs.frozen
class System:
    """
    Components with their first values, actions, rules.

    Attributes:
        initial: The first value of each component; the order of its keys is the order of a state.
        rules: What actions read and nothing changes: a version, a client, a known bug.
        symmetric: For a component whose parts are interchangeable, a function to its representative.
        interchangeable: Names that differ in nothing but the name.
        reductions: Which of the declared reductions are in force.

    Raises:
        ValueError: An action reads a name that is neither a component nor a rule, or costs a fault without a budget.
    """

    initial: Mapping[str, Hashable]
    actions: tuple[Action, ...]
    rules: Mapping[str, object] = attrs.field(factory=dict[str, object])
    symmetric: Mapping[str, Representative] = attrs.field(factory=dict[str, Representative])
    interchangeable: tuple[Interchangeable, ...] = ()
    reductions: frozenset[str] = REDUCTIONS
    bound: tuple[Bound, ...] = attrs.field(init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        for act in self.actions:
            needed = act.names | ({FAULTS} if act.fault else set[str]())
            unknown = needed - self.initial.keys() - self.rules.keys()
            if unknown:
                raise ValueError(f"{act.name!r} reads {', '.join(sorted(unknown))}, which this system does not have")
        object.__setattr__(self, "bound", tuple(act.bind(self.initial.keys(), self.rules) for act in self.actions))

    @property
    def is_fine(self) -> bool:
        """Whether no declared reduction is in force."""
        return not self.reductions

    @property
    def urgent(self) -> frozenset[int]:
        """The places of the actions that run before all others."""
        places = frozenset(place for place, act in enumerate(self.actions) if act.is_urgent)
        return places if "urgency" in self.reductions else frozenset()

    @cached_property
    def represented_components(self) -> frozenset[str]:
        """The components whose values are replaced by representatives."""
        return frozenset(self.symmetric) if "symmetry" in self.reductions else frozenset()

    @property
    def first_state(self) -> State:
        """The state that every execution starts from."""
        return self.represented(tuple(self.representative(name, value) for name, value in self.initial.items()))

    def representative(self, name: str, value: Hashable) -> Hashable:
        """What stands for *value* of the component *name* under the declared symmetry."""
        return self.symmetric[name](value) if name in self.represented_components else value

    def represented(self, state: State) -> State:
        """What stands for *state* where names differ in nothing but the name."""
        if not self.interchangeable or "symmetry" not in self.reductions:
            return state
        return min(orbit(self.interchangeable, tuple(self.initial), state), key=told)

    def named(self, state: State) -> dict[str, Hashable]:
        """The components of *state* by name."""
        return dict(zip(self.initial, state, strict=True))


def compose(*parts: System) -> System:
    """One system of several parts; parts may share a component or a rule if they agree on its value."""
    initial: dict[str, Hashable] = {}
    rules: dict[str, object] = {}
    symmetric: dict[str, Representative] = {}
    for part in parts:
        _join(initial, part.initial)
        _join(rules, part.rules)
        _join(symmetric, part.symmetric)
    actions = tuple(act for part in parts for act in part.actions)
    interchangeable = tuple(names for part in parts for names in part.interchangeable)
    in_force = frozenset[str].intersection(*(part.reductions for part in parts))
    return System(initial, actions, rules, symmetric, interchangeable, in_force)


def _join(into: dict[str, Value], more: Mapping[str, Value]) -> None:
    for name, value in more.items():
        if into.setdefault(name, value) != value:
            raise ValueError(f"two parts disagree on {name}: {into[name]} and {value}")


@attrs.frozen
class Step:
    """One step of an execution: the action, what happened in a sentence, the state after it."""

    action: Action
    says: str
    state: State


def steps(system: System, state: State) -> list[Step]:
    """Every step that *system* can take in *state*: only urgent ones while there is one."""
    values = system.named(state)
    urgent = system.urgent
    if urgent and (now := [step for place in sorted(urgent) for step in steps_of(system, place, values)]):
        return now
    return [step for place in range(len(system.actions)) for step in steps_of(system, place, values)]


def steps_of(system: System, place: int, values: Mapping[str, Hashable]) -> Iterator[Step]:
    """The steps that the action at that *place* can take from the component *values*."""
    act, bound = system.actions[place], system.bound[place]
    paid, seen = paid_for(act, values.get(FAULTS)), bound.look(values)
    if paid is None or seen is None:
        return
    for says, changes in outcomes(system, bound, seen):
        after = {**values, **paid, **changes}
        yield Step(act, says, system.represented(tuple(after.values())))


def paid_for(act: Action, budget: Hashable) -> dict[str, Hashable] | None:
    """What the budget becomes if *act* is a fault; None where it is spent."""
    if act.fault is None:
        return {}
    assert isinstance(budget, Faults)
    left = budget.without(act.fault, act.times)
    return None if left is None else {FAULTS: left}


def outcomes(system: System, bound: Bound, seen: tuple[Hashable, ...]) -> Iterator[tuple[str, dict[str, Hashable]]]:
    """
    What an action can do, given what it sees: a sentence, and the components that change.

    Raises:
        ValueError: It changes what it does not write, or the budget.
    """
    act = bound.reading
    assert isinstance(act, Action)
    for outcome in act.outcomes(*bound.arguments(seen)):
        changes = dict(act.changes(outcome))
        if FAULTS in changes:
            raise ValueError(f"{act.name!r} changes {FAULTS}, which only what a fault costs does")
        for name in system.represented_components & changes.keys():
            changes[name] = system.symmetric[name](changes[name])
        yield outcome.says, changes
