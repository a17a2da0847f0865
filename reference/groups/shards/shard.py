"""The groups of one partition of ``__consumer_offsets``: they are what its records say."""

from collections.abc import Sequence
from random import Random
from typing import TypeVar

import attrs
from kio.schema.errors import ErrorCode

from ackproof.reference.groups.classic.group import ClassicGroup
from ackproof.reference.groups.classic.recording import loaded
from ackproof.reference.groups.errors import UnexpectedError, answered
from ackproof.reference.groups.group import Group
from ackproof.reference.groups.modern.metadata_hash import Looks
from ackproof.reference.groups.modern.replaying import group_id_of, replayed
from ackproof.reference.groups.offsets.offsets import NO_PRODUCER_ID, Offsets
from ackproof.reference.groups.record import StateRecord, decode, encode
from ackproof.reference.groups.rules import CoordinatorRules
from ackproof.reference.groups.schema import (
    GroupMetadataKey,
    GroupMetadataValue,
    LegacyOffsetCommitKey,
    OffsetCommitKey,
    OffsetCommitValue,
    OffsetCommitValueV1,
    OffsetCommitValueV3,
)
from ackproof.reference.groups.settings import GroupSettings
from ackproof.reference.groups.shards.timeline import Journal, Timeline
from ackproof.reference.groups.shards.timers import Timers
from ackproof.reference.groups.shards.write import Then, Write
from ackproof.reference.groups.topics import Topics
from ackproof.reference.kernel.clock import Clock
from ackproof.reference.kernel.future import Future, TimedOutError, within
from ackproof.reference.log.state_log import StateLog
from ackproof.reference.protocol.errors import KafkaError
from ackproof.reference.records.batch import Batch, new_batch
from ackproof.reference.records.control import control_type_of, marker_of

T = TypeVar("T")

END_OF_TRANSACTION = (0, 1)
"""The control types of an abort and a commit."""


@attrs.frozen
class Setting:
    """What the groups of all partitions share."""

    clock: Clock
    settings: GroupSettings
    rules: CoordinatorRules
    rng: Random
    topics: Topics


@attrs.frozen
class Producer:
    """Who writes in a transaction."""

    producer_id: int
    producer_epoch: int


