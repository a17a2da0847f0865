"""What a consumer reads: topics that it is subscribed to, or partitions; and where it is in each."""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Literal

from ackproof.reference.client.cluster import TopicPartition
from ackproof.reference.consumer.errors import NoOffsetForPartitionError
from ackproof.reference.consumer.listener import RebalanceListener
from ackproof.reference.consumer.partition import AssignedPartition
from ackproof.reference.consumer.record import OffsetAndMetadata
from ackproof.reference.consumer.reset import Reset

SubscriptionKind = Literal["none", "topics", "pattern", "regex", "partitions"]


class Subscription:
    """
    The topics or partitions that the application wants, and the partitions that are assigned.

    Attributes:
        kind: Topics, a pattern that this consumer matches, a regular expression that the coordinator matches, or
            partitions: they exclude each other.
        topics: What is subscribed to; with a pattern, what matches it; with partitions, their topics.
        regex: The expression that the coordinator matches; empty if there is none.
        group_topics: What the members of the group are subscribed to all together, while this one leads it.

    Source: ``SubscriptionState``.
    """

    def __init__(self, reset: Reset) -> None:
        self.kind: SubscriptionKind = "none"
        self.topics: tuple[str, ...] = ()
        self.group_topics: tuple[str, ...] = ()
        self.pattern: re.Pattern[str] | None = None
        self.regex = ""
        self.listener: RebalanceListener | None = None
        self.reset = reset
        self._assigned: dict[TopicPartition, AssignedPartition] = {}
        self._assignments = 0

    @property
    def is_by_group(self) -> bool:
        """Whether a group assigns partitions."""
        return self.kind in ("topics", "pattern", "regex")

    @property
    def assigned(self) -> tuple[TopicPartition, ...]:
        """What is assigned, in the order in which it is fetched."""
        return tuple(self._assigned)

    @property
    def subscribed_topics(self) -> tuple[str, ...]:
        """The topics that are subscribed to, if partitions are assigned by a group."""
        return self.topics if self.is_by_group else ()

    @property
    def metadata_topics(self) -> tuple[str, ...]:
        """What the cluster is asked about: topics of its own, and of the group that it leads."""
        return tuple(sorted({*self.topics, *self.group_topics}))

    def subscribe(self, topics: Iterable[str], listener: RebalanceListener | None) -> bool:
        """
        Want *topics*; whether that is news.

        Raises:
            ValueError: Partitions or a pattern are wanted already.
        """
        self._set_kind("topics")
        self.listener = listener
        return self._change(topics)

    def subscribe_pattern(self, pattern: str, listener: RebalanceListener | None) -> None:
        """
        Want all topics that match *pattern* as a whole.

        Raises:
            ValueError: Topics or partitions are wanted already.
        """
        self._set_kind("pattern")
        self.listener = listener
        self.pattern = re.compile(pattern)

    def subscribe_regex(self, regex: str, listener: RebalanceListener | None) -> None:
        """
        Want all topics that the coordinator finds to match *regex* as a whole.

        Raises:
            ValueError: Topics or partitions are wanted already.
        """
        self._set_kind("regex")
        self.listener = listener
        self.regex = regex

    def subscribe_matching(self, topics: Iterable[str]) -> bool:
        """These *topics* match the pattern; whether that is news."""
        assert self.kind == "pattern"
        return self._change(topics)

    def matches(self, topic: str) -> bool:
        """Whether a topic matches the pattern, if there is one."""
        return self.pattern is not None and self.pattern.fullmatch(topic) is not None

    def assign(self, partitions: Iterable[TopicPartition]) -> bool:
        """
        Read *partitions*; whether the cluster has to be asked about other topics.

        Raises:
            ValueError: Topics are subscribed to.
        """
        self._set_kind("partitions")
        wanted = tuple(dict.fromkeys(partitions))
        self._set_assigned(wanted)
        return self._change(topic for topic, _ in wanted)

    def assign_from_group(self, partitions: Iterable[TopicPartition]) -> None:
        """The group has assigned *partitions*: those that were assigned before keep their state."""
        assert self.is_by_group
        self._set_assigned(partitions)

    def unsubscribe(self) -> None:
        """Want nothing."""
        self.kind, self.pattern, self.regex = "none", None, ""
        self.topics, self.group_topics = (), ()
        self._assigned = {}

    def is_assigned(self, partition: TopicPartition) -> bool:
        """Whether *partition* is assigned."""
        return partition in self._assigned

    def state(self, partition: TopicPartition) -> AssignedPartition:
        """
        The state of *partition*.

        Raises:
            ValueError: It is not assigned.
        """
        if partition not in self._assigned:
            raise ValueError(f"No current assignment for partition {partition[0]}-{partition[1]}")
        return self._assigned[partition]

    def find(self, partition: TopicPartition) -> AssignedPartition | None:
        """The state of *partition*, if it is assigned."""
        return self._assigned.get(partition)

    def is_fetchable(self, partition: TopicPartition) -> bool:
        """Whether records of *partition* may be fetched and handed out: not if its topic has been given up."""
        state = self._assigned.get(partition)
        is_wanted = self.kind != "topics" or partition[0] in self.topics
        return state is not None and is_wanted and state.is_fetchable

    def where(self, holds: Callable[[AssignedPartition], bool]) -> tuple[TopicPartition, ...]:
        """The assigned partitions whose state is so."""
        return tuple(partition for partition, state in self._assigned.items() if holds(state))

    def states(self, partitions: Iterable[TopicPartition]) -> Iterator[AssignedPartition]:
        """The states of those of *partitions* that are assigned."""
        return (self._assigned[partition] for partition in partitions if partition in self._assigned)

    def has_all_positions(self) -> bool:
        """Whether all that is assigned can be read from."""
        return None not in [state.valid_position for state in self._assigned.values()]

    def all_consumed(self) -> dict[TopicPartition, OffsetAndMetadata]:
        """All positions, as commits say them (``allConsumed``)."""
        return {
            partition: OffsetAndMetadata(state.position.offset, state.position.offset_epoch)
            for partition, state in self._assigned.items()
            if state.state == "fetching" and state.position is not None
        }

    def reset_initializing(self) -> None:
        """
        What has no position and no committed offset starts where ``auto.offset.reset`` says.

        Raises:
            NoOffsetForPartitionError: It is none.
        """
        missing = list(self.where(lambda state: state.is_initializing))
        if self.reset.kind == "none" and missing:
            raise NoOffsetForPartitionError(missing)
        for state in self.states(missing):
            state.request_reset(self.reset)

    def move_to_end(self, partition: TopicPartition) -> None:
        """Other partitions come first when the next fetch is made."""
        if partition in self._assigned:
            self._assigned[partition] = self._assigned.pop(partition)

    def _set_kind(self, kind: SubscriptionKind) -> None:
        if self.kind not in ("none", kind):
            raise ValueError("Subscription to topics, partitions and pattern are mutually exclusive")
        self.kind = kind

    def _change(self, topics: Iterable[str]) -> bool:
        wanted = tuple(sorted(set(topics)))
        is_news, self.topics = wanted != self.topics, wanted
        return is_news

    def _set_assigned(self, partitions: Iterable[TopicPartition]) -> None:
        self._assigned = {partition: self._assigned.get(partition) or self._new() for partition in partitions}

    def _new(self) -> AssignedPartition:
        self._assignments += 1
        return AssignedPartition(number=self._assignments)
