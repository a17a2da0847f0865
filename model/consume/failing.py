"""Faults of consumers, group and log, where a rebalance and a commit are one step each."""

from collections.abc import Iterator

import attrs

from ackproof.model.consume.committing import may_be_accepted
from ackproof.model.consume.consumer import (
    Consumer,
    Consumers,
    Status,
    claiming_again,
    named,
    replaced,
    with_status,
    without_assignment,
)
from ackproof.model.consume.keeping import reloaded
from ackproof.model.consume.log import Group, Log, processed
from ackproof.model.consume.membership import (
    assigned,
    can_rebalance,
    hearing,
    joined,
    rebalanced,
    under_new_id,
    with_commit,
)
from ackproof.model.consume.rules import ConsumerRules, closing_offset, is_quiet
from ackproof.model.naming import record_name
from ackproof.model.system import Next, action


@action(fault="consumer-crash")
def consumer_crash(consumer: ConsumerRules, consumers: Consumers, group: Group) -> Iterator[Next]:
    """A consumer's process dies with what it holds and restarts; mostly the group has put it out by then."""
    for index, dying in enumerate(consumers):
        if can_crash(dying):
            yield from crashed(consumer, consumers, group, index, f"{named(index)} crashes{losing(dying)}")


def can_crash(consumer: Consumer) -> bool:
    """Whether a crash would change anything."""
    return consumer.status in ("joining", "member", "owner", "stale", "lingering", "silent") or bool(consumer.held)


def losing(consumer: Consumer) -> str:
    """What a crash takes along, for people."""
    names = ", ".join(record_name(record) for _, record in consumer.held)
    return f" with {names} in its hands" if names else ""


def crashed(rules: ConsumerRules, consumers: Consumers, group: Group, index: int, why: str) -> Iterator[Next]:
    """The process of the consumer at *index* has died: its session expires, or a static member is back before that."""
    dying = consumers[index]
    yield from passed_on(replaced(consumers, index, Consumer("out")), dying, why)
    if keeps_place(rules):
        yield from back_in_time(rules, consumers, group, index, why)


def keeps_place(rules: ConsumerRules) -> bool:
    """
    Whether a process finds its place in the group again that has died and not said that it leaves.

    Under the new group protocol a static member that is back is refused with UNRELEASED_INSTANCE_ID until the session
    of its predecessor has expired.

    Source: ``GroupMetadataManager``: ``updateStaticMemberThenRebalanceOrCompleteJoin``,
    ``throwIfInstanceIdIsUnreleased``.
    """
    return rules.is_static and not rules.rebalancing.is_by_coordinator


def back_in_time(rules: ConsumerRules, consumers: Consumers, group: Group, index: int, why: str) -> Iterator[Next]:
    """A static member that has stopped restarts before its session expires, and gets back what it had (KIP-345)."""
    was = consumers[index].status
    if was in ("owner", "silent"):
        says = f"{why}; it is back before its session expires, and gets the partition back"
        yield Next(says, consumers=replaced(consumers, index, Consumer("owner")), group=under_new_id(rules, group))


def passed_on(consumers: Consumers, former: Consumer, why: str) -> Iterator[Next]:
    """If *former* owned the partition another member is assigned it."""
    was_owner = former.status in ("owner", "silent", "joining")
    for says, after in assigned(consumers, why) if was_owner else [(why, consumers)]:
        yield Next(says, consumers=after)


@action(fault="consumer-pause")
def consumer_pause(consumer: ConsumerRules, consumers: Consumers) -> Iterator[Next]:
    """
    A consumer stands still beyond ``max.poll.interval.ms`` or ``session.timeout.ms``; the group puts it out.

    A static member does not leave by itself; it stops its heartbeats, and may go on before its session expires.

    Source: ``AbstractCoordinator``: ``maybeLeaveGroup``, ``HeartbeatThread``.
    """
    for index in (*with_status(consumers, "member", "owner"), *claiming_again(consumers)):
        paused = attrs.evolve(consumers[index], status="stale", is_rejoining=False)
        why = f"{named(index)} pauses for too long and is put out of the group"
        yield from passed_on(replaced(consumers, index, paused), consumers[index], why)
        if consumer.is_static and consumers[index].status == "owner":
            says = f"{named(index)} pauses for too long and stops its heartbeats; its session has not expired"
            yield Next(says, consumers=replaced(consumers, index, attrs.evolve(paused, status="silent")))


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
    """
    A consumer closes: it finishes and commits what it holds, then leaves (``ConsumerCoordinator.close``).

    A static member does not leave: it restarts before its session expires, or the group puts it out.
    """
    for index in leaving(consumers, consumer):
        saved, left = with_commit(group, index, offset_on_close(consumer, consumers[index], group.committed))
        after = replaced(consumers, index, Consumer(status_after_leaving(consumers, index)))
        why = f"{named(index)} leaves{saved}{loss((consumers[index],))}"
        yield from rebalanced(consumer, after, left, why)
        if consumer.is_static:
            yield from back_in_time(consumer, consumers, left, index, f"{named(index)} closes{saved}")


def offset_on_close(rules: ConsumerRules, consumer: Consumer, committed: int | None) -> int | None:
    """What a consumer that closes commits: nothing while it rejoins, where its client refuses that."""
    is_refused = consumer.is_rejoining and not rules.rebalancing.accepts_meanwhile
    return None if is_refused else closing_offset(rules, consumer, committed)


