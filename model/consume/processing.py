"""Actions of an application that processes what it was handed: in the poll loop, or in threads."""

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
from ackproof.model.consume.log import Group, History, Memory, noted
from ackproof.model.consume.reading import committing
from ackproof.model.consume.rules import ConsumerRules, stores_after_processing
from ackproof.model.naming import record_name
from ackproof.model.system import Next, action


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


@action(when={"consumers": has_something_to_process})
def process_with_offset(
    consumer: ConsumerRules, memory: Memory, forgets: bool, consumers: Consumers, history: History, group: Group
) -> Iterator[Next]:
    """
    The application hands the sink a result and the offset behind it, in one transaction of the sink.

    Source: ``KafkaConsumer``, Storing Offsets Outside Kafka.
    """
    for index, present in enumerate(consumers):
        for held, after in taken(consumer, present):
            seen, stored = kept(consumer, memory, (history, group), held)
            says = f"{named(index)} processes {record_name(held[1])}: the sink "
            says += (
                f"refuses offset {held[0] + 1}, which it has" if stored == group else f"stores offset {held[0] + 1} too"
            )
            done = replaced(consumers, index, after)
            yield Next(says, consumers=unrefused(done, stored) if forgets else done, history=seen, group=stored)


Sink = tuple[History, Group]
"""What the sink has seen, and where the offset is kept: with the group coordinator, or in the sink itself."""


def kept(rules: ConsumerRules, memory: Memory, sink: Sink, held: Held) -> Sink:
    """The *sink* with a result; where it keeps the offset too it refuses what is below that: a stale consumer's."""
    history, group = sink
    if rules.commit == "with-sink" and is_below(held, group):
        return sink
    return noted(history, held[1], memory), advanced(rules, group, held)


def advanced(rules: ConsumerRules, group: Group, held: Held) -> Group:
    """*group* once the application is done with a record: a sink that keeps the offset advances it, never back."""
    if rules.commit != "with-sink" or is_below(held, group):
        return group
    return attrs.evolve(group, committed=held[0] + 1)


def is_below(held: Held, group: Group) -> bool:
    """Whether a record is below the stored offset."""
    return group.committed is not None and held[0] < group.committed


@action(urgent=True, when={"consumers": has_left_over})
def forget_repeats(consumers: Consumers, history: History) -> Iterator[Next]:
    """
    Threads drop what became an earlier assignment's and was processed already: only for claims that do not tell.

    Nothing is committed on their account, so processing it once more would change nothing.
    """
    after = passed_over(consumers, history)
    if after != consumers:
        yield Next("what threads hold and was processed already is passed over", consumers=after)


@action(urgent=True, when={"consumers": has_left_over})
def forget_refused(consumers: Consumers, group: Group) -> Iterator[Next]:
    """Threads drop what became an earlier assignment's and is below the sink's offset: it would be refused."""
    after = unrefused(consumers, group)
    if after != consumers:
        yield Next("what threads hold below the sink's offset is passed over", consumers=after)


def unrefused(consumers: Consumers, group: Group) -> Consumers:
    """*consumers* whose threads hold nothing of earlier assignments that the sink would refuse."""
    return tuple(
        attrs.evolve(consumer, left_over=tuple(held for held in consumer.left_over if not is_below(held, group)))
        for consumer in consumers
    )


def passed_over(consumers: Consumers, history: History) -> Consumers:
    """*consumers* whose threads hold nothing of earlier assignments that was processed."""
    return tuple(without_repeats(consumer, history) for consumer in consumers)


def without_repeats(consumer: Consumer, history: History) -> Consumer:
    """*consumer* with each unprocessed record of earlier assignments once."""
    new = tuple(sorted({held for held in consumer.left_over if history.counts[held[1]] == 0}))
    return consumer if new == consumer.left_over else attrs.evolve(consumer, left_over=new)


def taken(rules: ConsumerRules, consumer: Consumer) -> Iterator[tuple[Held, Consumer]]:
    """Each record that may be processed next, and the consumer without it; a sink that keeps offsets goes in order."""
    is_in_order = not rules.is_handed_off or rules.commit == "with-sink"
    for place, held in enumerate(consumer.in_hand[:1] if is_in_order else consumer.in_hand):
        yield held, attrs.evolve(consumer, in_hand=without(consumer.in_hand, place))
    for place, held in enumerate(consumer.left_over[:1] if is_in_order else consumer.left_over):
        yield held, attrs.evolve(consumer, left_over=without(consumer.left_over, place))


def without(records: tuple[Held, ...], place: int) -> tuple[Held, ...]:
    """*records* without the one at *place*."""
    return records[:place] + records[place + 1 :]


def finished(rules: ConsumerRules, in_flight_max: int, consumer: Consumer) -> Consumer:
    """*consumer* once it is done with a record: it stores its offset, and in the loop commits after the last one."""
    position = consumer.position
    if stores_after_processing(rules) and position is not None:
        return attrs.evolve(consumer, stored=processed_prefix(consumer))
    is_later = rules.is_handed_off or rules.is_before_processing or bool(consumer.in_hand)
    # Without a position the partition was revoked meanwhile: the commit raises, and the application goes on.
    if rules.commit in ("auto", "with-sink") or is_later or position is None:
        return consumer
    return committing(rules, in_flight_max, consumer, position)
