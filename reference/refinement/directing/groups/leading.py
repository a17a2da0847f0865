"""Who leads a classic group once its leader is gone: the first of its members as their coordinator keeps them."""

from collections.abc import Iterator, Mapping, Sequence
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


@attrs.frozen
class Heirs:
    """
    One of them leads from now on, whoever is met first.

    Attributes:
        members: As whom each is known now, by what it was known as then.
        gone: Who has gone before it was seen who leads.
    """

    members: Mapping[Identity, Identity | None]
    gone: Identity | None = None

    def become(self, former: Order, who: Order) -> "Heirs":
        """The same, where some are somebody else now."""
        return attrs.evolve(self, members={heir: become(now, former, who) for heir, now in self.members.items()})

    def without(self, registered: Order) -> "Heirs":
        """The same, as a group has these members."""
        return attrs.evolve(
            self, gone=next((heir for heir, now in self.members.items() if now not in registered), None)
        )


def successions(shifts: Sequence[Shift], known: Sequence[Order]) -> Iterator[Met]:
    """
    Where another member leads a group than before: the first of those that are left, or of those that have joined.

    Args:
        shifts: The steps.
        known: As whom each consumer is known after each of them.

    Source: ``ClassicGroup.remove``, ``maybeElectNewJoinedLeader``; a ``HashMap``.
    """
    leader: Identity | None = None
    heirs = list[Heirs]()
    former: Order = tuple((index, 0) for index in range(len(shifts[0].before.members)))
    for shift, who in zip(shifts, known, strict=True):
        before, after = shift.before, shift.after
        assert isinstance(before, ClassicGroup)
        assert isinstance(after, ClassicGroup)
        joined = tuple(who[index] for index in before.registered if before.members[index].has_joined)
        registered = tuple(who[index] for index in after.registered)
        if returns(shift, shift.all_named()):
            leader, heirs = become(leader, former, who), [each.become(former, who) for each in heirs]
        former = who
        begins = next((who[index] for index in before.registered if f"{named(index)} leads it" in shift.says), None)
        leads = next((who[index] for index in after.registered if after.members[index].is_leader), None)
        if begins is not None:
            if heirs:
                yield from elected(heirs, joined, begins)
            elif leader is not None:
                yield first_of((leader,) if leader in joined else joined, begins)
            leader, heirs = begins, []
        if shift.action == "coordinator failover" or not registered:
            leader, heirs = None, []
        if heirs and not {*heirs[-1].members.values()} <= {*registered}:
            heirs = [*heirs[:-1], heirs[-1].without(registered), Heirs({heir: heir for heir in registered})]
        elif not heirs and leader is not None and leader not in registered:
            leader, heirs = None, [Heirs({heir: heir for heir in registered})]
        if leads is not None:
            yield from decided(heirs, leads)
            leader, heirs = leads, []


def elected(heirs: Sequence[Heirs], joined: Order, leads: Identity) -> Iterator[Met]:
    """Who leads a generation that begins: an heir, or the first of those that have joined if that one has not."""
    missing = [heir for heir, now in heirs[-1].members.items() if now not in joined]
    if missing and not any(leads in each.members.values() for each in heirs):
        yield from decided(heirs, missing[0])
        yield first_of(joined, leads)
    else:
        yield from decided(heirs, leads)


def decided(heirs: Sequence[Heirs], leads: Identity) -> Iterator[Met]:
    """Who leads is the first of those that it was among first; before that somebody else was, who has gone since."""
    among = next((place for place, each in enumerate(heirs) if leads in each.members.values()), len(heirs) - 1)
    for each in heirs[:among]:
        yield first_of(tuple(each.members), each.gone)
    for each in heirs[among : among + 1]:
        as_then = next((heir for heir, now in each.members.items() if now == leads), leads)
        yield first_of(tuple(each.members), as_then)


def become(member: Identity | None, former: Order, who: Order) -> Identity | None:
    """Who a member is now that was somebody else before."""
    return next((now for now, before in zip(who, former, strict=True) if before == member), member)


def first_of(members: Sequence[Identity | None], first: Identity | None) -> Met:
    """Somebody is to be met before all others of some members; there is no such order if it is none of them."""
    present = [member for member in members if member is not None]
    return Met(frozenset(present), frozenset(order for order in permutations(present) if order[0] == first))
