"""A look at a consumer from outside, for whoever compares it with the model."""

from collections.abc import Mapping

import attrs

from ackproof.reference.client.cluster import TopicPartition
from ackproof.reference.consumer.commits.commit import Offsets
from ackproof.reference.consumer.position import Position


@attrs.frozen
class MemberView:
    """
    What a consumer is to its group.

    Attributes:
        epoch: The generation or member epoch; -1 outside of a group.
        state: As the protocol calls it; empty without a group.
    """

    member_id: str = ""
    epoch: int = -1
    state: str = ""


@attrs.frozen
class ConsumerView:
    """
    What a consumer is at a moment.

    Attributes:
        positions: The next offset of each assigned partition; None where that is not known or not to be trusted.
        assignments: Which assignment of this client each of them is, counted.
        read: The same with the epoch of the record before it, be it to be trusted or not.
        buffered: How many bytes are fetched and not handed out, by partition.
        stored: What is to be committed, where that is not the position.
        under_way: Commits that have not been answered, in the order of sending.
    """

    positions: Mapping[TopicPartition, int | None]
    assignments: Mapping[TopicPartition, int]
    read: Mapping[TopicPartition, Position | None]
    buffered: Mapping[TopicPartition, int]
    stored: Mapping[TopicPartition, int]
    under_way: tuple[Offsets, ...]
    member: MemberView
