"""A member that commits automatically."""

from kio.schema.offset_commit.v9.request import OffsetCommitRequest

from ackproof.model.consume.auto_commit import (
    AutoCommit,
)
from ackproof.model.consume.rules import ConsumerRules
from ackproof.reference.consumer.consumer import Consumer
from tests.reference.consumer.scripted_group import ScriptedGroup


def scene(rule: AutoCommit | None = None, **settings: object) -> tuple[ScriptedGroup, Consumer]:
    """A member that has read one record of two, and commits automatically every second."""
    group = ScriptedGroup()
    group.append("a", "b")
    rules = ConsumerRules() if rule is None else ConsumerRules(auto_commit=rule)
    given = {"rules": rules, "enable_auto_commit": "true", "auto_commit_interval_ms": 1_000, "max_poll_records": 1}
    consumer = group.joined(None, **{**given, **settings})
    return group, consumer


def commits(group: ScriptedGroup) -> list[int]:
    """The offsets that were sent, in order."""
    return [
        int(request.topics[0].partitions[0].committed_offset)
        for request in group.asked("offset_commit", OffsetCommitRequest)
    ]


def rebalance(group: ScriptedGroup, consumer: Consumer) -> None:
    group.rebalance()
    group.poll(consumer)
