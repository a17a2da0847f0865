"""The end of a counterexample of the consume half in sentences."""

from collections.abc import Hashable, Iterator, Mapping
from typing import cast

from ackproof.model.consume.consumer import Consumer, Consumers, named
from ackproof.model.consume.log import Group, History, Log
from ackproof.model.naming import record_name


def consumed(claim: str, last: Mapping[str, Hashable]) -> Iterator[str]:
    """What is wrong with what the sink has kept, and where the group stands."""
    log, group, history = cast("Log", last["log"]), cast("Group", last["group"]), cast("History", last["history"])
    consumers = cast("Consumers", last["consumers"])
    match claim:
        case "no-loss":
            yield from lost(log, group, history, consumers)
        case "no-duplicates":
            twice = [record_name(record) for record, count in enumerate(history.counts) if count > 1]
            yield f"{' '.join(twice)} was processed more than once"
        case "in-order":
            yield "a record was processed for the first time after a later one"
        case _:
            pass
    yield standing(log, group)
    for index, consumer in enumerate(consumers):
        if consumer.status != "absent":
            yield place(index, consumer)


def lost(log: Log, group: Group, history: History, consumers: Consumers) -> Iterator[str]:
    """Which records nobody will process, and why."""
    held = {record for consumer in consumers for _, record in consumer.held}
    for offset, record in enumerate(log.records):
        if history.counts[record] == 0 and record not in held:
            if offset < log.start:
                yield f"{record_name(record)} is lost: deleted before anybody processed it"
            elif group.committed is not None and group.committed > offset:
                yield f"{record_name(record)} is lost: committed, and never processed"
            elif any((consumer.position or 0) > offset for consumer in consumers):
                yield f"{record_name(record)} is lost: skipped, and never processed"
    for record in log.passed:
        if history.counts[record] == 0:
            yield f"{record_name(record)} is lost: sent to the new partition before the group discovered that"


def standing(log: Log, group: Group) -> str:
    """Where log and group stand."""
    committed = "nothing" if group.committed is None else f"offset {group.committed}"
    return f"the log reaches from offset {log.start} to {log.end}, the group has committed {committed}"


def place(index: int, consumer: Consumer) -> str:
    """Where a consumer stands."""
    part = {
        "owner": "owns the partition",
        "stale": "was put out of the group",
        "lingering": "has joined in vain and reads on",
        "silent": "is waited for by the group",
        "out": "is about to join",
        "stopped": "is stopped",
    }
    position = "" if consumer.position is None else f", position {consumer.position}"
    held = " ".join(record_name(record) for _, record in consumer.held)
    return f"{named(index)} {part.get(consumer.status, 'is in the group')}{position}{f', holds {held}' if held else ''}"
