"""Random search: a Hypothesis state machine of any system, with one rule for each action."""

from collections import Counter
from collections.abc import Callable

import attrs
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from ackproof.model.system import Step, System, steps
from ackproof.properties.property import Property

MOST_OUTCOMES = 64


class PropertyBrokenError(AssertionError):
    """A state breaks a property; the message tells the execution that leads there."""


class SystemMachine(RuleBasedStateMachine):
    """A walk through a system: what has happened, and what can happen now."""

    system: System
    properties: tuple[Property, ...]

    def __init__(self) -> None:
        super().__init__()
        self.state = self.system.first_state
        self.taken: list[Step] = []
        self.enabled = steps(self.system, self.state)
        self.check()

    @precondition(lambda self: not self.enabled)
    @rule()
    def nothing_more_can_happen(self) -> None:
        """The walk is at its end; Hypothesis wants a rule for it."""

    def can(self, place: int) -> bool:
        """Whether the action at that place of the system has an outcome now."""
        return any(step.action is self.system.actions[place] for step in self.enabled)

    def take(self, place: int, choice: int) -> None:
        """Take one of the outcomes of an action."""
        possible = [step for step in self.enabled if step.action is self.system.actions[place]]
        step = possible[choice % len(possible)]
        self.taken.append(step)
        self.state = step.state
        self.enabled = steps(self.system, self.state)
        self.check()

    def check(self) -> None:
        """Every property holds, else the walk so far is told in sentences."""
        values = {**self.system.rules, **self.system.named(self.state)}
        for statement in self.properties:
            if not statement(values):
                raise PropertyBrokenError(story(statement, self.taken))


def story(statement: Property, taken: list[Step]) -> str:
    """An execution that breaks a property, a numbered sentence for each step."""
    lines = [f"{number:4} {step.says}{mark(step)}" for number, step in enumerate(taken, start=1)]
    return "\n".join([f"not so: {statement.says}", *lines])


def mark(step: Step) -> str:
    """What marks a fault."""
    return f"  [{step.action.fault}]" if step.action.fault else ""


def machine_of(system: System, *properties: Property) -> type[SystemMachine]:
    """
    A state machine that walks through *system* and checks *properties* in every state.

    Only enabled actions are drawn, and interchangeable parts are told apart, so that each keeps its name. Use it as any
    ``RuleBasedStateMachine``: its ``TestCase`` is a test.
    """
    names: Counter[str] = Counter()
    rules: dict[str, object] = {
        "system": attrs.evolve(system, symmetric={}, interchangeable=()),
        "properties": properties,
    }
    for place, act in enumerate(system.actions):
        name = act.name.replace(" ", "_")
        names[name] += 1
        unique = name if names[name] == 1 else f"{name}_{names[name]}"
        rules[unique] = rule_of(place, unique)
    return type("System", (SystemMachine,), rules)


def rule_of(place: int, name: str) -> object:
    """The rule of the action at that place."""

    def take(self: SystemMachine, outcome: int) -> None:
        self.take(place, outcome)

    def can(self: SystemMachine) -> bool:
        return self.can(place)

    take.__name__ = name
    ruled: Callable[..., None] = rule(outcome=st.integers(0, MOST_OUTCOMES - 1))(take)
    return precondition(can)(ruled)
