"""What starts a rebalance of a consumer group (KIP-848)."""

from collections.abc import Iterator
from itertools import product

import attrs

from ackproof.model.groups.claims import NONE
from ackproof.model.groups.consumer import (
    Consumer,
    ConsumerGroup,
    Status,
    is_fenced,
    registration_of,
    with_registration,
    without_member,
)
from ackproof.model.groups.heartbeats import aimed, joined, moved
from ackproof.model.groups.naming import named, told
from ackproof.model.groups.rules import ConsumerRules
from ackproof.model.system import Action, Next, action


@action(fault="consumer-crash")
def consumer_crash(group: ConsumerGroup, rules: ConsumerRules) -> Iterator[Next]:
    """A consumer's process dies; it restarts, but its old session has still to expire."""
    for index, member in enumerate(group.members):
        if member.runs:
            rank = member.rank if member.registration or rules.goes_by_instance_ids else 0
            dead = Consumer("out", rank=rank, registration=member.registration)
            yield Next(f"{named(index)} crashes{losing(member)}", group=group.with_member(index, dead))


def losing(member: Consumer) -> str:
    """What nobody reads from now on, for people."""
    return f"; nobody reads {told(member.owned)}" if member.owned else ""


@action(fault="consumer-pause")
def consumer_pause(group: ConsumerGroup, rules: ConsumerRules) -> Iterator[Next]:
    """
    A consumer stands still for too long; the coordinator removes it, and it has not heard of it.

    Or, where it is static and its application alone stands still, it says that it will be back; and one that is silent
    ends that.

    Source: ``AbstractMembershipManager.transitionToSendingLeaveGroup``, ``ConsumerMembershipManager.leaveGroupEpoch``.
    """
    for index, member in enumerate(group.members):
        if member.status == "member" and member.registration:
            after = without_member(group, index, rules)
            says = f"{named(index)} pauses for too long; the coordinator removes it and begins epoch {after.epoch}"
            yield Next(says, group=after)
            if rules.is_static and rules.keeps_its_place:
                says = f"{named(index)} does not poll for too long and says that it will be back{losing(member)}"
                yield Next(says, group=standing_still(stopped(group, index, rules), index, rules))
        if member.status == "silent":
            yield from broken_silence(group, rules, index)


def broken_silence(group: ConsumerGroup, rules: ConsumerRules, index: int) -> Iterator[Next]:
    """
    The application of the silent member at *index* does not poll for too long: it leaves all the same, then joins.

    Who has been told nothing yet says so to a former coordinator, and asks that one as well as it joins.

    Source: ``HeartbeatRequestManager.poll`` of 3.7, which forgets the request that it took to be under way.
    """
    member = group.members[index]
    says = f"{named(index)} does not poll for too long and"
    after = group if member.registration is None else without_member(group, index, rules)
    out = Consumer("out", rank=member.rank)
    yield Next(f"{says} leaves{losing(member)}; it is about to join", group=after.with_member(index, out))
    if member.epoch:
        still = Consumer("silent", rank=member.rank, registration=member.registration)
        says = f"{says} tells a former coordinator{losing(member)}; that refuses it as it joins, and it is silent"
        yield Next(says, group=group.with_member(index, still))


def standing_still(group: ConsumerGroup, index: int, rules: ConsumerRules) -> ConsumerGroup:
    """*group* whose member at *index* has stopped and goes on as a process, as far as that makes a difference."""
    if rules.returning != "left out":
        return group
    return group.with_member(index, attrs.evolve(group.members[index], keeps_id=True))


def stopped(group: ConsumerGroup, index: int, rules: ConsumerRules) -> ConsumerGroup:
    """
    *group* after the static member at *index* has said that it will be back (epoch -2): what it was to revoke is free.

    Source: ``GroupMetadataManager.consumerGroupStaticMemberGroupLeave``.
    """
    member, known = group.members[index], registration_of(group, index)
    known = attrs.evolve(known, has_stopped=True, revoking=NONE)
    gone = group.with_member(index, Consumer("out", rank=member.rank, registration=member.registration))
    return with_registration(gone, index, known, rules.partition_epochs)


def has_started(group: ConsumerGroup) -> bool:
    """Whether all instances have joined once."""
    return group.epoch > 0


@action(fault="member-joins", when={"group": has_started})
def member_joins(group: ConsumerGroup, rules: ConsumerRules) -> Iterator[Next]:
    """One more consumer joins a group that has started."""
    for index, member in enumerate(group.members):
        if member.status == "absent" and member.registration is None:
            yield from joined(group, rules, index)


