"""Membership with a rebalance in as few steps as consumers can tell: whoever the group has put out is marked stale."""

from collections.abc import Iterator

import attrs

from ackproof.model.consume.consumer import (
    Consumer,
    Consumers,
    Status,
    claiming_again,
    has_commit_under_way,
    has_stopped,
    is_group_empty,
    named,
    processed_prefix,
    replaced,
    with_status,
    without_assignment,
)
from ackproof.model.consume.keeping import assembled
from ackproof.model.consume.log import Group, with_committed
from ackproof.model.consume.rules import (
    ConsumerRules,
    automatic_offset,
    commits_prefix,
    in_poll,
    is_quiet,
    revoking_offset,
)
from ackproof.model.system import Next, action


@action(when={"consumers": has_stopped})
def start(consumer: ConsumerRules, consumers: Consumers) -> Iterator[Next]:
    """
    All instances start and the partition goes to one of them.

    The first rebalance waits for them (``group.initial.rebalance.delay.ms``); who comes later is a joining member.
    Under the new protocol nothing waits: the first one has the partition, and the others are yet to join.

    Source: ``GroupMetadataManager``: ``classicGroupJoinNewMember``, ``consumerGroupHeartbeat``.
    """
    stopped = with_status(consumers, "stopped")
    others: Status = "out" if consumer.rebalancing.is_by_coordinator else "member"
    for owner in stopped:
        members = tuple(Consumer(others) if index in stopped else other for index, other in enumerate(consumers))
        says = f"the group starts; {named(owner)} is assigned the partition"
        yield Next(says, consumers=replaced(members, owner, Consumer("owner")))


def can_rebalance(consumers: Consumers, consumer: ConsumerRules) -> bool:
    """Whether the group need not wait for the owner, if there is one: it can rejoin now, or has done so."""
    owners = (consumers[owner] for owner in with_status(consumers, "owner"))
    are_ready = all(owner.is_rejoining or is_quiet(consumer, owner) for owner in owners)
    return consumer.rebalancing.is_by_coordinator or (are_ready and not with_status(consumers, "joining"))


def returning(consumers: Consumers, consumer: ConsumerRules) -> tuple[int, ...]:
    """Who is out and can join again now."""
    return tuple(with_status(consumers, "out")) if can_rebalance(consumers, consumer) else ()


@action(when={"consumers": returning})
def join(consumer: ConsumerRules, consumers: Consumers, group: Group) -> Iterator[Next]:
    """A consumer that crashed or was put out joins again."""
    for index in returning(consumers, consumer):
        yield from joined(consumer, consumers, group, index)


def joined(rules: ConsumerRules, consumers: Consumers, group: Group, index: int) -> Iterator[Next]:
    """The consumer at *index* joins, and the group rebalances."""
    members = replaced(consumers, index, attrs.evolve(consumers[index], status="member"))
    is_alone = not with_status(consumers, "member", "owner", "silent")
    for says, found in assembled(rules.keeping, group) if is_alone else [("", group)]:
        yield from rebalanced(rules, members, found, f"{named(index)} joins{says}")


def rebalanced(rules: ConsumerRules, consumers: Consumers, group: Group, why: str) -> Iterator[Next]:
    """
    The group rebalances, and asks of the owner what its rules say.

    It is for the caller to ask whether it can (``can_rebalance``).
    """
    owners = with_status(consumers, "owner")
    if rules.rebalancing.is_by_coordinator and owners:
        yield from reconciled(rules, consumers, group, owners[0], why)
    elif rules.rebalancing.keeps_reading and owners:
        yield rejoined(rules, consumers, group, owners[0], why)
    else:
        yield from given_up(rules, consumers, group, why)


def given_up(rules: ConsumerRules, consumers: Consumers, group: Group, why: str) -> Iterator[Next]:
    """
    The owner rejoins from poll, where what it commits comes first, then any member is assigned the partition.

    Source: ``ConsumerCoordinator.onJoinPrepare`` with an eager assignor; librdkafka ``rdkafka_assignment.c``.
    """
    group = attrs.evolve(group, is_unsaved=False)
    for owner in with_status(consumers, "owner"):
        offset = revoking_offset(rules, consumers[owner], group.committed)
        if not rules.rebalancing.awaits_commits and offset not in (None, group.committed):
            yield given_up_early(rules, consumers, group, owner, offset, why)
            return
        saved, group = with_commit(group, owner, offset)
        why += saved
        consumers = replaced(consumers, owner, without_assignment(consumers[owner], "member"))
    for says, after in assigned(consumers, why):
        yield Next(says, consumers=after, group=group)


