"""Failures of the application: a record that it can not process, or that it has processed without knowing."""

from collections.abc import Iterator

from ackproof.model.consume.consumer import Consumer, Consumers, Held, has_something_to_process, named, replaced
from ackproof.model.consume.failing import crashed, losing
from ackproof.model.consume.failing_in_steps import remains
from ackproof.model.consume.log import Group, History, Memory
from ackproof.model.consume.processing import Sink, advanced, finished, kept, taken
from ackproof.model.consume.rules import ConsumerRules
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
    """The application fails to process a record, and its process dies."""
    for index, dying in enumerate(consumers):
        for says, (seen, stored) in fatal_failures(consumer, memory, (history, group), dying):
            for outcome in crashed(consumer, consumers, stored, index, f"{named(index)} {says}{losing(dying)}"):
                yield Next(outcome.says, **{"group": stored, **outcome.changes}, history=seen)


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


def fatal_failures(rules: ConsumerRules, memory: Memory, sink: Sink, dying: Consumer) -> Iterator[tuple[str, Sink]]:
    """How a process may die of a record, and what the sink has then."""
    for held, _ in taken(rules, dying):
        fails = f"fails to process {record_name(held[1])}"
        yield f"{fails} and crashes", sink
        yield f"{fails} after the sink has it and crashes", kept(rules, memory, sink, held)


def is_harmless(rules: ConsumerRules, memory: Memory) -> bool:
    """Whether a failure changes nothing that a claim asks for: the record is processed in the end, once or more."""
    return rules.on_processing_failure in ("retry", "dead-letter") and not memory.counts_repeats
