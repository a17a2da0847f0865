"""A consumer: the client, the application around it, and the threads that it hands records to."""

from typing import Literal

import attrs

Held = tuple[int, int]
"""A record that was handed out: its offset, and which record it is."""

Status = Literal["absent", "stopped", "out", "joining", "member", "owner", "stale", "lingering", "silent"]
"""
What a consumer is to its group.

absent: Not running, and not expected to; only ``member-joins`` starts it.
stopped: Stopped together with all others; they start together.
out: Running or restarting, and about to join.
joining: Waits for a rebalance to complete (only where a rebalance takes several steps).
member: In the group, without the partition.
owner: Believes to own the partition.
stale: The group has put it out, and it has not heard of it.
lingering: It has heard of it as it joined, keeps the partition, and joins again with that (librdkafka).
silent: A static member that has stopped sending heartbeats; the group keeps the partition for it.
"""

BELIEVING: tuple[Status, ...] = ("owner", "stale", "lingering")
"""Who may read on."""

Answer = Literal["accepted", "put off", "refused", "no group"]
"""
What becomes of a commit: one that is put off fails, and its sender keeps the partition.

So does who commits to a group that is lost (GROUP_ID_NOT_FOUND), until it hears that it is no member.
"""


@attrs.frozen(cache_hash=True)
class Consumer:
    """
    One instance of the application.

    Attributes:
        position: The offset that the next poll starts from.
        batch: Returned by poll, and not to be processed before it is committed.
        in_hand: Handed out under the present assignment and not yet processed, lowest offset first.
        left_over: The same under earlier assignments: threads go on with what they hold.
        stored: What the application or client stored to be committed (librdkafka).
        to_commit: The offset of a synchronous commit that the application waits for.
        answer: What the group coordinator decided on it and the consumer has not heard (only in the fine system).
        in_flight: Offsets of asynchronous commits on their way.
        generation: That of its assignment (only in the fine system).
        is_rejoining: An owner that reads on while it rejoins (cooperative).
    """

    status: Status
    position: int | None = None
    batch: tuple[Held, ...] = ()
    in_hand: tuple[Held, ...] = ()
    left_over: tuple[Held, ...] = ()
    stored: int | None = None
    to_commit: int | None = None
    answer: Answer | None = None
    in_flight: tuple[int, ...] = ()
    generation: int = 0
    is_rejoining: bool = False

    @property
    def held(self) -> tuple[Held, ...]:
        """Everything that it may still process."""
        return self.batch + self.in_hand + self.left_over


Consumers = tuple[Consumer, ...]
"""All consumers of the group. No action names one, so they are interchangeable."""


def in_any_order(consumers: Consumers) -> Consumers:
    """The representative of *consumers* up to their order."""
    return tuple(sorted(consumers, key=_order))


def _order(consumer: Consumer) -> tuple[object, ...]:
    position, stored, to_commit = _number(consumer.position), _number(consumer.stored), _number(consumer.to_commit)
    records = (consumer.batch, consumer.in_hand, consumer.left_over)
    return (consumer.status, position, stored, to_commit, *records, consumer.in_flight, consumer.is_rejoining)


def _number(offset: int | None) -> int:
    return -1 if offset is None else offset


def named(index: int) -> str:
    """What people call a consumer."""
    return f"consumer {index + 1}"


def replaced(consumers: Consumers, index: int, consumer: Consumer) -> Consumers:
    """*consumers* with the one at *index* replaced."""
    return (*consumers[:index], consumer, *consumers[index + 1 :])


def with_status(consumers: Consumers, *wanted: Status) -> list[int]:
    """Which consumers have one of the *wanted* statuses."""
    return [index for index, consumer in enumerate(consumers) if consumer.status in wanted]


def claiming_again(consumers: Consumers) -> list[int]:
    """Who was put out and has joined again with the partition that it goes on with."""
    return [index for index in with_status(consumers, "lingering") if consumers[index].is_rejoining]


def is_group_empty(consumers: Consumers) -> bool:
    """Whether nobody is in the group, so far as it knows."""
    return not with_status(consumers, "joining", "member", "owner", "silent")


def has_stopped(consumers: Consumers) -> bool:
    """Whether somebody is stopped."""
    return any(consumer.status == "stopped" for consumer in consumers)


def has_commit_to_wait_for(consumers: Consumers) -> bool:
    """Whether somebody waits for a synchronous commit."""
    return any(consumer.to_commit is not None for consumer in consumers)


def has_commit_under_way(consumer: Consumer) -> bool:
    """Whether it has asked to commit and knows no answer."""
    return consumer.to_commit is not None or bool(consumer.in_flight)


def has_commit_in_flight(consumers: Consumers) -> bool:
    """Whether an asynchronous commit is on its way."""
    return any(consumer.in_flight for consumer in consumers)


def has_something_to_process(consumers: Consumers) -> bool:
    """Whether somebody may process a record now."""
    return any(consumer.in_hand or consumer.left_over for consumer in consumers)


def has_left_over(consumers: Consumers) -> bool:
    """Whether threads still hold records of an earlier assignment."""
    return any(consumer.left_over for consumer in consumers)


def processed_prefix(consumer: Consumer) -> int | None:
    """The offset below which it has processed everything that its present assignment gave it."""
    return min((offset for offset, _ in consumer.in_hand), default=consumer.position)


def without_assignment(consumer: Consumer, status: Status) -> Consumer:
    """*consumer* when the partition is revoked or lost; its threads go on with what they hold."""
    left_over = tuple(sorted(consumer.left_over + consumer.in_hand))
    return Consumer(status, left_over=left_over, generation=consumer.generation)
