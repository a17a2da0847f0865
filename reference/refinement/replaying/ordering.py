"""The order in which the halves of a pipeline in one piece take their steps."""

from collections import deque
from collections.abc import Hashable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Literal

import attrs

from ackproof.model.system import Action, Step, System, steps_of
from ackproof.reference.refinement.directing.preparing import PROCESSING
from ackproof.reference.refinement.directing.whole.steps import OF_THE_LOG
from ackproof.reference.refinement.replaying.produce import URGENT
from ackproof.traces.trace import NotAnExecutionError, Trace

Side = Literal["produce", "consume", "log"]
Values = Mapping[str, Hashable]

OF_PRODUCING = frozenset({"replicas", "connection", "producer", "delayed", "acknowledged"})
OF_READING = frozenset({"log", "group", "consumers", "history", "offsets_in_sync", "coordinator", "rolled_back_to"})
"""The components of either half; no step of the produce half looks at one of the other."""


@attrs.frozen
class Moment:
    """
    A step of a trace, where it is taken.

    Attributes:
        number: Which of the trace it is, from 1.
        before, after: The components of the model around it.
    """

    number: int
    side: Side
    step: Step
    before: Values
    after: Values


def side_of(act: Action) -> Side:
    """What an action is about: one of the halves, or the log between them."""
    if act.name in OF_THE_LOG:
        return "log"
    return "produce" if act.names & OF_PRODUCING and not act.names & OF_READING else "consume"


def moments(trace: Trace) -> Iterator[Moment]:
    """The steps of a trace in their order."""
    states = [dict(zip(trace.names, state, strict=True)) for state in trace.states]
    numbered = enumerate(zip(trace.steps, pairwise(states), strict=True), start=1)
    for number, (step, both) in numbered:
        yield Moment(number, side_of(step.action), step, *both)


def readers_first(system: System, all_steps: Sequence[Moment]) -> Iterator[Moment]:
    """
    The same, but readers take theirs as early as they can.

    In the model more may be committed than readers know of. Here they know at once: what they do before comes first.

    Raises:
        NotAnExecutionError: They are no execution of the system.
    """
    told_apart = attrs.evolve(system, symmetric={}, interchangeable=())
    producing = deque(each for each in all_steps if each.side == "produce")
    reading = deque(each for each in all_steps if each.side != "produce")
    values: Values = all_steps[0].before if all_steps else dict[str, Hashable]()
    while producing or reading:
        is_busy = bool(producing) and producing[0].step.action.name in URGENT
        found = None if is_busy or not reading else again(told_apart, reading[0], values, OF_READING)
        mine, about = (reading, OF_READING) if found is not None else (producing, OF_PRODUCING)
        moment = mine.popleft()
        found = found or again(told_apart, moment, values, about)
        if found is None:
            raise NotAnExecutionError(f"step {moment.number} can not be taken before what comes before it")
        yield attrs.evolve(moment, before=values, after=found)
        values = found


def processed_first(system: System, all_steps: Sequence[Moment]) -> tuple[Moment, ...]:
    """
    The same, but what an instance has been handed it processes at once, if that comes to the same.

    Who has records in its hands does not poll, and so does not find out what has become of the log.
    In the model it does.
    """
    told_apart = attrs.evolve(system, symmetric={}, interchangeable=())
    order = list[Moment]()
    for moment in all_steps:
        readers = [place for place, each in enumerate(order) if each.side == "consume"]
        early = readers[-1] + 1 if readers and moment.step.action.name in PROCESSING else len(order)
        order.insert(early, moment)
    found, values = list[Moment](), all_steps[0].before
    for moment in order:
        after = next(outcomes_of(told_apart, moment, values), None)
        if after is None:
            return tuple(all_steps)
        found.append(attrs.evolve(moment, before=values, after=after))
        values = after
    return tuple(found) if values == all_steps[-1].after else tuple(all_steps)


def again(system: System, moment: Moment, values: Values, about: frozenset[str]) -> Values | None:
    """What comes of taking a step in another state, if it changes the components that it is *about* as it did."""
    for after in outcomes_of(system, moment, values):
        if all(after[name] == moment.after[name] for name in about & after.keys()):
            return after
    return None


def outcomes_of(system: System, moment: Moment, values: Values) -> Iterator[Values]:
    """What may come of taking a step in another state."""
    place = system.actions.index(moment.step.action)
    for step in steps_of(system, place, values):
        if step.says == moment.step.says:
            yield dict(zip(system.initial, step.state, strict=True))
