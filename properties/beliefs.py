"""What people take for granted of Kafka, as statements: some hold, most do not."""

from ackproof.model.beliefs.callbacks import Coordinator
from ackproof.model.beliefs.commits import Committed
from ackproof.model.beliefs.compaction import Reader, Segments, Write, as_table
from ackproof.model.beliefs.keyed import Partitions
from ackproof.model.beliefs.stable import Log, is_to_be_read, open_from
from ackproof.model.groups.classic import ClassicGroup
from ackproof.model.produce.network import Connection, Delayed, records_held_back
from ackproof.model.produce.producer import Producer
from ackproof.model.produce.replica import Replicas, has_leader, stored_records
from ackproof.properties.liveness import eventually
from ackproof.properties.property import always, sometimes

# What send() took


@always(source="KafkaProducer.send", when={"replicas": has_leader}, sees={"replicas": stored_records})
def what_send_took_is_stored_or_on_its_way(
    replicas: tuple[int, ...], connection: Connection, delayed: Delayed, producer: Producer
) -> bool:
    """Every record for which send() has returned is in the log of the leader, on its way there, or to be sent again."""
    requests = (*connection.requests, *connection.broken)
    on_its_way = {request.sent.record for request in requests} | records_held_back(delayed)
    waiting = {attempt.batch.record for attempt in producer.queue}
    return set(replicas) | on_its_way | waiting >= set(range(producer.next_record))


@sometimes(source="KafkaProducer.send")
def send_has_returned(producer: Producer) -> bool:
    """The application has called send()."""
    return producer.next_record > 0


@sometimes(source="ProducerStateEntry.findDuplicateBatch")
def six_records_are_stored(replicas: Replicas) -> bool:
    """The log of the leader holds more records than it remembers batches of a producer."""
    return len(set(stored_records(replicas))) > 5


# Compaction


@always(source="LogConfig, cleanup.policy")
def every_record_is_still_there(segments: Segments) -> bool:
    """Every record that was written is in the log."""
    return len(segments.entries) == segments.log_end_offset


@always(source="Cleaner.shouldRetainRecord")
def the_last_value_of_each_key_is_there(segments: Segments, writes: tuple[Write, ...]) -> bool:
    """The log has the last value of each key."""
    held = as_table({entry.key: entry.value for entry in segments.entries})
    return held == as_table(dict(writes[: segments.log_end_offset]))


def has_read_all(segments: Segments, reader: Reader) -> bool:
    """Whether nothing is left for the reader."""
    return all(entry.offset < reader.position for entry in segments.entries)


@always(source="TopicConfig.DELETE_RETENTION_MS_DOC")
def a_reader_at_the_end_has_the_last_values(segments: Segments, reader: Reader, writes: tuple[Write, ...]) -> bool:
    """A reader that has read everything has the last value of each key, and no others."""
    return not has_read_all(segments, reader) or reader.table == as_table(dict(writes[: segments.log_end_offset]))


@always(source="ConsumerGroupCommand.getLag")
def the_lag_is_what_is_left_to_read(segments: Segments, reader: Reader) -> bool:
    """The log end offset less the position is the number of records that are still to be read."""
    left = sum(entry.offset >= reader.position for entry in segments.entries)
    return segments.log_end_offset - reader.position == left


@sometimes(source="Cleaner.cleanSegments")
def a_record_is_cleaned_away(segments: Segments) -> bool:
    """The cleaner has removed a record."""
    return len(segments.entries) < segments.log_end_offset


@sometimes(source="KafkaConsumer.poll")
def a_reader_is_at_the_end(segments: Segments, reader: Reader) -> bool:
    """A reader has read everything, and something was written."""
    return segments.log_end_offset > 0 and has_read_all(segments, reader)


# Transactions and their readers


@always(source="ConsumerGroupCommand.getLag; KIP-98")
def the_lag_of_committed_transactions_counts_records(log: Log, position: int) -> bool:
    """While no transaction is open, log end offset less position is the number of records that are still to be read."""
    left = sum(is_to_be_read(log, offset) for offset in range(position, len(log)))
    return open_from(log) is not None or len(log) - position == left


@eventually(source="UnifiedLog.lastStableOffset; KIP-664")
def what_others_wrote_is_read(log: Log, position: int) -> bool:
    """At last every record is read that is in no transaction, or in a committed one."""
    return not any(is_to_be_read(log, offset) for offset in range(position, len(log)))


@sometimes(source="UnifiedLog.lastStableOffset")
def a_record_waits_behind_an_open_transaction(log: Log, position: int) -> bool:
    """A record outside any transaction stands behind an open transaction."""
    first = open_from(log)
    return first is not None and any(is_to_be_read(log, offset) for offset in range(first, len(log)))


@sometimes(source="KIP-98")
def a_transaction_has_ended(log: Log) -> bool:
    """A transaction has ended with a marker."""
    return any(entry.marker for entry in log)


# Keys


@always(source="BuiltInPartitioner.partitionForKey")
def records_of_a_key_are_processed_in_order(processed: tuple[int, ...]) -> bool:
    """Records of one key are processed in the order of sending."""
    return list(processed) == sorted(processed)


@sometimes(source="KafkaConsumer.poll")
def two_records_of_a_key_are_processed(processed: tuple[int, ...]) -> bool:
    """Two records of one key are processed."""
    return len(processed) > 1


@sometimes(source="CreatePartitions")
def records_of_a_key_are_in_two_partitions(partitions: Partitions) -> bool:
    """Two partitions hold records of one key."""
    return sum(bool(partition.records) for partition in partitions) > 1


# Members that stop


@always(source="KIP-345; AbstractCoordinator.maybeLeaveGroup")
def every_assigned_partition_is_read(group: ClassicGroup) -> bool:
    """While a group is stable, every partition that it has assigned belongs to a member that runs."""
    owners = (member for member in group.members if member.registration and member.registration.assigned)
    return group.state != "stable" or all(owner.runs for owner in owners)


# Commits


@always(source="ClassicGroup.validateOffsetCommit")
def offsets_are_committed_by_their_owner(committed: Committed) -> bool:
    """The committed offset of a partition is one that its owner committed."""
    return committed.by in (None, 0)


@always(source="OffsetMetadataManager.commitOffset")
def offsets_are_committed_upwards(committed: Committed) -> bool:
    """The committed offset of a partition never goes back."""
    return committed.offset == committed.highest


@always(source="ClassicGroup.validateOffsetCommit")
def offsets_are_committed_in_the_present_generation(committed: Committed) -> bool:
    """Every commit that is accepted names the generation in force."""
    return committed.is_present


@sometimes(source="OffsetMetadataManager.commitOffset")
def somebody_has_committed(committed: Committed) -> bool:
    """A member has committed an offset."""
    return committed.by is not None


@always(source="OffsetMetadataManager.commitOffset")
def asynchronous_commits_go_forwards(coordinator: Coordinator) -> bool:
    """The committed offset never goes back while an application commits what it has processed, in order."""
    return coordinator.committed == coordinator.highest


@sometimes(source="OffsetMetadataManager.commitOffset")
def an_asynchronous_commit_is_stored(coordinator: Coordinator) -> bool:
    """The coordinator has stored an asynchronous commit."""
    return coordinator.committed > 0
