"""
The whole pipeline in one piece: both halves, and a log that shows readers what the leader lets them read.

What a reader saw need not stay: a leader that was elected uncleanly, or whose power was lost, has less, and writes
other records in its place. The log is then rolled back under its readers.
"""

from collections.abc import Iterator
from typing import cast

import attrs

from ackproof.model.consume import adding, reading
from ackproof.model.consume.consumer import Consumer, Consumers, named, replaced
from ackproof.model.consume.log import Group, Log
from ackproof.model.consume.rules import ConsumerRules, aging, in_poll, resets
from ackproof.model.produce.append import Leader
from ackproof.model.produce.replica import Replicas, has_leader, stored_records
from ackproof.model.produce.showing import readable_logs
from ackproof.model.system import Next, System, action, compose


def readable_records(replicas: Replicas, leader: Leader) -> tuple[int, ...]:
    """What the leader lets consumers read."""
    return readable_logs(replicas, leader)[0]


@action(when={"readable": has_leader}, sees={"readable": readable_records})
def expose(leader: Leader, readable: tuple[int, ...], log: Log) -> Iterator[Next]:
    """
    The next record becomes readable (``FetchIsolation.HIGH_WATERMARK``).

    Not modelled: consumers that read from followers (KIP-392).
    """
    if log.end < len(readable) and readable[: log.end] == log.records:
        record = readable[log.end]
        yield Next(f"consumers can read offset {log.end}", log=attrs.evolve(log, records=(*log.records, record)))


def nothing_is_gone(rolled_back_to: int | None) -> bool:
    """Whether readers know of no loss."""
    return rolled_back_to is None


@action(urgent=True, when={"stored": has_leader, "rolled_back_to": nothing_is_gone}, sees={"stored": stored_records})
def lose(stored: tuple[int, ...], log: Log, rolled_back_to: int | None) -> Iterator[Next]:
    """A new leader does not have what consumers could read (KIP-320, "Motivation"; KIP-966)."""
    shared = next((i for i, (a, b) in enumerate(zip(stored, log.records, strict=False)) if a != b), None)
    kept = min(len(stored), log.end) if shared is None else shared
    if kept < log.end:
        yield Next(f"what consumers could read is gone from offset {kept} on", rolled_back_to=kept)


def something_is_gone(rolled_back_to: int | None) -> bool:
    """Whether readers have yet to deal with a loss."""
    return rolled_back_to is not None


@action(urgent=True, when={"rolled_back_to": something_is_gone})
def roll_back(
    consumer: ConsumerRules,
    validates_positions: bool,
    rolled_back_to: int | None,
    log: Log,
    group: Group,
    consumers: Consumers,
) -> Iterator[Next]:
    """
    Readers find the log as the new leader has it. Who validates positions goes back to where logs diverge.

    Source: ``SubscriptionState.maybeCompleteValidation``. Without that, a consumer goes on at its offset (KAFKA-7747).

    Not modelled: it compares offsets alone, and so finds nothing where what the new leader has of earlier epochs
    reaches as far as the position; and a position that the application sought has no epoch to be validated by.
    """
    assert rolled_back_to is not None
    shorter = attrs.evolve(log, records=log.records[:rolled_back_to], aged=min(log.aged, rolled_back_to))
    if not validates_positions:
        yield Next("consumers are not told", log=shorter, rolled_back_to=None)
        return
    yield Next(
        f"consumers validate their positions; the log diverged at offset {rolled_back_to}",
        log=shorter,
        rolled_back_to=None,
        group=validated_group(consumer, group, rolled_back_to),
        consumers=tuple(validated(consumer, other, rolled_back_to) for other in consumers),
    )


def validated(rules: ConsumerRules, consumer: Consumer, end: int) -> Consumer:
    """*consumer* once it knows where logs diverge; what it has been handed it keeps."""
    return attrs.evolve(
        consumer,
        position=validated_offset(rules, consumer.position, end),
        stored=earlier(consumer.stored, end),
        to_commit=earlier(consumer.to_commit, end),
        in_flight=tuple(min(offset, end) for offset in consumer.in_flight),
    )


def validated_group(rules: ConsumerRules, group: Group, end: int) -> Group:
    """*group* as who starts from its committed offset finds it, as that carries a leader epoch; a sink's does not."""
    if rules.commit == "with-sink":
        return group
    return attrs.evolve(group, committed=validated_offset(rules, group.committed, end))


