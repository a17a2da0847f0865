"""How the members of a group have to be ranked for assignors to come to what they do in an execution."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import permutations

import attrs

from ackproof.model.groups.assigning import claims_of, moves_at_once
from ackproof.model.groups.assignors import Shares
from ackproof.model.groups.claims import NONE
from ackproof.model.groups.classic import ClassicGroup
from ackproof.model.groups.consumer import ConsumerGroup
from ackproof.model.groups.member import Registration
from ackproof.model.groups.rules import ClassicRules, ConsumerRules, GroupRules
from ackproof.reference.refinement.directing.groups.identity import ANEW, WITHOUT, Identity, identities, member_ids
from ackproof.reference.refinement.directing.groups.leading import Met, Order, successions
from ackproof.reference.refinement.directing.groups.shift import Group, Shift

Ranks = Mapping[Identity, int]
"""From 1 on."""


@attrs.frozen
class Ranking:
    """
    How those that are to meet members in some order do.

    Attributes:
        ids: Which member id comes first, for assignors.
        slots: Which one comes first in a hash table, for the coordinator of a classic group that has lost its leader.
    """

    ids: Ranks
    slots: Ranks


def rankings(shifts: Sequence[Shift], rules: GroupRules) -> Iterator[Ranking]:
    """
    Each ranking of the members under which the assignors come to what they do in these steps.

    First those under which the last leader refuses to assign, if it may.
    """
    known = list(identities(shifts, rules))
    met = [meeting(shift, rules, who) for shift, who in zip(shifts, known, strict=True) if assigns(shift)]
    everybody = sorted({identity for present in [first_of(shifts), *known] for identity in present})
    slots = slots_of(shifts) if isinstance(rules, ClassicRules) else dict[Identity, int]()
    if slots is None:
        return
    refuses = refusal(shifts[-1].after, rules, known[-1])
    for wanted in (met,) if refuses is None else ([refuses, *met], met):
        for order in orders(wanted):
            yield Ranking(ranked(order, everybody), slots)


def slots_of(shifts: Sequence[Shift]) -> Ranks | None:
    """The places of member ids in hash tables that lead to these steps of a classic group; None if there are none."""
    known = list(member_ids(shifts))
    met = [
        placed(shift, who, [of.slot for of in registrations(shift.after)])
        for shift, who in zip(shifts, known, strict=True)
        if assigns(shift)
    ]
    order = next(orders([*met, *successions(shifts, known)]), None)
    return None if order is None else ranked(order, sorted({identity for present in known for identity in present}))


def registrations(group: Group) -> Sequence[Registration]:
    """What the coordinator of a classic group knows of its members."""
    known = (member.registration for member in group.members)
    return [of for of in known if isinstance(of, Registration)]


def placed(shift: Shift, who: Sequence[Identity], places: Sequence[int]) -> Met:
    """In which order members are met that have these *places*, as far as these are drawn (0: not yet)."""
    present = [(place, who[index]) for place, index in zip(places, shift.after.registered, strict=True) if place]
    return Met(frozenset(of for _, of in present), frozenset({tuple(of for _, of in sorted(present))}))


def first_of(shifts: Sequence[Shift]) -> Order:
    """Everybody, before anything has happened."""
    return tuple((index, 0) for index in range(len(shifts[0].before.members)))


def ranked(order: Order, everybody: Sequence[Identity]) -> Ranks:
    """The ranks of *everybody*, of which those in *order* are the first."""
    others = (identity for identity in everybody if identity not in order)
    return {identity: place for place, identity in enumerate([*order, *others], start=1)}


def orders(met: Sequence[Met], order: Order = ()) -> Iterator[Order]:
    """The orders of all that are *met* in which each assignor comes to what it does, if some are in this *order*."""
    if not met:
        yield order
        return
    missing = sorted(met[0].members - {*order})
    if missing:
        for place in range(len(order), -1, -1):
            yield from orders(met, (*order[:place], missing[0], *order[place:]))
    elif tuple(identity for identity in order if identity in met[0].members) in met[0].orders:
        yield from orders(met[1:], order)


def assigns(shift: Shift) -> bool:
    """Whether an assignor runs in a step."""
    if isinstance(shift.before, ConsumerGroup) and isinstance(shift.after, ConsumerGroup):
        return shift.after.target_epoch != shift.before.target_epoch or ANEW in shift.says
    return shift.action == "assign"


def meeting(shift: Shift, rules: GroupRules, who: Sequence[Identity]) -> Met:
    """Whom the assignor meets in a step, and in which order."""
    if isinstance(rules, ClassicRules):
        assert isinstance(shift.after, ClassicGroup)
        return placed(shift, who, [shift.after.members[index].rank for index in shift.after.registered])
    registered = [index for index in shift.after.registered if WITHOUT not in shift.says or index != shift.whose()]
    found = [order for order in permutations(registered) if comes_to(shift, rules, order)]
    return Met(
        frozenset(who[index] for index in registered),
        frozenset(tuple(who[index] for index in order) for order in found),
    )


def comes_to(shift: Shift, rules: ConsumerRules, order: Sequence[int]) -> bool:
    """Whether an assignor comes to what it does in a step, if it meets members in this *order*."""
    before, after = shift.before, shift.after
    assert isinstance(before, ConsumerGroup)
    assert isinstance(after, ConsumerGroup)
    former = {index: before.members[index].registration for index in order}
    present = {index: known.target if known else NONE for index, known in former.items()}
    shares = rules.assign(present, order, after.seen_partitions)
    known = ((index, after.members[index].registration) for index in order)
    return all(registration is None or registration.target == shares[index] for index, registration in known)


def shares_by(group: ClassicGroup, rules: ClassicRules, order: Sequence[int], partitions: int) -> Shares:
    """What the leader of a group comes to, which meets members in this *order*."""
    claims = claims_of(group)
    return rules.assignor.assign({index: claims[index] for index in order}, order, partitions)


def refusal(group: Group, rules: GroupRules, who: Sequence[Identity]) -> Met | None:
    """Under which orders the leader of a group refuses what it comes to; None if it never does."""
    if not isinstance(group, ClassicGroup) or not isinstance(rules, ClassicRules):
        return None
    if group.state != "completing" or not rules.refuses_stale_claims:
        return None
    claims = claims_of(group)
    refused = [
        order
        for order in permutations(group.registered)
        if moves_at_once(claims, shares_by(group, rules, order, group.partitions))
    ]
    members = frozenset(who[index] for index in group.registered)
    return Met(members, frozenset(tuple(who[index] for index in order) for order in refused)) if refused else None
