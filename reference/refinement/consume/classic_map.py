"""The refinement map of a group of the classic protocol, as its coordinator knows it."""

from collections.abc import Callable, Collection, Iterable

from ackproof.model.consume.coordinator import NOBODY, Coordinator
from ackproof.reference.client.cluster import TopicPartition
from ackproof.reference.consumer.assignors.sticky import Claimed, claim_in
from ackproof.reference.consumer.assignors.subscribing import decode_assignment, decode_subscription
from ackproof.reference.groups.classic.group import ClassicGroup
from ackproof.reference.groups.classic.member import ClassicMember
from ackproof.reference.refinement.classic_states import STATES
from ackproof.reference.refinement.consume.records import PLACE


def coordinator_of(group: ClassicGroup, number_of: Callable[[str], int], silent: Collection[int]) -> Coordinator:
    """
    What a group is in the model.

    Args:
        number_of: Which instance a client is that has this name.
        silent: Static members that the group waits for: what they had claimed as they joined before counts no more.
    """
    numbers = {member.member_id: number_of(member.client_id) for member in group.members.values()}
    if not numbers:
        return Coordinator()
    state = STATES[group.state]
    joined = [member for member in group.members.values() if state == "preparing" and member.awaits_join]
    here = (member for member in group.members.values() if numbers[member.member_id] not in silent)
    claiming = list(here) if state == "completing" else joined
    claimants = [numbers[member.member_id] for member in by_generation(claiming, group) if claims(member, group)]
    owners = [numbers[member.member_id] for member in group.members.values() if state == "stable" and owns(member)]
    return Coordinator(
        state,
        frozenset(numbers.values()),
        frozenset(numbers[member.member_id] for member in joined) if joined else NOBODY,
        claimants[-1] if claimants else None,
        tuple(claimants[:-1]),
        owners[0] if owners else None,
    )


def claims(member: ClassicMember, group: ClassicGroup) -> bool:
    """Whether it has joined with the partition."""
    return PLACE in claim_of(member, group).partitions


def by_generation(members: Iterable[ClassicMember], group: ClassicGroup) -> list[ClassicMember]:
    """The *members*, who claims something of the latest generation last."""
    return sorted(members, key=lambda member: claim_of(member, group).generation)


def claim_of(member: ClassicMember, group: ClassicGroup) -> Claimed:
    """What it has joined with, and of which generation that is."""
    protocol = group.protocol or member.protocol_names[0]
    return claim_in(decode_subscription(member.metadata(protocol)))


def owns(member: ClassicMember, place: TopicPartition = PLACE) -> bool:
    """Whether it is assigned a partition."""
    return bool(member.assignment) and place in decode_assignment(member.assignment)


def assigns(group: ClassicGroup, place: TopicPartition) -> bool:
    """Whether a member of the present generation is assigned a partition."""
    return group.state == "Stable" and any(owns(member, place) for member in group.members.values())
