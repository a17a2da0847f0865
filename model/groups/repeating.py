"""What a member says as it joins again, and whether its coordinator has heard the same before."""

import attrs

from ackproof.model.groups.claims import Claim
from ackproof.model.groups.classic import ClassicGroup, with_known_ids
from ackproof.model.groups.member import Member, Told
from ackproof.model.groups.rules import ClassicRules


def claim_of(member: Member, rules: ClassicRules, *, is_lost: bool) -> Claim:
    """What *member* claims that joins again; the assignor of eager members goes by what it told them itself."""
    is_heard = rules.claims_heard_generation and rules.is_cooperative and not is_lost
    return Claim(member.remembered.partitions, member.generation) if is_heard else member.remembered


def told_by(group: ClassicGroup, member: Member, *, is_lost: bool, repeats: bool) -> Told:
    """
    What generation *member* tells that joins again: none where it has heard that its own is gone (ILLEGAL_GENERATION).

    Args:
        repeats: Somebody may tell the same again.

    Source: ``AbstractCoordinator.resetStateOnResponseError``, ``ConsumerCoordinator.metadata``.
    """
    if is_lost or not repeats or not member.generation:
        return "no generation"
    return "this generation" if member.generation == group.generation else "another"


def says_nothing_new(group: ClassicGroup, rules: ClassicRules, member: Member, claim: Claim, tells: Told) -> bool:
    """
    Whether the coordinator has a member's JoinGroup already, in its present generation, and need not ask others.

    Source: ``GroupMetadataManager.classicGroupJoinExistingMember``, ``ClassicGroupMember.matches``.
    """
    known = member.registration
    if known is None or group.state not in ("completing", "stable") or (member.is_leader and group.state == "stable"):
        return False
    return (tells == known.told != "another") if rules.claims_heard_generation else known.claim == claim


def heard_again(group: ClassicGroup, index: int, member: Member) -> ClassicGroup:
    """*group* whose member at *index* has heard of the present generation once more, a leader with all member ids."""
    known = member.registration and attrs.evolve(member.registration, has_joined=group.state == "completing")
    heard = attrs.evolve(member, status="syncing", generation=group.generation, wants_to_rejoin=False)
    present = attrs.evolve(heard, misses_answer=False, has_lost=False, sends_heartbeats=False, registration=known)
    after = group.with_member(index, present)
    return with_known_ids(after) if member.is_leader else after


def told_in(member: Member, generation: int, *, repeats: bool) -> Told:
    """
    What *member* has told whose JoinGroup is answered with a *generation*.

    Args:
        repeats: Somebody may tell the same again.
    """
    known = member.registration
    assert known is not None
    if known.told == "no generation" or not repeats:
        return "no generation"
    return "this generation" if known.has_joined and member.generation == generation else "another"


def assigned_since(member: Member) -> Member:
    """*member* that tells what it was assigned, or since when, and has told something else."""
    known, stored = (of and attrs.evolve(of, told="another") for of in (member.registration, member.stored))
    return attrs.evolve(member, registration=known, stored=stored)
