"""What can be seen of a classic group: what a state of the stage and one of the model have in common."""

from collections.abc import Hashable
from typing import cast

from ackproof.model.groups.claims import NO_CLAIM
from ackproof.model.groups.classic import ClassicGroup, has_assigned, is_current
from ackproof.model.groups.member import Registration
from ackproof.reference.refinement.groups.tracking import Look


def look_of(value: Hashable) -> Look:
    """
    What can be seen of a group.

    Generations count by their order, as nobody asks for more; what a coordinator keeps of a member counts where it
    goes by it.
    """
    group = cast("ClassicGroup", value)
    ranks, ages = ranks_of_claims(group), ages_of_claims(group)
    is_certain = group.state == "completing" or has_assigned(group)
    seen: list[Hashable] = [group.state, group.partitions, is_certain, group.awaits_former]
    for member, rank, age in zip(group.members, ranks, ages, strict=True):
        is_member = member.status == "member"
        seen += [member.status, member.owned, is_member and is_current(group, member), age]
        seen += [member.registration is not None, *of_registration(group, member.registration), rank]
    return tuple(seen)


def ages_of_claims(group: ClassicGroup) -> list[int]:
    """How long ago members that take part were assigned what they own, in generations that one of them tells."""
    told = [
        (member.remembered.generation, member.generation)
        if member.registration and member.owned and member.remembered.generation
        else None
        for member in group.members
    ]
    known = sorted({generation for pair in told if pair for generation in pair})
    return [known.index(pair[1]) - known.index(pair[0]) if pair else 0 for pair in told]


def of_registration(group: ClassicGroup, known: Registration | None) -> tuple[Hashable, ...]:
    """What a coordinator goes by."""
    if known is None:
        return (None, None, None, None)
    has_claimed = group.state == "completing" or (group.state == "preparing" and known.has_joined)
    return (
        known.has_joined if group.state == "preparing" else None,
        known.claim.partitions if has_claimed else None,
        known.is_leader if group.state in ("completing", "stable") else None,
        known.assigned if group.state in ("preparing", "stable") and has_assigned(group) else None,
    )


def ranks_of_claims(group: ClassicGroup) -> list[int]:
    """Which claim is older than which."""
    claims = [member.registration.claim if member.registration else NO_CLAIM for member in group.members]
    counts = [
        bool(member.registration and (member.registration.has_joined or group.state == "completing"))
        for member in group.members
    ]
    made = [
        claim.generation if claim.partitions and is_made else 0 for claim, is_made in zip(claims, counts, strict=True)
    ]
    order = sorted({*made, 0})
    return [order.index(each) for each in made]
