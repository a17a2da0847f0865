"""Executions that show something interesting: the shortest, and others that come to it in other ways."""

from collections import Counter, deque
from collections.abc import Callable, Hashable, Iterator, Mapping

from ackproof.model.system import State, Step, System, steps
from ackproof.traces.trace import Trace, represented, trace_of

Reached = Callable[[Step, Mapping[str, Hashable]], bool]
"""Whether a step, with the components after it, shows what is looked for."""
MOST_STATES = 200_000


def witnesses(system: System, reached: Reached, most_states: int = MOST_STATES) -> Iterator[Trace]:
    """
    Executions of *system* that end with a step that shows something, the shortest first.

    Each takes actions that none before it takes, or takes them more or less often.

    Args:
        most_states: After so many distinct states no further ones are looked for.
    """
    first = represented(system, system.first_state)
    before: dict[State, tuple[State, str] | None] = {first: None}
    waiting, told = deque([first]), set[frozenset[tuple[str, int]]]()
    while waiting and len(before) < most_states:
        state = waiting.popleft()
        for step in steps(system, state):
            after = represented(system, step.state)
            if reached(step, system.named(after)):
                found = [*path_to(before, state), (after, step.action.name)]
                kind = frozenset(Counter(name for _, name in found).items())
                if kind not in told:
                    told.add(kind)
                    yield trace_of(system, [first, *(each for each, _ in found)], [name for _, name in found])
            elif after not in before:
                before[after] = state, step.action.name
                waiting.append(after)


def path_to(before: Mapping[State, tuple[State, str] | None], state: State) -> list[tuple[State, str]]:
    """The states that lead to *state*, each with the action that leads there."""
    found = list[tuple[State, str]]()
    while (step := before[state]) is not None:
        found.append((state, step[1]))
        state = step[0]
    return found[::-1]
