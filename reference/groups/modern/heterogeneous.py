"""
The uniform assignor, where members subscribe to different topics.

Source: ``UniformHeterogeneousAssignmentBuilder``.
"""

from collections.abc import Iterable, Set
from fractions import Fraction
from uuid import UUID

from ackproof.reference.groups.java import uuid_order
from ackproof.reference.groups.modern.balancer import Balancer
from ackproof.reference.groups.modern.member import Partition
from ackproof.reference.groups.modern.spec import Spec, Targets, in_order_of_topics

ITERATIONS_MAX = 16


def uniform_of_different_subscriptions(spec: Spec) -> Targets:
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

    def targets(self) -> Targets:
        """What each member is to have."""
        self._keep()
        self._assign_the_rest()
        self._balance()
        owned: dict[str, list[Partition]] = {member_id: [] for member_id in self._spec.members}
        for partition, place in self._owner.items():
            owned[self._spec.members[place]].append(partition)
        return {member_id: self._in_order_of_topics(member_id, owned[member_id]) for member_id in owned}

    def _in_order_of_topics(self, member_id: str, owned: list[Partition]) -> Set[Partition]:
        had, has = dict.fromkeys(self._spec.targets[member_id]), set(owned)
        return in_order_of_topics([each for each in had if each in has], [each for each in owned if each not in had])

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
        former = self._owner.pop(partition, None)
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
