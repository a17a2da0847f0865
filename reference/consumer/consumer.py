"""The consumer: what an application calls."""

from collections.abc import Iterable
from random import Random

from ackproof.model.consume.rules import ConsumerRules
from ackproof.model.transactions.rules import TRANSACTION_VERSION_2, TransactionRules
from ackproof.reference.client.cluster import TopicPartition
from ackproof.reference.consumer.classic.group import ClassicGroup
from ackproof.reference.consumer.commits.commit import Offsets
from ackproof.reference.consumer.commits.commits import CommitCallback
from ackproof.reference.consumer.deadline import deadline
from ackproof.reference.consumer.fetch.collecting import LagWatch
from ackproof.reference.consumer.group import Group
from ackproof.reference.consumer.listener import RebalanceListener
from ackproof.reference.consumer.modern.group import ModernGroup
from ackproof.reference.consumer.partition import AssignedPartition
from ackproof.reference.consumer.polling import Polling
from ackproof.reference.consumer.positioning import Positioning
from ackproof.reference.consumer.reading import Reading
from ackproof.reference.consumer.record import ConsumedRecord, GroupMetadata, OffsetAndMetadata
from ackproof.reference.consumer.rules import JAVA, MemberRules
from ackproof.reference.consumer.settings import ConsumerSettings
from ackproof.reference.consumer.view import ConsumerView, MemberView
from ackproof.reference.kernel.clock import Clock
from ackproof.reference.kernel.future import TimedOutError, spawn
from ackproof.reference.protocol.request import Network

__all__ = ["CommitCallback", "Consumer", "LagWatch", "Offsets"]


