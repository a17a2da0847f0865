"""
Where readers of a pipeline in one piece start: what is committed, or what a broker answers to ``auto.offset.reset``.

A broker that shows what is above its high watermark still answers with that as the latest offset.
"""

from collections.abc import Iterator
from typing import cast

import attrs

from ackproof.model.consume import reading
from ackproof.model.consume.consumer import BELIEVING, Consumers, named, replaced
from ackproof.model.consume.log import Group, Log
from ackproof.model.consume.rules import ConsumerRules, aging, in_poll, starting_offsets
from ackproof.model.produce.append import Leader
from ackproof.model.produce.replica import Replicas, has_leader, stored_records
from ackproof.model.produce.showing import high_watermark
from ackproof.model.system import Next, action

UNREAD = -1
"""Stands for a record that nobody can read."""


def told_latest(replicas: Replicas, leader: Leader) -> int | None:
    """
    The latest offset by what the leader answers, if consumers may be shown more; None where they are not, or no leader.

    Source: ``KafkaApis.handleListOffsetRequestV1AndAbove`` (1.1), ``Partition.fetchOffsetForTimestamp`` (2.5).
    """
    shows_more = leader.rules.shows_beyond_high_watermark and has_leader(replicas)
    return high_watermark(replicas, leader) if shows_more else None


def is_ahead(rules: ConsumerRules, log: Log, latest: int | None) -> bool:
    """Whether who follows the policy would start behind what was shown: that takes a moment, and it asks after that."""
    return rules.reset in ("latest", "by_duration") and latest is not None and latest < log.end


def can_start(rules: ConsumerRules, ages_by_sending: bool, log: Log, offset: int) -> bool:
    """
    Whether ``auto.offset.reset`` may lead to *offset*: by age only to a record that is younger than all before it.

    A record carries the time at which it was sent first, wherever it stands, and a retry carries the same.

    Source: ``message.timestamp.type=CreateTime``, ``RecordAccumulator.append``; ``UnifiedLog.fetchOffsetByTimestamp``.
    """
    if rules.reset != "by_duration" or not ages_by_sending:
        return True
    return all(record < log.records[offset] for record in log.records[log.start : offset])


@action(when={"consumers": reading.unlocated})
def locate(
    consumer: ConsumerRules, deletes: bool, ages_by_sending: bool, consumers: Consumers, group: Group, log: Log
) -> Iterator[Next]:
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
            aged = cast("Log", changes["log"]).aged
            if not can_start(consumer, ages_by_sending, log, aged):
                continue
            changes["log"] = attrs.evolve(log, aged=aged)
        yield Next(outcome.says, **changes)


@action(when={"consumers": reading.unlocated}, sees={"latest": told_latest})
def locate_as_told(
    consumer: ConsumerRules,
    deletes: bool,
    ages_by_sending: bool,
    consumers: Consumers,
    group: Group,
    log: Log,
    latest: int | None,
    leader: Leader,
) -> Iterator[Next]:
    """
    The same where a fetch may show what is above the high watermark (KAFKA-9835).

    Not modelled: that somebody starts there and was shown more before.
    """
    has_committed = group.committed is not None and group.committed >= log.start
    if has_committed or not is_ahead(consumer, log, latest):
        yield from locate.outcomes(consumer, deletes, ages_by_sending, consumers, group, log)


def positioned(consumers: Consumers, consumer: ConsumerRules) -> tuple[int, ...]:
    """Who is in poll with a position."""
    return tuple(i for i in in_poll(consumer, consumers, *BELIEVING) if consumers[i].position is not None)


@action(when={"end": has_leader, "consumers": positioned}, sees={"end": stored_records, "latest": told_latest})
def leave_range(
    consumer: ConsumerRules,
    ages_by_sending: bool,
    end: tuple[int, ...],
    latest: int | None,
    leader: Leader,
    log: Log,
    consumers: Consumers,
) -> Iterator[Next]:
    """
    A fetch beyond the end of the leader's log is refused (OFFSET_OUT_OF_RANGE): ``auto.offset.reset`` applies.

    Where that finds no offset yet, as a record is too old or there is none, it is asked for again and again.

    Source: ``FetchCollector.handleInitializeErrors``.
    """
    for index in positioned(consumers, consumer):
        reader = consumers[index]
        if (reader.position or 0) > len(end):
            nowhere = (None,) if consumer.reset == "none" else ()
            found = () if is_ahead(consumer, log, latest) else starting_offsets(consumer, None, log)
            for offset in tuple(each for each in found if can_start(consumer, ages_by_sending, log, each)) or nowhere:
                where = f"starts at the {consumer.reset} offset, {offset}" if offset is not None else "fails"
                after = replaced(consumers, index, attrs.evolve(reader, position=offset))
                says = f"{named(index)} is at {reader.position}, out of range, and {where}"
                yield Next(says, consumers=after, **aging(consumer, log, offset))
