"""Membership in several steps: members are told to rejoin, a generation begins, the partition is assigned."""

from collections.abc import Iterator

import attrs

from ackproof.model.consume.consumer import (
    Consumer,
    Consumers,
    Status,
    named,
    replaced,
    with_status,
    without_assignment,
)
from ackproof.model.consume.coordinator import (
    NOBODY,
    Coordinator,
    Protocol,
    is_completing,
    is_preparing,
    is_stable,
    with_claim,
    with_joined,
)
from ackproof.model.consume.keeping import assembled
from ackproof.model.consume.lingering import of_its_generation
from ackproof.model.consume.log import Group
from ackproof.model.consume.membership import (
    given_up_early,
    offset_as_nobody,
    offset_on_rejoin,
    offset_on_revoke,
    with_commit,
)
from ackproof.model.consume.rules import ConsumerRules, is_quiet, revoking_offset
from ackproof.model.system import Next, action


@action
def ask_to_join(
    consumer: ConsumerRules, protocol: Protocol, consumers: Consumers, group: Group, coordinator: Coordinator
) -> Iterator[Next]:
    """A consumer joins for the first time; one that crashed has to wait until its old session has expired."""
    for index in with_status(consumers, "stopped", "out"):
        if index not in coordinator.members:
            for asking in asked(protocol, consumers, coordinator, index):
                for says, found in [("", group)] if coordinator.members else assembled(consumer.keeping, group):
                    yield Next(f"{asking.says}{says}", **asking.changes, group=found)


def asked(protocol: Protocol, consumers: Consumers, coordinator: Coordinator, index: int) -> Iterator[Next]:
    """The consumer at *index* has asked to join."""
    # A process that has crashed leaves nothing on its way that a later generation would take for its own.
    joining = attrs.evolve(consumers[index], status="joining", in_flight=())
    says = f"{named(index)} asks to join; the group prepares to rebalance"
    after = replaced(consumers, index, joining)
    yield Next(says, consumers=after, coordinator=protocol.with_member(coordinator, index))


@action
def restart_in_time(
    consumer: ConsumerRules, protocol: Protocol, consumers: Consumers, group: Group, coordinator: Coordinator
) -> Iterator[Next]:
    """
    A static member is back, or goes on, before its session has expired (KIP-345).

    What it has on its way from before is refused with FENCED_INSTANCE_ID.
    """
    for index in with_status(consumers, "out", "absent", "silent"):
        back = protocol.restarting(coordinator, group, index) if index in coordinator.members else None
        if back and (consumers[index].status != "silent" or is_quiet(consumer, consumers[index])):
            known, member = back
            if consumer.keeping.forgets_replacements and known == coordinator:
                known = attrs.evolve(known, unsaved=known.unsaved | {index})
            after = attrs.evolve(member, left_over=without_assignment(consumers[index], "out").left_over)
            says = f"{named(index)} is back before its session has expired"
            yield Next(says, consumers=replaced(consumers, index, after), coordinator=known)


@action(strongly_fair=True, when={"coordinator": is_preparing})
def rejoin(consumer: ConsumerRules, consumers: Consumers, group: Group, coordinator: Coordinator) -> Iterator[Next]:
    """
    A member that polls hears of the rebalance, commits if it does so by itself, and rejoins.

    It gives up the partition first, or keeps it and reads on (cooperative).
    """
    for index in sorted(coordinator.members - coordinator.joined):
        member = consumers[index]
        offset = revoking_offset(consumer, member, group.committed) if member.status == "owner" else None
        if not is_quiet(consumer, member):
            continue
        if not consumer.rebalancing.awaits_commits and offset not in (None, group.committed):
            yield given_up_early(consumer, consumers, group, index, offset, f"{named(index)} hears of the rebalance")
        elif member.status in ("joining", "member", "owner"):
            keeps = consumer.rebalancing.keeps_reading and member.status == "owner"
            offset, joining = (keeping if keeps else giving_up)(consumer, member, group.committed)
            saved, after = with_commit(group, index, offset)
            yield Next(
                f"{named(index)} rejoins{saved}",
                consumers=replaced(consumers, index, joining),
                group=after,
                coordinator=(with_claim if keeps else with_joined)(coordinator, index),
            )


def giving_up(rules: ConsumerRules, member: Consumer, committed: int | None) -> tuple[int | None, Consumer]:
    """What a member commits that gives up what it has, and the member once it has rejoined."""
    offset = revoking_offset(rules, member, committed) if member.status == "owner" else None
    return offset, without_assignment(member, "joining")


