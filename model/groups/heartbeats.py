"""Members of a consumer group (KIP-848): every heartbeat says what changed, every answer what to own."""

from collections.abc import Iterable, Iterator

import attrs

from ackproof.model.groups.assignors import ranges_kept
from ackproof.model.groups.claims import Partitions
from ackproof.model.groups.consumer import (
    Consumer,
    ConsumerGroup,
    is_fenced,
    is_refused,
    registration_of,
    retargeted,
    with_new_epoch,
    with_registration,
    without_member,
)
from ackproof.model.groups.epochs import Assigned
from ackproof.model.groups.naming import named, told
from ackproof.model.groups.rules import ConsumerRules
from ackproof.model.system import Next, action


@action
def join(group: ConsumerGroup, rules: ConsumerRules) -> Iterator[Next]:
    """A consumer joins with epoch 0. One that crashed has to wait until its old session has expired."""
    for index, member in enumerate(group.members):
        if member.status == "out" and member.registration is None:
            yield from joined(group, rules, index)


def joined(group: ConsumerGroup, rules: ConsumerRules, index: int) -> Iterator[Next]:
    """The consumer at *index* joins: there is a new epoch, and a target that counts it."""
    fresh = Consumer("member", rank=group.members[index].rank, registration=Assigned())
    new = with_new_epoch(group.with_member(index, fresh))
    for after in aimed(new, rules):
        says = f"{named(index)} joins; epoch {after.epoch} begins"
        yield Next(says, group=answered(moved(after, rules, index), rules, index))


def aimed(group: ConsumerGroup, rules: ConsumerRules) -> Iterator[ConsumerGroup]:
    """
    *group* as a heartbeat finds it: with a target for its epoch, which is a new one if the topic has more partitions.

    Source: ``GroupMetadataManager``: ``consumerGroupHeartbeat``, ``maybeUpdateTargetAssignment``.
    """
    present = with_new_epoch(group) if group.seen_partitions < group.partitions else group
    if present.target_epoch == present.epoch:
        yield present
        return
    yield from retargeted(present, rules)
    if rules.waits_to_assign and present.target_epoch:
        yield present


@action
def return_as_the_same(group: ConsumerGroup, rules: ConsumerRules) -> Iterator[Next]:
    """
    A static member that said it would be back takes the place that it had; the target stays, but in older brokers.

    It has another member id, if its process is another one.
    """
    for index, member in enumerate(group.members):
        if member.status == "out" and member.registration and member.registration.has_stopped:
            known = attrs.evolve(member.registration, epoch=0, previous_epoch=0, towards=0, has_stopped=False)
            rank = member.rank if rules.goes_by_instance_ids else 0
            back = group.with_member(index, Consumer("member", rank=rank, registration=known))
            if rules.returning == "as it was":
                says = f"{named(index)} returns under its instance id; nothing else changes"
                yield from heard(aimed(back, rules), rules, index, says)
                continue
            says = f"{named(index)} returns under its instance id, and the assignor runs"
            anew = with_new_epoch(back) if back.seen_partitions < back.partitions else back
            yield from heard(retargeted(anew, rules), rules, index, says)
            if member.keeps_id and (rules.assign is not ranges_kept or len(group.registered) > 1):
                says = f"{named(index)} returns under its member id, and the assignor runs without it"
                as_before = anew.with_member(index, attrs.evolve(anew.members[index], rank=member.rank))
                yield from heard(retargeted(as_before, rules, without=index), rules, index, says)


def heard(groups: Iterable[ConsumerGroup], rules: ConsumerRules, index: int, says: str) -> Iterator[Next]:
    """The member at *index* is moved on in each of the *groups*, and hears it."""
    for group in groups:
        yield Next(says, group=answered(moved(group, rules, index), rules, index))


@action
def heartbeat(group: ConsumerGroup, rules: ConsumerRules) -> Iterator[Next]:
    """A heartbeat that changes something: the coordinator moves the member on, and it hears what to own."""
    for index, member in enumerate(group.members):
        if member.status == "member" and member.registration and not is_fenced(member):
            for present in aimed(group, rules):
                after = answered(moved(present, rules, index), rules, index)
                if after != group:
                    yield Next(of_heartbeat(group, after, index), group=after)


def moved(group: ConsumerGroup, rules: ConsumerRules, index: int) -> ConsumerGroup:
    """*group* after the coordinator has moved a member that sends a heartbeat towards its target."""
    member = group.members[index]
    reports = member.has_to_report or member.epoch == 0
    known = registration_of(group, index)
    goal = goal_of(known, group.target_epoch)
    before = known if goal is None else attrs.evolve(known, target=goal)
    after = rules.reconcile(before, group.target_epoch, member.owned if reports else None, group.held)
    after = attrs.evolve(after, target=known.target, goal=goal)
    return with_registration(group, index, after, rules.partition_epochs)


def goal_of(known: Assigned, target_epoch: int) -> Partitions | None:
    """
    What a member is still moved towards that is no more its target; None if it goes by that.

    It looks again where it has not got all yet; in 3.7 not even there, as it has noted what is to come.

    Source: ``CurrentAssignmentBuilder``; ``ConsumerGroupMember.partitionsPendingAssignment`` of 3.7.
    """
    has_all = known.epoch == target_epoch and known.owned == known.goal and not known.revoking
    return known.goal if has_all or known.towards == target_epoch else None


