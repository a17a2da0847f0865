"""A group as seen from outside: who is in it, what it has committed, and where the logs end."""

from collections.abc import Iterator, Mapping
from typing import Literal

import attrs

from ackproof.reference.client.cluster import TopicPartition

State = Literal[
    "Unknown", "Empty", "PreparingRebalance", "CompletingRebalance", "Assigning", "Reconciling", "Stable", "Dead"
]
"""As groups tell their state, of either protocol (``GroupState``)."""

REBALANCING: tuple[State, ...] = ("PreparingRebalance", "CompletingRebalance", "Assigning", "Reconciling")
"""The states of a group that is about to change who reads what."""


@attrs.frozen
class Committed:
    """
    A committed offset.

    Attributes:
        offset: The next one to read.
        leader_epoch: That of the last record that was read; None if the client did not tell.
    """

    offset: int
    leader_epoch: int | None = None


@attrs.frozen
class Member:
    """A member of a group, and what it reads."""

    member_id: str
    host: str
    client_id: str
    partitions: frozenset[TopicPartition] = frozenset()


@attrs.frozen
class Group:
    """
    What is known of a group.

    Attributes:
        end_offsets: LOG-END-OFFSET of each partition that has a leader: the high watermark, whatever its name says.
    """

    group_id: str
    state: State = "Stable"
    members: tuple[Member, ...] = ()
    committed: Mapping[TopicPartition, Committed] = attrs.field(factory=dict[TopicPartition, Committed])
    end_offsets: Mapping[TopicPartition, int] = attrs.field(factory=dict[TopicPartition, int])


@attrs.frozen
class Row:
    """
    A partition that the group reads or has committed.

    Attributes:
        member: Who reads it now; None if nobody does.
    """

    group_id: str
    topic: str
    partition: int
    committed: Committed | None = None
    log_end_offset: int | None = None
    member: Member | None = None

    @property
    def lag(self) -> int | None:
        """
        How many offsets are left to read after the committed one; None where that or the end is not known.

        It is negative where the log ends before the committed offset: it was truncated, or the commit was wrong.

        Source: ``ConsumerGroupCommand.getLag``.
        """
        if self.committed is None or self.log_end_offset is None:
            return None
        return self.log_end_offset - self.committed.offset


def rows_of(group: Group) -> tuple[Row, ...]:
    """
    A row for each partition: first those of the members, who reads the most of them first, then what nobody reads.

    A member without partitions has no row, and neither has a partition that nobody reads and nothing is committed for.

    Source: ``ConsumerGroupCommand.collectGroupsOffsets``, ``describePartitions`` of 4.3.
    """
    return tuple(_rows(group))


def _rows(group: Group) -> Iterator[Row]:
    busiest_first = sorted(group.members, key=lambda member: -len(member.partitions))
    for member in busiest_first:
        yield from (_row(group, partition, member) for partition in sorted(member.partitions))
    assigned = frozenset[TopicPartition]().union(*(member.partitions for member in group.members))
    yield from (_row(group, partition, None) for partition in sorted(group.committed) if partition not in assigned)


def _row(group: Group, partition: TopicPartition, member: Member | None) -> Row:
    topic, number = partition
    return Row(group.group_id, topic, number, group.committed.get(partition), group.end_offsets.get(partition), member)
