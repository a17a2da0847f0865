"""The order in which the halves of a pipeline in one piece take their steps."""

from collections import deque
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from itertools import islice, pairwise, takewhile
from typing import Literal, cast

import attrs

from ackproof.model.consume.log import Log
from ackproof.model.produce.append import Leader
from ackproof.model.produce.network import Connection
from ackproof.model.produce.replica import Replicas, is_short, leader_of
from ackproof.model.system import Action, Step, System, steps_of
from ackproof.reference.refinement.directing.round import PROCESSING
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
        waits = is_busy or not reading or shows_what_is_given_up(system, reading[0], values, producing)
        found = None if waits else again(told_apart, reading[0], values, OF_READING)
        mine, about = (reading, OF_READING) if found is not None else (producing, OF_PRODUCING)
        moment = mine.popleft()
        found = found or again(told_apart, moment, values, about)
        if found is None:
            raise NotAnExecutionError(f"step {moment.number} can not be taken before what comes before it")
        yield attrs.evolve(moment, before=values, after=found)
        values = found


def shows_what_is_given_up(system: System, moment: Moment, values: Values, coming: Iterable[Moment]) -> bool:
    """
    Whether readers are shown what the leader is yet to give up: it answers as soon as it may show that.

    Source: ``DelayedProduce.tryComplete``; ``Partition.checkEnoughReplicasReachOffset``.
    """
    replicas, leader = cast("Replicas", values["replicas"]), cast("Leader", system.rules["leader"])
    if moment.step.action.name != "expose" or is_short(leader.rules, replicas):
        return False
    end, led = cast("Log", moment.after["log"]).end, leader_of(replicas)
    while_it_leads = takewhile(lambda each: leader_of(cast("Replicas", each.before["replicas"])) == led, coming)
    given_up = (each.before["connection"] for each in while_it_leads if each.step.action.name == "give up")
    heads = (cast("Connection", connection).requests[0] for connection in given_up)
    return any(head.waits_for is not None and head.waits_for <= end for head in heads)


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


def polled_late(system: System, all_steps: Sequence[Moment]) -> tuple[Moment, ...]:
    """
    The same, but an instance polls as late as it can, if that comes to the same.

    Who has records in its hands is not handed those of a partition that was added meanwhile, as it does not poll.
    In the model they are, and here that is in a poll before.
    """
    told_apart = attrs.evolve(system, symmetric={}, interchangeable=())
    order = list(all_steps)
    for first in reversed(range(len(order))):
        for place in range(first, len(order) - 1):
            both = swapped(told_apart, order[place], order[place + 1])
            if order[place].step.action.name not in ("locate", "poll") or both is None:
                break
            order[place : place + 2] = both
    return tuple(order)


def committed_before(system: System, all_steps: Sequence[Moment]) -> tuple[Moment, ...]:
    """
    The same, but a client commits by itself before it gains a partition, if it comes to the same otherwise.

    In the model it may do so. Here it does, unless that fails for as long as a rebalance may take.

    Source: ``AbstractMembershipManager.maybeReconcile``.
    """
    told_apart = attrs.evolve(system, symmetric={}, interchangeable=())
    found, values = list[Moment](), all_steps[0].before
    for moment in all_steps:
        if moment.step.action.name == "discover":
            found += islice(automatic_commits(told_apart, moment.number, values), 1)
            values = found[-1].after if found else values
        after = next(outcomes_of(told_apart, moment, values), None)
        if after is None:
            return tuple(all_steps)
        found.append(attrs.evolve(moment, before=values, after=after))
        values = after
    return tuple(found)


def automatic_commits(system: System, number: int, values: Values) -> Iterator[Moment]:
    """What a client may commit by itself."""
    for place, act in enumerate(system.actions):
        for step in steps_of(system, place, values) if act.name == "commit automatically" else ():
            yield Moment(number, "consume", step, values, dict(zip(system.initial, step.state, strict=True)))


def swapped(system: System, one: Moment, other: Moment) -> tuple[Moment, Moment] | None:
    """Two steps the other way round, if that comes to the same."""
    for between in outcomes_of(system, other, one.before):
        if other.after in outcomes_of(system, one, between):
            return (
                attrs.evolve(other, before=one.before, after=between),
                attrs.evolve(one, before=between, after=other.after),
            )
    return None


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
