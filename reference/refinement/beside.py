"""The reference beside the model: it goes on step by step, and the model has to come along."""

from collections import Counter
from collections.abc import Callable, Hashable, Mapping
from typing import Protocol, cast

from ackproof.model.faults import FAULTS, Faults
from ackproof.model.system import State, Step, System
from ackproof.reference.kernel.clock import VirtualClock
from ackproof.reference.refinement.explaining import (
    MOST_ACTIONS,
    SEARCHES,
    Distance,
    Searches,
    Unexplained,
    explained,
)
from ackproof.traces.trace import Trace


class Stage(Protocol):
    """What runs."""

    @property
    def clock(self) -> VirtualClock:
        """Its time."""
        ...

    def step(self) -> None:
        """Let it do what comes next."""


class NotRefinedError(AssertionError):
    """
    A step of the reference is none of the model.

    Attributes:
        trace: What the model has taken part in so far.
        unexplained: The step.
    """

    def __init__(self, at_ms: int, trace: Trace, unexplained: Unexplained) -> None:
        super().__init__(told(at_ms, trace, unexplained))
        self.trace = trace
        self.unexplained = unexplained


def told(at_ms: int, trace: Trace, unexplained: Unexplained) -> str:
    """What happened, for people: the trace so far, and where reference and model part."""
    lines = [f"a step of the reference at {at_ms} ms is none of the model; before it:"]
    lines += [f"  {number}. {step.says}" for number, step in enumerate(trace.steps, start=1)]
    for name, wanted in unexplained.wanted.items():
        if wanted not in (unexplained.nearest[name], unexplained.before[name]):
            lines += [f"{name} was", f"  {unexplained.before[name]}", "and is", f"  {wanted}"]
            lines += ["where the model comes no nearer than", f"  {unexplained.nearest[name]}"]
    return "\n".join(lines)


def never() -> bool:
    """Something that is not so."""
    return False


class Beside:
    """A stage, and the model that follows it."""

    def __init__(
        self,
        system: System,
        stage: Stage,
        mapped: Callable[[], Mapping[str, Hashable]],
        distance: Distance,
        *,
        most: int = MOST_ACTIONS,
        searches: Searches = SEARCHES,
        is_between: Callable[[], bool] = never,
    ) -> None:
        """
        Put them beside each other.

        Args:
            system: The model.
            stage: What runs.
            mapped: What its state is in the model.
            distance: How far apart two states are.
            most: How many actions of the model one step may be.
            searches: How they are looked for.
            is_between: Whether it is in the middle of what the model does at once, so that it is not looked at.
        """
        self._system, self._stage, self._mapped, self._distance = system, stage, mapped, distance
        self._most, self._searches, self._is_between = most, searches, is_between
        self._state: State = system.first_state
        self._steps: list[Step] = []
        self._last: Mapping[str, Hashable] | None = None

    @property
    def trace(self) -> Trace:
        """What the model has taken part in so far."""
        return Trace(tuple(self._system.initial), self._system.first_state, tuple(self._steps))

    def run_until(self, until_ms: int) -> None:
        """The reference goes on, and the model follows."""
        while self._stage.clock.now_ms < until_ms or self._is_between():
            self._stage.step()
            if not self._is_between():
                self.check()

    def run_until_it_can(self, happens: Callable[[], bool], patience_ms: int) -> bool:
        """Something happens, as soon as it can; whether that is soon."""
        until_ms = self._stage.clock.now_ms + patience_ms
        while not (has_happened := happens()) and self._stage.clock.now_ms < until_ms:
            self._stage.step()
            if not self._is_between():
                self.check()
        return has_happened

    def allow(self, kinds: Counter[str]) -> None:
        """From now on so many more faults of these kinds may have happened."""
        values = self._system.named(self._state)
        budget = cast("Faults", values[FAULTS])
        limits = Counter(dict(budget.limits))
        limits.update(kinds)
        more = Faults(budget.left + kinds.total(), tuple(sorted(limits.items())))
        self._state = self._system.represented(tuple({**values, FAULTS: more}.values()))

    def check(self) -> None:
        """
        The model comes to where the reference is.

        Raises:
            NotRefinedError: It can not.
        """
        mapped = self._mapped()
        if mapped == self._last:
            return
        self._last = mapped
        found = explained(self._system, self._state, mapped, self._distance, most=self._most, searches=self._searches)
        if isinstance(found, Unexplained):
            raise NotRefinedError(self._stage.clock.now_ms, self.trace, found)
        if found:
            self._steps += found
            self._state = found[-1].state
