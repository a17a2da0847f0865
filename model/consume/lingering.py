"""
Who goes on with the partition though its group has put it out, and joins again with it.

Of the errors of a JoinGroup after which librdkafka has all that it owns revoked, UNKNOWN_MEMBER_ID is none: it forgets
its member id, and what it has it keeps until its next assignment. A broker that answers its next JoinGroup with a
member id (MEMBER_ID_REQUIRED, KIP-394) ends that; it asks no static member to join once more.

It joins for what the model does not have, too: another topic, or the racks of one, may change at any time
(``rd_kafka_cgrp_metadata_update_check``). What it asks to commit before it has its assignment names no member id and is
refused, with UNKNOWN_MEMBER_ID, or with FENCED_INSTANCE_ID behind its JoinGroup: it gives up the partition, or ends.

Source: librdkafka 1.6 to 2.15, ``rd_kafka_cgrp_handle_JoinGroup``, ``rd_kafka_cgrp_op_handle_OffsetCommit``.
"""

from collections.abc import Iterator

import attrs

from ackproof.model.consume.consumer import (
    Answer,
    Consumer,
    Consumers,
    claiming_again,
    has_commit_under_way,
    is_group_empty,
    named,
    processed_prefix,
    replaced,
    with_status,
    without_assignment,
)
from ackproof.model.consume.coordinator import Coordinator, with_joined
from ackproof.model.consume.keeping import assembled
from ackproof.model.consume.log import Group
from ackproof.model.consume.membership import can_rebalance, moved, offset_on_revoke, rebalanced, with_commit
from ackproof.model.consume.rules import ConsumerRules, automatic_offset, commits_prefix, is_quiet
from ackproof.model.system import Next, action


def put_out_with_position(consumers: Consumers, consumer: ConsumerRules) -> tuple[int, ...]:
    """Who was put out as it had the partition, and can send a JoinGroup now."""
    return tuple(
        index
        for index in with_status(consumers, "stale")
        if consumers[index].position is not None and is_quiet(consumer, consumers[index])
    )


@action(fair=False, when={"consumers": put_out_with_position})
def hear_as_it_joins(consumer: ConsumerRules, consumers: Consumers) -> Iterator[Next]:
    """A consumer that has set out to join before it has heard that it is out of the group is told so by that."""
    for index in put_out_with_position(consumers, consumer):
        yield Next(told_as_it_joins(index), consumers=replaced(consumers, index, lingering(consumers[index])))


def told_as_it_joins(index: int) -> str:
    """What happened, for people."""
    return f"{named(index)} joins, is told that it is no longer in the group, and keeps the partition"


def lingering(consumer: Consumer) -> Consumer:
    """*consumer* once it knows that it is out of the group, and keeps what it has."""
    return attrs.evolve(consumer, status="lingering", is_rejoining=False)


def joining_again(consumers: Consumers, consumer: ConsumerRules) -> tuple[int, ...]:
    """Who is out of the group with the partition, and can join again now."""
    if not can_rebalance(consumers, consumer):
        return ()
    return tuple(i for i in outside(consumers) if is_quiet(consumer, consumers[i]))


def outside(consumers: Consumers) -> list[int]:
    """Who is out of the group with the partition, and has not joined again."""
    return [index for index in with_status(consumers, "lingering") if not consumers[index].is_rejoining]


@action(strongly_fair=True, when={"consumers": joining_again})
def join_with_partition(consumer: ConsumerRules, consumers: Consumers, group: Group) -> Iterator[Next]:
    """
    A consumer joins again with what it has, and reads on until it hears what becomes of that.

    What it commits is accepted once the group has its assignment, be it that it has not heard that.
    """
    for index in joining_again(consumers, consumer):
        members = replaced(consumers, index, attrs.evolve(consumers[index], is_rejoining=True))
        why = f"{named(index)} joins again with the partition"
        if with_status(consumers, "owner"):
            yield from rebalanced(consumer, members, group, why)
            continue
        # A static member that the group waits for does not claim it any more, as it has not rejoined.
        members = tuple(attrs.evolve(each, status="stale") if each.status == "silent" else each for each in members)
        for says, found in assembled(consumer.keeping, group) if is_group_empty(consumers) else [("", group)]:
            yield Next(f"{why}{says}", consumers=members, group=found)


