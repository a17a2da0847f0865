"""A consumer group: its epochs, its members and what they are to be assigned."""

from collections.abc import Mapping
from typing import Literal
from uuid import UUID

import attrs
from kio.schema.errors import ErrorCode

from ackproof.reference.groups.java import SMALLEST_TIMELINE_TABLE, strings_in_slot_order
from ackproof.reference.groups.modern.member import ConsumerMember, MemberState, Partition, Partitions
from ackproof.reference.protocol.errors import KafkaError

State = Literal["Empty", "Assigning", "Reconciling", "Stable"]

Votes = Mapping[str, int]

INITIAL_EPOCH = 1
NOTHING: Partitions = frozenset()


@attrs.frozen
class Resolved:
    """
    What a regular expression was last resolved to (``ResolvedRegularExpression``).

    Attributes:
        version: Of the metadata that the topics were looked for in.
    """

    topics: frozenset[str]
    version: int
    at_ms: int


@attrs.frozen
class ConsumerGroup:
    """
    A group of the consumer protocol (``ConsumerGroup``).

    Attributes:
        epoch: Counts changes of who is in it, what they subscribe to, and the topics themselves.
        metadata_hash: Of the topics that it subscribes to.
        assignment_epoch: The group epoch that the target assignment is for.
        assignment_timestamp_ms: When it was computed; 0 if that is not known.
        slots: How many places there are for them, which decides about their order where ids share one elsewhere.
        static_members: The member id of each instance id; one that changed its instance id has two.
        votes: How many members would have which assignor.
        targets: What each member is to have in the end.
        target_topics: The topics of that, in the order of its record.
        partition_epochs: The partitions that have an owner, and its epoch.
        resolved: The regular expressions that members subscribe by, as far as they are resolved.
        resolved_then: The same as it was when a member last changed.
    """

    group_id: str
    epoch: int = INITIAL_EPOCH
    metadata_hash: int = 0
    assignment_epoch: int = INITIAL_EPOCH
    assignment_timestamp_ms: int = 0
    members: Mapping[str, ConsumerMember] = attrs.Factory(dict[str, ConsumerMember])
    slots: int = SMALLEST_TIMELINE_TABLE
    static_members: Mapping[str, str] = attrs.Factory(dict[str, str])
    votes: Votes = attrs.Factory(dict[str, int])
    targets: Mapping[str, Partitions] = attrs.Factory(dict[str, Partitions])
    target_topics: Mapping[str, tuple[UUID, ...]] = attrs.Factory(dict[str, tuple[UUID, ...]])
    partition_epochs: Mapping[Partition, int] = attrs.Factory(dict[Partition, int])
    resolved: Mapping[str, Resolved] = attrs.Factory(dict[str, Resolved])
    resolved_then: Mapping[str, Resolved] = attrs.Factory(dict[str, Resolved])

    @property
    def state(self) -> State:
        """How far it is."""
        if not self.members:
            return "Empty"
        if self.epoch > self.assignment_epoch:
            return "Assigning"
        if all(member.is_reconciled_to(self.assignment_epoch) for member in self.members.values()):
            return "Stable"
        return "Reconciling"

    @property
    def in_order(self) -> tuple[str, ...]:
        """The ids of its members as Kafka meets them."""
        return tuple(strings_in_slot_order(self.members, self.slots))

    @property
    def is_empty(self) -> bool:
        """Whether nobody is in it."""
        return not self.members

    @property
    def subscribed_regexes(self) -> list[str]:
        """The regular expressions that members subscribe by, each as often as members do."""
        return [member.subscribed_topic_regex for member in self.members.values() if member.subscribed_topic_regex]

    def subscribers(self, regex: str) -> int:
        """How many members subscribe by *regex*."""
        return self.subscribed_regexes.count(regex)

    def matched(self, regex: str) -> frozenset[str]:
        """The topics that *regex* was last resolved to."""
        return self.resolved[regex].topics if regex in self.resolved else frozenset()

    @property
    def classic_members(self) -> int:
        """How many of its members use the classic protocol."""
        return sum(member.is_classic for member in self.members.values())

    def member(self, member_id: str) -> ConsumerMember:
        """
        The member with this id.

        Raises:
            KafkaError: UNKNOWN_MEMBER_ID.
        """
        if member_id not in self.members:
            raise KafkaError(ErrorCode.unknown_member_id, f"{member_id} is not in {self.group_id}")
        return self.members[member_id]

    def static_member(self, instance_id: str | None) -> ConsumerMember | None:
        """
        The member with this instance id; None if there is none.

        Raises:
            KafkaError: UNKNOWN_MEMBER_ID: it is gone, and had taken another instance id before.
        """
        if instance_id is None or instance_id not in self.static_members:
            return None
        return self.member(self.static_members[instance_id])

    def target(self, member_id: str) -> Partitions:
        """What a member is to have in the end."""
        return self.targets.get(member_id, NOTHING)

    def target_in_order(self, member_id: str) -> list[Partition]:
        """The same, topic by topic in the order of its record."""
        places = {topic_id: place for place, topic_id in enumerate(self.target_topics.get(member_id, ()))}
        target = sorted(self.target(member_id))
        return sorted(target, key=lambda partition: places.get(partition[0], len(places)))

    def is_subscribed_to(self, topic: str) -> bool:
        """Whether *topic* may be read, so that its offsets have to stay."""
        return any(topic in member.topics for member in self.members.values())

    def supports(self, protocol_type: str, names: tuple[str, ...]) -> bool:
        """Whether a member that uses the classic protocol may join with these protocols."""
        if protocol_type != "consumer":
            return False
        classic = [member for member in self.members.values() if member.is_classic]
        return any(all(name in member.classic_protocol_names for member in classic) for name in names)

    def waits_for_release(self, member: ConsumerMember) -> bool:
        """Whether something that *member* is to get still has another owner."""
        return member.state == MemberState.UNRELEASED_PARTITIONS and any(
            partition in self.partition_epochs for partition in self.target(member.member_id) - set(member.assigned)
        )


def preferred_assignor(votes: Votes, default: str) -> str:
    """The assignor that most members would have, the first of several; *default* if nobody says."""
    return max(votes, key=lambda name: votes[name], default=default)


def recounted(
    votes: Votes, before: ConsumerMember | None, after: ConsumerMember | None, *, new_is_first: bool = False
) -> Votes:
    """
    The votes once a member has changed.

    Their order decides a tie. A name that nobody had voted for is first in the copy that Kafka decides by.

    Source: ``ConsumerGroup.maybeUpdateServerAssignors``, ``computePreferredServerAssignor``; ``HashMap.compute``.
    """
    counts = dict(votes)
    if before and before.server_assignor in counts:
        counts[before.server_assignor] -= 1
    left = {name: count for name, count in counts.items() if count}
    if after is None or after.server_assignor is None:
        return left
    name = after.server_assignor
    new = {name: left.get(name, 0) + 1, **left} if name not in left else {**left, name: left[name] + 1}
    return new if new_is_first else {key: new[key] for key in strings_in_slot_order(new)}
