"""How the members of a group have to be ranked for its leaders to assign as they do in an execution."""

from collections.abc import Iterator, Sequence
from itertools import permutations

from ackproof.model.groups.assigning import claims_of, moves_at_once
from ackproof.model.groups.assignors import Shares
from ackproof.model.groups.claims import NONE
from ackproof.model.groups.classic import ClassicGroup
from ackproof.model.groups.rules import ClassicRules, GroupRules
from ackproof.reference.refinement.directing.groups.shift import Group, Shift


def rankings(shifts: Sequence[Shift], rules: GroupRules) -> Iterator[tuple[int, ...]]:
    """
    Each ranking of the members, from 1 on, under which the assignors come to what they do in these steps.

    First those under which the last leader refuses to assign, if it may.
    """
    every = list(permutations(range(1, len(shifts[0].before.members) + 1)))
    if not isinstance(rules, ClassicRules):
        # Only ids of instances are configured; others are random.
        yield from every if rules.is_static else every[:1]
        return
    last = shifts[-1].after
    for ranks in sorted(every, key=lambda ranks: not is_refused(last, rules, ranks)):
        if all(comes_to(shift, rules, ranks) for shift in shifts if shift.action == "assign"):
            yield ranks


def comes_to(shift: Shift, rules: ClassicRules, ranks: Sequence[int]) -> bool:
    """Whether a leader assigns what it does in a step, if it meets members by these *ranks*."""
    before, after = shift.before, shift.after
    assert isinstance(before, ClassicGroup)
    assert isinstance(after, ClassicGroup)
    seen = next((each.watched for each in after.members if each.is_leader), 0)
    shares = shares_by(before, rules, ranks, seen)
    known = [(index, after.members[index].registration) for index in shares]
    return all(registration is None or registration.assigned in (shares[index], NONE) for index, registration in known)


def shares_by(group: ClassicGroup, rules: ClassicRules, ranks: Sequence[int], partitions: int) -> Shares:
    """What the leader of a group comes to, which meets members by these *ranks*."""
    order = sorted(group.registered, key=lambda index: ranks[index])
    return rules.assignor.assign(claims_of(group), order, partitions)


def is_refused(group: Group, rules: ClassicRules, ranks: Sequence[int]) -> bool:
    """Whether the leader of a group refuses what it comes to."""
    if not isinstance(group, ClassicGroup) or group.state != "completing" or not rules.refuses_stale_claims:
        return False
    return moves_at_once(claims_of(group), shares_by(group, rules, ranks, group.partitions))
