"""Poll: in which order things happen before records are handed out."""

from collections.abc import Sequence

import attrs

from ackproof.reference.client.cluster import TopicPartition
from ackproof.reference.consumer.deadline import Deadline, deadline
from ackproof.reference.consumer.errors import WakeupError
from ackproof.reference.consumer.fetch.collecting import Fetch
from ackproof.reference.consumer.group import Group
from ackproof.reference.consumer.partition import AssignedPartition
from ackproof.reference.consumer.reading import Reading
from ackproof.reference.consumer.record import ConsumedRecord
from ackproof.reference.consumer.settings import ConsumerSettings
from ackproof.reference.kernel.clock import Clock
from ackproof.reference.kernel.future import Future, spawn

FOR_EVER_MS = 2**62

Collected = Sequence[tuple[ConsumedRecord, AssignedPartition]]
"""Records of a batch, and the assignments that they are from."""


@attrs.define(eq=False)
class Polling:
    """
    The loop of poll.

    Attributes:
        is_woken: Somebody wants poll to end.
        collected: What a batch has by now; an error leaves it to the next one.

    Source: ``ClassicKafkaConsumer``: ``poll``, ``updateAssignmentMetadataIfNeeded``, ``pollForFetches``;
    ``AsyncKafkaConsumer``, ``ApplicationEventProcessor`` for an ``AsyncPollEvent``.
    """

    clock: Clock
    reading: Reading
    group: Group | None
    settings: ConsumerSettings
    is_woken: bool = False
    collected: Collected = ()
    updating: Future[bool] | None = None
    updating_for: tuple[TopicPartition, ...] = ()

    async def poll(self, timeout_ms: int) -> list[ConsumedRecord]:
        """The next records, as soon as there are any; none after *timeout_ms*."""
        records = await self._next(self.settings.max_poll_records, deadline(self.clock, timeout_ms))
        self._hand_out(records)
        return records

    async def batch(self, most: int, timeout_ms: int) -> list[ConsumedRecord]:
        """
        What there is within *timeout_ms*, *most* records at most; what is revoked meanwhile is not among it.

        Offsets are stored as a record joins the batch, or as the batch is returned (librdkafka #4208).

        Source: librdkafka ``rd_kafka_q_serve_rkmessages``, ``rd_kafka_purge_outdated_messages``.
        """
        until, group = deadline(self.clock, timeout_ms), self.group
        is_stored_at_once = group is not None and group.auto_commit.rule.collects
        self._collect(())
        while len(self.collected) < most:
            records = await self._next(most - len(self.collected), until)
            if is_stored_at_once:
                self._hand_out(records)
            self._collect(records)
            if until.has_passed:
                break
        batch, self.collected = [record for record, _ in self.collected[:most]], self.collected[most:]
        if not is_stored_at_once:
            self._hand_out(batch)
        return batch

    def _collect(self, records: Sequence[ConsumedRecord]) -> None:
        """They join the batch, which what has been revoked leaves."""
        joined = ((record, self.reading.subscription.state(record.topic_partition)) for record in records)
        self.collected = self.left([*self.collected, *joined])

    def left(self, collected: Collected) -> Collected:
        """What is left of what was *collected*: that of partitions that have been assigned ever since."""
        find = self.reading.subscription.find
        return [(record, state) for record, state in collected if find(record.topic_partition) is state]

    async def _next(self, most: int, until: Deadline) -> list[ConsumedRecord]:
        if self.reading.subscription.kind == "none":
            raise ValueError("Consumer is not subscribed to any topics or assigned any partitions")
        while True:
            # Only here: between the position's move and the return of the records nothing may go wrong.
            self._raise_wakeup()
            await self._update(until)
            fetch = await self._wait_for_records(most, until)
            if not fetch.is_empty:
                # The next fetches are on their way as these records are processed.
                self.reading.send_fetches()
                return fetch.records
            if until.has_passed:
                return []

    def _hand_out(self, records: Sequence[ConsumedRecord]) -> None:
        if self.group is not None and records:
            self.group.auto_commit.handed_out(records)

    def _raise_wakeup(self) -> None:
        if self.is_woken:
            self.is_woken = False
            raise WakeupError

    async def _update(self, until: Deadline) -> None:
        if self.group is not None and not await self.group.poll(until):
            return
        if self.group is None or self.group.waits_for_positions:
            await self.reading.update_positions(self.group, until)
        else:
            self._update_meanwhile()

    def _update_meanwhile(self) -> None:
        """Look up positions while other partitions are read; what goes wrong is raised by the next poll."""
        wanted = self.reading.subscription.where(lambda state: state.is_initializing)
        updating = self.updating
        if updating is not None and updating.is_done:
            self.updating = None
            updating.result()
        elif updating is not None and wanted == self.updating_for:
            return
        update = self.reading.update_positions(self.group, deadline(self.clock, FOR_EVER_MS))
        begun = spawn(self.clock, update)
        if begun.is_done:
            begun.may_fail()
            begun.result()
        else:
            begun.then(self.reading.signal.notify)
            self.updating, self.updating_for = begun, wanted

    async def _wait_for_records(self, most: int, until: Deadline) -> Fetch:
        fetch = self.reading.collect(most)
        if not fetch.is_empty:
            return fetch
        self.reading.send_fetches()
        if not self.reading.fetching.has_available:
            await self.reading.signal.wait(until.no_later_than(self._wait_ms()))
        return self.reading.collect(most)

    def _wait_ms(self) -> int:
        """As long as nothing else has to be done, and a while: what is overdue is being seen to."""
        waits = [FOR_EVER_MS]
        if self.group is not None and (soon := self.group.time_to_next_poll_ms()) is not None:
            waits.append(soon)
        if not self.reading.subscription.has_all_positions() or self.reading.nodes.in_flight_count() == 0:
            waits.append(self.settings.retry_backoff_ms)
        return max(min(waits), 1)
