"""Actions of an application that reads: records arrive, it finds its position, polls; what it may then commit."""

from collections.abc import Iterator

import attrs

from ackproof.model.consume.consumer import BELIEVING, Consumer, Consumers, Held, named, processed_prefix, replaced
from ackproof.model.consume.log import Group, Log
from ackproof.model.consume.rules import (
    ConsumerRules,
    aging,
    collects,
    commits_at_hand_out,
    in_poll,
    starting_offsets,
    stores_at_hand_out,
)
from ackproof.model.naming import record_name
from ackproof.model.system import Next, action


def has_room(log: Log, records: int) -> bool:
    """Whether a record is still to come."""
    return log.end < records


@action(fair=False, when={"log": has_room})
def append(log: Log, records: int) -> Iterator[Next]:
    """The next record is appended: durable, committed, visible."""
    yield Next(f"{record_name(log.end)} is appended", log=attrs.evolve(log, records=(*log.records, log.end)))


def unlocated(consumers: Consumers, consumer: ConsumerRules, deletes: bool) -> tuple[int, ...]:
    """Which owners in poll have no position, or one that may be out of range, as the log start can move."""
    owners = in_poll(consumer, consumers, "owner", "lingering")
    return tuple(index for index in owners if deletes or consumers[index].position is None)


@action(when={"consumers": unlocated})
def locate(consumer: ConsumerRules, deletes: bool, consumers: Consumers, group: Group, log: Log) -> Iterator[Next]:
    """
    An owner without a position in range takes the committed offset, or else follows ``auto.offset.reset``.

    By age it may find no record to start at, and has no position then: it asks again and again.

    Source: ``OffsetFetcherUtils.handleListOffsetResponse``; ``SubscriptionState.requestOffsetReset``.
    """
    for index in unlocated(consumers, consumer, deletes):
        owner = consumers[index]
        if is_in_range(owner, log):
            continue
        for offset in starting_offsets(consumer, group.committed, log):
            kept = "the sink's offset" if consumer.commit == "with-sink" else "the committed offset"
            which = kept if offset == group.committed else f"the {consumer.reset} offset"
            after = replaced(consumers, index, attrs.evolve(owner, position=offset))
            aged = {} if offset == group.committed else aging(consumer, log, offset)
            yield Next(f"{named(index)} starts at {which}, {offset}", consumers=after, **aged)
        if consumer.reset == "by_duration" and owner.position is not None:
            nowhere = replaced(consumers, index, attrs.evolve(owner, position=None))
            yield Next(f"{named(index)} finds no record that is young enough to start at", consumers=nowhere)


@action(fault="coordinator-failover", when={"consumers": unlocated})
def locate_without_answer(consumer: ConsumerRules, deletes: bool, consumers: Consumers, log: Log) -> Iterator[Next]:
    """
    The group coordinator moves while an owner asks for the committed offset, and the client takes that for none.

    Source: kafka-python #2628, ``KafkaConsumer._update_fetch_positions`` of 2.2.0 to 2.2.8.
    """
    for index in unlocated(consumers, consumer, deletes):
        for offset in starting_offsets(consumer, None, log) if consumers[index].position is None else ():
            after = attrs.evolve(consumers[index], position=offset)
            says = f"the group coordinator moves; {named(index)} is not told the committed offset in time"
            says += f" and starts at the {consumer.reset} offset, {offset}"
            yield Next(says, consumers=replaced(consumers, index, after))


def is_in_range(consumer: Consumer, log: Log) -> bool:
    """Whether a fetch from its position would be answered (else OFFSET_OUT_OF_RANGE)."""
    return consumer.position is not None and log.start <= consumer.position <= log.end


def located(consumers: Consumers, consumer: ConsumerRules) -> tuple[int, ...]:
    """Who is in poll with a position in a partition that it believes to own."""
    return tuple(i for i in in_poll(consumer, consumers, *BELIEVING) if consumers[i].position is not None)


