"""The states in which the model may be, as the reference goes on: those that look like it."""

from collections.abc import Callable, Hashable, Iterator, Mapping
from heapq import nsmallest
from typing import cast

import attrs

from ackproof.model.faults import FAULTS, Faults
from ackproof.model.system import State, Step, System, steps
from ackproof.reference.refinement.explaining import Unexplained
from ackproof.traces.trace import Trace

Look = tuple[Hashable, ...]
"""What a state looks like, part by part."""

MOST_ACTIONS = 14
"""How many actions of the model may happen at once."""

MOST_STATES = 1_000
"""How many states are followed at once, those that look most like the reference."""


@attrs.frozen(eq=False)
class Path:
    """How the model comes to a state; None before the first step."""

    step: Step
    before: "Path | None"

    def steps(self) -> Iterator[Step]:
        """All its steps, the last one first."""
        path: Path | None = self
        while path is not None:
            yield path.step
            path = path.before


class Tracker:
    """
    All states that the model may be in, as far as they are found.

    It goes breadth first, to the fewest actions that lead to where the reference is, along the states that look most
    like it: what it finds are executions of the model; that it finds none may be one that leads away first.

    Args:
        look: What a value of the component looks like.
        happened: How often each kind of fault has happened, which is as often as the model may have it.
    """

    def __init__(
        self,
        system: System,
        component: str,
        look: Callable[[Hashable], Look],
        happened: Mapping[str, int],
    ) -> None:
        self._system = system
        self._happened = happened
        self._budget = system.named(system.first_state)[FAULTS]
        self._place = tuple(system.initial).index(component)
        self._component = component
        self._look = look
        self._paths: dict[State, Path | None] = {system.first_state: None}

    @property
    def trace(self) -> Trace:
        """One of the executions that lead to where the reference is."""
        path = next(iter(self._paths.values()))
        taken = () if path is None else tuple(path.steps())[::-1]
        return Trace(tuple(self._system.initial), self._system.first_state, taken)

    def follow(self, wanted: Hashable) -> Unexplained | None:
        """The model comes to where it looks like *wanted*, if it can."""
        look = self._look(wanted)
        level: Mapping[State, Path | None] = self._paths
        seen = set(level)
        best = min(level, key=lambda state: self._apart(state, look))
        for _ in range(MOST_ACTIONS + 1):
            found = {state: path for state, path in level.items() if self._apart(state, look) == 0}
            if found:
                self._paths = found
                return None
            fresh = dict(self._fresh(level, seen))
            nearest = nsmallest(MOST_STATES, fresh, key=lambda state: self._apart(state, look))
            level = {state: fresh[state] for state in nearest}
            best = min([best, *nearest[:1]], key=lambda state: self._apart(state, look))
        before = next(iter(self._paths))
        return Unexplained(self._shown(before), {self._component: wanted}, self._shown(best))

    def _fresh(self, level: Mapping[State, Path | None], seen: set[State]) -> Iterator[tuple[State, Path]]:
        for state, path in level.items():
            for step in steps(self._system, state):
                if step.state not in seen and self._is_due(step):
                    seen.add(step.state)
                    yield step.state, Path(step, path)

    def _is_due(self, step: Step) -> bool:
        kind = step.action.fault
        if kind is None:
            return True
        before, after = (cast("Faults", budget) for budget in (self._budget, self._system.named(step.state)[FAULTS]))
        return dict(before.limits)[kind] - dict(after.limits)[kind] <= self._happened.get(kind, 0)

    def _apart(self, state: State, look: Look) -> int:
        return sum(mine != other for mine, other in zip(self._look(state[self._place]), look, strict=True))

    def _shown(self, state: State) -> dict[str, Hashable]:
        return {self._component: state[self._place]}
