"""What has to be searched to decide a basic claim about a pipeline."""

from collections.abc import Callable, Collection, Iterable, Iterator

import attrs

from ackproof.config.group_rules import group_rules
from ackproof.config.one_process import on_failed_output, with_separate_halves
from ackproof.config.pipeline import OnProcessingFailure, Pipeline
from ackproof.config.systems import budget, goal_system, halves, is_absorbed, produce_system, system_for, unmodelled
from ackproof.config.transactions import has_transactions, is_consume_process_produce, transactional_system
from ackproof.model.consume.outputs import with_failing_outputs
from ackproof.model.groups.half import KINDS, group_half
from ackproof.model.system import System
from ackproof.properties.claims import GOALS, IN_TRANSACTIONS, INTERESTING, INVARIANTS, OF_TRANSACTIONS, Half
from ackproof.properties.groups import each_partition_has_one_owner, two_members_own_partitions
from ackproof.properties.produce import what_a_reader_saw_stays
from ackproof.properties.property import Property


@attrs.frozen
class Inquiry:
    """
    One search: a system, and what every state of it satisfies if the claim is true of its part of the pipeline.

    Attributes:
        half: Where in the pipeline that is.
        where: The same in words.
        looks_for: What some state satisfies unless the claim is an empty one.
        system: The system, without any reduction if that is asked for.
        is_goal: Every fair execution is to come to what ``holds`` says, again and again.
        shares: What tells whose systems are the same, so that one search of it is one for all; None for its own.
        assumes: What it takes as given beside what every search does.
    """

    half: Half
    where: str
    basic: str
    holds: Property
    looks_for: tuple[Property, ...]
    system: Callable[[bool], System]
    is_goal: bool = False
    shares: str | None = None
    assumes: tuple[str, ...] = ()

    @property
    def what(self) -> str:
        """What the search looks for, in words."""
        if self.is_goal:
            return f"a fair execution of {self.where} that never {self.basic}"
        return f"a violation of {self.basic} in {self.where}"


def inquiries(pipeline: Pipeline, basic: str) -> tuple[Inquiry, ...]:
    """The searches that decide *basic*, as far as there are models for it."""
    closed: set[Half | None] = {what.half for what in unmodelled(pipeline, basic)}
    if None in closed:
        return ()
    on_failure, pipeline = on_failed_output(pipeline), with_separate_halves(pipeline)
    asked = (*of_transactions(pipeline, basic), *of_halves(pipeline, basic, on_failure), *of_group(pipeline, basic))
    return tuple(inquiry for inquiry in asked if not is_closed(inquiry, closed))


def is_closed(inquiry: Inquiry, closed: Collection[Half | None]) -> bool:
    """Whether something is not modelled of what it is about: of the whole, if it is of one half."""
    return bool(closed) if inquiry.half == "whole" else inquiry.half in closed


def together(asked: Iterable[Inquiry]) -> list[tuple[Inquiry, ...]]:
    """The inquiries *asked*, those that share a system beside each other."""
    groups: dict[object, list[Inquiry]] = {}
    for number, inquiry in enumerate(asked):
        groups.setdefault(inquiry.shares or number, []).append(inquiry)
    return [tuple(group) for group in groups.values()]


def of_halves(pipeline: Pipeline, basic: str, on_failure: OnProcessingFailure | None) -> Iterator[Inquiry]:
    """The searches of the halves; what transactions decide is left to them."""
    if basic in OF_TRANSACTIONS:
        return
    asked = reversed(halves(pipeline)) if basic not in GOALS else (GOALS[basic][0],)
    for half in asked:
        if not is_decided_by_transactions(pipeline, half, basic) and not is_absorbed(pipeline, half, basic):
            inquiry = goal(pipeline, basic) if basic in GOALS else of(pipeline, half, basic)
            yield inquiry if half == "produce" or on_failure is None else sending(inquiry, on_failure)


def sending(inquiry: Inquiry, on_failure: OnProcessingFailure) -> Inquiry:
    """The same of consumers whose outputs may fail to be sent."""

    def system(is_fine: bool) -> System:
        return with_failing_outputs(inquiry.system(is_fine), on_failure)

    return attrs.evolve(inquiry, system=system)


