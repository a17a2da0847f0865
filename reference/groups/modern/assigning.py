"""
The target assignment of a consumer group: who is to have what in the end.

Source: ``TargetAssignmentBuilder``, ``GroupMetadataManager.maybeUpdateTargetAssignment``.
"""

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from uuid import UUID

from ackproof.model.groups.assignors import ServerAssign
from ackproof.reference.groups.java import strings_in_hash_order
from ackproof.reference.groups.modern.group import ConsumerGroup, Resolved
from ackproof.reference.groups.modern.heterogeneous import uniform_of_different_subscriptions
from ackproof.reference.groups.modern.member import ConsumerMember, Partition
from ackproof.reference.groups.modern.older import OLDER
from ackproof.reference.groups.modern.ranges import ranges
from ackproof.reference.groups.modern.spec import Spec, Targets
from ackproof.reference.groups.modern.uniform import uniform_of_same_subscriptions
from ackproof.reference.groups.topics import Topics


def uniform(spec: Spec) -> Targets:
    """As even as can be, with as little as possible taken from anybody (``UniformAssignor``)."""
    if spec.is_homogeneous:
        return uniform_of_same_subscriptions(spec)
    return uniform_of_different_subscriptions(spec)


ASSIGNORS: Mapping[str, Callable[[Spec], Targets]] = {"uniform": uniform, "range": ranges}


def targets_of(
    group: ConsumerGroup,
    members: Mapping[str, ConsumerMember],
    topics: Topics,
    assignor: str,
    rule: ServerAssign,
    *,
    is_homogeneous: bool,
) -> dict[str, tuple[Partition, ...]]:
    """
    The next target of each of *members*, who are in *group* as soon as what happens now is written.

    A static member that returns goes on from the target of its former self. If *is_homogeneous*, the first member's
    topics count for all.

    Raises:
        UnexpectedError: The assignor cannot assign.
    """
    spec = _spec(group, members, topics, is_homogeneous=is_homogeneous)
    targets: Targets = _assign(spec, assignor, rule) if members else {}
    return {member_id: tuple(targets.get(member_id, ())) for member_id in spec.members}


def _assign(spec: Spec, assignor: str, rule: ServerAssign) -> Targets:
    """As the *assignor* of this name does, which is another one in older brokers, that have a *rule* of their own."""
    name, older = OLDER.get(rule, ("", ASSIGNORS[assignor]))
    return older(spec) if name == assignor and spec.is_homogeneous else ASSIGNORS[assignor](spec)


def _spec(group: ConsumerGroup, members: Mapping[str, ConsumerMember], topics: Topics, *, is_homogeneous: bool) -> Spec:
    in_order = tuple(strings_in_hash_order(sorted(members, key=[*group.in_order, *members].index)))
    ids = dict.fromkeys(topic_id for member_id in in_order for topic_id in _ids_in_order(members[member_id], topics))
    return Spec(
        in_order,
        {member_id: member.instance_id for member_id, member in members.items()},
        {member_id: subscribed_ids(member, topics) for member_id, member in members.items()},
        {member_id: _present_target(group, member) for member_id, member in members.items()},
        frozenset[Partition]().union(*group.targets.values()),
        {topic_id: _count(topics, topic_id) for topic_id in ids},
        is_homogeneous,
    )


def _present_target(group: ConsumerGroup, member: ConsumerMember) -> list[Partition]:
    former = group.static_member(member.instance_id)
    return group.target_in_order(member.member_id if former is None else former.member_id)


def _ids_in_order(member: ConsumerMember, topics: Topics) -> list[UUID]:
    """
    The ids of the topics that a member subscribes to, as Kafka puts them into hash tables.

    Source: ``TargetAssignmentBuilder.newMemberSubscriptionAndAssignment``, ``UnionSet``, ``TopicIds``.
    """
    names, matched = member.subscribed_topic_names, member.matched_topics
    several = (names, matched) if len(names) > len(matched) else (matched, names)
    in_order = dict.fromkeys(name for some in several for name in strings_in_hash_order(sorted(some)))
    return [topic_id for name in in_order if (topic_id := topics.topic_id(name)) is not None]


def subscribed_ids(member: ConsumerMember, topics: Topics) -> frozenset[UUID]:
    """The ids of the topics that a member subscribes to and that exist."""
    ids = (topics.topic_id(name) for name in member.topics)
    return frozenset(topic_id for topic_id in ids if topic_id is not None)


def are_subscribed_to_same(members: Collection[ConsumerMember], resolved: Mapping[str, Resolved]) -> bool:
    """
    Whether all subscribe to the same: to the same names, or by the same expression and to no names.

    All that is *resolved* counts, also what nobody subscribes by any more.

    Source: ``ConsumerGroup.subscriptionType``.
    """
    by_name = Counter(topic for member in members for topic in member.subscribed_topic_names)
    by_regex = Counter(topic for each in resolved.values() for topic in each.topics)
    regexes = {member.subscribed_topic_regex for member in members}
    if regexes <= {""}:
        return all(by_name[topic] == len(members) for topic in {*by_name, *by_regex})
    return len(regexes) == 1 and not by_name and all(count == 1 for count in by_regex.values())


def were_subscribed_to_same(group: ConsumerGroup) -> bool:
    """
    What the group knows of that: Kafka asks as a member changes, and not as an expression is resolved or forgotten.

    The expression of a member that leaves is forgotten after it, so that it still counts.

    Source: ``ConsumerGroup.maybeUpdateGroupSubscriptionType``; it is called by ``updateMember`` and ``removeMember``,
    not by ``updateResolvedRegularExpression`` and ``removeResolvedRegularExpression``.
    """
    return are_subscribed_to_same(group.members.values(), group.resolved_then)


def with_member(group: ConsumerGroup, member: ConsumerMember) -> dict[str, ConsumerMember]:
    """The members of *group* and *member*, which takes the place of its former self if it is static."""
    former = group.static_member(member.instance_id)
    members = dict(group.members)
    if former is not None:
        members.pop(former.member_id, None)
    return {**members, member.member_id: member}


def counted_with(group: ConsumerGroup, member: ConsumerMember) -> list[ConsumerMember]:
    """
    Whose subscriptions count as *member* comes: it stands for what it was, or for who had its instance id.

    One that takes another member's instance id, and was in the group by itself, still counts as what it was, too.

    Source: ``ConsumerGroup.computeSubscribedTopicNames``, ``GroupMetadataManager.updateSubscriptionMetadata``.
    """
    former = group.static_member(member.instance_id)
    replaced = member.member_id if former is None else former.member_id
    return [*(each for member_id, each in group.members.items() if member_id != replaced), member]


def may_assign(group: ConsumerGroup, interval_ms: int, now_ms: int) -> bool:
    """Whether enough time has passed since the last target (KIP-1263)."""
    return (
        group.assignment_timestamp_ms == 0 or interval_ms == 0 or now_ms >= group.assignment_timestamp_ms + interval_ms
    )


def _count(topics: Topics, topic_id: UUID) -> int:
    name = topics.topic_name(topic_id)
    count = None if name is None else topics.partition_count(name)
    assert count is not None
    return count
