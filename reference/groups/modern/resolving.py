"""
Which topics the regular expressions of a consumer group stand for.

They are resolved together, and a moment after somebody subscribes: a member that brings a new one is first answered
without its topics.

Source: ``GroupMetadataManager``: ``maybeUpdateRegularExpressions``, ``handleRegularExpressionsResult``,
``maybeDeleteResolvedRegularExpressions``; ``TopicRegexResolver``.
"""

from collections import Counter
from collections.abc import Sequence
from functools import partial

import attrs

from ackproof.reference.groups.modern import recording
from ackproof.reference.groups.modern.group import ConsumerGroup, Resolved
from ackproof.reference.groups.modern.member import ConsumerMember
from ackproof.reference.groups.modern.metadata_hash import metadata_hash
from ackproof.reference.groups.record import StateRecord
from ackproof.reference.groups.regex import matching, validate_regex
from ackproof.reference.groups.shards.shard import Shard
from ackproof.reference.groups.shards.timers import Key

REFRESH_MIN_INTERVAL_MS = 10_000


def subscribe(
    shard: Shard, group: ConsumerGroup, before: ConsumerMember, after: ConsumerMember, records: list[StateRecord]
) -> bool:
    """
    A member may subscribe by another expression than before; whether that begins a new epoch at once.

    *records* are added to. Expressions that are to be resolved are so a moment later.

    Raises:
        KafkaError: INVALID_REGULAR_EXPRESSION.
    """
    old, new = before.subscribed_topic_regex, after.subscribed_topic_regex
    begins_epoch = is_new = False
    if old != new:
        if old and group.subscribers(old) == 1:
            records.append(recording.without_regex(group.group_id, old))
        is_new = bool(new) and group.subscribers(new) == 0
        if is_new:
            validate_regex(new)
        begins_epoch = (new in group.resolved and not is_new) if new else bool(old)
    if is_new or group.subscribed_regexes:
        _resolve_if_due(shard, group, before, after, is_due=is_new)
    return begins_epoch


def _resolve_if_due(
    shard: Shard, group: ConsumerGroup, before: ConsumerMember, after: ConsumerMember, *, is_due: bool
) -> None:
    last = next(iter(group.resolved.values()), None)
    if _key(group) in shard.timers or (last and shard.now_ms <= last.at_ms + REFRESH_MIN_INTERVAL_MS):
        return
    regexes = Counter(group.subscribed_regexes)
    regexes.subtract([before.subscribed_topic_regex] if regexes[before.subscribed_topic_regex] else [])
    regexes.update([after.subscribed_topic_regex])
    names = [regex for regex in regexes if regex and regexes[regex]]
    interval_ms = shard.settings.group_consumer_regex_refresh_interval_ms
    is_due = is_due or len(names) != len(group.resolved)
    is_due = is_due or (last.version if last else 0) < shard.topics.newest_topic_version
    is_due = is_due or (last is not None and shard.now_ms > last.at_ms + interval_ms)
    if is_due and names:
        shard.timers.schedule(_key(group), 0, partial(_resolve, shard, group.group_id, names))


def _key(group: ConsumerGroup) -> Key:
    return ("regex", group.group_id)


def _resolve(shard: Shard, group_id: str, regexes: Sequence[str]) -> None:
    group = shard.groups.get(group_id)
    if not isinstance(group, ConsumerGroup):
        return
    topics = shard.topics
    found = {
        regex: Resolved(matching(regex, topics.names), topics.version, shard.now_ms)
        for regex in regexes
        if group.subscribers(regex)
    }
    records = [recording.regex(group_id, regex, resolved) for regex, resolved in found.items()]
    after = {
        member.member_id: attrs.evolve(member, matched_topics=found[member.subscribed_topic_regex].topics)
        if member.subscribed_topic_regex in found
        else member
        for member in group.members.values()
    }
    is_other = any(group.matched(regex) != resolved.topics for regex, resolved in found.items())
    hashed = metadata_hash(after.values(), topics)
    epoch = group.epoch + (is_other or hashed != group.metadata_hash)
    if epoch > group.epoch:
        records.append(recording.epoch(group_id, epoch, hashed))
    shard.keep(records)
    if epoch > group.epoch:
        shard.looks.note(group_id, epoch, after.values(), topics)


def forgotten(group: ConsumerGroup, gone: Sequence[ConsumerMember]) -> list[StateRecord]:
    """The expressions that nobody subscribes by any more once these members are gone."""
    counts = Counter(member.subscribed_topic_regex for member in gone if member.subscribed_topic_regex)
    return [
        recording.without_regex(group.group_id, regex)
        for regex, count in counts.items()
        if group.subscribers(regex) == count
    ]