def hearing_what_it_has(consumers: Consumers, consumer: ConsumerRules) -> tuple[int, ...]:
    """Who has joined again with the partition, and can hear its assignment now."""
    return tuple(index for index in claiming_again(consumers) if is_quiet(consumer, consumers[index]))


@action(strongly_fair=True, when={"consumers": hearing_what_it_has})
def hear_what_it_has(consumer: ConsumerRules, consumers: Consumers, group: Group) -> Iterator[Next]:
    """
    A consumer hears that it keeps the partition with which it has joined again, or that it does not, and revokes it.

    Source: librdkafka ``rd_kafka_sticky_assignor``: of several that claim a partition the latest generation counts.
    """
    for index in hearing_what_it_has(consumers, consumer):
        if not with_status(consumers, "owner"):
            kept = attrs.evolve(consumers[index], status="owner", is_rejoining=False)
            yield Next(f"{named(index)} hears that it keeps the partition", consumers=replaced(consumers, index, kept))
            says = f"{named(index)} hears that the partition is to move"
            yield from moved(consumer, consumers, group, index, says) if len(claiming_again(consumers)) == 1 else ()
            continue
        saved, after = with_commit(group, index, offset_on_revoke(consumer, consumers[index], group.committed))
        lost = replaced(consumers, index, without_assignment(consumers[index], "member"))
        says = f"{named(index)} hears that the partition is another one's, and gives it up{saved}"
        yield Next(says, consumers=lost, group=after)


def asking_in_vain(consumers: Consumers, consumer: ConsumerRules) -> tuple[int, ...]:
    """Who is out of the group with the partition, and may begin to commit by itself or for the application."""
    by_itself = consumer.commit == "auto" and not consumer.auto_commit.pauses
    return tuple(outside(consumers)) if by_itself or commits_prefix(consumer) else ()


@action(when={"consumers": asking_in_vain})
def give_up_by_commit(consumer: ConsumerRules, consumers: Consumers, group: Group) -> Iterator[Next]:
    """A commit of who is out of the group with the partition is refused, and it gives that up."""
    for index in asking_in_vain(consumers, consumer):
        out = consumers[index]
        by_itself = automatic_offset(consumer, out, group.committed)
        if (processed_prefix(out) if commits_prefix(consumer) else by_itself) not in (None, group.committed):
            lost = replaced(consumers, index, without_assignment(out, "out"))
            yield Next(f"a commit of {named(index)} is refused, and it gives up the partition as lost", consumers=lost)


# Where membership takes several steps.


@action(fair=False)
def hear_as_it_joins_in_steps(
    consumer: ConsumerRules, consumers: Consumers, coordinator: Coordinator
) -> Iterator[Next]:
    """
    The same; who waits for its assignment gives up all. A commit may be on its way behind the JoinGroup.

    Source: librdkafka ``rd_kafka_cgrp_handle_SyncGroup_memberstate``, ``rd_kafka_cgrp_defer_offset_commit``.
    """
    for index in with_status(consumers, "owner", "silent"):
        owner = consumers[index]
        # Who is silent may have had nothing.
        has_it = owner.status == "owner" or owner.position is not None
        is_out = index not in coordinator.members and not owner.is_rejoining
        if is_out and has_it and is_quiet(consumer, attrs.evolve(owner, in_flight=())):
            yield Next(told_as_it_joins(index), consumers=replaced(consumers, index, lingering(owner)))


@action(strongly_fair=True)
def ask_to_join_with_partition(
    consumer: ConsumerRules, consumers: Consumers, group: Group, coordinator: Coordinator
) -> Iterator[Next]:
    """A consumer that is out of the group with the partition joins again with that."""
    for index in with_status(consumers, "lingering"):
        if index not in coordinator.members and is_quiet(consumer, consumers[index]):
            for says, found in [("", group)] if coordinator.members else assembled(consumer.keeping, group):
                known = with_older_claim(coordinator, consumers, index)
                yield Next(f"{named(index)} joins again with the partition{says}", coordinator=known, group=found)


