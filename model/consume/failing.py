"""Faults of consumers, group and log, where a rebalance and a commit are one step each."""

from collections.abc import Iterator

import attrs

from ackproof.model.consume.consumer import Consumer, Consumers, Status, named, replaced, with_status
from ackproof.model.consume.log import Group, History, Log
from ackproof.model.consume.membership import assigned, joined, rebalanced, with_commit
from ackproof.model.consume.rules import ConsumerRules, closing_offset, is_quiet
from ackproof.model.naming import record_name
from ackproof.model.system import Next, action


@action(fault="consumer-crash")
def consumer_crash(consumers: Consumers, group: Group) -> Iterator[Next]:
    """A consumer's process dies with what it holds; the group puts it out, and it restarts."""
    for index, dying in enumerate(consumers):
        if can_crash(dying):
            after = replaced(consumers, index, Consumer("out"))
            yield from passed_on(after, group, dying, f"{named(index)} crashes{losing(dying)}")


def can_crash(consumer: Consumer) -> bool:
    """Whether a crash would change anything."""
    return consumer.status in ("joining", "member", "owner", "stale") or bool(consumer.held)


def losing(consumer: Consumer) -> str:
    """What a crash takes along, for people."""
    names = ", ".join(record_name(record) for _, record in consumer.held)
    return f" with {names} in its hands" if names else ""


def passed_on(consumers: Consumers, group: Group, former: Consumer, why: str) -> Iterator[Next]:
    """If *former* owned the partition another member is assigned it."""
    if former.status == "owner":
        yield from assigned(consumers, group, why)
    else:
        yield Next(why, consumers=consumers)


@action(fault="consumer-pause")
def consumer_pause(consumers: Consumers, group: Group) -> Iterator[Next]:
    """A consumer stands still beyond ``max.poll.interval.ms`` or ``session.timeout.ms``; the group puts it out."""
    for index in with_status(consumers, "member", "owner"):
        paused = attrs.evolve(consumers[index], status="stale")
        why = f"{named(index)} pauses for too long and is put out of the group"
        yield from passed_on(replaced(consumers, index, paused), group, consumers[index], why)


@action(fault="member-joins")
def member_joins(consumer: ConsumerRules, consumers: Consumers, group: Group) -> Iterator[Next]:
    """One more consumer joins a group that has started."""
    if not with_status(consumers, "stopped"):
        for index in with_status(consumers, "absent"):
            yield from joined(consumer, consumers, group, index)


@action(fault="member-leaves")
def member_leaves(consumer: ConsumerRules, consumers: Consumers, group: Group) -> Iterator[Next]:
    """A consumer closes: it finishes and commits what it holds, then leaves (``ConsumerCoordinator.close``)."""
    for index in with_status(consumers, "member", "owner"):
        if can_close(consumer, consumers[index]):
            offset = closing_offset(consumer, consumers[index], group.committed)
            saved, left = with_commit(group, index, offset)
            after = replaced(consumers, index, Consumer(status_after_leaving(consumers, index)))
            yield from rebalanced(consumer, after, left, f"{named(index)} leaves{saved}")


def can_close(rules: ConsumerRules, consumer: Consumer) -> bool:
    """Whether a consumer has finished all that it has to before it closes."""
    return is_quiet(rules, consumer) and not consumer.held


def status_after_leaving(consumers: Consumers, index: int) -> Status:
    """Who leaves does not return by itself, except the last one: it starts again."""
    others = replaced(consumers, index, Consumer("absent"))
    return "absent" if any(other.status != "absent" for other in others) else "out"


@action(fault="coordinator-failover")
def coordinator_failover(consumers: Consumers, group: Group) -> Iterator[Next]:
    """
    Another broker becomes the group coordinator and reads offsets and members from its log.

    Asynchronous commits on their way are lost. Synchronous ones are tried again, also if only the answer was lost.
    """
    moves = "the group coordinator moves to another broker"
    lost = tuple(attrs.evolve(consumer, in_flight=()) for consumer in consumers)
    yield Next(f"{moves}{loss(consumers)}", consumers=lost)
    for index in with_status(consumers, "owner"):
        saved, after = with_commit(group, index, consumers[index].to_commit)
        if saved:
            yield Next(f"{moves}{saved}; the answer is lost", consumers=lost, group=after)


def loss(consumers: Consumers) -> str:
    """What a failover loses, for people."""
    offsets = ", ".join(str(offset) for consumer in consumers for offset in consumer.in_flight)
    return f"; the asynchronous commit of offset {offsets} is lost" if offsets else ""


@action(fault="retention")
def retention(log: Log, history: History) -> Iterator[Next]:
    """The log start moves past records that were not consumed (``retention.ms``, DeleteRecords)."""
    for start in range(log.start + 1, log.end + 1):
        deleted = log.records[log.start : start]
        if any(history.counts[record] == 0 for record in deleted):
            names = ", ".join(record_name(record) for record in deleted)
            yield Next(f"retention deletes {names}", log=attrs.evolve(log, start=start))


@action(fault="offsets-expired")
def offsets_expired(consumer: ConsumerRules, consumers: Consumers, group: Group) -> Iterator[Next]:
    """
    All members stop cleanly for so long that the committed offset is deleted (``offsets.retention.minutes``).

    Not modelled: what they commit as they stop, since that expires too.
    """
    running = with_status(consumers, "member", "owner")
    if running and can_all_stop(consumer, consumers):
        says = "all consumers stop; after offsets.retention.minutes the committed offset is gone"
        yield Next(says, consumers=all_stopped(consumers), group=attrs.evolve(group, committed=None))


def can_all_stop(rules: ConsumerRules, consumers: Consumers) -> bool:
    """Whether nobody has anything left to finish."""
    return not with_status(consumers, "stale") and all(can_close(rules, consumer) for consumer in consumers)


def all_stopped(consumers: Consumers) -> Consumers:
    """Everybody who was there stops."""
    return tuple(other if other.status == "absent" else Consumer("stopped") for other in consumers)
