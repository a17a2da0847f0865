"""Shortening: of a walk to a broken state, the steps that it takes to break one."""

from ackproof.model.system import System
from ackproof.properties.property import Property
from ackproof.search.engines import How
from ackproof.search.exploration import Budget
from ackproof.search.explorer import explore
from ackproof.search.plain import Packed, Table
from ackproof.search.questions import Questions
from ackproof.search.walkers import Course, PlainWalkers, chosen
from ackproof.traces.trace import Trace, trace_of

FEW_STATES = 20_000
"""So many states are searched for a shorter execution."""

Choice = tuple[Table, int]
"""An action, and which of its outcomes."""


def shortened(system: System, holds: tuple[Property, ...], course: Course, walk: int, length: int) -> Trace:
    """
    A short execution to a state that breaks what *holds*.

    Args:
        walk: The number of a walk that leads to one.
        length: After so many steps.
    """
    rehearsal = Rehearsal(system, holds, course)
    _, states = rehearsal.shortened(rehearsal.retraced(walk, length))
    if len(states) > 1:
        few = Budget(states=FEW_STATES, depth=len(states) - 2)
        if shorter := explore(system, *holds, budget=few, how=How("plain")).violation:
            return shorter
    return trace_of(system, [rehearsal.questions.state(rehearsal.row(state)) for state in states])


class Rehearsal(PlainWalkers):
    """One walk, taken again and again, with more and more of it left out."""

    def __init__(self, system: System, holds: tuple[Property, ...], course: Course) -> None:
        super().__init__(Questions(system, holds), course, (1 << len(holds)) - 1)

    def retraced(self, walk: int, length: int) -> list[Choice]:
        """The first steps of a walk."""
        state, choices = self.first, list[Choice]()
        for step in range(length):
            answers = self.answers(state)
            table, changes, number = chosen(answers, self.draw(answers, walk, step))
            choices.append((table, number))
            state = self.changed(state, table, changes[number])
        return choices

    def shortened(self, choices: list[Choice]) -> tuple[list[Choice], list[Packed]]:
        """What is left of a walk when no step can be left out, and its states (Zeller and Hildebrandt, 2002)."""
        best = self.replayed(choices)
        assert best is not None
        size = max(1, len(best[0]) // 2)
        while size:
            length = len(best[0])
            best = self.without(best, size)
            is_shorter = len(best[0]) < length
            size = size // 2 if size > 1 else int(is_shorter)
        return best

    def without(self, best: tuple[list[Choice], list[Packed]], size: int) -> tuple[list[Choice], list[Packed]]:
        """The walk without those *size* steps in a row that it does not need."""
        first = 0
        while first < len(best[0]):
            choices = best[0]
            shorter = self.replayed(choices[:first] + choices[first + size :])
            best, first = (shorter, first) if shorter else (best, first + size)
        return best

    def replayed(self, choices: list[Choice]) -> tuple[list[Choice], list[Packed]] | None:
        """Of these steps those that can be taken and lead on to a broken state, and its states; None if none is."""
        states, taken = [self.first], list[Choice]()
        for choice in choices:
            if self.is_broken(states[-1]):
                break
            after = self.taken(states[-1], choice)
            if after in states:
                back = states.index(after)
                del states[back + 1 :], taken[back:]
            elif after is not None:
                states.append(after)
                taken.append(choice)
        return (taken, states) if self.is_broken(states[-1]) else None

    def taken(self, state: Packed, choice: Choice) -> Packed | None:
        """The state after that action with an outcome of that number, or the last it has; None if it can not happen."""
        for table, changes in self.answers(state):
            if table is choice[0]:
                return self.changed(state, table, changes[min(choice[1], len(changes) - 1)])
        return None

    def is_broken(self, state: Packed) -> bool:
        """Whether the state breaks what is to hold."""
        return self.holds & ~self.truth(state) != 0
