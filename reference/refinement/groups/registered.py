"""What the coordinator of a classic group knows of its members, in the model."""

from collections.abc import Iterable

from ackproof.model.groups.claims import NO_CLAIM, NONE, Claim, Partitions
from ackproof.model.groups.member import Registration
from ackproof.model.groups.rules import ClassicRules
from ackproof.reference.consumer.assignors.sticky import claim_in, decode_claim
from ackproof.reference.consumer.assignors.subscribing import decode_assignment, decode_subscription
from ackproof.reference.groups.classic.group import ClassicGroup as Group
from ackproof.reference.groups.classic.member import ClassicMember


def registration_of(group: Group, member: ClassicMember, rules: ClassicRules) -> Registration:
    """What is known of a *member*."""
    return Registration(
        has_joined=group.state == "PreparingRebalance" and member.awaits_join,
        claim=claim_of(group, member, rules),
        assigned=numbers(decode_assignment(member.assignment)) if member.assignment else NONE,
        is_leader=group.leader_id == member.member_id,
    )


def claim_of(group: Group, member: ClassicMember, rules: ClassicRules) -> Claim:
    """What a member has said that it owns, as it joined."""
    if not rules.assignor.is_sticky:
        return NO_CLAIM
    subscription = decode_subscription(member.metadata(group.protocol or member.protocol_names[0]))
    if rules.is_cooperative:
        claimed = claim_in(subscription)
        return Claim(numbers(claimed.partitions), claimed.generation)
    told = decode_claim(subscription.user_data) if subscription.user_data else None
    return NO_CLAIM if told is None else Claim(numbers(told.partitions), told.generation)


def is_assigned(group: Group) -> bool:
    """Whether the last generation got an assignment, there has been none, or nobody is left of it."""
    is_waiting = group.state == "PreparingRebalance" and group.previous_state == "CompletingRebalance"
    return not group.members or not (is_waiting or group.state == "CompletingRebalance")


def numbers(partitions: Iterable[tuple[str, int]]) -> Partitions:
    """Partitions of the one topic."""
    return frozenset(number for _, number in partitions)