@action(fault="member-leaves")
def member_leaves(group: ConsumerGroup, rules: ConsumerRules) -> Iterator[Next]:
    """A consumer closes: it leaves with epoch -1, or with -2 where it is static and will return."""
    for index, member in enumerate(group.members):
        if member.status != "member" or member.registration is None:
            continue
        if rules.is_static:
            says = f"{named(index)} stops and says that it will be back{losing(member)}"
            yield Next(says, group=stopped(group, index, rules))
            continue
        gone = Consumer(status_after_leaving(group, index), registration=member.registration)
        after = without_member(group.with_member(index, gone), index, rules)
        yield Next(f"{named(index)} leaves{losing(member)}; epoch {after.epoch} begins", group=after)


def status_after_leaving(group: ConsumerGroup, index: int) -> Status:
    """Who leaves does not return by itself, except the last one: it starts again."""
    others = (member.status != "absent" for place, member in enumerate(group.members) if place != index)
    return "absent" if any(others) else "out"


@action(fault="partitions-added")
def partitions_added(group: ConsumerGroup, most_partitions: int) -> Iterator[Next]:
    """The topic gets one more partition; the coordinator, itself a broker, sees it at the next heartbeat."""
    if group.partitions < most_partitions:
        says = f"partition {group.partitions} is added"
        yield Next(says, group=attrs.evolve(group, partitions=group.partitions + 1))


@action(fault="coordinator-failover")
def coordinator_failover(group: ConsumerGroup, rules: ConsumerRules) -> Iterator[Next]:
    """
    Another broker becomes the group coordinator and reads the group, as it was, from its log.

    A member whose heartbeat fails as it finds the former one gone reports all that it owns in the next one; or it is
    told so (NOT_COORDINATOR), and falls silent where errors do that, as does one that is about to join, unless it hears
    of it by something else. The answer of the last heartbeat that changed something may be lost.

    Source: ``AbstractHeartbeatRequestManager``: ``onFailure``, ``onErrorResponse``; ``CommitRequestManager``, which
    looks for another coordinator as well; librdkafka ``rd_kafka_cgrp_handle_ConsumerGroupHeartbeat``.
    """
    says = "the group coordinator moves to another broker"
    for members in product(*(members_after_failover(member, rules) for member in group.members)):
        changed = [index for index, of in enumerate(members) if of != group.members[index]]
        silent = [named(index) for index in changed if members[index].status == "silent"]
        failed = [named(index) for index in changed if members[index].status != "silent"]
        failing = f"; a heartbeat of {' and '.join(failed)} fails" if failed else ""
        falling = f"; {' and '.join(silent)} {'are' if silent[1:] else 'is'} told so and silent" if silent else ""
        yield Next(f"{says}{failing}{falling}", group=attrs.evolve(group, members=members))
    for index, after in unheard(group, rules):
        yield Next(f"{says}; the answer to a heartbeat of {named(index)} is lost", group=after)


def members_after_failover(member: Consumer, rules: ConsumerRules) -> Iterator[Consumer]:
    """What a member may be once the coordinator has moved: whose heartbeat has failed has to report, or is silent."""
    yield member
    if member.status == "member" and not member.has_to_report:
        yield attrs.evolve(member, has_to_report=True)
    if member.status in ("member", "out") and rules.is_silenced_by_errors:
        yield attrs.evolve(member, status="silent")


@action(fault="response-lost")
def response_lost(group: ConsumerGroup, rules: ConsumerRules) -> Iterator[Next]:
    """
    The answer to a heartbeat that changed something is lost; its member reports all that it owns in the next one.

    Source: ``ConsumerHeartbeatRequestManager.resetHeartbeatState``.
    """
    for index, after in unheard(group, rules):
        yield Next(f"the answer to a heartbeat of {named(index)} is lost", group=after)


def unheard(group: ConsumerGroup, rules: ConsumerRules) -> Iterator[tuple[int, ConsumerGroup]]:
    """Whose heartbeat changed something without the answer being heard, and the group after it."""
    for index, member in enumerate(group.members):
        if member.status == "member" and member.registration and not is_fenced(member):
            for present in aimed(group, rules):
                after = moved(present, rules, index)
                if after != group:
                    yield index, after.with_member(index, attrs.evolve(after.members[index], has_to_report=True))


FAULTS: tuple[Action, ...] = (
    consumer_crash,
    consumer_pause,
    member_joins,
    member_leaves,
    partitions_added,
    response_lost,
    coordinator_failover,
)