def given_up_early(
    rules: ConsumerRules, consumers: Consumers, group: Group, owner: int, offset: int | None, why: str
) -> Next:
    """The owner has given the partition up while its commit is on its way; it rejoins behind that."""
    on_its_way = () if offset is None else (offset,)
    waiting = attrs.evolve(without_assignment(consumers[owner], "joining"), in_flight=on_its_way)
    says = f"{why}; {named(owner)} gives up the partition and asks to commit offset {offset}"
    return Next(says, consumers=replaced(consumers, owner, waiting), group=group)


def behind_commits(consumers: Consumers) -> tuple[int, ...]:
    """Who has given up the partition, and has no commit on its way any more."""
    return tuple(index for index in with_status(consumers, "joining") if not consumers[index].in_flight)


@action(when={"consumers": behind_commits})
def rejoin_behind_commits(consumers: Consumers) -> Iterator[Next]:
    """A former owner rejoins once its commit has arrived, or is lost, and any member is assigned the partition."""
    for index in behind_commits(consumers):
        members = replaced(consumers, index, attrs.evolve(consumers[index], status="member"))
        for says, after in assigned(members, f"{named(index)} rejoins"):
            yield Next(says, consumers=after)


def rejoined(rules: ConsumerRules, consumers: Consumers, group: Group, owner: int, why: str) -> Next:
    """
    The owner rejoins with the partition, and reads on until it hears what becomes of it.

    Source: ``ConsumerCoordinator.onJoinPrepare`` with a cooperative assignor.
    """
    if consumers[owner].is_rejoining:
        return Next(why, consumers=consumers, group=group)
    saved, after = with_commit(group, owner, offset_on_rejoin(rules, consumers[owner], group.committed))
    says = f"{why}{saved}; {named(owner)} rejoins with the partition"
    rejoining = attrs.evolve(consumers[owner], is_rejoining=True)
    return Next(says, consumers=replaced(consumers, owner, rejoining), group=attrs.evolve(after, is_unsaved=False))


def offset_on_rejoin(rules: ConsumerRules, owner: Consumer, committed: int | None) -> int | None:
    """What the client commits by itself before it rejoins with the partition."""
    return None if rules.rebalancing.commits_on_revoke else automatic_offset(rules, owner, committed)


def hearing(consumers: Consumers, consumer: ConsumerRules) -> tuple[int, ...]:
    """Which owner that has rejoined can hear its assignment now."""
    owners = with_status(consumers, "owner")
    return tuple(i for i in owners if consumers[i].is_rejoining and is_quiet(consumer, consumers[i]))


@action(strongly_fair=True, when={"consumers": hearing})
def hear_assignment(consumer: ConsumerRules, consumers: Consumers, group: Group) -> Iterator[Next]:
    """
    The owner polls and hears whether it keeps the partition; else it revokes it and rejoins, and another one gets it.

    Source: ``ConsumerCoordinator.onJoinComplete``; ``CooperativeStickyAssignor``.
    """
    for index in hearing(consumers, consumer):
        kept = attrs.evolve(consumers[index], is_rejoining=False)
        yield Next(f"{named(index)} hears that it keeps the partition", consumers=replaced(consumers, index, kept))
        yield from moved(consumer, consumers, group, index, f"{named(index)} hears that the partition is to move")


def reconciled(rules: ConsumerRules, consumers: Consumers, group: Group, owner: int, why: str) -> Iterator[Next]:
    """
    The owner keeps the partition, and knows of nothing, or it is told to revoke it, and then another one gets it.

    Source: ``CurrentAssignmentBuilder``; ``AbstractMembershipManager.maybeReconcile``.
    """
    keeps = f"{why}; {named(owner)} keeps the partition"
    yield Next(keeps, consumers=consumers, group=group)
    present = consumers[owner]
    if rules.rebalancing.refuses_older_epochs and has_commit_under_way(present):
        says = f"{keeps} with a new epoch; its commit on the way has an older one and is refused"
        yield Next(says, consumers=replaced(consumers, owner, with_failed_commits(present)), group=group)
    if is_quiet(rules, present):
        yield from moved(rules, consumers, group, owner, why)


def with_failed_commits(consumer: Consumer) -> Consumer:
    """*consumer* without the commits that it has on the way, and without what it was not to process before."""
    return attrs.evolve(consumer, to_commit=None, answer=None, batch=(), in_flight=())


def moved(rules: ConsumerRules, consumers: Consumers, group: Group, owner: int, why: str) -> Iterator[Next]:
    """The owner revokes the partition, and any other member is assigned it, if there is one."""
    saved, after = with_commit(group, owner, offset_on_revoke(rules, consumers[owner], group.committed))
    revoked = replaced(consumers, owner, without_assignment(consumers[owner], "member"))
    for index in with_status(consumers, "member"):
        new = attrs.evolve(consumers[index], status="owner")
        says = f"{why}{saved}; {named(owner)} gives it up; {named(index)} is assigned the partition"
        yield Next(says, consumers=replaced(revoked, index, new), group=after)