class Shard:
    """
    The groups of one partition, while this broker leads it.

    Attributes:
        groups: Classic groups change in place; consumer groups only by their records.
        is_closed: This broker no longer leads it.

    Source: ``GroupCoordinatorShard``, ``CoordinatorRuntime.CoordinatorContext``.
    """

    def __init__(self, setting: Setting, partition: int, log: StateLog) -> None:
        self.clock = setting.clock
        self.settings = setting.settings
        self.rules = setting.rules
        self.rng = setting.rng
        self.topics = setting.topics
        self.partition = partition
        self.timers = Timers(self.clock)
        self.is_closed = False
        self._log = log
        self._journal = Journal()
        self.groups: Timeline[str, Group] = Timeline(self._journal)
        self.offsets = Offsets(
            self._journal, self.rules.keeping, expires_beside_pending=self.rules.expires_beside_pending
        )
        self.looks = Looks()
        self._position = 0
        self._writes: list[Write] = []

    @property
    def now_ms(self) -> int:
        """The time now."""
        return self.clock.now_ms

    # Writing.

    def keep(
        self,
        records: Sequence[StateRecord],
        then: Then | None = None,
        *,
        is_replayed: bool = True,
        producer: Producer | None = None,
    ) -> None:
        """
        Write *records*, all or none, and take them for what is.

        Args:
            records: None of them is no write.
            then: Is told how it went, once: None when they are replicated, else why not.
            is_replayed: What they say has not happened yet.
            producer: Whose transaction they belong to.

        Raises:
            KafkaError: They are refused; *then* knows already.
        """
        if not records:
            return
        appended = self._append(records, producer)
        if appended.is_done and appended.error is not None:
            appended.then(_nothing)  # the error is raised here
            refused = _as_kafka_error(appended.error)
            if then:
                then(answered(refused.code))
            raise refused
        if is_replayed:
            for record in records:
                self.replay(record, producer.producer_id if producer else NO_PRODUCER_ID)
        self._follow(appended, then)

    async def settled(self) -> None:
        """
        Wait until everything written so far is replicated.

        Raises:
            KafkaError: It is not, or not in ``offsets.commit.timeout.ms``.
        """
        if not self._writes:
            return
        try:
            await within(self.clock, self._writes[-1].replicated, self.settings.offsets_commit_timeout_ms)
        except TimedOutError:
            raise KafkaError(ErrorCode.request_timed_out) from None

    def answer_when_settled(self, answer: Future[T], value: T) -> None:
        """*answer* is *value* once everything written so far is replicated; if it is not, it stays open."""

        def settle() -> None:
            if writes[-1].replicated.error is None:
                answer.resolve(value)

        writes = list(self._writes)
        if writes:
            writes[-1].replicated.then(settle)
        else:
            answer.resolve(value)

    def marker_written(self, producer_id: int, is_commit: bool, replicated: Future[int] | None) -> None:
        """A producer's transaction has ended."""
        self.offsets.replay_marker(producer_id, is_commit)
        if replicated:
            self._follow(replicated, None)
        else:
            self._journal.replicated(self._journal.end)

    def renew(self, log: StateLog) -> None:
        """This broker leads the partition on, in another epoch."""
        self._log = log

    def load(self) -> None:
        """
        Take for what is whatever the partition's log says; all of it counts as replicated.

        Raises:
            UnexpectedError, UnreadableRecordError: It does not make sense.

        Source: ``CoordinatorLoaderImpl``.
        """
        self.offsets.is_loading = True
        for batch in self._log.batches():
            self._load(batch)
        self.offsets.is_loading = False
        self._journal.replicated(self._journal.end)

    def _load(self, batch: Batch) -> None:
        if batch.is_control:
            if batch.records and control_type_of(batch.records[0]) in END_OF_TRANSACTION:
                self.offsets.replay_marker(batch.producer_id, marker_of(batch).kind == "commit")
            return
        for record in batch.records:
            decoded = decode(record)
            if decoded:
                self.replay(decoded, batch.producer_id if batch.is_transactional else NO_PRODUCER_ID)

    def close(self) -> None:
        """Whatever waits for replicas hears NOT_COORDINATOR."""
        self.is_closed = True
        writes, self._writes = self._writes, []
        for write in writes:
            write.fail(KafkaError(ErrorCode.not_coordinator))

    def _append(self, records: Sequence[StateRecord], producer: Producer | None) -> Future[int]:
        if self.is_closed:
            raise KafkaError(ErrorCode.not_coordinator)
        encoded = [encode(record, self.now_ms) for record in records]
        if producer is None:
            return self._log.append(new_batch(encoded))
        return self._log.append(
            new_batch(
                encoded,
                is_transactional=True,
                producer_id=producer.producer_id,
                producer_epoch=producer.producer_epoch,
            )
        )

    def _follow(self, appended: Future[int], then: Then | None) -> None:
        end, write = self._journal.end, Write(self.clock, then, self.settings.offsets_commit_timeout_ms)
        self._writes.append(write)

        def settle() -> None:
            if write in self._writes:
                self._settle(write, appended.error, end)

        appended.then(settle)

    def _settle(self, write: Write, error: Exception | None, end: int) -> None:
        place = self._writes.index(write)
        if error is not None:
            # It is in the log all the same: whoever comes later has to wait until a later write tells more.
            self._writes[place] = Write(self.clock)
            write.fail(_as_kafka_error(error))
            return
        self._journal.replicated(end)
        done, self._writes = self._writes[: place + 1], self._writes[place + 1 :]
        for former in done:
            former.succeed()

    # What is.

    def replay(self, record: StateRecord, producer_id: int = NO_PRODUCER_ID) -> None:
        """
        What *record* says is so.

        Raises:
            UnexpectedError: It does not fit what is.
        """
        self._position += 1
        match record.key:
            case LegacyOffsetCommitKey() | OffsetCommitKey():
                self._replay_offset(record, producer_id)
            case GroupMetadataKey(group=group_id) if record.value is None:
                self.groups.remove(group_id)
            case GroupMetadataKey(group=group_id):
                assert isinstance(record.value, GroupMetadataValue)
                self.groups.put(group_id, loaded(group_id, record.value))
            case _:
                self._replay_consumer_group(record)

    def _replay_offset(self, record: StateRecord, producer_id: int) -> None:
        key, value = record.key, record.value
        assert isinstance(key, LegacyOffsetCommitKey | OffsetCommitKey)
        assert value is None or isinstance(value, OffsetCommitValue | OffsetCommitValueV1 | OffsetCommitValueV3)
        if value is not None and key.group not in self.groups:
            self.groups.put(key.group, ClassicGroup(key.group, state_timestamp_ms=self.now_ms))
        self.offsets.replay(self._position, producer_id, key, value)

    def _replay_consumer_group(self, record: StateRecord) -> None:
        group_id = group_id_of(record.key)
        before = self.groups.get(group_id)
        after = replayed(before, group_id, record, self.rules.consumer.partition_epochs)
        if after is not None:
            self.groups.put(group_id, after)
        elif before is not None and not isinstance(before, ClassicGroup):
            self.groups.remove(group_id)


def _as_kafka_error(error: Exception) -> KafkaError:
    return error if isinstance(error, KafkaError) else UnexpectedError(str(error))


def _nothing() -> None:
    pass
