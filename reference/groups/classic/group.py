"""A classic group: who is in it, and how far it is with its next generation."""

from typing import Literal

import attrs
from kio.schema.errors import ErrorCode

from ackproof.reference.groups.classic.member import ClassicMember
from ackproof.reference.groups.errors import UnexpectedError
from ackproof.reference.groups.java import strings_in_hash_order
from ackproof.reference.groups.subscription import PROTOCOL_TYPE, MalformedError, read_topics
from ackproof.reference.protocol.errors import KafkaError

State = Literal["Empty", "PreparingRebalance", "CompletingRebalance", "Stable", "Dead"]


@attrs.define(eq=False)
class ClassicGroup:
    """
    A group of the classic protocol, or one that only has offsets (``ClassicGroup``).

    Attributes:
        state_timestamp_ms: Since when it has been in this state; None if its record does not say.
        protocol_type: None of a group that nobody has been in since it was made or loaded.
        protocol: The one selected for this generation.
        generation: Counts rebalances.
        static_members: The member id of each instance id.
        pending_members: The ids of those that were told to join again with these.
        pending_sync_members: Those of this generation that have not sent a SyncGroup.
        subscribed_topics: Of a group of consumers; None where that is not known.
        has_new_member: Somebody joined since the initial delay was last extended.
    """

    group_id: str
    state: State = "Empty"
    state_timestamp_ms: int | None = None
    generation: int = 0
    protocol_type: str | None = None
    protocol: str | None = None
    leader_id: str | None = None
    previous_state: State = "Dead"
    members: dict[str, ClassicMember] = attrs.Factory(dict[str, ClassicMember])
    static_members: dict[str, str] = attrs.Factory(dict[str, str])
    pending_members: set[str] = attrs.Factory(set[str])
    pending_sync_members: set[str] = attrs.Factory(set[str])
    subscribed_topics: frozenset[str] | None = None
    has_new_member: bool = False

    @property
    def in_order(self) -> list[ClassicMember]:
        """Its members as Kafka meets them."""
        return [self.members[member_id] for member_id in strings_in_hash_order(self.members)]

    @property
    def is_empty(self) -> bool:
        """Whether nobody is in it."""
        return self.state == "Empty"

    @property
    def is_simple(self) -> bool:
        """Whether it is there for its offsets only."""
        return self.protocol_type is None and self.is_empty and not self.pending_members

    @property
    def is_of_consumers(self) -> bool:
        """Whether its members are consumers, whose subscriptions the coordinator can read."""
        return self.protocol_type == PROTOCOL_TYPE

    @property
    def rebalance_timeout_ms(self) -> int:
        """The longest of its members."""
        return max((member.rebalance_timeout_ms for member in self.members.values()), default=0)

    @property
    def awaiting_join(self) -> int:
        """How many members wait for the next generation."""
        return sum(member.awaits_join for member in self.members.values())

    @property
    def have_all_joined(self) -> bool:
        """Whether nobody is missing for the next generation."""
        return self.awaiting_join == len(self.members) and not self.pending_members

    @property
    def can_rebalance(self) -> bool:
        """Whether it may begin to prepare a generation."""
        return self.state in ("Stable", "CompletingRebalance", "Empty")

    def enter(self, state: State, now_ms: int) -> None:
        """It is in another state."""
        self.previous_state, self.state = self.state, state
        self.state_timestamp_ms = now_ms

    def is_subscribed_to(self, topic: str) -> bool:
        """Whether *topic* may be read, so that its offsets have to stay."""
        return self.is_of_consumers if self.subscribed_topics is None else topic in self.subscribed_topics

    def validate_member(self, member_id: str, instance_id: str | None) -> None:
        """
        Whether a request is from a member.

        Raises:
            KafkaError: UNKNOWN_MEMBER_ID; FENCED_INSTANCE_ID if another member has the instance id.

        Source: ``ClassicGroup.validateMember``.
        """
        if instance_id is not None:
            present = self.static_members.get(instance_id)
            if present is not None and present != member_id:
                raise KafkaError(ErrorCode.fenced_instance_id)
            if present is None:
                raise KafkaError(ErrorCode.unknown_member_id)
        if member_id not in self.members:
            raise KafkaError(ErrorCode.unknown_member_id)

    # Who is in it.

    def add(self, member: ClassicMember) -> None:
        """A member joins; the first one leads."""
        if member.instance_id is not None:
            assert member.instance_id not in self.static_members
            self.static_members[member.instance_id] = member.member_id
        if not self.members:
            self.protocol_type = member.protocol_type
        if self.leader_id is None:
            self.leader_id = member.member_id
        self.members[member.member_id] = member
        self.pending_members.discard(member.member_id)

    def remove(self, member_id: str) -> None:
        """A member, also one that was only to join, is gone; if it led, another one does."""
        member = self.members.pop(member_id, None)
        if member and member.instance_id is not None:
            self.static_members.pop(member.instance_id, None)
        if self.leader_id == member_id:
            self.leader_id = next(iter(strings_in_hash_order(self.members)), None)
        self.pending_members.discard(member_id)
        self.pending_sync_members.discard(member_id)

    def rename(self, old_member_id: str, new_member_id: str) -> ClassicMember:
        """The static member with the old id is there under a new one, and waits for nothing."""
        member = attrs.evolve(
            self.members.pop(old_member_id),
            member_id=new_member_id,
            join_answer=None,
            sync_answer=None,
            is_new=False,
        )
        assert member.instance_id is not None
        self.members[new_member_id] = member
        self.static_members[member.instance_id] = new_member_id
        if self.leader_id == old_member_id:
            self.leader_id = new_member_id
        return member

    def elect_joined_leader(self) -> bool:
        """
        If the leader has not joined, somebody who has leads; whether there is one that has.

        Raises:
            UnexpectedError: The leader is no member, which only a record can say (``maybeElectNewJoinedLeader``).
        """
        if self.leader_id is None:
            return False
        leader = self.members.get(self.leader_id)
        if leader is None:
            raise UnexpectedError(f"the leader {self.leader_id} is no member")
        if not leader.awaits_join:
            joined = next((member for member in self.in_order if member.awaits_join), None)
            if joined is None:
                return False
            self.leader_id = joined.member_id
        return True

    # What they agree on.

    def supports(self, protocol_type: str, names: tuple[str, ...]) -> bool:
        """Whether somebody with these protocols may join: in a group that has members all must support one."""
        if self.is_empty:
            return bool(protocol_type) and bool(names)
        return self.protocol_type == protocol_type and any(self._is_common(name) for name in names)

    def select_protocol(self) -> str:
        """Each member votes for the first of its protocols that all support; the one with most votes wins."""
        votes: dict[str, int] = {}
        for member in self.in_order:
            vote = next(name for name in member.protocol_names if self._is_common(name))
            votes[vote] = votes.get(vote, 0) + 1
        return max(strings_in_hash_order(votes), key=lambda name: votes[name])

    def start_next_generation(self, now_ms: int) -> None:
        """
        Whoever is in the group now makes up the next generation.

        Raises:
            UnexpectedError: A subscription cannot be read at all; the generation has begun, its state has not.
        """
        self.generation += 1
        self.protocol = self.select_protocol() if self.members else None
        self.subscribed_topics = self.topics_of_members()
        self.enter("CompletingRebalance" if self.members else "Empty", now_ms)
        self.pending_sync_members.clear()

    def topics_of_members(self) -> frozenset[str] | None:
        """
        What members say that they subscribe to; None where that is not known.

        Raises:
            UnexpectedError: A subscription cannot be read at all.

        Source: ``ClassicGroup.computeSubscribedTopics``.
        """
        if not self.is_of_consumers:
            return None
        if not self.members:
            return frozenset()
        if self.protocol is None:
            return None
        try:
            return frozenset[str]().union(*(read_topics(member.metadata(self.protocol)) for member in self.in_order))
        except MalformedError:
            return None

    def _is_common(self, name: str) -> bool:
        return all(name in member.protocol_names for member in self.members.values())
