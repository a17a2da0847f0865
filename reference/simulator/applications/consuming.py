"""Applications that consume: groups of instances, each of which reads, processes and commits."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Literal

from ackproof.reference.client.cluster import TopicPartition
from ackproof.reference.consumer.consumer import Consumer, Offsets
from ackproof.reference.consumer.errors import (
    CommitFailedError,
    CorruptFetchError,
    NoOffsetForPartitionError,
    OffsetOutOfRangeError,
    RebalanceInProgressError,
    RetriableCommitFailedError,
)
from ackproof.reference.consumer.listener import RebalanceListener
from ackproof.reference.consumer.record import ConsumedRecord, OffsetAndMetadata
from ackproof.reference.consumer.settings import consumer_settings
from ackproof.reference.kernel.future import TimedOutError, sleep
from ackproof.reference.protocol.errors import KafkaError
from ackproof.reference.simulator.applications.application import Application, GaveUpError
from ackproof.reference.simulator.applications.content import content_of
from ackproof.reference.simulator.applications.sink import Sink
from ackproof.reference.simulator.process import Process
from ackproof.reference.simulator.scenario import ConsumerPlan
from ackproof.reference.simulator.world import World

POLL_MS = 200
"""How long it waits in poll."""

FAILED_COMMITS = (CommitFailedError, RebalanceInProgressError, RetriableCommitFailedError, TimedOutError, KafkaError)
"""What a commit that did not come off raises."""

Failure = Literal["before", "after"]
"""Whether processing fails before the sink has a record, or after it."""


class ConsumingInstance(Application):
    """
    One process of a consuming application.

    Attributes:
        fails_next: It is to fail to process its next record.
    """

    errors = (
        *Application.errors,
        CommitFailedError,
        CorruptFetchError,
        NoOffsetForPartitionError,
        OffsetOutOfRangeError,
    )

    def __init__(self, world: World, plan: ConsumerPlan, number: int, sink: Sink) -> None:
        self.plan = plan
        self.number = number
        self.sink = sink
        commits = str(plan.rules.commit == "auto").lower()
        name = f"{plan.name}-{number}"
        base = {"bootstrap.servers": world.bootstrap_servers, "client.id": name, "group.id": plan.group}
        own = {"auto.offset.reset": plan.rules.reset, "enable.auto.commit": commits}
        static = {"group.instance.id": name} if plan.rules.is_static else {}
        self.settings = consumer_settings({**base, **own, **static, **plan.properties})
        self.fails_next: Failure | None = None
        self._is_leaving = False
        patience_ms = min(self.settings.session_timeout_ms, self.settings.max_poll_interval_ms)
        super().__init__(world, name, patience_ms * 2)

    @property
    def is_through(self) -> bool:
        """Never: there may be more to read."""
        return False

    @property
    def is_wanted(self) -> bool:
        """Whether it has been called back since it was to leave."""
        return not self._is_leaving

    def leave(self) -> None:
        """It is to end cleanly, after what it is about."""
        self._is_leaving = True

    def start(self) -> None:
        """Its process starts."""
        self._is_leaving = False
        super().start()

    def start_again(self) -> None:
        """It starts, or goes on if it has not left yet."""
        self._is_leaving = False
        super().start_again()

    async def run(self, process: Process) -> None:
        """Read and process until it is to leave."""
        consumer = self.consumer(process)
        self.world.note(
            "joined",
            instance=self.name,
            group=self.plan.group,
            topic=self.plan.topic,
            output=self.plan.output,
            is_transactional=self.plan.is_transactional,
        )
        consumer.subscribe([self.plan.topic], Revoking(consumer) if self.plan.rules.on_revoke == "commit" else None)
        rules = self.plan.rules
        try:
            while not self._is_leaving:
                records = await consumer.poll(POLL_MS)
                if records:
                    await self.handle(process, consumer, records)
        except GaveUpError:
            if rules.on_processing_failure == "stop" and rules.closes_cleanly:
                await consumer.close()
            raise
        if rules.closes_cleanly:
            await consumer.close()

    def consumer(self, process: Process) -> Consumer:
        """A client for this run of it."""
        node, rng = self.world.network.node(process), self.world.own_rng()
        return Consumer(process, node, self.settings, self.plan.rules, rng)

    async def handle(self, process: Process, consumer: Consumer, records: Sequence[ConsumedRecord]) -> None:
        """Process *records*, and commit as it is configured."""
        rules = self.plan.rules
        if rules.is_before_processing and not await self._has_committed(consumer):
            return
        for record in records:
            await self.process_one(process, record)
        if not rules.is_before_processing:
            await self._has_committed(consumer)

    async def process_one(self, process: Process, record: ConsumedRecord) -> None:
        """Process a record, which may fail."""
        await sleep(process, self.plan.processing_ms)
        failure, self.fails_next = self.fails_next, None
        if failure == "after":
            self.keep(record)
        if failure is None:
            self.keep(record)
            return
        match self.plan.rules.on_processing_failure:
            case "retry" | "dead-letter":
                self.keep(record)
            case "skip":
                self.world.note("skipped", record=content_of(record.value).record, instance=self.name)
            case "stop" | "crash":
                raise GaveUpError("a record that can not be processed")

    def keep(self, record: ConsumedRecord) -> None:
        """The sink has a record."""
        content = content_of(record.value)
        self.world.note(
            "processed",
            record=content.record,
            instance=self.name,
            topic=record.topic,
            partition=record.partition,
            offset=record.offset,
            key=(record.key or b"").decode(),
            transaction=content.transaction,
            is_repeat=self.sink.absorbs(content.record),
        )

    async def _has_committed(self, consumer: Consumer) -> bool:
        """Whether it may take what it has read to be committed, as far as it is its business."""
        if self.plan.rules.commit == "sync":
            try:
                await consumer.commit_sync()
            except FAILED_COMMITS as error:
                self.world.note("not-committed", instance=self.name, error=type(error).__name__)
                return False
            self.world.note("offsets-committed", instance=self.name)
        elif self.plan.rules.commit == "async":
            consumer.commit_async(None, self._heard)
        return True

    def _heard(self, offsets: Offsets, error: Exception | None) -> None:
        kind = "offsets-committed" if error is None else "not-committed"
        self.world.note(kind, instance=self.name)


class Revoking(RebalanceListener):
    """Commits what was processed before partitions are given up."""

    def __init__(self, consumer: Consumer) -> None:
        self._consumer = consumer

    async def on_partitions_revoked(self, partitions: tuple[TopicPartition, ...]) -> None:
        """*partitions* are given up after this returns."""
        # If it fails, whoever gets them reads on from what was committed before.
        with suppress(*FAILED_COMMITS):
            await self._consumer.commit_sync()

    async def on_partitions_lost(self, partitions: tuple[TopicPartition, ...]) -> None:
        """Nothing can be committed for them."""


def next_offsets(records: Sequence[ConsumedRecord]) -> Mapping[TopicPartition, OffsetAndMetadata]:
    """Where to go on after *records*."""
    return {record.topic_partition: OffsetAndMetadata(record.offset + 1, record.leader_epoch) for record in records}
