"""
The whole pipeline in one piece: both halves, and a log that shows readers what the leader lets them read.

What a reader saw need not stay: a leader that was elected uncleanly, or whose power was lost, has less, and writes
other records in its place. The log is then rolled back under its readers.

Where readers validate their positions, each leader counts as an epoch, and batches are stamped with it: a position
is validated by the epoch of the record before it, and by nothing else.
"""

from collections.abc import Iterator, Sequence
from typing import cast

import attrs

from ackproof.model.consume import adding, reading
from ackproof.model.consume.consumer import Consumer, Consumers
from ackproof.model.consume.log import Group, Log
from ackproof.model.consume.rules import ConsumerRules
from ackproof.model.produce.append import Leader
from ackproof.model.produce.replica import Replicas, has_leader, leader_log, stored_records
from ackproof.model.produce.rules import ProducerRules
from ackproof.model.produce.showing import high_watermark, readable_logs, too_early
from ackproof.model.produce.stamping import with_epochs
from ackproof.model.starting import leave_range, locate, locate_as_told
from ackproof.model.system import Next, System, action, compose

Stamped = tuple[int, int]
"""A record, and the leader epoch that it was written in."""


def readable_records(replicas: Replicas, leader: Leader) -> tuple[Stamped, ...]:
    """What the leader lets consumers read."""
    end = len(readable_logs(replicas, leader)[0])
    return tuple((batch.record, batch.partition_leader_epoch) for batch in (leader_log(replicas) or ())[:end])


@action(when={"readable": has_leader}, sees={"readable": readable_records, "high_watermark": high_watermark})
def expose(
    leader: Leader, validates_positions: bool, readable: tuple[Stamped, ...], high_watermark: int, log: Log
) -> Iterator[Next]:
    """
    The next record becomes readable (``FetchIsolation.HIGH_WATERMARK``).

    Not modelled: consumers that read from followers (KIP-392).
    """
    if log.end < len(readable) and tuple(record for record, _ in readable[: log.end]) == log.records:
        record, epoch = readable[log.end]
        epochs = (*log.epochs, epoch) if validates_positions else ()
        longer = attrs.evolve(log, records=(*log.records, record), epochs=epochs)
        early = too_early(log.end >= high_watermark)
        yield Next(f"consumers can read offset {log.end}{early}", log=longer)


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


def stored_epochs(replicas: Replicas) -> tuple[int, ...]:
    """The leader epochs of what the leader has."""
    return tuple(batch.partition_leader_epoch for batch in leader_log(replicas) or ())


@action(
    urgent=True,
    when={"stored": has_leader, "rolled_back_to": something_is_gone},
    sees={"stored": stored_epochs},
)
def roll_back(
    consumer: ConsumerRules,
    validates_positions: bool,
    rolled_back_to: int | None,
    stored: tuple[int, ...],
    log: Log,
    group: Group,
    consumers: Consumers,
) -> Iterator[Next]:
    """
    Readers find the log as the new leader has it. Who validates a position goes back to where its epoch ends there.

    Offsets alone are compared: where what the new leader has of earlier epochs reaches as far as the position, nobody
    notices. Without validation a consumer goes on at its offset anyway (KAFKA-7747).

    Source: ``SubscriptionState.maybeCompleteValidation``; ``rd_kafka_toppar_handle_OffsetForLeaderEpoch``.

    Not modelled: a position that the reset policy gave, or the application sought, has no epoch to be validated by;
    and who has gone on unnoticed still has the epoch of what it read.
    """
    assert rolled_back_to is not None
    shorter = cut(log, rolled_back_to)
    if not validates_positions:
        yield Next("consumers are not told", log=shorter, rolled_back_to=None)
        return
    left = tuple(offsets_left(log.epochs, stored))
    notice = "validate their positions" if left[-1] < log.end else "find their positions valid"
    yield Next(
        f"consumers {notice}; the log diverged at offset {rolled_back_to}",
        log=shorter,
        rolled_back_to=None,
        group=validated_group(consumer, group, left),
        consumers=tuple(validated(consumer, other, left) for other in consumers),
    )


def cut(log: Log, end: int) -> Log:
    """*log* without what is at *end* and above."""
    return attrs.evolve(log, records=log.records[:end], epochs=log.epochs[:end], aged=min(log.aged, end))


def offsets_left(epochs: Sequence[int], stored: Sequence[int]) -> Iterator[int]:
    """
    For each offset up to the end of a log, where a consumer there is sent by a leader who has *stored* instead.

    Source: ``LeaderEpochFileCache.endOffsetFor``: where an epoch, or the last one before it, ends. The new leader
    knows its own epoch, so all that have been before.
    """
    yield 0
    for offset, epoch in enumerate(epochs, start=1):
        yield min(offset, next((end for end, other in enumerate(stored) if other > epoch), len(stored)))