def has_collected(consumers: Consumers) -> bool:
    """Whether somebody has a batch that was not handed out yet."""
    return any(consumer.batch for consumer in consumers)


@action(when={"consumers": located})
def poll(consumer: ConsumerRules, in_flight_max: int, consumers: Consumers, log: Log) -> Iterator[Next]:
    """
    Poll hands out the next records, at least one, and moves the position (``FetchCollector.fetchRecords``).

    A stale consumer too: it keeps its assignment and fetches until it next hears from the coordinator.
    """
    for index in located(consumers, consumer):
        owner = consumers[index]
        if is_in_range(owner, log):
            for handed in batches(log, owner.position or 0):
                after = handed_out(consumer, in_flight_max, owner, handed, log)
                names = ", ".join(record_name(record) for _, record in handed)
                how = "collects" if collects(consumer) else "is handed"
                says = f"{named(index)} polls: it {how} {names} (position {after.position})"
                yield Next(says, consumers=replaced(consumers, index, after))


def batches(log: Log, position: int) -> Iterator[tuple[Held, ...]]:
    """What a poll from *position* may return."""
    for end in range(position + 1, log.end + 1):
        yield tuple((offset, log.records[offset]) for offset in range(position, end))


def handed_out(
    rules: ConsumerRules, in_flight_max: int, owner: Consumer, handed: tuple[Held, ...], log: Log
) -> Consumer:
    """*owner* with a batch; one that commits synchronously before processing does not start on it yet."""
    position = handed[-1][0] + 1
    after = attrs.evolve(owner, position=position)
    if collects(rules):
        return attrs.evolve(after, batch=owner.batch + handed, stored=position)
    if rules.commit == "sync" and rules.is_before_processing:
        return attrs.evolve(after, batch=handed, to_commit=position)
    after = attrs.evolve(after, in_hand=owner.in_hand + handed)
    if commits_at_hand_out(rules):
        return sent(after, position, in_flight_max)
    return attrs.evolve(after, stored=rules.auto_commit.stored(position, log)) if stores_at_hand_out(rules) else after


@action(when={"consumers": has_collected})
def return_batch(consumers: Consumers) -> Iterator[Next]:
    """
    A client that collects a batch returns it.

    Source: librdkafka ``rd_kafka_q_serve_rkmessages`` before 2.1.0.
    """
    for index, collector in enumerate(consumers):
        if collector.batch:
            after = attrs.evolve(collector, batch=(), in_hand=collector.in_hand + collector.batch)
            yield Next(f"{named(index)} is handed what was collected", consumers=replaced(consumers, index, after))


def sent(consumer: Consumer, offset: int, in_flight_max: int) -> Consumer:
    """*consumer* with one more asynchronous commit on its way; the oldest of too many no longer matters."""
    return attrs.evolve(consumer, in_flight=(*consumer.in_flight, offset)[-in_flight_max:])


def committing(rules: ConsumerRules, in_flight_max: int, consumer: Consumer, offset: int) -> Consumer:
    """*consumer* once the application calls commitSync or commitAsync."""
    if rules.commit == "async":
        return sent(consumer, offset, in_flight_max)
    return attrs.evolve(consumer, to_commit=offset)


def has_processed_prefix(consumers: Consumers, consumer: ConsumerRules) -> bool:
    """Whether an owner in poll knows an offset below which everything is processed, and is not committing it."""
    owners = (consumers[index] for index in in_poll(consumer, consumers, "owner", "lingering"))
    return any(processed_prefix(owner) not in (None, *owner.in_flight) for owner in owners)


def processed_prefixes(rules: ConsumerRules, consumers: Consumers, group: Group) -> Iterator[tuple[int, int]]:
    """Which owner could now commit which new offset below which everything handed off is processed."""
    for index in in_poll(rules, consumers, "owner", "lingering"):
        owner = consumers[index]
        offset = processed_prefix(owner)
        if offset is not None and offset != group.committed and offset not in owner.in_flight:
            yield index, offset