def validated_offset(rules: ConsumerRules, offset: int | None, end: int) -> int | None:
    """Where a consumer is that has validated *offset*; nowhere after a LogTruncationException."""
    is_beyond = offset is not None and offset > end
    return None if is_beyond and rules.reset == "none" else earlier(offset, end)


def earlier(offset: int | None, end: int) -> int | None:
    """*offset*, but at most *end*."""
    return None if offset is None else min(offset, end)


UNREAD = -1
"""Stands for a record that nobody can read."""


@action(when={"consumers": reading.unlocated})
def locate(consumer: ConsumerRules, deletes: bool, consumers: Consumers, group: Group, log: Log) -> Iterator[Next]:
    """
    An owner without a position takes the committed offset, or else follows ``auto.offset.reset``.

    That what it has committed may be beyond what can be read a fetch tells (``leave_range``): only beyond the end of
    the leader's log is it out of range.

    Source: ``ConsumerUtils.refreshCommittedOffsets``; ``LocalLog.read``.
    """
    missing = max(0, (group.committed or 0) - log.end)
    reaching = attrs.evolve(log, records=(*log.records, *(UNREAD,) * missing))
    for outcome in reading.locate.outcomes(consumer, deletes, consumers, group, reaching):
        changes = dict(outcome.changes)
        if "log" in changes:
            changes["log"] = attrs.evolve(log, aged=cast("Log", changes["log"]).aged)
        yield Next(outcome.says, **changes)


def positioned(consumers: Consumers, consumer: ConsumerRules) -> tuple[int, ...]:
    """Who is in poll with a position."""
    return tuple(i for i in in_poll(consumer, consumers, "owner", "stale") if consumers[i].position is not None)


@action(when={"end": has_leader, "consumers": positioned}, sees={"end": stored_records})
def leave_range(consumer: ConsumerRules, end: tuple[int, ...], log: Log, consumers: Consumers) -> Iterator[Next]:
    """
    A fetch beyond the end of the leader's log is refused (OFFSET_OUT_OF_RANGE): ``auto.offset.reset`` applies.

    Where that finds no offset yet, as a record is too old or there is none, it is asked for again and again.

    Source: ``FetchCollector.handleInitializeErrors``.
    """
    for index in positioned(consumers, consumer):
        reader = consumers[index]
        if (reader.position or 0) > len(end):
            nowhere = (None,) if consumer.reset == "none" else ()
            for offset in resets(consumer.reset, log.start, log.end, log.aged) or nowhere:
                where = f"starts at the {consumer.reset} offset, {offset}" if offset is not None else "fails"
                after = replaced(consumers, index, attrs.evolve(reader, position=offset))
                says = f"{named(index)} is at {reader.position}, out of range, and {where}"
                yield Next(says, consumers=after, **aging(consumer, log, offset))


def in_one_piece(produce: System, consume: System, *, validates_positions: bool | None = None) -> System:
    """
    Both halves as one system: what the consume half reads is what the produce half has committed.

    Args:
        validates_positions: Whether consumers compare leader epochs after a new leader (KIP-320); None where what a
            reader saw stays, so that there is nothing to compare.

    Raises:
        ValueError: The key moves to a partition that the produce half does not have.
    """
    if adding.append in consume.actions:
        raise ValueError("the produce half has one partition, and the key moves to another one")
    acts = tuple(act for act in consume.actions if act is not reading.append)
    if validates_positions is not None:
        acts = tuple(locate if act is reading.locate else act for act in acts)
    exposed = System(
        {"log": consume.initial["log"], "replicas": produce.initial["replicas"]},
        (expose.on(readable="replicas"),),
        rules={"leader": produce.rules["leader"]},
        reductions=produce.reductions,
    )
    parts = (produce, attrs.evolve(consume, actions=acts), exposed)
    return compose(*parts) if validates_positions is None else compose(*parts, rolled_back(parts, validates_positions))


def rolled_back(parts: tuple[System, ...], validates_positions: bool) -> System:
    """What is added where a new leader may lack what consumers could read."""
    initial = {name: value for part in parts for name, value in part.initial.items()}
    touched = ("replicas", "log", "group", "consumers")
    return System(
        {"rolled_back_to": None, **{name: initial[name] for name in touched}},
        (lose.on(stored="replicas"), roll_back, leave_range.on(end="replicas")),
        rules={
            "consumer": parts[1].rules["consumer"],
            "leader": parts[0].rules["leader"],
            "validates_positions": validates_positions,
        },
        reductions=parts[0].reductions,
    )
