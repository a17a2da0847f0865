"""Commits as one step: the group coordinator decides and the consumer knows at once."""

from collections.abc import Iterator

import attrs

from ackproof.model.consume.consumer import (
    Consumer,
    Consumers,
    Status,
    has_commit_in_flight,
    has_commit_to_wait_for,
    is_group_empty,
    named,
    replaced,
    with_status,
    without_assignment,
)
from ackproof.model.consume.log import Group, with_committed
from ackproof.model.consume.membership import offset_as_nobody, with_commit
from ackproof.model.consume.reading import has_processed_prefix, processed_prefixes, sent
from ackproof.model.consume.rules import ConsumerRules, automatic_offset, in_poll
from ackproof.model.system import Next, action


@action(when={"consumers": has_commit_to_wait_for})
def commit(consumer: ConsumerRules, consumers: Consumers, group: Group) -> Iterator[Next]:
    """
    The group coordinator decides on a synchronous commit; the client of an owner that rejoins may refuse it by itself.

    Who is out of the group may commit all the same while that is empty. Not modelled of asynchronous commits, which
    nobody waits for: what was processed is processed, and another member had to be there for the offset to matter.

    Source: ``ClassicGroup.validateOffsetCommit``, ``ConsumerGroup.validateOffsetCommit``; CommitFailedException,
    RebalanceInProgressException.
    """
    for index, waiting in enumerate(consumers):
        offset = waiting.to_commit
        if offset is None:
            continue
        if may_be_accepted(consumer, consumers, index):
            after = replaced(consumers, index, told_of_acceptance(waiting))
            yield Next(accepted(offset), consumers=after, group=with_committed(group, offset))
        if waiting.is_rejoining and may_be_put_off(consumers, index):
            after = replaced(consumers, index, with_refused_commit(waiting))
            yield Next(put_off(index, offset, waiting), consumers=after)
        elif not waiting.is_rejoining and waiting.status != "owner":
            after = replaced(consumers, index, told_of_refusal(consumer, waiting))
            last = offset_as_nobody(consumer, waiting, group.committed) if is_group_empty(consumers) else None
            saved, left = with_commit(group, index, last)
            yield Next(f"{refused(index, offset)}{saved}", consumers=after, **({"group": left} if saved else {}))


def may_be_put_off(consumers: Consumers, index: int) -> bool:
    """
    Whether a commit may come to a group that has yet to be assigned the partition.

    Of who has joined again beside an owner only behind its SyncGroup, as it does not lead the group.
    """
    return consumers[index].status == "owner" or not with_status(consumers, "owner")


def can_commit(rules: ConsumerRules, consumer: Consumer) -> bool:
    """Whether a commit of *consumer* may be accepted: it is or was the owner, and may commit if it is rejoining."""
    if consumer.is_rejoining and not rules.rebalancing.accepts_meanwhile:
        return False
    has_joined_again = consumer.status == "lingering" and consumer.is_rejoining
    return consumer.status in ("owner", "joining") or has_joined_again


def may_be_accepted(rules: ConsumerRules, consumers: Consumers, index: int) -> bool:
    """Whether a synchronous commit of the consumer at *index* may be accepted."""
    return can_commit(rules, consumers[index]) or commits_as_nobody(rules, consumers, index)


def commits_as_nobody(rules: ConsumerRules, consumers: Consumers, index: int) -> bool:
    """Whether the consumer at *index* may commit although it is out of the group: its client knows, and it is empty."""
    return rules.commits_as_nobody and consumers[index].status == "stale" and is_group_empty(consumers)


def told_of_acceptance(consumer: Consumer) -> Consumer:
    """
    *consumer* once it knows that its commit is accepted: who is out of the group knows that, and is handed no more.

    Source: ``AbstractMembershipManager.transitionToFenced``; aiokafka ``SubscriptionState.begin_reassignment``.
    """
    told = with_accepted_commit(consumer)
    return attrs.evolve(told, position=None) if told.status == "stale" else told


def told_of_refusal(rules: ConsumerRules, consumer: Consumer) -> Consumer:
    """
    *consumer* once it knows that its commit is refused as it is out of the group: its membership ends with that.

    Under the new group protocol that ends only once a heartbeat says so.

    Source: ``ConsumerCoordinator.OffsetCommitResponseHandler``; ``CommitRequestManager``.
    """
    told = with_refused_commit(consumer)
    return told if rules.rebalancing.is_by_coordinator else without_membership(told)


