"""A member of a consumer group, as its coordinator knows it."""

from collections.abc import Iterable, Mapping
from enum import IntEnum
from uuid import UUID

import attrs

from ackproof.reference.groups.java import integers_in_hash_order, uuids_in_hash_order
from ackproof.reference.groups.modern.schema import ClassicMemberMetadata

Partition = tuple[UUID, int]
"""A topic id and a number."""
Partitions = frozenset[Partition]

JOINING_EPOCH = 0
LEAVING_EPOCH = -1
STATIC_LEAVING_EPOCH = -2
"""Of a static member that says that it will be back."""


class MemberState(IntEnum):
    """
    How far a member is.

    STABLE: It has what its target says.
    UNREVOKED_PARTITIONS: It has to give something up, and has not said that it did.
    UNRELEASED_PARTITIONS: Others have not given up everything that it is to get.
    """

    STABLE = 0
    UNREVOKED_PARTITIONS = 1
    UNRELEASED_PARTITIONS = 2
    UNKNOWN = 127


@attrs.frozen
class ConsumerMember:
    """
    A member (``ConsumerGroupMember``).

    Attributes:
        epoch: How far it is with the group's epochs; ``STATIC_LEAVING_EPOCH`` if it will be back.
        previous_epoch: The one before, which it may still send if an answer was lost.
        matched_topics: What its regular expression was last resolved to.
        assigned: What is its own, each with the epoch since which it is (KIP-1251).
        pending_revocation: What it has to give up.
        server_assignor: What it would have compute the target; None if it does not care.
        classic: What it said when it joined, if it uses the classic protocol.
        towards: The epoch of the target that it was last moved towards, which only coordinators before 3.8 go by.
        goal: That target.
    """

    member_id: str
    epoch: int = 0
    previous_epoch: int = -1
    state: MemberState = MemberState.STABLE
    instance_id: str | None = None
    rack_id: str | None = None
    rebalance_timeout_ms: int = -1
    client_id: str = ""
    client_host: str = ""
    subscribed_topic_names: frozenset[str] = frozenset()
    subscribed_topic_regex: str = ""
    matched_topics: frozenset[str] = frozenset()
    server_assignor: str | None = None
    assigned: Mapping[Partition, int] = attrs.Factory(dict[Partition, int])
    pending_revocation: Mapping[Partition, int] = attrs.Factory(dict[Partition, int])
    classic: ClassicMemberMetadata | None = None
    towards: int = -1
    goal: Partitions = frozenset()

    @property
    def topics(self) -> frozenset[str]:
        """The topics that it subscribes to, by name or by expression."""
        return self.subscribed_topic_names | self.matched_topics if self.matched_topics else self.subscribed_topic_names

    @property
    def is_classic(self) -> bool:
        """Whether it uses the classic protocol."""
        return self.classic is not None

    @property
    def classic_protocol_names(self) -> tuple[str, ...]:
        """The protocols that it supports, if it uses the classic protocol."""
        return tuple(protocol.name for protocol in self.classic.supported_protocols) if self.classic else ()

    def is_reconciled_to(self, assignment_epoch: int) -> bool:
        """Whether it is as the target of this epoch says."""
        return self.state == MemberState.STABLE and self.epoch == assignment_epoch


def by_topic(partitions: Iterable[Partition]) -> list[tuple[UUID, tuple[int, ...]]]:
    """*partitions*, those of each topic together."""
    topics: dict[UUID, list[int]] = {}
    for topic_id, number in partitions:
        topics.setdefault(topic_id, []).append(number)
    return [(topic_id, tuple(integers_in_hash_order(topics[topic_id]))) for topic_id in uuids_in_hash_order(topics)]
