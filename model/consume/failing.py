"""Faults of consumers, group and log, where a rebalance and a commit are one step each."""

from collections.abc import Iterator

import attrs

from ackproof.model.consume.consumer import Consumer, Consumers, Status, named, replaced, with_status
from ackproof.model.consume.log import Group, Log, processed
from ackproof.model.consume.membership import assigned, can_rebalance, joined, rebalanced, with_commit
from ackproof.model.consume.rules import ConsumerRules, closing_offset, is_quiet
from ackproof.model.naming import record_name
from ackproof.model.system import Next, action


@action(fault="consumer-crash")
def consumer_crash(consumers: Consumers) -> Iterator[Next]:
    """A consumer's process dies with what it holds; the group puts it out, and it restarts."""
    for index, dying in enumerate(consumers):
        if can_crash(dying):
            after = replaced(consumers, index, Consumer("out"))
            yield from passed_on(after, dying, f"{named(index)} crashes{losing(dying)}")


def can_crash(consumer: Consumer) -> bool:
    """Whether a crash would change anything."""
    return consumer.status in ("joining", "member", "owner", "stale") or bool(consumer.held)


def losing(consumer: Consumer) -> str:
    """What a crash takes along, for people."""
    names = ", ".join(record_name(record) for _, record in consumer.held)
    return f" with {names} in its hands" if names else ""


def passed_on(consumers: Consumers, former: Consumer, why: str) -> Iterator[Next]:
    """If *former* owned the partition another member is assigned it."""
    for says, after in assigned(consumers, why) if former.status == "owner" else [(why, consumers)]:
        yield Next(says, consumers=after)


@action(fault="consumer-pause")
def consumer_pause(consumers: Consumers) -> Iterator[Next]:
    """A consumer stands still beyond ``max.poll.interval.ms`` or ``session.timeout.ms``; the group puts it out."""
    for index in with_status(consumers, "member", "owner"):
        paused = attrs.evolve(consumers[index], status="stale")
        why = f"{named(index)} pauses for too long and is put out of the group"
        yield from passed_on(replaced(consumers, index, paused), consumers[index], why)


def coming(consumers: Consumers, consumer: ConsumerRules) -> tuple[int, ...]:
    """Who can join a group that has started, without having been expected."""
    can_join = not with_status(consumers, "stopped") and can_rebalance(consumers, consumer)
    return tuple(with_status(consumers, "absent")) if can_join else ()


@action(fault="member-joins", when={"consumers": coming})
def member_joins(consumer: ConsumerRules, consumers: Consumers, group: Group) -> Iterator[Next]:
    """One more consumer joins a group that has started."""
    for index in coming(consumers, consumer):
        yield from joined(consumer, consumers, group, index)


def leaving(consumers: Consumers, consumer: ConsumerRules) -> tuple[int, ...]:
    """Who can leave now, having finished all that it has to."""
    members = with_status(consumers, "member", "owner") if can_rebalance(consumers, consumer) else []
    return tuple(index for index in members if can_close(consumer, consumers[index]))


@action(fault="member-leaves", when={"consumers": leaving})
def member_leaves(consumer: ConsumerRules, consumers: Consumers, group: Group) -> Iterator[Next]:
    """A consumer closes: it finishes and commits what it holds, then leaves (``ConsumerCoordinator.close``)."""
    for index in leaving(consumers, consumer):
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


def can_all_stop(consumers: Consumers, consumer: ConsumerRules) -> bool:
    """Whether somebody runs, and nobody has anything left to finish."""
    is_running = bool(with_status(consumers, "member", "owner")) and not with_status(consumers, "stale")
    return is_running and all(can_close(consumer, member) for member in consumers)


def holds_records(log: Log) -> bool:
    """Whether the log still holds a record."""
    return log.start < log.end


@action(fault="retention", when={"log": holds_records}, sees={"history": processed})
def retention(log: Log, history: frozenset[int]) -> Iterator[Next]:
    """The log start moves past records that were not consumed (``retention.ms``, DeleteRecords)."""
    for start in range(log.start + 1, log.end + 1):
        deleted = log.records[log.start : start]
        if not history.issuperset(deleted):
            names = ", ".join(record_name(record) for record in deleted)
            yield Next(f"retention deletes {names}", log=attrs.evolve(log, start=start))


@action(fault="offsets-expired", when={"consumers": can_all_stop})
def offsets_expired(consumer: ConsumerRules, consumers: Consumers, group: Group) -> Iterator[Next]:
    """
    All members stop cleanly for so long that the committed offset is deleted (``offsets.retention.minutes``).

    Not modelled: what they commit as they stop, since that expires too.
    """
    says = "all consumers stop; after offsets.retention.minutes the committed offset is gone"
    yield Next(says, consumers=all_stopped(consumers), group=attrs.evolve(group, committed=None))


def all_stopped(consumers: Consumers) -> Consumers:
    """Everybody who was there stops."""
    return tuple(other if other.status == "absent" else Consumer("stopped") for other in consumers)
