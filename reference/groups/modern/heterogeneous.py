"""
The uniform assignor, where members subscribe to different topics.

Source: ``UniformHeterogeneousAssignmentBuilder``.
"""

from collections.abc import Iterable
from fractions import Fraction
from uuid import UUID

from ackproof.reference.groups.java import uuid_order
from ackproof.reference.groups.modern.balancer import Balancer
from ackproof.reference.groups.modern.member import Partition
from ackproof.reference.groups.modern.spec import Spec

ITERATIONS_MAX = 16


def uniform_of_different_subscriptions(spec: Spec) -> dict[str, set[Partition]]:
    """What each member is to have: the numbers of any two that could swap differ by one, in most cases."""
    if not spec.partition_counts:
        return {}
    return Heterogeneous(spec).targets()


class Heterogeneous:
    """
    One computation of a target assignment.

    Members are numbers here: their places in the order in which Kafka meets them.
    """

    def __init__(self, spec: Spec) -> None:
        self._spec = spec
        self._subscribers: dict[UUID, list[int]] = {}
        for place, member_id in enumerate(spec.members):
            for topic_id in spec.subscribed[member_id]:
                self._subscribers.setdefault(topic_id, []).append(place)
        self._owner: dict[Partition, int] = {}
        self._sizes = [0] * len(spec.members)

    def targets(self) -> dict[str, set[Partition]]:
        """What each member is to have."""
        self._keep()
        self._assign_the_rest()
        self._balance()
        targets: dict[str, set[Partition]] = {member_id: set() for member_id in self._spec.members}
        for partition, place in self._owner.items():
            targets[self._spec.members[place]].add(partition)
        return targets

    def _keep(self) -> None:
        for place, member_id in enumerate(self._spec.members):
            for partition in self._spec.targets[member_id]:
                if partition[0] in self._spec.subscribed[member_id]:
                    self._owner[partition] = place
                    self._sizes[place] += 1

    def _assign_the_rest(self) -> None:
        for topic_id in self._in_order(self._subscribers):
            balancer = Balancer(self._sizes, self._subscribers[topic_id])
            for number in range(self._spec.partition_counts[topic_id]):
                if (topic_id, number) not in self._owner:
                    self._give((topic_id, number), balancer.next_least_loaded())

    def _balance(self) -> None:
        """Topic by topic, until once around nothing was moved."""
        topics = self._in_order(topic for topic, places in self._subscribers.items() if len(places) >= 2)
        last_moved: int | None = None
        for _ in range(ITERATIONS_MAX):
            for place, topic_id in enumerate(topics):
                if place == last_moved:
                    return
                has_moved = self._balance_topic(topic_id)
                if has_moved or last_moved is None:
                    last_moved = place

    def _balance_topic(self, topic_id: UUID) -> bool:
        subscribers = self._subscribers[topic_id]
        sizes = [self._sizes[place] for place in subscribers]
        if max(sizes) - min(sizes) <= 1:
            return False
        owned: dict[int, list[Partition]] = {place: [] for place in subscribers}
        for number in range(self._spec.partition_counts[topic_id]):
            owned[self._owner[topic_id, number]].append((topic_id, number))
        return self._move(Balancer(self._sizes, subscribers), owned)

    def _move(self, balancer: Balancer, owned: dict[int, list[Partition]]) -> bool:
        has_moved = False
        while not balancer.is_balanced:
            most_loaded = balancer.next_most_loaded()
            while most_loaded is not None and not owned[most_loaded]:
                balancer.exclude_most_loaded()
                most_loaded = balancer.next_most_loaded()
            if most_loaded is None:
                break
            partition = owned[most_loaded].pop()
            least_loaded = balancer.next_least_loaded()
            if balancer.is_balanced:
                break
            self._give(partition, least_loaded)
            has_moved = True
        return has_moved

    def _give(self, partition: Partition, place: int) -> None:
        former = self._owner.get(partition)
        if former is not None:
            self._sizes[former] -= 1
        self._owner[partition] = place
        self._sizes[place] += 1

    def _in_order(self, topics: Iterable[UUID]) -> list[UUID]:
        """Those with most partitions for each subscriber first, then those with fewest subscribers, then by id."""

        def place(topic_id: UUID) -> tuple[Fraction, int, tuple[int, int]]:
            subscribers = len(self._subscribers[topic_id])
            return (
                -Fraction(self._spec.partition_counts[topic_id], subscribers),
                subscribers,
                uuid_order(topic_id),
            )

        return sorted(topics, key=place)
