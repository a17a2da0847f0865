"""Automatic commits: what a client commits by itself, and when (``enable.auto.commit``)."""

from collections.abc import Callable, Iterable, Sequence

from ackproof.model.consume.auto_commit import AutoCommit, behind_the_last_event
from ackproof.reference.client.cluster import TopicPartition
from ackproof.reference.consumer.commits.commit import Offsets
from ackproof.reference.consumer.commits.commits import Commits
from ackproof.reference.consumer.deadline import Deadline
from ackproof.reference.consumer.errors import RetriableCommitFailedError
from ackproof.reference.consumer.record import ConsumedRecord, OffsetAndMetadata
from ackproof.reference.consumer.settings import ConsumerSettings
from ackproof.reference.consumer.subscription import Subscription
from ackproof.reference.kernel.clock import Clock
from ackproof.reference.kernel.future import Future, TimedOutError
from ackproof.reference.protocol.errors import KafkaError


class AutoCommitting:
    """
    Commits positions, or what is stored, in poll or in the background, as the client's rule says.

    Attributes:
        stored: What is to be committed, where the rule is not to commit positions.
        is_rejoining: Whether the member is joining again.
        has_lost_all: Whether it has lost what it was assigned, and its client commits nothing of that by itself.

    Source: ``ConsumerCoordinator``: ``maybeAutoCommitOffsetsAsync``, ``autoCommitOffsetsAsync``; librdkafka
    ``rd_kafka_cgrp_offset_commit_tmr_cb``, ``rd_kafka_cgrp_assigned_offsets_commit``; aiokafka
    ``GroupCoordinator._maybe_do_autocommit``.
    """

    def __init__(
        self,
        clock: Clock,
        commits: Commits,
        subscription: Subscription,
        settings: ConsumerSettings,
        rule: AutoCommit,
        *,
        is_one_at_a_time: bool = False,
    ) -> None:
        """
        Nothing has been committed.

        Args:
            clock: Of the process.
            commits: To send with.
            subscription: What has been consumed.
            settings: Of the consumer.
            rule: What the client commits, and when.
            is_one_at_a_time: None is sent until the one before is answered, and one that fails is not sent again before
                the interval is over: ``CommitRequestManager.maybeResetTimerWithBackoff`` asks for an error that only
                commits of the application fail with.
        """
        self.stored: dict[TopicPartition, OffsetAndMetadata] = {}
        self.is_enabled = settings.commits_automatically
        self.is_rejoining: Callable[[], bool] = lambda: False
        self.has_lost_all: Callable[[], bool] = lambda: False
        self.rule = rule
        self._clock = clock
        self._commits = commits
        self._subscription = subscription
        self._settings = settings
        self._next_ms = clock.now_ms + settings.auto_commit_interval_ms
        self._is_closed = False
        self._is_one_at_a_time = is_one_at_a_time
        self._sent: Offsets | None = None
        if self.is_enabled and rule.is_in_background:
            self._wake_at(self._next_ms)

    @property
    def commits_positions(self) -> bool:
        """Whether positions are committed, not what is stored."""
        return self.rule.stores == "nobody"

    def time_to_next_ms(self) -> int | None:
        """How long until poll commits next; None if it does not."""
        if not self.is_enabled or self.rule.is_in_background:
            return None
        return max(self._next_ms - self._clock.now_ms, 0)

    def offsets(self) -> Offsets:
        """What would be committed now."""
        if self.has_lost_all():
            return {}
        if self.commits_positions:
            return self._subscription.all_consumed()
        return {
            partition: offset
            for partition, offset in self.stored.items()
            if self._subscription.is_assigned(partition) and self._is_news(partition, offset)
        }

    def store(self, offsets: Offsets) -> None:
        """
        The application stores *offsets*.

        Raises:
            ValueError: The client stores offsets by itself, or none; or a partition is not assigned.
        """
        if self.rule.stores != "application":
            raise ValueError("this client does not commit what the application stores")
        for partition, offset in offsets.items():
            self._subscription.state(partition)
            self.stored[partition] = offset

    def handed_out(self, records: Sequence[ConsumedRecord]) -> None:
        """*records* are about to be returned."""
        if not self.is_enabled:
            return
        if self.rule.stores == "client":
            for record in records:
                behind = OffsetAndMetadata(record.offset + 1 + self._counts_end(record), record.leader_epoch)
                self.stored[record.topic_partition] = behind
        if self.rule.is_sent_at_hand_out:
            self.send()

    def in_poll(self) -> None:
        """Poll commits, if that is due."""
        if self.is_enabled and not self.rule.is_in_background:
            self._commit_if_due()

    def send(self) -> Future[None] | None:
        """Send a commit of what there is; None while there is no coordinator, or if nothing is committed any more."""
        if not self.is_enabled:
            return None
        self._sent = self.offsets()
        return self._commits.asynchronous(self._sent, self._told)

    async def attempt(self, until: Deadline) -> Exception | None:
        """Commit what there is, once; what it fails with."""
        offsets = self.offsets()
        if not self.is_enabled or not offsets:
            return None
        self._sent = offsets
        future = self._commits.send(offsets)
        is_answered = await until.settled(future)
        return future.error if is_answered else TimedOutError("the commit was not answered in time")

    async def finish(self, until: Deadline, partitions: Iterable[TopicPartition] | None = None) -> None:
        """Commit what there is, of *partitions* alone or of all, and wait for the answer; errors are of no interest."""
        if not self.is_enabled:
            return
        wanted = None if partitions is None else frozenset(partitions)
        offsets = {p: offset for p, offset in self.offsets().items() if wanted is None or p in wanted}
        try:
            await self._commits.synchronous(offsets, until)
        except Exception:  # whatever a last commit fails with, Kafka only logs it
            return

    def joined(self) -> None:
        """A rebalance is complete: the interval begins anew."""
        self._next_ms = self._clock.now_ms + self._settings.auto_commit_interval_ms

    def revoked(self, partitions: Iterable[TopicPartition]) -> None:
        """*partitions* are not assigned any more: nothing stays stored."""
        for partition in partitions:
            self.stored.pop(partition, None)

    def close(self) -> None:
        """Nothing is committed any more."""
        self._is_closed = True
        self.is_enabled = False

    @property
    def _is_under_way(self) -> bool:
        """Whether the last commit has not been answered, or not even been sent."""
        return any(each is self._sent for each in (*self._commits.under_way, *self._commits.unsent))

    def _is_news(self, partition: TopicPartition, offset: OffsetAndMetadata) -> bool:
        committed = self._subscription.state(partition).committed
        return committed is None or offset.offset > committed

    def _counts_end(self, record: ConsumedRecord) -> bool:
        """Whether the event of the end of the log, which comes next, is taken for a record."""
        end = self._subscription.state(record.topic_partition).high_watermark
        return self.rule.stored is behind_the_last_event and record.offset + 1 == end

    def _commit_if_due(self) -> None:
        if self._clock.now_ms < self._next_ms or (self._is_one_at_a_time and self._is_under_way):
            return
        self._next_ms = self._clock.now_ms + self._settings.auto_commit_interval_ms
        if self.rule.pauses and self.is_rejoining():
            return
        if self.offsets():
            self.send()
        elif not self.rule.goes_on:
            self.is_enabled = False

    def _told(self, offsets: Offsets, error: Exception | None) -> None:
        if isinstance(error, RetriableCommitFailedError) and not self._is_one_at_a_time:
            self._next_ms = self._clock.now_ms + self._settings.retry_backoff_ms

    def _wake_at(self, at_ms: int) -> None:
        self._clock.call_at(at_ms, self._in_background)

    def _in_background(self) -> None:
        if self._is_closed or not self.is_enabled:
            return
        try:
            self._commit_if_due()
        except KafkaError:
            # The next poll raises it.
            return
        self._wake_at(max(self._next_ms, self._clock.now_ms + 1))