def validated(rules: ConsumerRules, consumer: Consumer, left: Sequence[int]) -> Consumer:
    """*consumer* once it knows what is left of what it read; what it has been handed it keeps."""
    return attrs.evolve(
        consumer,
        position=validated_offset(rules, consumer.position, left),
        stored=offset_left(consumer.stored, left),
        to_commit=offset_left(consumer.to_commit, left),
        in_flight=tuple(left[offset] if offset < len(left) else offset for offset in consumer.in_flight),
    )


def validated_group(rules: ConsumerRules, group: Group, left: Sequence[int]) -> Group:
    """*group* as who starts from its committed offset finds it, as that carries a leader epoch; a sink's does not."""
    if rules.commit == "with-sink":
        return group
    return attrs.evolve(group, committed=validated_offset(rules, group.committed, left))


def validated_offset(rules: ConsumerRules, offset: int | None, left: Sequence[int]) -> int | None:
    """Where a consumer is that has validated *offset*; nowhere after a LogTruncationException."""
    after = offset_left(offset, left)
    return None if after != offset and rules.reset == "none" else after


def offset_left(offset: int | None, left: Sequence[int]) -> int | None:
    """What is left of *offset*: all of it where nobody knows the record before it."""
    return offset if offset is None or offset >= len(left) else left[offset]


def in_one_piece(
    produce: System, consume: System, *, validates_positions: bool | None = None, has_append_times: bool = False
) -> System:
    """
    Both halves as one system: what the consume half reads is what the produce half has committed.

    Args:
        validates_positions: Whether consumers compare leader epochs after a new leader (KIP-320); None where what a
            reader saw stays, so that there is nothing to compare.
        has_append_times: Records carry the time at which they were appended (``message.timestamp.type``).

    Raises:
        ValueError: The key moves to a partition that the produce half does not have.
    """
    if adding.append in consume.actions:
        raise ValueError("the produce half has one partition, and the key moves to another one")
    if validates_positions:
        produce = with_epochs(produce)
    acts = tuple(act for act in consume.actions if act is not reading.append)
    ages_by_sending = not (has_append_times or sends_anew(produce))
    by_age = cast("ConsumerRules", consume.rules["consumer"]).reset == "by_duration"
    shows_more = cast("Leader", produce.rules["leader"]).rules.shows_beyond_high_watermark
    if shows_more or validates_positions is not None or (by_age and ages_by_sending):
        told = attrs.evolve(locate_as_told.on(latest="replicas"), name=locate.name)
        finds = told if shows_more else locate
        acts = tuple(finds if act is reading.locate else act for act in acts)
    exposed = System(
        {"log": consume.initial["log"], "replicas": produce.initial["replicas"]},
        (expose.on(readable="replicas", high_watermark="replicas"),),
        rules={"leader": produce.rules["leader"], "validates_positions": bool(validates_positions)},
        reductions=produce.reductions,
    )
    rules = {**consume.rules, "ages_by_sending": ages_by_sending, "leader": produce.rules["leader"]}
    initial = {**consume.initial, "replicas": produce.initial["replicas"]}
    read = attrs.evolve(consume, initial=initial, actions=acts, rules=rules)
    parts = (produce, read, exposed)
    return compose(*parts) if validates_positions is None else compose(*parts, rolled_back(parts, validates_positions))


def sends_anew(produce: System) -> bool:
    """Whether an application may send a record once more, which has another time then."""
    is_told = cast("ProducerRules", produce.rules["client"]).on_send_failure == "resend"
    return is_told or any(act.fault == "producer-crash" for act in produce.actions)


def rolled_back(parts: tuple[System, ...], validates_positions: bool) -> System:
    """What is added where a new leader may lack what consumers could read."""
    initial = {name: value for part in parts for name, value in part.initial.items()}
    touched = ("replicas", "log", "group", "consumers")
    return System(
        {"rolled_back_to": None, **{name: initial[name] for name in touched}},
        (
            lose.on(stored="replicas"),
            roll_back.on(stored="replicas"),
            leave_range.on(end="replicas", latest="replicas"),
        ),
        rules={
            "consumer": parts[1].rules["consumer"],
            "leader": parts[0].rules["leader"],
            "validates_positions": validates_positions,
            "ages_by_sending": parts[1].rules["ages_by_sending"],
        },
        reductions=parts[0].reductions,
    )