def answered(group: ConsumerGroup, rules: ConsumerRules, index: int) -> ConsumerGroup:
    """
    *group* after the member has heard its epoch and what it is assigned.

    Who is told to own what it owns anyway, and was told otherwise before, says so once it is no longer busy with that:
    heartbeats say nothing of it until then.

    Source: ``AbstractMembershipManager.maybeReconcile``, which does one after the other.
    """
    member, known = group.members[index], registration_of(group, index)
    begun = begun_by(member, known.owned, rules)
    is_back = rules.acknowledges_what_it_has and member.told is not None
    to_do = known.owned if known.owned != member.owned or begun is not None or is_back else None
    heard = attrs.evolve(member, epoch=known.epoch, told=to_do, begun=begun, has_to_report=False)
    return group.with_member(index, heard)


def begun_by(member: Consumer, to_own: Partitions, rules: ConsumerRules) -> Partitions | None:
    """
    What a member that is told what *to_own* has begun to take before; None if there is nothing like that.

    It begins in the background where it commits nothing and gives nothing up. Told otherwise it goes on, unless it is
    as if it had never been told.

    Source: ``AbstractMembershipManager``: ``maybeReconcile``, ``maybeAbortReconciliation``.
    """
    first = member.told if member.begun is None else member.begun
    is_at_once = rules.waits_for_its_commit_alone and not member.owned
    if not rules.finishes_what_it_began or first is None or is_at_once or not member.owned < first:
        return None
    is_undone = to_own == member.owned and not rules.acknowledges_what_it_has
    return None if first == to_own or is_undone else first


def of_heartbeat(before: ConsumerGroup, after: ConsumerGroup, index: int) -> str:
    """What a heartbeat did, for people."""
    member, known = before.members[index], registration_of(after, index)
    reports = f" with a heartbeat that it owns {told(member.owned)}" if member.has_to_report else " with a heartbeat"
    told_to = after.members[index].told
    news = f"is told to own {told(told_to)}" if told_to is not None else f"is at epoch {known.epoch}"
    begins = f"; epoch {after.epoch} begins" if after.epoch > before.epoch else ""
    return f"{named(index)}{' says' if member.has_to_report else ''}{reports}, {news}{begins}"


@action
def follow(group: ConsumerGroup, rules: ConsumerRules) -> Iterator[Next]:
    """
    A member gives up what it is no longer to own, then takes what is new (``MembershipManager.reconcile``).

    What it had begun to take before it was told something else comes first.
    """
    for index, member in enumerate(group.members):
        if member.runs and member.told is not None:
            if member.begun is not None:
                told_next = None if rules.begins_one_by_one else member.told
                after = attrs.evolve(member, owned=member.begun, told=told_next, begun=None, has_to_report=True)
                says = f"{named(index)} {changing(member, member.begun)}, which it had begun before"
                yield Next(says, group=group.with_member(index, after))
                if rules.begins_one_by_one:
                    continue
            after = attrs.evolve(member, owned=member.told, told=None, begun=None, has_to_report=True)
            yield Next(f"{named(index)} {changing(member, member.told)}", group=group.with_member(index, after))


def changing(member: Consumer, owned: Partitions) -> str:
    """What becomes of what a member owns, for people."""
    changes = (("gives up", member.owned - owned), ("takes", owned - member.owned))
    told_of = [f"{verb} {told(partitions)}" for verb, partitions in changes if partitions]
    return " and ".join(told_of) or "has what it is to own"


@action
def hear_of_error(group: ConsumerGroup, rules: ConsumerRules) -> Iterator[Next]:
    """
    A member hears that it is fenced (UNKNOWN_MEMBER_ID, FENCED_MEMBER_EPOCH): it gives up all and joins again.

    One that the coordinator knows does so at once, if it is taken back. A static one is not, and ends
    (UNRELEASED_INSTANCE_ID). One that errors silence hears nothing where its application has not polled for so long
    that it leaves by itself.

    Source: ``GroupMetadataManager.getOrMaybeSubscribeStaticConsumerGroupMember``; ``HeartbeatRequestManager.poll`` of
    3.7, which ignores the answer to that.
    """
    for index, member in enumerate(group.members):
        if member.status != "member" or (member.registration and not is_fenced(member)):
            continue
        gives_up = f" and gives up {told(member.owned)}" if member.owned else ""
        says = f"{named(index)} hears that it is fenced{gives_up}"
        out = Consumer("out", rank=member.rank, registration=member.registration)
        if rules.is_silenced_by_errors and not is_refused(member):
            yield Next(says, group=group.with_member(index, attrs.evolve(out, status="silent")))
            if member.registration is None:
                says = f"{named(index)} has not polled for too long and leaves in vain{gives_up}"
                yield Next(says, group=group.with_member(index, out))
        elif member.registration and rules.takes_back_at_once and not rules.is_static:
            yield from taken_back(group, rules, index, says)
        else:
            yield Next(says, group=group.with_member(index, out))


def taken_back(group: ConsumerGroup, rules: ConsumerRules, index: int, says: str) -> Iterator[Next]:
    """The member at *index* has given up all and joins again under the id that the coordinator knows (epoch 0)."""
    member = group.members[index]
    anew = group.with_member(index, Consumer("member", rank=member.rank, registration=member.registration))
    for after in aimed(anew, rules):
        yield Next(f"{says}; it joins again", group=answered(moved(after, rules, index), rules, index))


@action
def session_expires(group: ConsumerGroup, rules: ConsumerRules) -> Iterator[Next]:
    """The session of a member that sends no heartbeats expires (``group.consumer.session.timeout.ms``)."""
    for index, member in enumerate(group.members):
        if member.status != "member" and member.registration:
            after = without_member(group, index, rules)
            yield Next(f"the session of {named(index)} expires; epoch {after.epoch} begins", group=after)
