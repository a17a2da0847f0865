"""A look at a consumer from outside, for whoever compares it with the model."""

from collections.abc import Mapping

import attrs

from ackproof.reference.client.cluster import TopicPartition
from ackproof.reference.consumer.commits.commit import Offsets
from ackproof.reference.consumer.position import Position
from ackproof.reference.consumer.record import ConsumedRecord


@attrs.frozen
class MemberView:
    """
    What a consumer is to its group.

    Attributes:
        epoch: The generation or member epoch; -1 outside of a group.
        state: As the protocol calls it; empty without a group.
        is_silent: It sends no heartbeats any more (KAFKA-16215).
        is_taking: It has heard its assignment, and has not begun to take it over.
    """

    member_id: str = ""
    epoch: int = -1
    state: str = ""
    is_silent: bool = False
    is_taking: bool = False


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
        collected: What a batch has by now that was not returned, of what is assigned.
        under_way: Commits that have not been answered, in the order of sending.
        unsent: Commits that wait for a coordinator to be found.
    """

    positions: Mapping[TopicPartition, int | None]
    assignments: Mapping[TopicPartition, int]
    read: Mapping[TopicPartition, Position | None]
    buffered: Mapping[TopicPartition, int]
    stored: Mapping[TopicPartition, int]
    collected: tuple[ConsumedRecord, ...]
    under_way: tuple[Offsets, ...]
    unsent: tuple[Offsets, ...]
    member: MemberView
