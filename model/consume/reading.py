"""Actions of an application that reads: records arrive, it finds its position, polls, processes and calls commit."""

from collections.abc import Iterator

import attrs

from ackproof.model.consume.consumer import (
    Consumer,
    Consumers,
    Held,
    has_left_over,
    has_something_to_process,
    named,
    processed_prefix,
    replaced,
)
from ackproof.model.consume.log import Group, History, Log, Memory, noted
from ackproof.model.consume.rules import (
    ConsumerRules,
    in_poll,
    starting_offset,
    stores_after_processing,
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
    return tuple(i for i in in_poll(consumer, consumers, "owner") if deletes or consumers[i].position is None)


@action(when={"consumers": unlocated})
def locate(consumer: ConsumerRules, deletes: bool, consumers: Consumers, group: Group, log: Log) -> Iterator[Next]:
    """An owner without a position in range takes the committed offset, or else follows ``auto.offset.reset``."""
    for index in unlocated(consumers, consumer, deletes):
        owner = consumers[index]
        offset = starting_offset(consumer, group.committed, log)
        if not is_in_range(owner, log) and offset is not None:
            which = "the committed offset" if offset == group.committed else f"the {consumer.reset} offset"
            after = attrs.evolve(owner, position=offset)
            yield Next(f"{named(index)} starts at {which}, {offset}", consumers=replaced(consumers, index, after))


def is_in_range(consumer: Consumer, log: Log) -> bool:
    """Whether a fetch from its position would be answered (else OFFSET_OUT_OF_RANGE)."""
    return consumer.position is not None and log.start <= consumer.position <= log.end


def located(consumers: Consumers, consumer: ConsumerRules) -> tuple[int, ...]:
    """Who is in poll with a position in a partition that it believes to own."""
    return tuple(i for i in in_poll(consumer, consumers, "owner", "stale") if consumers[i].position is not None)


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
                after = handed_out(consumer, in_flight_max, owner, handed)
                names = ", ".join(record_name(record) for _, record in handed)
                yield Next(
                    f"{named(index)} polls: it is handed {names} (position {after.position})",
                    consumers=replaced(consumers, index, after),
                )


def batches(log: Log, position: int) -> Iterator[tuple[Held, ...]]:
    """What a poll from *position* may return."""
    for end in range(position + 1, log.end + 1):
        yield tuple((offset, log.records[offset]) for offset in range(position, end))


def handed_out(rules: ConsumerRules, in_flight_max: int, owner: Consumer, handed: tuple[Held, ...]) -> Consumer:
    """*owner* with a batch; one that commits synchronously before processing does not start on it yet."""
    position = handed[-1][0] + 1
    after = attrs.evolve(owner, position=position)
    if rules.commit == "sync" and rules.is_before_processing:
        return attrs.evolve(after, batch=handed, to_commit=position)
    after = attrs.evolve(after, in_hand=owner.in_hand + handed)
    if rules.commit == "async" and rules.is_before_processing:
        return sent(after, position, in_flight_max)
    return attrs.evolve(after, stored=position) if stores_at_hand_out(rules) else after


def sent(consumer: Consumer, offset: int, in_flight_max: int) -> Consumer:
    """*consumer* with one more asynchronous commit on its way; the oldest of too many no longer matters."""
    return attrs.evolve(consumer, in_flight=(*consumer.in_flight, offset)[-in_flight_max:])


@action(when={"consumers": has_something_to_process})
def process(
    consumer: ConsumerRules,
    memory: Memory,
    forgets: bool,
    in_flight_max: int,
    consumers: Consumers,
    history: History,
) -> Iterator[Next]:
    """The application processes a record; where repeats do not matter, threads that hold it too pass it over."""
    for index, present in enumerate(consumers):
        for held, after in taken(consumer, present):
            done = replaced(consumers, index, finished(consumer, in_flight_max, after))
            seen = noted(history, held[1], memory)
            says = f"{named(index)} processes {record_name(held[1])}"
            yield Next(says, consumers=passed_over(done, seen) if forgets else done, history=seen)


@action(urgent=True, when={"consumers": has_left_over})
def forget_repeats(consumers: Consumers, history: History) -> Iterator[Next]:
    """
    Threads drop what became an earlier assignment's and was processed already: only for claims that do not tell.

    Nothing is committed on their account, so processing it once more would change nothing.
    """
    after = passed_over(consumers, history)
    if after != consumers:
        yield Next("what threads hold and was processed already is passed over", consumers=after)


def passed_over(consumers: Consumers, history: History) -> Consumers:
    """*consumers* whose threads hold nothing of earlier assignments that was processed."""
    return tuple(without_repeats(consumer, history) for consumer in consumers)


def without_repeats(consumer: Consumer, history: History) -> Consumer:
    """*consumer* with each unprocessed record of earlier assignments once."""
    new = tuple(sorted({held for held in consumer.left_over if history.counts[held[1]] == 0}))
    return consumer if new == consumer.left_over else attrs.evolve(consumer, left_over=new)


def taken(rules: ConsumerRules, consumer: Consumer) -> Iterator[tuple[Held, Consumer]]:
    """Each record that may be processed next, and the consumer without it."""
    for place, held in enumerate(consumer.in_hand if rules.is_handed_off else consumer.in_hand[:1]):
        yield held, attrs.evolve(consumer, in_hand=without(consumer.in_hand, place))
    for place, held in enumerate(consumer.left_over if rules.is_handed_off else consumer.left_over[:1]):
        yield held, attrs.evolve(consumer, left_over=without(consumer.left_over, place))


def without(records: tuple[Held, ...], place: int) -> tuple[Held, ...]:
    """*records* without the one at *place*."""
    return records[:place] + records[place + 1 :]


def finished(rules: ConsumerRules, in_flight_max: int, consumer: Consumer) -> Consumer:
    """*consumer* after processing a record: it stores its offset, and in the loop commits after the last one."""
    position = consumer.position
    if stores_after_processing(rules) and position is not None:
        return attrs.evolve(consumer, stored=processed_prefix(consumer))
    if rules.commit == "auto" or rules.is_handed_off or rules.is_before_processing or consumer.in_hand:
        return consumer
    # Without a position the partition was revoked meanwhile: the commit raises, and the application goes on.
    if position is None:
        return consumer
    return committing(rules, in_flight_max, consumer, position)


def committing(rules: ConsumerRules, in_flight_max: int, consumer: Consumer, offset: int) -> Consumer:
    """*consumer* once the application calls commitSync or commitAsync."""
    if rules.commit == "async":
        return sent(consumer, offset, in_flight_max)
    return attrs.evolve(consumer, to_commit=offset)


def has_processed_prefix(consumers: Consumers, consumer: ConsumerRules) -> bool:
    """Whether an owner in poll knows an offset below which everything is processed, and is not committing it."""
    owners = (consumers[index] for index in in_poll(consumer, consumers, "owner"))
    return any(processed_prefix(owner) not in (None, *owner.in_flight) for owner in owners)


def processed_prefixes(rules: ConsumerRules, consumers: Consumers, group: Group) -> Iterator[tuple[int, int]]:
    """Which owner could now commit which new offset below which everything handed off is processed."""
    for index in in_poll(rules, consumers, "owner"):
        owner = consumers[index]
        offset = processed_prefix(owner)
        if offset is not None and offset != group.committed and offset not in owner.in_flight:
            yield index, offset
