"""What a consumer group remembers of the topics that it subscribes to: a change begins a new epoch (KIP-1101)."""

from collections.abc import Iterable, Mapping
from hashlib import blake2b
from uuid import UUID

import attrs

from ackproof.reference.groups.modern.group import ConsumerGroup
from ackproof.reference.groups.modern.member import ConsumerMember
from ackproof.reference.groups.topics import Topics

Seen = tuple[UUID | None, int | None]
"""A topic as it was: its id and how many partitions it had."""


def metadata_hash(members: Iterable[ConsumerMember], topics: Topics) -> int:
    """
    A number that differs when a topic is new, gone, another one of the same name, or has more partitions.

    It is 0 if none exists. It is not the number that Kafka computes (XXH3), and racks do not count.
    """
    known = {name: seen for name, seen in _seen(members, topics).items() if seen[0] is not None}
    if not known:
        return 0
    text = "\n".join(f"{name} {topic_id} {count}" for name, (topic_id, count) in known.items())
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), signed=True)


def _seen(members: Iterable[ConsumerMember], topics: Topics) -> Mapping[str, Seen]:
    names = sorted(frozenset[str]().union(*(member.topics for member in members)))
    return {name: (topics.topic_id(name), topics.partition_count(name)) for name in names}


@attrs.frozen
class Look:
    """The topics of a group as they were when its hash was last computed, and what its epoch was then."""

    epoch: int
    topics: Mapping[str, Seen]


class Looks:
    """
    When a coordinator is to compute the hashes of its groups again.

    Source: ``ModernGroup.hasMetadataExpired``; where Kafka is told of changed topics, this looks at them.
    """

    def __init__(self) -> None:
        self._looks: dict[str, Look] = {}

    def is_due(self, group: ConsumerGroup, topics: Topics) -> bool:
        """Whether topics of *group* have changed since, or the epoch that began then did not come to be."""
        look = self._looks.get(group.group_id)
        if look is None or group.epoch < look.epoch:
            return True
        return not _seen(group.members.values(), topics).items() <= look.topics.items()

    def note(self, group_id: str, epoch: int, members: Iterable[ConsumerMember], topics: Topics) -> None:
        """The hash of a group has been computed."""
        self._looks[group_id] = Look(epoch, _seen(members, topics))
