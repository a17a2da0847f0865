"""Assignors: what the leader of a classic group gives to each of its members."""

from collections.abc import Mapping
from typing import Literal, Protocol

from ackproof.model.groups.assignors import ranges
from ackproof.reference.client.cluster import TopicPartition
from ackproof.reference.consumer.assignors.subscribing import MemberSubscription

RebalanceProtocol = Literal["eager", "cooperative"]

Counts = Mapping[str, int]
"""How many partitions each topic has."""

Subscriptions = Mapping[str, MemberSubscription]
"""By member id."""

Assignment = dict[str, tuple[TopicPartition, ...]]
"""The partitions of each member."""


class Assignor(Protocol):
    """A way to assign (``ConsumerPartitionAssignor``)."""

    @property
    def name(self) -> str:
        """As members tell it to the coordinator."""
        ...

    @property
    def protocols(self) -> tuple[RebalanceProtocol, ...]:
        """Whether members give up everything before they join, or only what moves; the best one last."""
        ...

    def user_data(self) -> bytes | None:
        """What a member adds to its subscription."""
        ...

    def assign(self, counts: Counts, subscriptions: Subscriptions) -> Assignment:
        """
        What each member gets.

        Args:
            counts: Topics that are not known have no partitions to give.
            subscriptions: Of all members.
        """
        ...

    def assigned(self, partitions: tuple[TopicPartition, ...], generation: int) -> None:
        """This member has got *partitions* in that generation."""
        ...


class Range:
    """
    Each topic for itself: members get a range of its partitions each, the first ones one more if need be.

    Not modelled: racks (KIP-881).

    Source: ``RangeAssignor``.
    """

    name = "range"
    protocols: tuple[RebalanceProtocol, ...] = ("eager",)

    def user_data(self) -> bytes | None:
        """Nothing."""
        return None

    def assign(self, counts: Counts, subscriptions: Subscriptions) -> Assignment:
        """What each member gets."""
        shares = {member: list[TopicPartition]() for member in in_order(subscriptions)}
        for topic in sorted(counts):
            members = [member for member in shares if topic in subscriptions[member].topics]
            if not members:
                continue
            for place, numbers in ranges({}, range(len(members)), counts[topic]).items():
                shares[members[place]] += [(topic, number) for number in sorted(numbers)]
        return {member: tuple(share) for member, share in shares.items()}

    def assigned(self, partitions: tuple[TopicPartition, ...], generation: int) -> None:
        """It keeps nothing in mind."""


class RoundRobin:
    """
    All partitions of all topics are dealt out in turn, to members that subscribe to their topic.

    Source: ``RoundRobinAssignor``.
    """

    name = "roundrobin"
    protocols: tuple[RebalanceProtocol, ...] = ("eager",)

    def user_data(self) -> bytes | None:
        """Nothing."""
        return None

    def assign(self, counts: Counts, subscriptions: Subscriptions) -> Assignment:
        """What each member gets."""
        members = in_order(subscriptions)
        shares = {member: list[TopicPartition]() for member in members}
        wanted = {topic for subscription in subscriptions.values() for topic in subscription.topics}
        turn = 0
        for topic in sorted(wanted & set(counts)):
            for number in range(counts[topic]):
                while topic not in subscriptions[members[turn % len(members)]].topics:
                    turn += 1
                shares[members[turn % len(members)]].append((topic, number))
                turn += 1
        return {member: tuple(share) for member, share in shares.items()}

    def assigned(self, partitions: tuple[TopicPartition, ...], generation: int) -> None:
        """It keeps nothing in mind."""


def in_order(subscriptions: Subscriptions) -> list[str]:
    """
    Members in the order of their ids, static ones first and by their instance ids, which restarts do not change.

    Source: ``AbstractPartitionAssignor.MemberInfo``.
    """

    def place(member: str) -> tuple[bool, str]:
        instance = subscriptions[member].group_instance_id
        return (instance is None, member if instance is None else instance)

    return sorted(subscriptions, key=place)