def offset_on_revoke(rules: ConsumerRules, owner: Consumer, committed: int | None) -> int | None:
    """What is committed as a partition is revoked that its owner has kept until then."""
    if rules.on_revoke == "commit" or rules.rebalancing.commits_on_revoke:
        return revoking_offset(rules, owner, committed)
    return None


def with_commit(group: Group, index: int, offset: int | None) -> tuple[str, Group]:
    """What is to be told, and the group, after the consumer at *index* has committed *offset*, if that is new."""
    if offset in (None, group.committed):
        return "", group
    return f"; the commit of {named(index)} of offset {offset} is accepted", with_committed(group, offset)


def assigned(consumers: Consumers, why: str) -> Iterator[tuple[str, Consumers]]:
    """
    What is to be told, and the consumers, after any member was assigned the partition, if there is one.

    None is, where somebody claims it who was put out and goes on with it: that one has to hear of it first.
    """
    members = [] if claiming_again(consumers) else with_status(consumers, "member")
    if not members:
        yield why, consumers
    for index in members:
        owner = attrs.evolve(consumers[index], status="owner")
        others = tuple(attrs.evolve(c, status="stale") if c.status == "silent" else c for c in consumers)
        yield f"{why}; {named(index)} is assigned the partition", replaced(others, index, owner)


def late_to_commit(consumers: Consumers, consumer: ConsumerRules) -> tuple[int, ...]:
    """Which owner commits, by itself or for the application, while it rejoins."""
    rejoining = (index for index in with_status(consumers, "owner", "lingering") if consumers[index].is_rejoining)
    commits_by_itself = consumer.commit == "auto" and not consumer.auto_commit.pauses
    may_begin = commits_by_itself or commits_prefix(consumer)
    return tuple(i for i in rejoining if may_begin or has_commit_under_way(consumers[i]))


@action(when={"consumers": late_to_commit})
def lose_assignment_by_commit(consumer: ConsumerRules, consumers: Consumers, group: Group) -> Iterator[Next]:
    """
    A commit is refused with ILLEGAL_GENERATION in a rebalance, and the client takes its assignment for lost.

    Source: librdkafka #4059; ``rd_kafka_cgrp_op_handle_OffsetCommit`` before 2.10.0.
    """
    for index in late_to_commit(consumers, consumer):
        late = consumers[index]
        by_itself = automatic_offset(consumer, late, group.committed)
        is_new = (processed_prefix(late) if commits_prefix(consumer) else by_itself) not in (None, group.committed)
        if is_new or has_commit_under_way(consumers[index]):
            lost = replaced(consumers, index, without_assignment(consumers[index], "out"))
            why = f"a commit of {named(index)} comes too late for its generation, and it gives up the partition as lost"
            was_owner = consumers[index].status == "owner"
            for says, after in assigned(lost, why) if was_owner else [(why, lost)]:
                yield Next(says, consumers=after)


def put_out(consumers: Consumers, consumer: ConsumerRules) -> tuple[int, ...]:
    """Who polls after the group has put it out, or while the group waits for it."""
    return in_poll(consumer, consumers, "stale", "silent")


@action(strongly_fair=True, when={"consumers": put_out})
def notice(consumer: ConsumerRules, consumers: Consumers, group: Group) -> Iterator[Next]:
    """
    A consumer that polls learns that it is no longer in the group (``onPartitionsLost``).

    A static member that the group has waited for joins again at once, and gets back what it had.
    """
    for index in put_out(consumers, consumer):
        if consumers[index].status == "silent":
            back = replaced(consumers, index, without_assignment(consumers[index], "owner"))
            says = f"{named(index)} polls, joins again before its session expires, and gets the partition back"
            yield Next(says, consumers=back, group=under_new_id(consumer, group))
        else:
            after = replaced(consumers, index, without_assignment(consumers[index], "out"))
            offset = offset_as_nobody(consumer, consumers[index], group.committed)
            saved, left = with_commit(group, index, offset if is_group_empty(consumers) else None)
            says = f"{named(index)} polls and learns that it is no longer in the group{saved}"
            yield Next(says, consumers=after, **({"group": left} if saved else {}))


def offset_as_nobody(rules: ConsumerRules, former: Consumer, committed: int | None) -> int | None:
    """
    What a consumer commits as it gives up what it has lost, as nobody in particular, which an empty group accepts.

    Source: aiokafka ``GroupCoordinator._on_join_prepare``: it knows of no loss.
    """
    tells_of_loss = rules.rebalancing.is_by_coordinator or not rules.commits_as_nobody
    return None if tells_of_loss else revoking_offset(rules, former, committed)


def under_new_id(rules: ConsumerRules, group: Group) -> Group:
    """*group* once a static member with the partition is back; coordinators may not write its new member id down."""
    return attrs.evolve(group, is_unsaved=rules.keeping.forgets_replacements)
