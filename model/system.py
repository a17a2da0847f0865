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
each action once for each combination of values.
"""

import inspect
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from typing import TypeVar, overload

import attrs

from ackproof.model.faults import FAULTS, Faults

Outcomes = Callable[..., Iterable["Next"]]
State = tuple[Hashable, ...]
Value = TypeVar("Value")


class Next:
    """
    One outcome of an action: what happened, in a sentence, and the components that change.

    The keywords are the action's own parameter names.
    """

    __slots__ = ("changes", "says")

    def __init__(self, says: str, /, **changes: Hashable) -> None:
        self.says = says
        self.changes = changes


@attrs.frozen
class Action:
    """
    A pure function from the components that it reads to its possible outcomes.

    Attributes:
        reads: For each parameter, in order, the component or rule that it stands for.
        fault: The kind of fault that it is; it then costs one of the budget in the component ``faults``.
        is_urgent: While an urgent action has an outcome, only urgent actions run.
    """

    name: str
    outcomes: Outcomes = attrs.field(repr=False)
    parameters: tuple[str, ...]
    reads: tuple[str, ...]
    fault: str | None = None
    is_urgent: bool = False

    def on(self, **names: str) -> "Action":
        """The same action on other components: ``on(PARAMETER=COMPONENT)``."""
        unknown = names.keys() - set(self.parameters)
        if unknown:
            raise ValueError(f"{self.name} has no parameter {', '.join(sorted(unknown))}")
        reads = tuple(names.get(parameter, read) for parameter, read in zip(self.parameters, self.reads, strict=True))
        return attrs.evolve(self, reads=reads)

    @property
    def component_of(self) -> dict[str, str]:
        """Which component each parameter stands for."""
        return dict(zip(self.parameters, self.reads, strict=True))


@overload
def action(function: Outcomes, /) -> Action: ...
@overload
def action(*, fault: str | None = None, urgent: bool = False) -> Callable[[Outcomes], Action]: ...
def action(
    function: Outcomes | None = None, /, *, fault: str | None = None, urgent: bool = False
) -> Action | Callable[[Outcomes], Action]:
    """Make an action of a function whose parameters name what it reads."""

    def wrap(outcomes: Outcomes) -> Action:
        parameters = tuple(inspect.signature(outcomes).parameters)
        return Action(outcomes.__name__.replace("_", " "), outcomes, parameters, parameters, fault, urgent)

    return wrap if function is None else wrap(function)


Representative = Callable[[Hashable], Hashable]


@attrs.frozen
class System:
    """
    Components with their first values, actions, rules.

    Attributes:
        initial: The first value of each component; the order of its keys is the order of a state.
        rules: What actions read and nothing changes: a version, a client, a known bug.
        symmetric: For a component whose parts are interchangeable, a function to its representative.
        is_fine: Ignore the declared reductions, urgency and symmetry.

    Raises:
        ValueError: An action reads a name that is neither a component nor a rule, or costs a fault without a budget.
    """

    initial: Mapping[str, Hashable]
    actions: tuple[Action, ...]
    rules: Mapping[str, object] = attrs.field(factory=dict[str, object])
    symmetric: Mapping[str, Representative] = attrs.field(factory=dict[str, Representative])
    is_fine: bool = False

    def __attrs_post_init__(self) -> None:
        for act in self.actions:
            needed = {*act.reads} | ({FAULTS} if act.fault else set[str]())
            unknown = needed - self.initial.keys() - self.rules.keys()
            if unknown:
                raise ValueError(f"{act.name!r} reads {', '.join(sorted(unknown))}, which this system does not have")

    @property
    def first_state(self) -> State:
        """The state that every execution starts from."""
        return tuple(self.representative(name, value) for name, value in self.initial.items())

    def representative(self, name: str, value: Hashable) -> Hashable:
        """What stands for *value* of the component *name* under the declared symmetry."""
        return value if self.is_fine or name not in self.symmetric else self.symmetric[name](value)

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
    return System(initial, actions, rules, symmetric, any(part.is_fine for part in parts))


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
    urgent = [act for act in system.actions if act.is_urgent]
    if not system.is_fine and (now := [step for act in urgent for step in steps_of(system, act, values)]):
        return now
    return [step for act in system.actions for step in steps_of(system, act, values)]


def steps_of(system: System, act: Action, values: Mapping[str, Hashable]) -> Iterator[Step]:
    """The steps that *act* can take from the component *values*."""
    paid = paid_for(act, values.get(FAULTS))
    if paid is None:
        return
    for outcome in outcomes(system, act, values):
        after = {**values, **paid, **outcome.changes}
        yield Step(act, outcome.says, tuple(after.values()))


def paid_for(act: Action, budget: Hashable) -> dict[str, Hashable] | None:
    """What the budget becomes if *act* is a fault; None where it is spent."""
    if act.fault is None:
        return {}
    assert isinstance(budget, Faults)
    left = budget.without(act.fault)
    return None if left is None else {FAULTS: left}


def outcomes(system: System, act: Action, values: Mapping[str, Hashable]) -> Iterator[Next]:
    """What *act* can do, with changes by component, each the representative of its class."""
    component_of = act.component_of
    for outcome in act.outcomes(*(values[read] if read in values else system.rules[read] for read in act.reads)):
        changed = ((component_of[name], value) for name, value in outcome.changes.items())
        yield Next(outcome.says, **{name: system.representative(name, value) for name, value in changed})