class Consumer(Positioning):
    """
    A consumer of either group protocol, or of none.

    Coroutines are run by ``kernel.future.spawn``, one at a time: a consumer is not for several at once.

    Source: ``KafkaConsumer``, ``ClassicKafkaConsumer``, ``AsyncKafkaConsumer``.
    """

    def __init__(
        self,
        clock: Clock,
        network: Network,
        settings: ConsumerSettings,
        rules: ConsumerRules,
        rng: Random,
        *,
        transactions: TransactionRules = TRANSACTION_VERSION_2,
        lag_watch: LagWatch | None = None,
        member_rules: MemberRules = JAVA,
        validates_positions: bool = True,
    ) -> None:
        """
        A consumer that reads nothing yet.

        Args:
            clock: Of its process.
            network: To reach brokers.
            settings: Its configuration; they, not *rules*, say whether it commits automatically and where it starts.
            rules: What is different with this client, or with a known bug of it.
            rng: For jitter, and for which node to ask.
            transactions: How it treats what transactions left behind.
            lag_watch: Keeps the metrics of its lag.
            member_rules: What is different with it as a member of a group.
            validates_positions: It asks a new leader whether that has what was read (KIP-320).
        """
        self._clock = clock
        self._settings = settings
        self._reading = Reading(
            clock, network, settings, rng, transactions, lag_watch, validates_positions=validates_positions
        )
        self._group: Group | None = None
        if settings.group_id is not None:
            reading = self._reading
            self._group = (ClassicGroup if settings.is_classic else ModernGroup)(
                clock,
                reading.requests,
                reading.metadata,
                reading.subscription,
                settings,
                rules,
                transactions,
                rng,
                member_rules,
            )
        self._polling = Polling(clock, self._reading, self._group, settings)
        self._is_closed = False

    def subscribe(self, topics: Iterable[str], listener: RebalanceListener | None = None) -> None:
        """Read *topics* as a member of the group; none unsubscribes. What was subscribed before is replaced."""
        wanted = tuple(topics)
        group = self._joined()
        if not wanted:
            spawn(self._clock, self.unsubscribe())
            return
        subscription = self._reading.subscription
        self._reading.fetching.buffer.retain(p for p in subscription.assigned if p[0] in wanted)
        if subscription.subscribe(wanted, listener):
            self._reading.metadata.request_update_for_new_topics()
        group.subscribed()

    def subscribe_pattern(self, pattern: str, listener: RebalanceListener | None = None) -> None:
        """Read all topics whose whole names match the regular expression *pattern*, as metadata tells them."""
        group = self._joined()
        self._reading.subscription.subscribe_pattern(pattern, listener)
        group.subscribed()
        self._reading.metadata.request_update_for_new_topics()

    def subscribe_regex(self, regex: str, listener: RebalanceListener | None = None) -> None:
        """
        Read all topics whose whole names match *regex*, an expression of RE2, as the group's coordinator finds them.

        Raises:
            ValueError: It is empty, or the group is of the classic protocol.

        Source: ``KafkaConsumer.subscribe(SubscriptionPattern)``.
        """
        group = self._joined()
        if self._settings.is_classic:
            raise ValueError("Subscribe to RE2/J pattern is not supported when using the classic protocol")
        if not regex:
            raise ValueError("Topic pattern to subscribe to cannot be empty")
        self._reading.subscription.subscribe_regex(regex, listener)
        group.subscribed()
        self._reading.metadata.request_update_for_new_topics()

    async def unsubscribe(self) -> None:
        """Give up everything and leave the group; nothing is committed."""
        self._check_open()
        self._reading.fetching.buffer.retain(())
        if self._group is not None:
            await self._group.leave("the consumer unsubscribed from all topics")
        self._reading.subscription.unsubscribe()

    async def assign(self, partitions: Iterable[TopicPartition]) -> None:
        """Read *partitions*, without a group to assign them; with automatic commits, commit what was read before."""
        wanted = tuple(partitions)
        if not wanted:
            await self.unsubscribe()
            return
        self._check_open()
        self._reading.fetching.buffer.retain(wanted)
        if self._group is not None:
            self._group.auto_commit.in_poll()
        if self._reading.subscription.assign(wanted):
            self._reading.metadata.request_update_for_new_topics()

    async def poll(self, timeout_ms: int) -> list[ConsumedRecord]:
        """
        The next records, as soon as there are any; none after *timeout_ms*.

        Raises:
            NoOffsetForPartitionError, OffsetOutOfRangeError, LogTruncationError: Without ``auto.offset.reset``.
            CorruptFetchError: A batch can not be read.
            FencedInstanceIdError: Another process has taken its place.
            KafkaError: Of the coordinator or a broker, where trying again does not help.
            WakeupError: ``wakeup`` was called.
        """
        self._check_open()
        return await self._polling.poll(timeout_ms)

    async def consume(self, most: int, timeout_ms: int) -> list[ConsumedRecord]:
        """
        As many records as there are within *timeout_ms*, *most* at most, of what is assigned in the end.

        Raises:
            ValueError: The client commits positions, and so what it has not returned: it has no batches.
            Exception: As ``poll`` does; the next call returns what was collected before.

        Source: librdkafka ``rd_kafka_consume_batch_queue``.
        """
        self._check_open()
        if self._group is not None and self._group.auto_commit.commits_positions:
            raise ValueError("this client returns records as it has them")
        return await self._polling.batch(most, timeout_ms)

    def store_offsets(self, offsets: Offsets) -> None:
        """
        Note *offsets* to be committed by the client itself, where its rule is to commit what the application stores.

        Raises:
            ValueError: The client's rule is another one, or a partition is not assigned.

        Source: librdkafka ``rd_kafka_offsets_store``.
        """
        self._joined().auto_commit.store(offsets)

    async def commit_sync(self, offsets: Offsets | None = None, timeout_ms: int | None = None) -> None:
        """
        Commit *offsets*, or all positions, and wait for the answer; what may pass is tried again.

        Raises:
            CommitFailedError: The group has gone on without this member.
            RebalanceInProgressError: Poll first.
            FencedInstanceIdError: Another process has taken its place.
            TimedOutError: Not in *timeout_ms*, or ``default.api.timeout.ms``.
            KafkaError: Whatever else the coordinator says.
        """
        wanted = self._to_commit(offsets)
        if not await self._joined().commits.synchronous(wanted, self._until(timeout_ms)):
            raise TimedOutError("Timeout expired before successfully committing offsets")

    def commit_async(self, offsets: Offsets | None = None, callback: CommitCallback | None = None) -> None:
        """Send a commit of *offsets*, or of all positions, once; *callback* is told what became of it."""
        self._joined().commits.asynchronous(self._to_commit(offsets), callback)

    async def committed(
        self, partitions: Iterable[TopicPartition], timeout_ms: int | None = None
    ) -> dict[TopicPartition, OffsetAndMetadata | None]:
        """What the group has committed for each of *partitions*; None where that is nothing."""
        wanted = tuple(partitions)
        committed = await self._joined().committed.fetch(wanted, self._until(timeout_ms))
        if committed is None:
            raise TimedOutError("Timeout expired before the last committed offsets could be determined")
        return {partition: committed[partition] for partition in wanted}

    def enforce_rebalance(self) -> None:
        """Rejoin the group in the next poll (classic protocol only)."""
        self._joined().request_rejoin()

    def wakeup(self) -> None:
        """Interrupt the poll that is under way, or the next one."""
        self._polling.is_woken = True
        self._reading.signal.notify()

    async def close(self, timeout_ms: int = 30_000) -> None:
        """Commit what is committed automatically, wait for commits, leave the group, stop; once only."""
        if self._is_closed:
            return
        until = deadline(self._clock, min(timeout_ms, self._settings.request_timeout_ms))
        error: Exception | None = None
        try:
            if self._group is not None:
                await self._group.close(until)
        except Exception as raised:  # it is closed all the same
            error = raised
        self._is_closed = True
        for told in self._reading.fetching.close():
            await until.settled(told)
        self._reading.metadata.close()
        self._reading.nodes.close()
        if error is not None:
            raise error

    @property
    def subscription(self) -> tuple[str, ...]:
        """The topics that it is subscribed to, in order."""
        return self._reading.subscription.subscribed_topics

    @property
    def group_metadata(self) -> GroupMetadata:
        """What a producer sends with offsets in a transaction."""
        return self._joined().metadata

    def _joined(self) -> Group:
        self._check_open()
        if self._group is None:
            raise ValueError("To use the group management or offset commit APIs, you must provide a valid group.id")
        return self._group

    def _to_commit(self, offsets: Offsets | None) -> Offsets:
        if offsets is None:
            return self._reading.subscription.all_consumed()
        for partition, offset in offsets.items():
            if offset.leader_epoch is not None:
                self._reading.metadata.saw_epoch(*partition, offset.leader_epoch)
        return dict(offsets)

    def view(self) -> ConsumerView:
        """A look at it from outside."""
        subscription, group = self._reading.subscription, self._group
        member = group.member_view() if group is not None else MemberView()
        return ConsumerView(
            positions={p: position_of(subscription.state(p)) for p in subscription.assigned},
            assignments={p: subscription.state(p).number for p in subscription.assigned},
            buffered={fetch.partition: fetch.size_bytes for fetch in self._reading.fetching.buffer.fetches},
            read={p: subscription.state(p).position for p in subscription.assigned},
            stored={} if group is None else {p: of.offset for p, of in group.auto_commit.stored.items()},
            collected=tuple(record for record, _ in self._polling.left(self._polling.collected)),
            under_way=() if group is None else tuple(group.commits.under_way),
            unsent=() if group is None else tuple(group.commits.unsent),
            member=member,
        )


def position_of(state: AssignedPartition) -> int | None:
    """Where a partition is read on, if that is known and to be trusted."""
    position = state.valid_position
    return None if position is None else position.offset
