"""What must hold inside clients and tools, beside what decides delivery between them."""

from collections.abc import Hashable

import attrs

from ackproof.model.mechanisms.accumulator import (
    AccumulatorRules,
    Application,
    Queues,
    Requests,
    is_full,
    memory_in_use,
    ready,
)
from ackproof.model.mechanisms.lag import Log, Reader, lag_of_the_client, lag_of_the_tool
from ackproof.model.mechanisms.lagging import LagRules
from ackproof.model.mechanisms.offsets import Entries, OffsetRules, messages
from ackproof.model.mechanisms.poll_loop import Client, PollRules
from ackproof.properties.property import Property, always, sometimes


def never(wanted: Property) -> Property:
    """The statement that *wanted* is true of no state: what violates it is a shortest way to such a state."""

    def holds(*seen: Hashable) -> bool:
        return not wanted.function(*seen)

    return attrs.evolve(wanted, function=holds, name=f"never {wanted.name}", says=f"Never: {wanted.says}")


# The accumulator.


@always(source="BufferPool; ProducerConfig.BUFFER_MEMORY_DOC")
def memory_stays_within_the_pool(accumulator: AccumulatorRules, queues: Queues, requests: Requests) -> bool:
    """What waits and what is in flight takes no more than buffer.memory."""
    return memory_in_use(accumulator, queues, requests) <= accumulator.buffer_memory


@always(source="ProducerConfig.MAX_BLOCK_MS_DOC; BufferPool.allocate")
def no_send_waits_longer_than_max_block(accumulator: AccumulatorRules, application: Application) -> bool:
    """A send waits for memory for less than max.block.ms."""
    return application.waited is None or application.waited < accumulator.max_block


@always(source="ProducerConfig.LINGER_MS_DOC; RecordAccumulator.batchReady")
def what_has_lingered_is_ready(accumulator: AccumulatorRules, application: Application, queues: Queues) -> bool:
    """A batch that is full or has waited for linger.ms is ready to be sent."""
    due = (
        partition
        for partition, queue in enumerate(queues)
        if queue and (is_full(accumulator, queue[0]) or queue[0].age >= accumulator.linger)
    )
    return ready(accumulator, application, queues).issuperset(due)


@always(source="RecordAccumulator.drainBatchesForOneNode; ProduceRequest.validateRecords")
def a_request_has_one_batch_of_a_partition(requests: Requests) -> bool:
    """A request holds at most one batch of each partition."""
    return all(len({batch.partition for batch in request}) == len(request) for request in requests)


@sometimes(source="RecordAccumulator.drainBatchesForOneNode")
def a_lingering_batch_is_sent(requests: Requests) -> bool:
    """A request holds a batch that is not ready by itself."""
    return any(not batch.why_sent for request in requests for batch in request)


@sometimes(source="BufferPool.allocate")
def a_send_fails_for_want_of_memory(application: Application) -> bool:
    """A send has failed with BufferExhaustedException."""
    return bool(application.failed)


@sometimes(source="RecordAccumulator.append")
def a_batch_is_larger_than_batch_size(accumulator: AccumulatorRules, requests: Requests) -> bool:
    """A batch is larger than batch.size: it holds one record."""
    return any(batch.size > accumulator.batch_size for request in requests for batch in request)


# The poll loop.


@always(source="ClassicKafkaConsumer.poll; ConsumerCoordinator.maybeAutoCommitOffsetsAsync")
def what_is_committed_is_processed(committed: int | None, processed: tuple[int, ...]) -> bool:
    """Every record below the committed offset is processed."""
    return set(range(committed or 0)) <= set(processed)


@always(source="FetchCollector.fetchRecords")
def the_position_is_behind_what_was_handed_out(client: Client, processed: tuple[int, ...]) -> bool:
    """Every record below the position has been handed out: what is only buffered does not move it."""
    return set(range(client.position or 0)) <= {*processed, *client.in_hand}


@always(source="ConsumerConfig.MAX_POLL_RECORDS_DOC")
def a_poll_returns_no_more_than_asked_for(rules: PollRules, client: Client) -> bool:
    """A poll returns at most max.poll.records."""
    return rules.max_poll_records is None or len(client.in_hand) <= rules.max_poll_records


@sometimes(source="Fetcher.sendFetches")
def a_record_is_fetched_and_not_handed_out(client: Client) -> bool:
    """The application holds a record, and the next one waits in the fetch buffer."""
    return client.task is None and bool(client.in_hand) and client.buffered > 0


@sometimes(source="ConsumerCoordinator.maybeAutoCommitOffsetsAsync")
def something_is_committed(committed: int | None) -> bool:
    """An offset beyond the first one is committed."""
    return (committed or 0) > 0


@sometimes(source="KafkaConsumer, Offsets and Consumer Position")
def a_record_comes_again(client: Client, processed: tuple[int, ...]) -> bool:
    """The application is handed a record that it has processed before."""
    return bool(set(client.in_hand) & set(processed))


# Lag.


@always(source="UnifiedLog.lastStableOffset; FetchIsolation; ListOffsetsRequest")
def offsets_are_in_order(rules: LagRules, log: Log, reader: Reader) -> bool:
    """Committed offset, position, the end of what is readable, and log end offset never overtake each other."""
    ends = (log.readable(rules.isolation), log.high_watermark, log.log_end_offset)
    offsets = (reader.committed or 0, reader.position, *ends)
    return list(offsets) == sorted(offsets)


@always(source="ConsumerGroupCommand.getLag")
def no_lag_means_that_all_is_committed(rules: LagRules, log: Log, reader: Reader) -> bool:
    """The lag is zero just when the group has committed all that is replicated."""
    is_done = reader.committed == log.high_watermark
    return (rules.lag(log, reader, rules.isolation) == 0) == is_done


@always(source="ConsumerGroupCommand.getLag")
def the_lag_is_not_negative(log: Log, reader: Reader) -> bool:
    """The lag that the tool prints is not negative."""
    return (lag_of_the_tool(log, reader, "read_uncommitted") or 0) >= 0


@sometimes(source="SubscriptionState.partitionLag; ConsumerGroupCommand.getLag")
def only_the_tool_sees_lag(rules: LagRules, log: Log, reader: Reader) -> bool:
    """The consumer has read and committed all that it may, so its own lag is zero, while the tool prints more."""
    is_done = reader.committed == reader.position and lag_of_the_client(log, reader, rules.isolation) == 0
    return is_done and (lag_of_the_tool(log, reader, rules.isolation) or 0) > 0


# Offsets and messages.


@always(source="folklore; CompletedFetch.nextFetchedRecord")
def offsets_count_messages(rules: OffsetRules, log_end_offset: int, entries: Entries) -> bool:
    """A reader that starts at offset 0 is given as many messages as the log end offset says."""
    return messages(entries, rules) == log_end_offset


@always(source="CompletedFetch.nextFetchedRecord")
def there_are_no_more_messages_than_offsets(rules: OffsetRules, log_end_offset: int, entries: Entries) -> bool:
    """A reader that starts at offset 0 is given at most as many messages as the log end offset says."""
    return messages(entries, rules) <= log_end_offset


@sometimes(source="LogCleaner; WriteTxnMarkers")
def an_offset_holds_no_message(rules: OffsetRules, log_end_offset: int, entries: Entries) -> bool:
    """The log has fewer messages than offsets."""
    return messages(entries, rules) < log_end_offset
