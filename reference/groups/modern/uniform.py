"""
The uniform assignor, where all members subscribe to the same topics.

Source: ``UniformHomogeneousAssignmentBuilder``.
"""

from collections.abc import Iterator, Set
from itertools import islice
from uuid import UUID

from ackproof.reference.groups.errors import UnexpectedError
from ackproof.reference.groups.java import uuids_in_hash_order
from ackproof.reference.groups.modern.member import Partition, by_topic
from ackproof.reference.groups.modern.spec import Spec, Targets, in_order_of_topics


def uniform_of_same_subscriptions(spec: Spec) -> Targets:
    """
    What each member is to have: its share of all partitions, as far as possible of what it has.

    Raises:
        UnexpectedError: Partitions are left over, because somebody is assigned them who is not in the group.
    """
    subscribed = spec.subscribed[spec.members[0]]
    topics = uuids_in_hash_order(topic_id for topic_id in spec.partition_counts if topic_id in subscribed)
    if not topics:
        return {}
    return Uniform(spec, topics).targets()


class Uniform:
    """One computation of a target assignment."""

    def __init__(self, spec: Spec, topics: list[UUID]) -> None:
        self._spec = spec
        self._topics = topics
        everything = [(topic, number) for topic in topics for number in range(spec.partition_counts[topic])]
        self._least, self._left_to_get_more = divmod(len(everything), len(spec.members))
        self._unassigned = [partition for partition in everything if partition not in spec.assigned]
        self._kept: dict[str, list[Partition]] = {}
        self._unfilled: list[tuple[str, int]] = []

    def targets(self) -> Targets:
        """What each member is to have."""
        for place, member_id in enumerate(self._spec.members):
            self._keep(place, member_id)
        targets: dict[str, Set[Partition]] = {
            member_id: dict.fromkeys(kept).keys() for member_id, kept in self._kept.items()
        }
        unassigned = iter(self._unassigned)
        for member_id, quota in self._unfilled:
            targets[member_id] = in_order_of_topics(self._kept[member_id], list(islice(unassigned, quota)))
        if any(True for _ in unassigned):
            raise UnexpectedError("partitions were left over")
        return targets

    def _keep(self, place: int, member_id: str) -> None:
        """A member keeps what its quota allows, and gives up the rest."""
        gets_more = self._left_to_get_more > 0
        quota = self._least + gets_more
        self._kept[member_id] = []
        for partitions in self._present(member_id):
            kept = partitions[: max(quota, 0)] if len(partitions) > quota else partitions
            self._kept[member_id] += kept
            self._unassigned += partitions[len(kept) :]
            quota -= len(kept)
        if quota > 0 and gets_more and len(self._spec.members) - place > self._left_to_get_more:
            # Another member may have this one already; unless all that are left are to get one more.
            quota, gets_more = quota - 1, False
        if quota > 0:
            self._unfilled.append((member_id, quota))
        self._left_to_get_more -= gets_more

    def _present(self, member_id: str) -> Iterator[list[Partition]]:
        for topic_id, numbers in by_topic(self._spec.targets[member_id]):
            if topic_id in self._topics:
                yield [(topic_id, number) for number in numbers]