def keeping(rules: ConsumerRules, member: Consumer, committed: int | None) -> tuple[int | None, Consumer]:
    """What an owner commits that rejoins with the partition, and the owner once it has."""
    return offset_on_rejoin(rules, member, committed), attrs.evolve(member, is_rejoining=True)


@action(when={"coordinator": is_preparing})
def begin_generation(
    consumer: ConsumerRules, consumers: Consumers, group: Group, coordinator: Coordinator
) -> Iterator[Next]:
    """
    All members have joined, but for static ones that are away, and the first time all instances: it begins.

    A commit that a member has on its way behind its JoinGroup names the generation before, and is refused
    (``ClassicGroup.validateOffsetCommit``): a broker reads it once it has answered that (``SocketServer`` mutes the
    channel meanwhile). Its client hears so while it still rebalances, and keeps what it has
    (``rd_kafka_cgrp_op_handle_OffsetCommit``).
    """
    missing = [consumers[index].status for index in coordinator.members - coordinator.joined]
    is_complete = not missing or (consumer.is_static and set(missing) <= {"out", "absent", "silent"})
    if coordinator.joined and is_complete and not with_status(consumers, "stopped"):
        generation = group.generation + 1
        told = (
            of_generation(consumer, member, generation) if index in coordinator.joined else away(member, group)
            for index, member in enumerate(consumers)
        )
        yield Next(
            f"generation {generation} begins",
            consumers=tuple(told),
            group=attrs.evolve(group, generation=generation),
            coordinator=begun(coordinator, is_whole=not missing),
        )


def begun(coordinator: Coordinator, *, is_whole: bool) -> Coordinator:
    """
    *coordinator* as a generation begins; if not all have joined another member may lead from now on.

    Source: ``ClassicGroup.maybeElectNewJoinedLeader``.
    """
    followers = coordinator.followers if is_whole else NOBODY
    return attrs.evolve(coordinator, state="completing", joined=NOBODY, followers=followers)


def of_generation(rules: ConsumerRules, member: Consumer, generation: int) -> Consumer:
    """
    *member* of a new *generation*, for which what it has asked to commit comes too late.

    Its client may forget its generation at that: it goes on without one (0).
    """
    if member.status == "lingering":
        return of_its_generation(member, generation)
    is_waiting = member.to_commit is not None and member.answer is None
    answer = "put off" if is_waiting else member.answer
    forgets = (is_waiting or member.in_flight) and not rules.rebalancing.survives_late_commits
    return attrs.evolve(member, generation=0 if forgets else generation, in_flight=(), answer=answer)


def away(member: Consumer, group: Group) -> Consumer:
    """A *member* that is not of the new generation: what its process sent before it ended names an earlier one."""
    has_sent = member.status in ("out", "absent") and bool(member.in_flight)
    return attrs.evolve(member, generation=group.generation) if has_sent and not member.generation else member


def claiming(consumers: Consumers, members: frozenset[int]) -> list[int]:
    """Which members own the partition and have rejoined with it."""
    return [index for index in with_status(consumers, "owner") if index in members and consumers[index].is_rejoining]


@action(when={"coordinator": is_completing})
def assign(coordinator: Coordinator) -> Iterator[Next]:
    """
    The assignment arrives with the SyncGroup of the group's leader: any member gets the partition.

    What is owned stays with its owner, or is withheld until that has revoked it (``CooperativeStickyAssignor``).
    """
    claimed = [] if coordinator.claimant is None else [coordinator.claimant]
    for index in claimed or sorted(coordinator.members):
        stable = attrs.evolve(coordinator, state="stable", owner=index, followers=NOBODY, unsaved=NOBODY)
        yield Next(f"the group assigns the partition to {named(index)}", coordinator=stable)
    if claimed and len(coordinator.members) > 1:
        stable = attrs.evolve(coordinator, state="stable", owner=None, followers=NOBODY)
        yield Next("the group assigns the partition to nobody, as it is to move", coordinator=stable)


@action(when={"coordinator": is_stable})
def learn(consumers: Consumers, coordinator: Coordinator) -> Iterator[Next]:
    """A member hears its assignment."""
    for index in with_status(consumers, "joining"):
        if index in coordinator.members:
            status: Status = "owner" if index == coordinator.owner else "member"
            after = attrs.evolve(consumers[index], status=status)
            yield Next(f"{named(index)} learns that it is {status}", consumers=replaced(consumers, index, after))