def is_decided_by_transactions(pipeline: Pipeline, half: Half, basic: str) -> bool:
    """
    Whether transactions decide what the *half* would decide without them.

    How replicas keep what was acknowledged is the same with them, and so is whether every send is resolved.
    """
    if half == "produce":
        return has_transactions(pipeline) and basic not in {"no-loss", "completes"}
    return is_consume_process_produce(pipeline)


def of_transactions(pipeline: Pipeline, basic: str) -> Iterator[Inquiry]:
    """The search of the transactions, where there are any."""
    if not has_transactions(pipeline) or is_absorbed(pipeline, "produce", basic):
        return
    holds, matters = IN_TRANSACTIONS[basic]
    is_goal = basic in GOALS

    def system(is_fine: bool) -> System:
        # Nothing of the transactions is urgent or symmetric: what happens at last is the same step by step.
        return transactional_system(pipeline, basic, budget(pipeline), is_fine=is_fine and not is_goal)

    half: Half = "whole" if is_consume_process_produce(pipeline) else "produce"
    shares = None if is_goal or basic == "in-order" else f"whole transactions: {basic in OF_TRANSACTIONS}"
    yield Inquiry(half, "the transactions", basic, holds, (matters,), system, is_goal, shares)


MOST_MEMBERS, PARTITIONS = 2, 2
"""Of the group that is searched for a partition with two owners."""


def of_group(pipeline: Pipeline, basic: str) -> Iterator[Inquiry]:
    """The search of the group for a partition that two consumers own: both would process its records."""
    consumer = pipeline.consumer
    if consumer is None or basic != "no-duplicates" or consumer.sink != "plain" or consumer.commit == "with-sink":
        return
    kinds = frozenset(pipeline.faults.kinds if pipeline.faults.at_most else ()) & KINDS
    if consumer.instances == 1 and "member-joins" not in kinds:
        return

    members = min(consumer.instances, MOST_MEMBERS)
    assumes = f"who owns what: {members} instance{'' if members == 1 else 's'} at the start, {PARTITIONS} partitions"

    def system(is_fine: bool) -> System:
        rules, faults = group_rules(pipeline), budget(pipeline)
        return group_half(rules, members=members, partitions=PARTITIONS, faults=faults, kinds=kinds, is_fine=is_fine)

    holds, matters = each_partition_has_one_owner, (two_members_own_partitions,)
    yield Inquiry("consume", "the group", basic, holds, matters, system, assumes=(assumes,))


def composes_at_the_log(pipeline: Pipeline) -> bool:
    """Whether the consumer reads what the producer writes, so that the halves are judged apart."""
    is_piped = pipeline.consumer is not None and pipeline.consumer.sink != "kafka"
    return pipeline.producer is not None and is_piped


def of(pipeline: Pipeline, half: Half, basic: str, *, rolls_back: bool = False) -> Inquiry:
    """The search for a violation of *basic* in a half, or in the whole, where readers may see the log change."""
    where = "the whole pipeline" if half == "whole" else f"the {half} half"

    def system(is_fine: bool) -> System:
        return system_for(pipeline, half, basic, is_fine=is_fine, rolls_back=rolls_back)

    return Inquiry(half, where, basic, INVARIANTS[half][basic], INTERESTING[half][basic], system)


def goal(pipeline: Pipeline, basic: str) -> Inquiry:
    """The search for an execution that never comes to what *basic* says, step by step without any reduction."""
    half, holds, matters = GOALS[basic]
    where = f"the {half} half"
    return Inquiry(half, where, basic, holds, (matters,), lambda _: goal_system(pipeline, basic), is_goal=True)


def what_readers_saw(pipeline: Pipeline) -> Inquiry:
    """The search for a record that disappears from the log: while there is none the halves can be judged apart."""

    def system(is_fine: bool) -> System:
        return produce_system(pipeline, "no-duplicates", remembers_visible=True, is_fine=is_fine)

    return Inquiry("produce", "the produce half", "no-duplicates", what_a_reader_saw_stays, (), system)
