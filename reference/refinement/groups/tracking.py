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
    like it: what it finds are executions of the model; that it finds none may be one that leads away first, or that
    more actions would have led to before.

    Args:
        look: What a value of the component looks like.
        happened: How often each kind of fault has happened, which is as often as the model may have it.
        further: How many more than the fewest actions it looks at.
    """

    def __init__(
        self,
        system: System,
        component: str,
        look: Callable[[Hashable], Look],
        happened: Mapping[str, int],
        further: int = 0,
    ) -> None:
        self._system = system
        self._happened = happened
        self._further = further
        self._budget = system.named(system.first_state)[FAULTS]
        self._place = tuple(system.initial).index(component)
        self._component = component
        self._look = look
        self._paths: dict[State, Path | None] = {system.first_state: None}
        self._present = frozenset[Look]()

    @property
    def trace(self) -> Trace:
        """One of the executions that lead to where the reference is."""
        path = next(iter(self._paths.values()))
        taken = () if path is None else tuple(path.steps())[::-1]
        return Trace(tuple(self._system.initial), self._system.first_state, taken)

    def follow(self, *wanted: Hashable) -> Unexplained | None:
        """The model comes to where it looks like one of *wanted*, if it can."""
        looks = frozenset(map(self._look, wanted))
        if looks == self._present:
            return None
        level: Mapping[State, Path | None] = self._paths
        seen, found, left = set(level), dict[State, Path | None](), MOST_ACTIONS
        best = min(level, key=lambda state: self._apart(state, looks))
        while True:
            found.update({state: path for state, path in level.items() if self._apart(state, looks) == 0})
            left = min(left, self._further) if found else left
            if left == 0:
                break
            left -= 1
            level = self._next(level, seen, looks)
            best = min([best, *level], key=lambda state: self._apart(state, looks))
        before = next(iter(self._paths))
        if not found:
            return Unexplained(self._shown(before), {self._component: wanted[-1]}, self._shown(best))
        self._paths, self._present = found, looks
        return None

    def _next(
        self, level: Mapping[State, Path | None], seen: set[State], looks: frozenset[Look]
    ) -> Mapping[State, Path | None]:
        """What one action leads to that was not *seen*, as far as it looks most like that."""
        fresh = dict(self._fresh(level, seen))
        return {each: fresh[each] for each in nsmallest(MOST_STATES, fresh, key=lambda each: self._apart(each, looks))}

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

    def _apart(self, state: State, looks: frozenset[Look]) -> int:
        own = self._look(state[self._place])
        return min(sum(mine != other for mine, other in zip(own, look, strict=True)) for look in looks)

    def _shown(self, state: State) -> dict[str, Hashable]:
        return {self._component: state[self._place]}