@action(strongly_fair=True, when={"coordinator": is_stable})
def learn_what_is_kept(
    consumer: ConsumerRules, consumers: Consumers, group: Group, coordinator: Coordinator
) -> Iterator[Next]:
    """The owner polls and hears that it keeps the partition, or revokes it and rejoins (cooperative)."""
    for index in claiming(consumers, coordinator.members):
        owner = consumers[index]
        if not is_quiet(consumer, owner):
            continue
        if index == coordinator.owner:
            kept = attrs.evolve(owner, is_rejoining=False)
            yield Next(f"{named(index)} learns that it is still owner", consumers=replaced(consumers, index, kept))
        else:
            # A commit without a generation is refused.
            offset = offset_on_revoke(consumer, owner, group.committed) if owner.generation else None
            saved, after = with_commit(group, index, offset)
            yield Next(
                f"{named(index)} learns that the partition is to move, revokes it{saved}, and rejoins",
                consumers=replaced(consumers, index, without_assignment(owner, "joining")),
                group=after,
                coordinator=with_joined(coordinator, index),
            )


@action(strongly_fair=True)
def lose_assignment(consumer: ConsumerRules, consumers: Consumers, coordinator: Coordinator) -> Iterator[Next]:
    """
    An owner that has forgotten its generation hears so, gives up the partition as lost, and rejoins under its id.

    A heartbeat tells it, or a commit. If it has to join again before that nothing comes of it.

    Source: librdkafka #4059; ``rd_kafka_cgrp_handle_heartbeat_error``, ``rd_kafka_cgrp_op_handle_OffsetCommit``.
    """
    for index in sorted(coordinator.members - coordinator.joined):
        owner = consumers[index]
        if owner.status == "owner" and not owner.generation and is_quiet(consumer, owner):
            yield Next(
                f"{named(index)} hears that it has no generation, gives up the partition as lost, and rejoins",
                consumers=replaced(consumers, index, without_assignment(owner, "joining")),
                coordinator=with_joined(coordinator, index),
            )


@action
def hear_of_fencing(consumers: Consumers, coordinator: Coordinator) -> Iterator[Next]:
    """
    A static member hears that its instance id is another member's (FENCED_INSTANCE_ID): its client ends.

    The application goes on with another client, which gets back what the first one had.

    Source: KAFKA-10284; ``AbstractCoordinator.HeartbeatResponseHandler``.
    """
    for index in with_status(consumers, "member", "owner"):
        if index in coordinator.members and not consumers[index].generation:
            fenced = attrs.evolve(consumers[index], status="silent", is_rejoining=False)
            yield Next(f"{named(index)} hears that it is fenced", consumers=replaced(consumers, index, fenced))


@action(strongly_fair=True)
def hear_of_removal(
    consumer: ConsumerRules, consumers: Consumers, group: Group, coordinator: Coordinator
) -> Iterator[Next]:
    """A consumer that polls hears that the group does not know it any more (``onPartitionsLost``)."""
    for index in with_status(consumers, "joining", "member", "owner", "silent"):
        if index not in coordinator.members and is_quiet(consumer, consumers[index]):
            after = replaced(consumers, index, without_assignment(consumers[index], "out"))
            offset = None if coordinator.members else offset_as_nobody(consumer, consumers[index], group.committed)
            saved, left = with_commit(group, index, offset)
            says = f"{named(index)} polls and learns that it is no longer in the group{saved}"
            yield Next(says, consumers=after, **({"group": left} if saved else {}))


@action
def session_expires(
    consumer: ConsumerRules, protocol: Protocol, consumers: Consumers, coordinator: Coordinator
) -> Iterator[Next]:
    """
    A member's session expires that has stopped; nothing that is still under way from it is accepted then.

    What it hears of that matters only if it may go on with the partition.
    """
    for index in with_status(consumers, "out", "absent", "silent"):
        if index in coordinator.members:
            hears = consumer.rebalancing.keeps_what_it_lost and consumers[index].status == "silent"
            late = consumers[index].in_flight if hears else ()
            yield Next(
                f"the session of {named(index)} expires",
                consumers=replaced(consumers, index, attrs.evolve(consumers[index], in_flight=late)),
                coordinator=protocol.without_member(coordinator, index),
            )