def with_older_claim(coordinator: Coordinator, consumers: Consumers, index: int) -> Coordinator:
    """
    *coordinator* with a JoinGroup of who claims the partition, which counts if no later generation claims it.

    Source: ``ClassicGroup.add``: the first member leads.
    """
    joined = with_joined(coordinator, index)
    if coordinator.members:
        joined = attrs.evolve(joined, followers=joined.followers | {index})
    if joined.claimant is None:
        return attrs.evolve(joined, claimant=index)
    claims = sorted((index, *joined.older, joined.claimant), key=lambda claiming: consumers[claiming].generation)
    return attrs.evolve(joined, claimant=claims[-1], older=tuple(claims[:-1]))


def of_its_generation(member: Consumer, generation: int) -> Consumer:
    """
    *member* that has joined with the partition, once a *generation* begins: it is an owner that rejoins.

    But what it has asked to commit meanwhile is refused, and it has to give up the partition.
    """
    if has_commit_under_way(member) or not member.generation:
        refused: Answer | None = "refused" if member.to_commit is not None else None
        return attrs.evolve(member, generation=0, in_flight=(), answer=refused)
    return attrs.evolve(member, status="owner", is_rejoining=True, generation=generation)


@action
def hear_of_refusal(consumers: Consumers) -> Iterator[Next]:
    """Who is out of the group with the partition hears that a commit is refused that it does not wait for."""
    for index in with_status(consumers, "lingering"):
        member = consumers[index]
        if not member.generation and member.to_commit is None:
            yield Next(told_of_refusal(index), consumers=replaced(consumers, index, given_up(member)))


def told_of_refusal(index: int) -> str:
    """What happened, for people."""
    return f"{named(index)} hears that its commit is refused, and gives up the partition as lost"


def given_up(consumer: Consumer) -> Consumer:
    """*consumer* without what it has gone on with."""
    return without_assignment(consumer, "out")


@action(fair=False)
def hear_of_another_refusal(consumer: ConsumerRules, consumers: Consumers, group: Group) -> Iterator[Next]:
    """The same of what its client has committed by itself, though that is committed already."""
    for index in with_status(consumers, "lingering") if consumer.commit == "auto" else ():
        if automatic_offset(consumer, consumers[index], group.committed) is not None:
            yield Next(told_of_refusal(index), consumers=replaced(consumers, index, given_up(consumers[index])))


@action(fault="response-lost")
def refusal_lost(consumers: Consumers, group: Group, coordinator: Coordinator) -> Iterator[Next]:
    """The answer is lost by which it would hear so."""
    for index, after in enumerate(without_refusals(consumers, group, coordinator)):
        if after != consumers[index]:
            says = f"{named(index)} does not hear that its commit is refused"
            yield Next(says, consumers=replaced(consumers, index, after))


def without_refusals(consumers: Consumers, group: Group, coordinator: Coordinator) -> Consumers:
    """
    *consumers* as the answers are lost that none of those waits for who are out of the group with the partition.

    Their generation is an earlier one than that of others.
    """
    earlier = max(group.generation - 1, 1)
    unheard = {
        index
        for index in with_status(consumers, "lingering")
        if (index not in coordinator.members or index in coordinator.joined)
        and not consumers[index].generation
        and consumers[index].to_commit is None
    }
    return tuple(attrs.evolve(c, generation=earlier) if i in unheard else c for i, c in enumerate(consumers))


def disconnected(rules: ConsumerRules, consumers: Consumers, group: Group, coordinator: Coordinator) -> Consumers:
    """
    *consumers* as their connections to the coordinator break.

    Who is out of the group and waits for its assignment joins once more, as it is not told that by its SyncGroup.

    Source: librdkafka ``rd_kafka_cgrp_handle_SyncGroup_memberstate``.
    """
    if not rules.rebalancing.keeps_what_it_lost:
        return consumers
    told = without_refusals(consumers, group, coordinator)
    return tuple(
        attrs.evolve(each, is_rejoining=False) if each.is_rejoining and index not in coordinator.members else each
        for index, each in enumerate(told)
    )


AT_ONCE = (hear_as_it_joins, join_with_partition, hear_what_it_has, give_up_by_commit)
IN_STEPS = (
    hear_as_it_joins_in_steps,
    ask_to_join_with_partition,
    hear_of_refusal,
    hear_of_another_refusal,
)
"""Its actions, where membership takes one step, and where it takes several."""
