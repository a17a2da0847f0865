"""What must hold of the consume half."""

from ackproof.model.consume.consumer import Consumer, Consumers
from ackproof.model.consume.log import Group, History, Log, processed
from ackproof.model.consume.rules import ConsumerRules, starting_offset
from ackproof.properties.property import always, sometimes


def as_readers(consumers: Consumers) -> Consumers:
    """What records depend on: owners and their positions, and one consumer that stands for all that hold records."""
    owners = (owner for owner in consumers if owner.status == "owner" and owner.position is not None)
    held = {held for consumer in consumers for held in consumer.held}
    return (
        *(Consumer("owner", owner.position, generation=owner.generation) for owner in owners),
        Consumer("stale", left_over=tuple(sorted(held))),
    )


@always(
    source="ConsumerConfig.AUTO_OFFSET_RESET_DOC; KafkaConsumer, Offsets and Consumer Position",
    sees={"consumers": as_readers, "history": processed},
)
def every_record_is_processed_or_can_still_be(
    consumer: ConsumerRules, log: Log, group: Group, consumers: Consumers, history: frozenset[int]
) -> bool:
    """Every record is processed, is in the hands of a consumer, or is still read by the group."""
    held = {record for present in consumers for _, record in present.held}
    restart = starting_offset(consumer, group.committed, log)
    readable = {
        record for offset, record in enumerate(log.records) if not is_skipped(offset, log, group, consumers, restart)
    }
    return history | held | readable >= set(log.records) and history.issuperset(log.passed)


def is_skipped(offset: int, log: Log, group: Group, consumers: Consumers, restart: int | None) -> bool:
    """Whether the owner is past *offset* and whoever starts after it would be too, or the log no longer has it."""
    is_passed = any(
        owner.position is not None and owner.position > offset for owner in consumers if is_owner(owner, group)
    )
    return offset < log.start or (is_passed and (restart is None or restart > offset))


def is_owner(consumer: Consumer, group: Group) -> bool:
    """Whether the group has assigned it the partition in the present generation."""
    return consumer.status == "owner" and consumer.generation == group.generation


@always(source="KafkaConsumer, Detecting Consumer Failures")
def no_record_is_processed_twice(history: History) -> bool:
    """No record is processed more than once."""
    return all(count < 2 for count in history.counts)


@always(source="KIP-41; FetchCollector")
def records_are_first_processed_in_order(history: History) -> bool:
    """Records are processed for the first time in the order of the log."""
    return not history.is_out_of_order


@always(source="KafkaConsumer.commitSync; ConsumerCoordinator.maybeAutoCommitOffsetsAsync", sees={"history": processed})
def committed_records_are_processed(log: Log, group: Group, history: frozenset[int]) -> bool:
    """
    Every record below the committed offset is processed.

    Claimed for commits after processing, for offsets that the sink stores with the results, and for the automatic
    commits of Java (but for KAFKA-18641) and kafka-python in the poll loop, where nothing is skipped: the group starts
    from the earliest offset, retention deletes nothing, and the application skips no record that it could not process.
    """
    return history.issuperset(log.records[: group.committed or 0])


@always(source="ConsumerPartitionAssignor")
def the_partition_has_one_owner(group: Group, consumers: Consumers) -> bool:
    """At most one consumer owns the partition in the present generation."""
    return sum(is_owner(consumer, group) for consumer in consumers) <= 1


@sometimes(source="KafkaConsumer.poll")
def a_record_is_processed(history: History) -> bool:
    """A record is processed."""
    return any(history.counts)


@sometimes(source="KafkaConsumer.poll")
def two_records_are_processed(history: History) -> bool:
    """Two different records are processed."""
    return sum(count > 0 for count in history.counts) > 1


@sometimes(source="OffsetMetadataManager.commitOffset")
def a_commit_is_accepted(group: Group) -> bool:
    """The group has a committed offset."""
    return group.committed is not None


@sometimes(source="ConsumerConfig.AUTO_OFFSET_RESET_DOC")
def an_owner_has_a_position(group: Group, consumers: Consumers) -> bool:
    """The owner of the partition has a position."""
    return any(is_owner(consumer, group) and consumer.position is not None for consumer in consumers)


@sometimes(source="KafkaConsumer, Detecting Consumer Failures")
def a_repeat_is_possible(consumers: Consumers, history: History) -> bool:
    """A consumer holds a record that was already processed, or that another one holds too."""
    held = [record for consumer in consumers for _, record in consumer.held]
    return len(held) > len(set(held)) or any(history.counts[record] > 0 for record in held)
