"""In which order an assignor meets the members of a classic group, and what it then comes to."""

from collections.abc import Iterator
from itertools import product

import attrs

from ackproof.model.groups.assignors import Assignor, Shares
from ackproof.model.groups.claims import Order
from ackproof.model.groups.classic import ClassicGroup
from ackproof.model.groups.member import Member
from ackproof.model.groups.places import orders


def assignments(group: ClassicGroup, assignor: Assignor, partitions: int) -> Iterator[tuple[ClassicGroup, Shares]]:
    """
    What the *assignor* may come to, of so many *partitions*, and the group whose members it meets in that order.

    An order is drawn as it first makes a difference, and stays; a member with a new id may come anywhere.

    Source: ``AbstractPartitionAssignor.MemberInfo``; ``AbstractStickyAssignor``, which goes by a hash map as well.
    """
    known = {index: of.registration for index, of in enumerate(group.members) if of.registration}
    # The order of instance ids is that of those too that are not in the group.
    ranked = tuple(orders({index: of.rank for index, of in enumerate(group.members) if of.registration or of.rank}))
    hashed = tuple(orders({index: of.slot for index, of in known.items()})) if assignor.is_sticky else (tuple(known),)
    found = {
        (by_rank, by_slot): assignor.assign(
            {index: known[index].claim for index in by_slot}, [index for index in by_rank if index in known], partitions
        )
        for by_rank, by_slot in product(ranked, hashed)
    }
    ranks_matter = any(found[by_rank, by_slot] != found[ranked[0], by_slot] for by_rank, by_slot in found)
    slots_matter = any(found[by_rank, by_slot] != found[by_rank, hashed[0]] for by_rank, by_slot in found)
    for by_rank, by_slot in product(ranked if ranks_matter else ranked[:1], hashed if slots_matter else hashed[:1]):
        drawn = placed(group, by_rank if ranks_matter else (), by_slot if slots_matter else ())
        yield drawn, found[by_rank, by_slot]


def placed(group: ClassicGroup, by_rank: Order, by_slot: Order) -> ClassicGroup:
    """*group* with these places of its members; where there is no order they are as they were."""
    members = list(group.members)
    for slot, index in enumerate(by_slot, start=1):
        known = members[index].registration
        members[index] = attrs.evolve(members[index], registration=known and attrs.evolve(known, slot=slot))
    for rank, index in enumerate(by_rank, start=1):
        members[index] = with_rank(members[index], rank)
    return attrs.evolve(group, members=tuple(members))


def with_rank(member: Member, rank: int) -> Member:
    """*member* at this place in the order of ids, which are those of instances where members are static."""
    known = member.registration
    if known is None or known.is_static:
        return attrs.evolve(member, instance_rank=rank)
    return attrs.evolve(member, registration=attrs.evolve(known, rank=rank))
