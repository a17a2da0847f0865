"""
What a member's request makes of its group: a new epoch, a new target, and the member a step closer to it.

Source: the steps 1 to 3 that ``consumerGroupHeartbeat`` and ``classicGroupJoinToConsumerGroup`` have in common.
"""

from collections.abc import Mapping

import attrs
from kio.schema.errors import ErrorCode

from ackproof.model.groups.assignors import ranges_kept
from ackproof.reference.groups.modern import recording
from ackproof.reference.groups.modern.assigning import (
    are_subscribed_to_same,
    counted_with,
    may_assign,
    subscribed_ids,
    targets_of,
    were_subscribed_to_same,
    with_member,
)
from ackproof.reference.groups.modern.group import NOTHING, ConsumerGroup, Votes, preferred_assignor, recounted
from ackproof.reference.groups.modern.member import ConsumerMember, Partitions
from ackproof.reference.groups.modern.metadata_hash import metadata_hash
from ackproof.reference.groups.modern.reconciling import Aim, reconciled
from ackproof.reference.groups.modern.resolving import subscribe
from ackproof.reference.groups.record import StateRecord
from ackproof.reference.groups.shards.shard import Shard
from ackproof.reference.protocol.errors import KafkaError


@attrs.frozen
class Moved:
    """
    A member, moved.

    Attributes:
        is_new_assignment: It differs from before in what it has or has to give up, or in its epoch.
    """

    member: ConsumerMember
    is_new_assignment: bool


class Move:
    """
    One member's request.

    Attributes:
        is_new_subscription: The member subscribes to other topics than before.
        group_epoch: What the group's epoch is then.
    """

    def __init__(
        self,
        shard: Shard,
        group: ConsumerGroup,
        before: ConsumerMember,
        described: ConsumerMember,
        records: list[StateRecord],
        *,
        former: ConsumerMember | None = None,
    ) -> None:
        """
        *records* are added to; those that tell of the member and of a new epoch are already after this.

        Args:
            shard: Where the group is.
            group: As it is until then.
            before: The member as it was, if it was not another one.
            described: As it describes itself.
            records: What is to be written.
            former: Whose place a static member takes.
        """
        self._shard = shard
        self._group = group
        self._before = before
        described = attrs.evolve(described, matched_topics=group.matched(described.subscribed_topic_regex))
        self._described = described
        self._records = records
        self._members = with_member(group, described)
        self._counted = counted_with(group, described)
        self._former = None if shard.rules.consumer.returning == "as it was" else former
        has_new_names = described.subscribed_topic_names != before.subscribed_topic_names
        self.is_new_subscription = has_new_names or described.subscribed_topic_regex != before.subscribed_topic_regex
        if described != before:
            records.append(recording.metadata(group.group_id, described))
        has_new_topics = subscribe(shard, group, before, described, records)
        self._begins_epoch = has_new_names or has_new_topics
        self._looks_at_topics = self._begins_epoch or shard.looks.is_due(group, shard.topics)
        self.group_epoch = self._begin_epoch()

    def _begin_epoch(self) -> int:
        """Another subscription begins a new epoch, and so do topics that are new, gone or larger."""
        shard, group = self._shard, self._group
        if not self._looks_at_topics:
            return group.epoch
        hashed = metadata_hash(self._counted, shard.topics)
        epoch = group.epoch + (self._begins_epoch or hashed != group.metadata_hash)
        if epoch > group.epoch:
            self._records.append(recording.epoch(group.group_id, epoch, hashed))
        if shard.groups.get(group.group_id) is group:
            shard.looks.note(group.group_id, epoch, self._counted, shard.topics)
        return epoch

    def towards_target(self, reported: Partitions | None) -> Moved:
        """The member, moved towards a target that is computed first if it is due."""
        epoch, target = self._target()
        return self.towards(epoch, target, reported)

    def towards_present_target(self, reported: Partitions | None) -> Moved:
        """The member, moved towards the target that there is."""
        return self.towards(self._group.assignment_epoch, self._present_target(), reported)

    def towards(self, epoch: int, target: Partitions, reported: Partitions | None) -> Moved:
        """The member, moved towards *target*."""
        member = self._described
        if not self.is_new_subscription and member.is_reconciled_to(epoch):
            return Moved(member, is_new_assignment=False)
        aim = Aim(
            epoch,
            target,
            reported,
            self._group.partition_epochs,
            subscribed_ids(member, self._shard.topics),
            self.is_new_subscription,
        )
        moved = reconciled(member, aim, self._shard.rules.consumer.reconcile)
        if moved != member:
            self._records.append(recording.current(self._group.group_id, moved))
        return Moved(moved, is_new_assignment=moved != member)

    def _target(self) -> tuple[int, Partitions]:
        group, settings, now_ms = self._group, self._shard.settings, self._shard.now_ms
        is_due = may_assign(group, settings.group_consumer_assignment_interval_ms, now_ms)
        if self._former is None and (group.assignment_epoch >= self.group_epoch or not is_due):
            return group.assignment_epoch, self._present_target()
        assignor = preferred_assignor(self._votes(), settings.group_consumer_assignors[0])
        rule = self._shard.rules.consumer.assign
        is_same = self._is_homogeneous
        targets = targets_of(group, self._assigned(), self._shard.topics, assignor, rule, is_homogeneous=is_same)
        for member_id, target in targets.items():
            if group.targets.get(member_id) != frozenset(target):
                self._records.append(recording.target(group.group_id, member_id, target))
        self._records.append(recording.target_epoch(group.group_id, self.group_epoch, now_ms))
        return self.group_epoch, frozenset(targets.get(self._described.member_id, ()))

    def _assigned(self) -> Mapping[str, ConsumerMember]:
        """
        Who is assigned something: not who takes its own place in older brokers, which take it out as its former self.

        Source: ``GroupMetadataManager.updateTargetAssignment`` of 3.8. In 3.7 ``consumerGroupHeartbeat`` has no target
        for it then, and raises an error, as ``RangeAssignor.membersPerTopic`` does where there is nobody else.
        """
        if self._former is None or self._former.member_id != self._described.member_id:
            return self._members
        rules = self._shard.rules.consumer
        others = {member_id: each for member_id, each in self._members.items() if member_id != self._former.member_id}
        if rules.returning == "assigned anew" or (rules.assign is ranges_kept and not others):
            raise KafkaError(ErrorCode.unknown_server_error, "there is no target for who takes its own place")
        return others

    @property
    def _is_homogeneous(self) -> bool:
        """Whether all subscribe to the same; Kafka asks that anew only when it looks at the topics."""
        if not self._looks_at_topics:
            return were_subscribed_to_same(self._group)
        resolved, regexes = self._group.resolved, {member.subscribed_topic_regex for member in self._counted}
        return are_subscribed_to_same(self._counted, {regex: resolved[regex] for regex in regexes if regex in resolved})

    def _votes(self) -> Votes:
        return recounted(self._group.votes, self._before, self._described, new_is_first=True)

    def _present_target(self) -> Partitions:
        """What the group's target gives the member, or its former self if it is static."""
        member = self._described
        if member.instance_id is None:
            return self._group.target(member.member_id)
        former = self._group.static_member(member.instance_id)
        return NOTHING if former is None else self._group.target(former.member_id)
