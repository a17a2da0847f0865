"""Where a directed group is, as a state of the model."""

from collections.abc import Iterator, Sequence

import attrs

from ackproof.model.groups.classic import ClassicGroup
from ackproof.model.groups.consumer import Consumer, ConsumerGroup
from ackproof.model.groups.epochs import Assigned
from ackproof.model.groups.member import Member
from ackproof.model.groups.naming import named, told
from ackproof.model.groups.rules import ClassicRules
from ackproof.reference.groups.classic.group import ClassicGroup as Group
from ackproof.reference.groups.classic.member import ClassicMember
from ackproof.reference.refinement.directing.groups.shift import Group as EitherGroup
from ackproof.reference.refinement.directing.groups.shift import members_in
from ackproof.reference.refinement.directing.groups.stage import MemberStage
from ackproof.reference.refinement.groups import classic_look, consumer_map
from ackproof.reference.refinement.groups.classic_map import ClassicMap, owned_by
from ackproof.reference.refinement.groups.consumer_map import ConsumerMap


class DirectedMap(ClassicMap):
    """The same map, where a member may go on with what it owned although it is none any more (KAFKA-12983)."""

    def _member(
        self, number: int, members: Sequence[Member], group: Group | None, known: ClassicMember | None
    ) -> Member:
        mapped = super()._member(number, members, group, known)
        application = self._stage.applications[number]
        if any(each.replaced_by is application for each in self._stage.applications) and mapped.status == "absent":
            # It is to be started.
            mapped = attrs.evolve(mapped, status="out")
        if application.replaced_by is not None and not application.is_up:
            mapped = attrs.evolve(mapped, status="absent")
        client = application.client
        if client is not None and mapped.status == "joining" and known is None and not client.view().member.member_id:
            # It does not know that it has been a member.
            mapped = attrs.evolve(mapped, status="out")
        rules = self._stage.setting.rules
        assert isinstance(rules, ClassicRules)
        if not rules.keeps_owned_without_membership or client is None or known is not None:
            return mapped
        before = members[number]
        if before.status == "absent" or client.view().member.member_id:
            return mapped
        # Who has forgotten who it is gives up what it owned as it polls again.
        owned = owned_by(client)
        return Member("out", before.owned & owned if before.status == "out" else owned)


class Position:
    """The map of one run."""

    def __init__(self, stage: MemberStage, first: EitherGroup) -> None:
        self._rules = stage.setting.rules
        self._map = (
            DirectedMap(stage, first, hears_assignments=False)
            if isinstance(first, ClassicGroup)
            else ConsumerMap(stage, first)
        )

    def state(self) -> EitherGroup:
        """The group, its coordinator and its consumers."""
        state = self._map.state()
        is_older = isinstance(self._rules, ClassicRules) and not self._rules.expires_awaited_syncs
        if is_older and isinstance(state, ClassicGroup):
            return attrs.evolve(state, awaits_former=False)
        return state


def differences(found: EitherGroup, wanted: EitherGroup) -> tuple[str, ...]:
    """What of a group is not as it is in the model, as far as that can be seen, in words."""
    if is_alike(found, wanted):
        return ()
    return tuple(of_group(found, wanted)) or ("what the coordinator knows differs",)


def is_alike(found: EitherGroup, wanted: EitherGroup) -> bool:
    """Whether two groups look the same; who sends no heartbeat any more looks like a member."""
    if isinstance(wanted, ClassicGroup):
        return classic_look.look_of(found) == classic_look.look_of(known(wanted, found))
    return consumer_map.look_of(found) == consumer_map.look_of(heard(wanted, found))


def known(group: ClassicGroup, found: EitherGroup) -> ClassicGroup:
    """
    *group* in which who does not know its id, and is none of its members, has nothing to hear of that any more.

    Nor does it matter what a process waits for that stands still until it hears that its instance id is another one's.
    """
    members = tuple(
        as_seen(each, like) if isinstance(like, Member) else each
        for each, like in zip(group.members, members_in(found), strict=True)
    )
    return attrs.evolve(group, members=members)


def as_seen(wanted: Member, found: Member) -> Member:
    """A member as it looks on the reference."""
    if wanted.status == "joining" and has_no_id(wanted, found):
        return attrs.evolve(wanted, status="out")
    is_waiting = {wanted.status, found.status} == {"joining", "syncing"}
    return attrs.evolve(wanted, status=found.status) if wanted.is_fenced and is_waiting else wanted


def has_no_id(wanted: Member, found: Member) -> bool:
    """Whether a consumer that is to hear that it is no member has never been told that it is one."""
    return wanted.registration is None and found.status == "out" and not wanted.owned and not found.owned


def heard(group: ConsumerGroup, found: EitherGroup) -> ConsumerGroup:
    """*group* in which who is silent looks as it does in *found*: like a member, or like one that is to join again."""
    members = tuple(
        attrs.evolve(each, status=like.status) if each.status == "silent" and isinstance(like, Consumer) else each
        for each, like in zip(group.members, members_in(found), strict=True)
    )
    return attrs.evolve(group, members=members)


def of_group(found: EitherGroup, wanted: EitherGroup) -> Iterator[str]:
    """What differs of a group."""
    if isinstance(found, ClassicGroup) and isinstance(wanted, ClassicGroup) and found.state != wanted.state:
        yield f"the group is {found.state}, not {wanted.state}"
    if isinstance(found, ConsumerGroup) and isinstance(wanted, ConsumerGroup) and found.held != wanted.held:
        yield f"{told(found.held)} has an owner, not {told(wanted.held)}"
    for index, (mine, other) in enumerate(zip(members_in(found), members_in(wanted), strict=True)):
        if of_member(mine) != of_member(other):
            yield f"{named(index)} {of_member(mine)}, where in the model it {of_member(other)}"


def of_member(member: Member | Consumer) -> str:
    """What there is to say of a consumer."""
    known = member.registration
    assigned = None if known is None else known.owned if isinstance(known, Assigned) else known.assigned
    has = "is not known" if assigned is None else f"is assigned {told(assigned)}"
    return f"is {member.status}, owns {told(member.owned)} and {has}"
