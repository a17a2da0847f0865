"""A counterexample that goes on for ever, in sentences: what never comes to its end."""

from collections.abc import Iterator
from typing import cast

from ackproof.model.consume.consumer import Consumers
from ackproof.model.consume.log import Group, Log
from ackproof.model.naming import record_name
from ackproof.model.produce.network import Connection
from ackproof.model.produce.producer import Producer, in_flight
from ackproof.model.produce.replica import Replicas
from ackproof.properties.verdict import Counterexample
from ackproof.reports.consumed import place, standing
from ackproof.reports.ending import line
from ackproof.reports.transacted import transacted
from ackproof.traces.trace import Trace

FOR_EVER = "and then, for ever:"
NOTHING_MORE = "and then nothing more happens"


def is_lasso(found: Counterexample) -> bool:
    """Whether it is about what never happens."""
    return found.trace.loop is not None


def before_the_cycle(trace: Trace) -> int:
    """How many steps come before those that are repeated for ever; all of them, if none are."""
    return len(trace) if trace.loop is None else trace.loop


def waiting(found: Counterexample) -> Iterator[str]:
    """The state that matters for ever, a sentence a line."""
    last = found.trace.last
    if "producer" in last:
        producer, connection = cast("Producer", last["producer"]), cast("Connection", last["connection"])
        yield from unresolved(producer, connection)
        yield from (line(number, replica) for number, replica in enumerate(cast("Replicas", last["replicas"])))
    elif "output" in last:
        yield from transacted(found.claim, last)
    elif "consumers" in last:
        yield standing(cast("Log", last["log"]), cast("Group", last["group"]))
        consumers = cast("Consumers", last["consumers"])
        yield from (place(index, consumer) for index, consumer in enumerate(consumers) if consumer.status != "absent")


def unresolved(producer: Producer, connection: Connection) -> Iterator[str]:
    """Which sends have no outcome."""
    attempts = (*in_flight(producer, connection), *producer.queue)
    for record in sorted({attempt.batch.record for attempt in attempts}):
        yield f"the send of {record_name(record)} neither succeeds nor fails"
    if not attempts:
        yield f"{record_name(producer.next_record)} is never sent"
