"""
Partitions that are added to the topic: the group rebalances, and a key may move.

The one partition of this half was there before. Where the key moves, what is sent later goes to a partition that is
added. Its reader is perfect: what can happen to a member has already happened to those of the first partition. What is
new is where it starts, and that nothing orders the two.
"""

from collections.abc import Iterator

import attrs

from ackproof.model.consume.consumer import Consumers, with_status
from ackproof.model.consume.coordinator import Coordinator, Protocol, is_completing, is_stable
from ackproof.model.consume.log import Added, Group, History, Log, Memory, noted
from ackproof.model.consume.membership import can_rebalance, rebalanced
from ackproof.model.consume.rules import ConsumerRules, resets
from ackproof.model.naming import record_name
from ackproof.model.system import Next, action


def can_see_more(consumers: Consumers, consumer: ConsumerRules) -> bool:
    """Whether a group has started that can rebalance because its leader sees more partitions."""
    return bool(with_status(consumers, "member", "owner")) and can_rebalance(consumers, consumer)


@action(fault="partitions-added", when={"consumers": can_see_more})
def partitions_added(consumer: ConsumerRules, consumers: Consumers, group: Group) -> Iterator[Next]:
    """
    The topic gets more partitions, and the group rebalances.

    Source: ``ConsumerCoordinator.rejoinNeededOrPending`` of the group's leader; under the new protocol the group
    coordinator sees it by itself (``GroupMetadataManager.onNewMetadataImage``).
    """
    yield from rebalanced(consumer, consumers, group, "the topic gets more partitions")


def has_group(coordinator: Coordinator) -> bool:
    """Whether a group has started."""
    return bool(coordinator.members)


@action(fault="partitions-added", when={"coordinator": has_group})
def partitions_added_in_steps(protocol: Protocol, coordinator: Coordinator) -> Iterator[Next]:
    """The same where the members hear of the rebalance one by one."""
    yield Next("the topic gets more partitions", coordinator=protocol.with_more_partitions(coordinator))


def has_one_partition(log: Log) -> bool:
    """Whether none was added."""
    return log.added is None


@action(fault="partitions-added", when={"log": has_one_partition})
def key_moves(log: Log) -> Iterator[Next]:
    """The topic gets more partitions, and the key moves to one of them (``BuiltInPartitioner.partitionForKey``)."""
    yield Next("the topic gets more partitions, and the key moves to a new one", log=attrs.evolve(log, added=Added()))


def has_room_somewhere(log: Log, records: int) -> bool:
    """Whether a record is still to come."""
    return sent_so_far(log) < records


def sent_so_far(log: Log) -> int:
    """How many records were appended."""
    return log.end + (len(log.added.records) if log.added else 0)


@action(fair=False, when={"log": has_room_somewhere})
def append(log: Log, records: int) -> Iterator[Next]:
    """The next record is appended to the partition that its key belongs to now."""
    record = sent_so_far(log)
    if log.added is None:
        yield Next(f"{record_name(record)} is appended", log=attrs.evolve(log, records=(*log.records, record)))
    else:
        after = attrs.evolve(log.added, records=(*log.added.records, record))
        says = f"{record_name(record)} is appended to the new partition"
        yield Next(says, log=attrs.evolve(log, added=after))


def is_undiscovered(log: Log) -> bool:
    """Whether the group has not seen a partition that was added."""
    return log.added is not None and log.added.position is None


@action(when={"log": is_undiscovered, "consumers": can_see_more})
def discover(consumer: ConsumerRules, consumers: Consumers, group: Group, log: Log) -> Iterator[Next]:
    """The group sees the new partition in its metadata, rebalances, and starts there by ``auto.offset.reset``."""
    for says, after in started(consumer, log):
        for outcome in rebalanced(consumer, consumers, group, says):
            yield Next(outcome.says, **outcome.changes, log=after)


def is_unseen(log: Log) -> bool:
    """Whether the group does not know of the partition that was added."""
    return log.added is not None and not log.added.is_seen


@action(when={"log": is_unseen, "coordinator": has_group})
def see_added(protocol: Protocol, coordinator: Coordinator, log: Log) -> Iterator[Next]:
    """
    The group sees the new partition in its metadata, and begins to rebalance; or its leader sees it as it assigns.

    Source: ``ConsumerCoordinator``: ``rejoinNeededOrPending``, ``updateGroupSubscription``.
    """
    if log.added is not None:
        seen = attrs.evolve(log, added=attrs.evolve(log.added, is_seen=True))
        says = "the group sees the new partition"
        yield Next(says, coordinator=protocol.with_more_partitions(coordinator), log=seen)
        if is_completing(coordinator):
            yield Next(f"{says} as its leader assigns", coordinator=coordinator, log=seen)


def is_unassigned(log: Log) -> bool:
    """Whether the group is to assign a partition that was added."""
    return log.added is not None and log.added.is_seen and not log.added.is_assigned


@action(when={"log": is_unassigned}, sees={"coordinator": is_stable})
def assign_added(coordinator: bool, log: Log) -> Iterator[Next]:
    """A member is assigned the new partition."""
    if coordinator and log.added is not None:
        assigned = attrs.evolve(log, added=attrs.evolve(log.added, is_assigned=True))
        yield Next("a member is assigned the new partition", log=assigned)


def is_unstarted(log: Log) -> bool:
    """Whether nobody has started in a partition that was added and assigned."""
    return is_undiscovered(log) and log.added is not None and log.added.is_assigned


@action(when={"log": is_unstarted})
def discover_in_steps(consumer: ConsumerRules, log: Log) -> Iterator[Next]:
    """Who is assigned the new partition starts there, be it that the group rebalances again, and it has not heard."""
    for says, after in started(consumer, log):
        yield Next(says, log=after)


def started(rules: ConsumerRules, log: Log) -> Iterator[tuple[str, Log]]:
    """
    Where the group may start in the new partition.

    With latest it skips what was sent before (``ConsumerConfig.AUTO_OFFSET_RESET_DOC``); with none it does not start.
    """
    if log.added is not None:
        for offset in resets(rules.reset, 0, len(log.added.records)):
            says = f"the group discovers the new partition and starts there at offset {offset}"
            yield says, attrs.evolve(log, added=attrs.evolve(log.added, position=offset))


def has_unread(log: Log) -> bool:
    """Whether the new partition holds a record that the group is to read."""
    return log.added is not None and log.added.position is not None and log.added.position < len(log.added.records)


@action(when={"log": has_unread})
def read_added(log: Log, history: History, memory: Memory) -> Iterator[Next]:
    """The next record of the new partition is processed, whatever the reader of the first one does."""
    if log.added is None or log.added.position is None:
        return
    record = log.added.records[log.added.position]
    after = attrs.evolve(log.added, position=log.added.position + 1)
    says = f"{record_name(record)} is processed from the new partition"
    yield Next(says, log=attrs.evolve(log, added=after), history=noted(history, record, memory))