def stopping(consumers: Consumers, consumer: ConsumerRules) -> tuple[int, ...]:
    """Who can stop now: the owner whatever it does, another one if the group need not wait for the owner."""
    return tuple(with_status(consumers, *(("member", "owner") if can_rebalance(consumers, consumer) else ("owner",))))


@action(fault="member-leaves", when={"consumers": stopping})
def member_stops(consumer: ConsumerRules, consumers: Consumers, group: Group) -> Iterator[Next]:
    """A consumer just stops, with what it holds: it commits nothing, and the group puts it out at last."""
    for index in stopping(consumers, consumer):
        why = f"{named(index)} stops{losing(consumers[index])}"
        after = replaced(consumers, index, Consumer(status_after_leaving(consumers, index)))
        yield from rebalanced(consumer, after, group, why)
        if keeps_place(consumer):
            yield from back_in_time(consumer, consumers, group, index, why)


def can_close(rules: ConsumerRules, consumer: Consumer) -> bool:
    """Whether a consumer has finished all that it has to before it closes."""
    closing = consumer if rules.awaits_commits_on_close else attrs.evolve(consumer, in_flight=())
    return is_quiet(rules, closing) and not consumer.held


def status_after_leaving(consumers: Consumers, index: int) -> Status:
    """Who leaves does not return by itself, except the last one: it starts again."""
    others = replaced(consumers, index, Consumer("absent"))
    return "absent" if any(other.status != "absent" for other in others) else "out"


@action(fault="coordinator-failover")
def coordinator_failover(consumer: ConsumerRules, consumers: Consumers, group: Group) -> Iterator[Next]:
    """
    Another broker becomes the group coordinator and reads offsets and members from its log.

    Asynchronous commits on their way are lost. Synchronous ones are tried again, also if only the answer was lost. A
    generation that has no assignment yet is unknown to the new one: who has given up the partition just joins again,
    and so does who is put out and known again, as nobody else has got anything yet. An owner that reads on may lose it:
    it sends no heartbeats before it polls, and its session ends.

    Source: ``GroupMetadataManager``: ``completeClassicGroupJoin``, ``classicGroupSyncToMember``.
    """
    moves = "the group coordinator moves to another broker"
    lost = tuple(attrs.evolve(other, in_flight=()) for other in consumers)
    for saved, before in ((loss(consumers), group), *unanswered(consumer, consumers, group)):
        for loaded, after in reloaded(consumer.keeping, before):
            known, fenced = (with_fenced_owner(lost), "; the owner is fenced") if after.is_unsaved else (lost, "")
            yield Next(f"{moves}{saved}{loaded}{fenced}", consumers=known, group=attrs.evolve(after, is_unsaved=False))
    for index in hearing(lost, consumer):
        why = f"{moves}, which does not know the generation that {named(index)} has joined: that loses the partition"
        members = replaced(lost, index, without_assignment(lost[index], "member"))
        for says, left in assigned(members, why):
            yield Next(says, consumers=left, group=group)
    for index in claiming_again(consumers):
        says = f"{moves}, which does not know the generation that {named(index)} has joined again"
        yield Next(says, consumers=replaced(lost, index, without_assignment(lost[index], "member")), group=group)


def with_fenced_owner(consumers: Consumers) -> Consumers:
    """
    *consumers* whose owner is refused under its member id: the coordinator knows its group.instance.id by an older one.

    It fails with FENCED_INSTANCE_ID, starts again, and gets the partition back.
    """
    return tuple(attrs.evolve(other, status="silent") if other.status == "owner" else other for other in consumers)


def unanswered(rules: ConsumerRules, consumers: Consumers, group: Group) -> Iterator[tuple[str, Group]]:
    """What is to be told, and the group, where it has accepted a commit that somebody waits for; the answer is lost."""
    for index in with_status(consumers, "owner", "stale"):
        waits = may_be_accepted(rules, consumers, index)
        saved, after = with_commit(group, index, consumers[index].to_commit if waits else None)
        if saved:
            yield f"{saved}; the answer is lost", after


def loss(consumers: Consumers) -> str:
    """Which asynchronous commits of *consumers* are lost, for people."""
    offsets = ", ".join(str(offset) for consumer in consumers for offset in consumer.in_flight)
    return f"; the asynchronous commit of offset {offsets} is lost" if offsets else ""


def can_all_stop(consumers: Consumers, consumer: ConsumerRules) -> bool:
    """Whether somebody runs, and nobody has anything left to finish."""
    are_out = bool(with_status(consumers, "stale", "lingering", "silent"))
    is_running = bool(with_status(consumers, "member", "owner")) and not are_out
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


def is_in_use(consumers: Consumers) -> bool:
    """Whether somebody is in the group."""
    return bool(with_status(consumers, "member", "owner", "silent"))


def has_committed(group: Group) -> bool:
    """Whether the group has a committed offset."""
    return group.committed is not None


@action(fault="offsets-expired", when={"consumers": is_in_use, "group": has_committed})
def offsets_expired_in_use(consumers: Consumers, group: Group) -> Iterator[Next]:
    """The committed offset is deleted by its age while the group reads (``GroupMetadata.removeExpiredOffsets``)."""
    says = "nothing was committed for offsets.retention.minutes: the committed offset is gone, though the group reads"
    yield Next(says, consumers=consumers, group=attrs.evolve(group, committed=None))


def all_stopped(consumers: Consumers) -> Consumers:
    """Everybody who was there stops."""
    return tuple(other if other.status == "absent" else Consumer("stopped") for other in consumers)
