"""Who leads a classic group once its leader is gone: the first of its members as their coordinator keeps them."""

from collections.abc import Iterator, Sequence
from itertools import permutations

import attrs

from ackproof.model.groups.classic import ClassicGroup
from ackproof.model.groups.naming import named
from ackproof.reference.refinement.directing.groups.identity import Identity, returns
from ackproof.reference.refinement.directing.groups.shift import Shift

Order = tuple[Identity, ...]


@attrs.frozen
class Met:
    """
    Something goes by the order of members.

    Attributes:
        members: In any order.
        orders: Those in which it comes to what it does.
    """

    members: frozenset[Identity]
    orders: frozenset[Order]


def successions(shifts: Sequence[Shift], known: Sequence[Order]) -> Iterator[Met]:
    """
    Where another member leads a group than before: the first of those that are left, or of those that have joined.

    Args:
        shifts: The steps.
        known: As whom each consumer is known after each of them.

    Source: ``ClassicGroup.remove``, ``maybeElectNewJoinedLeader``; a ``HashMap``.
    """
    leader: Identity | None = None
    heirs: tuple[Identity | None, ...] = ()
    former: Order = tuple((index, 0) for index in range(len(shifts[0].before.members)))
    for shift, who in zip(shifts, known, strict=True):
        before, after = shift.before, shift.after
        assert isinstance(before, ClassicGroup)
        assert isinstance(after, ClassicGroup)
        joined = tuple(who[index] for index in before.registered if before.members[index].has_joined)
        registered = tuple(who[index] for index in after.registered)
        if returns(shift, shift.all_named()):
            leader, heirs = become(leader, former, who), tuple(become(heir, former, who) for heir in heirs)
        former = who
        begins = next((who[index] for index in before.registered if f"{named(index)} leads it" in shift.says), None)
        leads = next((who[index] for index in after.registered if after.members[index].is_leader), None)
        if begins is not None:
            if heirs or leader is not None:
                yield first_of(heirs or ((leader,) if leader in joined else joined), begins)
            leader, heirs = begins, ()
        if shift.action == "coordinator failover":
            leader, heirs = None, ()
        if heirs or (leader is not None and leader not in registered):
            leader, heirs = None, registered
        if heirs and leads is not None:
            yield first_of(heirs, leads)
        if leads is not None:
            leader, heirs = leads, ()
        elif len(heirs) == 1:
            leader, heirs = heirs[0], ()


def become(member: Identity | None, former: Order, who: Order) -> Identity | None:
    """Who a member is now that was somebody else before."""
    return next((now for now, before in zip(who, former, strict=True) if before == member), member)


def first_of(members: Sequence[Identity | None], first: Identity) -> Met:
    """Somebody is to be met before all others of some members; there is no such order if it is none of them."""
    present = [member for member in members if member is not None]
    return Met(frozenset(present), frozenset(order for order in permutations(present) if order[0] == first))