def without_membership(consumer: Consumer) -> Consumer:
    """*consumer* once it knows that its heartbeats have ended: the group has put it out, or has waited for it."""
    return without_assignment(consumer, "owner" if consumer.status == "silent" else "out")


def put_off(index: int, offset: int, sender: Consumer) -> str:
    """What happened, for people."""
    why = "RebalanceInProgress, as it is rejoining" if sender.is_rejoining else "STALE_MEMBER_EPOCH"
    return f"the commit of {named(index)} of offset {offset} fails: {why}"


def accepted(offset: int) -> str:
    """What happened, for people."""
    return f"the group coordinator accepts the commit of offset {offset}"


def refused(index: int, offset: int) -> str:
    """What happened, for people."""
    return f"the group coordinator refuses the commit of offset {offset}: {named(index)} is no longer in the group"


def with_accepted_commit(consumer: Consumer) -> Consumer:
    """*consumer* goes on: it may now process what it committed first."""
    return attrs.evolve(consumer, to_commit=None, answer=None, batch=(), in_hand=consumer.in_hand + consumer.batch)


def with_refused_commit(consumer: Consumer) -> Consumer:
    """*consumer* goes on without what it could not commit before processing."""
    return attrs.evolve(consumer, to_commit=None, answer=None, batch=())


@action(when={"consumers": has_commit_in_flight})
def async_commit_arrives(consumer: ConsumerRules, consumers: Consumers, group: Group) -> Iterator[Next]:
    """An asynchronous commit takes effect, or is refused and nobody tries again."""
    for index, sender in enumerate(consumers):
        if not sender.in_flight:
            continue
        offset, *later = sender.in_flight
        after = replaced(consumers, index, attrs.evolve(sender, in_flight=tuple(later)))
        if can_commit(consumer, sender):
            yield Next(accepted(offset), consumers=after, group=with_committed(group, offset))
        if sender.is_rejoining:
            if may_be_put_off(consumers, index):
                yield Next(put_off(index, offset, sender), consumers=after)
        elif sender.status == "lingering":
            lost = replaced(consumers, index, without_assignment(sender, "out"))
            yield Next(f"{refused(index, offset)}, and gives up the partition as lost", consumers=lost)
        elif not can_commit(consumer, sender):
            yield Next(refused(index, offset), consumers=after)


@action(when={"consumers": has_processed_prefix})
def commit_the_processed_prefix(consumer: ConsumerRules, consumers: Consumers, group: Group) -> Iterator[Next]:
    """An application that hands records off commits, between polls, the offset below which all are processed."""
    for index, offset in processed_prefixes(consumer, consumers, group):
        if not can_commit(consumer, consumers[index]):
            continue
        if consumer.commit == "sync":
            yield Next(f"{accepted(offset)} by {named(index)}", group=with_committed(group, offset))
        else:
            after = sent(consumers[index], offset, 1)
            yield Next(asked(index, offset), consumers=replaced(consumers, index, after))


def asked(index: int, offset: int) -> str:
    """What happened, for people."""
    return f"{named(index)} asks to commit offset {offset}"


def committing_automatically(consumers: Consumers, consumer: ConsumerRules) -> tuple[int, ...]:
    """Which owners have a client that may commit by itself at this moment."""
    is_any_time = consumer.auto_commit.is_in_background
    believing: tuple[Status, ...] = ("owner",) if consumer.auto_commit.pauses else ("owner", "lingering")
    owners = with_status(consumers, *believing) if is_any_time else in_poll(consumer, consumers, *believing)
    return tuple(index for index in owners if commits_by_itself(consumer, consumers[index]))


def commits_by_itself(rules: ConsumerRules, consumer: Consumer) -> bool:
    """Whether a client commits by itself: not while it rejoins if it pauses then."""
    may_ask = can_commit(rules, consumer) or consumer.status == "lingering"
    return may_ask and not (consumer.is_rejoining and rules.auto_commit.pauses)


@action(when={"consumers": committing_automatically})
def commit_automatically(consumer: ConsumerRules, consumers: Consumers, group: Group) -> Iterator[Next]:
    """The client commits by itself, in poll or in the background."""
    for index in committing_automatically(consumers, consumer):
        offset = automatic_offset(consumer, consumers[index], group.committed)
        if offset not in (None, group.committed) and can_commit(consumer, consumers[index]):
            says = f"{named(index)} automatically commits offset {offset}"
            yield Next(says, group=with_committed(group, offset))
