"""Failures of the application: a record that it can not process, or that it has processed without knowing."""

from collections.abc import Iterator

from ackproof.model.consume.consumer import Consumer, Consumers, Held, has_something_to_process, named, replaced
from ackproof.model.consume.coordinator import Coordinator, Protocol
from ackproof.model.consume.failing import crashed, losing, offset_on_close
from ackproof.model.consume.failing_in_steps import remains
from ackproof.model.consume.log import Group, History, Memory
from ackproof.model.consume.membership import with_commit
from ackproof.model.consume.processing import Sink, advanced, finished, kept, taken
from ackproof.model.consume.rules import ConsumerRules, commits_prefix
from ackproof.model.naming import record_name
from ackproof.model.system import Next, action

Failure = tuple[str, Consumer, Sink]
"""What happened, for people; the consumer after it; what the sink has seen."""


@action(fault="processing-fails", when={"consumers": has_something_to_process})
def processing_fails(
    consumer: ConsumerRules,
    memory: Memory,
    in_flight_max: int,
    consumers: Consumers,
    history: History,
    group: Group,
) -> Iterator[Next]:
    """
    The application fails to process a record: nothing came of it, or the sink has it and the application does not know.

    Not modelled: how long it tries again; beyond ``max.poll.interval.ms`` that is a consumer-pause.
    """
    for index, present in enumerate(consumers):
        for held, after in taken(consumer, present):
            done = finished(consumer, in_flight_max, after)
            for says, left, (seen, stored) in failures(consumer, memory, (history, group), held, (present, done)):
                why = f"{named(index)} fails to process {record_name(held[1])}{says}"
                yield Next(why, consumers=replaced(consumers, index, left), history=seen, group=stored)


def failures(
    rules: ConsumerRules, memory: Memory, sink: Sink, held: Held, consumer: tuple[Consumer, Consumer]
) -> Iterator[Failure]:
    """What comes of a failure that changes anything, given the *consumer* before the record and once done with it."""
    present, done = consumer
    with_effect = kept(rules, memory, sink, held)
    if rules.on_processing_failure == "skip":
        yield ", and skips it", done, (sink[0], advanced(rules, sink[1], held))
    elif rules.on_processing_failure == "retry":
        yield " after the sink has it, and tries again", present, with_effect
    else:
        twice = kept(rules, memory, (with_effect[0], sink[1]), held)
        yield " after the sink has it, and sends it to the dead letter topic", done, twice


@action(fault="processing-fails", when={"consumers": has_something_to_process})
def failure_crashes(
    consumer: ConsumerRules, memory: Memory, consumers: Consumers, history: History, group: Group
) -> Iterator[Next]:
    """The application fails to process a record, and its process ends: it dies, or closes its consumer before."""
    for index, dying in enumerate(consumers):
        if awaits_its_commits(consumer, dying):
            continue
        for says, (seen, stored) in fatal_failures(consumer, memory, (history, group), dying):
            saved, left = closed(consumer, index, dying, stored)
            for outcome in crashed(consumer, consumers, left, index, f"{named(index)} {says}{losing(dying)}{saved}"):
                yield Next(outcome.says, **{"group": left, **outcome.changes}, history=seen)


@action(fault="processing-fails", when={"consumers": has_something_to_process})
def failure_crashes_in_steps(
    consumer: ConsumerRules, memory: Memory, consumers: Consumers, history: History, group: Group
) -> Iterator[Next]:
    """The same where the group hears of it later, and some of its last requests may still arrive."""
    for index, dying in enumerate(consumers):
        for says, (seen, stored) in fatal_failures(consumer, memory, (history, group), dying):
            for dead in remains(dying):
                after = replaced(consumers, index, dead)
                yield Next(f"{named(index)} {says}{losing(dying)}", consumers=after, history=seen, group=stored)


@action(fault="processing-fails", when={"consumers": has_something_to_process})
def failure_stops_in_steps(
    consumer: ConsumerRules,
    memory: Memory,
    protocol: Protocol,
    consumers: Consumers,
    history: History,
    group: Group,
    coordinator: Coordinator,
) -> Iterator[Next]:
    """The application fails to process a record and closes its consumer, which leaves; a static one may restart."""
    for index, closing in enumerate(consumers):
        if awaits_its_commits(consumer, closing):
            continue
        is_known = protocol.answer(consumer, coordinator, group, consumers, index) == "accepted"
        left = replaced(consumers, index, Consumer("out"))
        for says, (seen, stored) in fatal_failures(consumer, memory, (history, group), closing):
            saved, after = closed(consumer, index, closing, stored) if is_known else ("", stored)
            why = f"{named(index)} {says}{losing(closing)}{saved}"
            for known in left_by(consumer, protocol, coordinator, index, is_told=is_known or closing.is_rejoining):
                yield Next(why, consumers=left, history=seen, group=after, coordinator=known)


def left_by(
    rules: ConsumerRules, protocol: Protocol, coordinator: Coordinator, index: int, *, is_told: bool
) -> tuple[Coordinator, ...]:
    """What the group may be once somebody has closed, who tells it so if it knows a member by that name."""
    if not is_told:
        return (coordinator,)
    return protocol.waiting(coordinator, index) if rules.is_static else (protocol.without_member(coordinator, index),)


def awaits_its_commits(rules: ConsumerRules, consumer: Consumer) -> bool:
    """Whether who closes its consumer now waits for commits that are on their way."""
    return rules.closes_on_failure and rules.awaits_commits_on_close and bool(consumer.in_flight)


def closed(rules: ConsumerRules, index: int, ending: Consumer, group: Group) -> tuple[str, Group]:
    """
    What is to be told, and the group, once an owner has closed that holds what it has not processed.

    What its client commits by itself is all that poll has returned; what the application would have committed of what
    threads have processed it does not, unless it is told that its partitions are revoked.

    Source: ``ConsumerCoordinator.close``, ``AsyncKafkaConsumer.close``; kafka-python ``KafkaConsumer.close``; aiokafka
    ``GroupCoordinator.close``; librdkafka ``rd_kafka_consumer_close``.
    """
    is_told = rules.on_revoke == "commit" and rules.revokes_on_close
    closes = rules.closes_on_failure and ending.status == "owner"
    if not closes or (commits_prefix(rules) and not is_told):
        return "", group
    return with_commit(group, index, offset_on_close(rules, ending, group.committed))


def fatal_failures(rules: ConsumerRules, memory: Memory, sink: Sink, dying: Consumer) -> Iterator[tuple[str, Sink]]:
    """How a process may end by a record, and what the sink has then."""
    ends = "stops" if rules.on_processing_failure == "stop" else "crashes"
    for held, _ in taken(rules, dying):
        fails = f"fails to process {record_name(held[1])}"
        yield f"{fails} and {ends}", sink
        yield f"{fails} after the sink has it and {ends}", kept(rules, memory, sink, held)


def is_harmless(rules: ConsumerRules, memory: Memory) -> bool:
    """Whether a failure changes nothing that a claim asks for: the record is processed in the end, once or more."""
    return rules.on_processing_failure in ("retry", "dead-letter") and not memory.counts_repeats
