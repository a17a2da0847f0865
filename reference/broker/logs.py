"""All logs of a broker: opened from its disk, checkpointed, cleaned up."""

from collections.abc import Callable
from uuid import UUID

import attrs

from ackproof.model.produce.rules import BrokerRules
from ackproof.model.transactions.rules import TransactionRules
from ackproof.reference.broker.settings import BrokerSettings
from ackproof.reference.kernel.clock import Clock
from ackproof.reference.kernel.setting import LONG_MAX
from ackproof.reference.log.log import PartitionLog
from ackproof.reference.log.settings import LogSettings
from ackproof.reference.log.storage.checkpoints import (
    HIGH_WATERMARKS,
    LOG_STARTS,
    RECOVERY_POINTS,
    CleanShutdown,
    OffsetCheckpoint,
    TopicPartition,
    read_topic_id,
    write_topic_id,
)
from ackproof.reference.log.storage.disk import Storage


class Logs:
    """
    The logs in one log directory.

    Attributes:
        previous_epoch: The broker epoch in which the broker last stopped, if it stopped cleanly; else -1.

    Source: ``LogManager``; the high watermarks' checkpoint, ``ReplicaManager``.
    """

    def __init__(
        self,
        clock: Clock,
        storage: Storage,
        settings: BrokerSettings,
        broker_rules: BrokerRules,
        transaction_rules: TransactionRules,
    ) -> None:
        self._clock = clock
        self._storage = storage
        self._settings = settings
        self._broker_rules = broker_rules
        verifies = transaction_rules.verifies_partitions and settings.transaction_partition_verification_enable
        self._transaction_rules = attrs.evolve(transaction_rules, verifies_partitions=verifies)
        self._logs: dict[TopicPartition, PartitionLog] = {}
        clean = CleanShutdown(storage)
        self._is_clean = clean.exists
        self.previous_epoch = clean.broker_epoch
        clean.delete()
        self._recovery_points = OffsetCheckpoint(storage, RECOVERY_POINTS)
        self._log_starts = OffsetCheckpoint(storage, LOG_STARTS)
        self._high_watermarks = OffsetCheckpoint(storage, HIGH_WATERMARKS)
        self._stored_recovery_points = self._recovery_points.read()
        self._stored_log_starts = self._log_starts.read()
        self._stored_high_watermarks = self._high_watermarks.read()

    def open(self, partition: TopicPartition, topic_id: UUID, settings: LogSettings) -> PartitionLog:
        """The log of *partition* as it is on the disk, recovered if need be; a new one if the topic is another."""
        stored_id = read_topic_id(self._storage, partition.folder)
        is_same = stored_id == topic_id
        if not is_same:
            self._remove_files(partition)
            write_topic_id(self._storage, partition.folder, topic_id)
        log = PartitionLog(
            self._storage,
            partition.folder,
            self._clock,
            settings,
            broker_rules=self._broker_rules,
            transaction_rules=self._transaction_rules,
            producer_id_expiration_ms=self._settings.producer_id_expiration_ms,
            is_clean=self._is_clean,
            recovery_point=self._stored_recovery_points.get(partition, 0) if is_same else 0,
            log_start_offset=self._stored_log_starts.get(partition, 0) if is_same else 0,
        )
        if is_same:
            log.high_watermark = self._stored_high_watermarks.get(partition, 0)
        self._logs[partition] = log
        return log

    def delete(self, partition: TopicPartition) -> None:
        """The log of *partition* is gone."""
        log = self._logs.pop(partition, None)
        if log:
            log.delete()

    def start(self) -> None:
        """Begin to do what is done from time to time."""
        settings = self._settings
        self._repeat(settings.replica_high_watermark_checkpoint_interval_ms, self.write_high_watermarks)
        self._repeat(settings.log_flush_offset_checkpoint_interval_ms, self.write_recovery_points)
        self._repeat(settings.log_flush_start_offset_checkpoint_interval_ms, self.write_log_starts)
        self._repeat(settings.log_retention_check_interval_ms, self.apply_retention)
        self._repeat(settings.producer_id_expiration_check_interval_ms, self.remove_expired_producers)
        if settings.log_flush_scheduler_interval_ms < LONG_MAX:
            self._repeat(settings.log_flush_scheduler_interval_ms, self.flush_if_old)

    def close(self, broker_epoch: int) -> None:
        """A clean stop: everything is on the disk, and says so."""
        for log in self._logs.values():
            log.close()
        self.write_high_watermarks()
        self.write_recovery_points()
        self.write_log_starts()
        CleanShutdown(self._storage).write(broker_epoch)

    def write_high_watermarks(self) -> None:
        """Checkpoint the high watermarks."""
        self._write(self._high_watermarks, lambda log: log.high_watermark)

    def write_recovery_points(self) -> None:
        """Checkpoint up to where the logs are synced."""
        self._write(self._recovery_points, lambda log: log.recovery_point)

    def write_log_starts(self) -> None:
        """Checkpoint where the logs start."""
        self._write(self._log_starts, lambda log: log.log_start_offset)

    def apply_retention(self) -> None:
        """Delete what is too old or too much."""
        for log in self._logs.values():
            log.apply_retention()

    def remove_expired_producers(self) -> None:
        """Forget producers that have written nothing for too long."""
        for log in self._logs.values():
            log.remove_expired_producers()

    def flush_if_old(self) -> None:
        """Sync logs that have waited for ``flush.ms``."""
        for log in self._logs.values():
            log.flush_if_old()

    def _write(self, checkpoint: OffsetCheckpoint, offset_of: Callable[[PartitionLog], int]) -> None:
        checkpoint.write({partition: offset_of(log) for partition, log in self._logs.items()})

    def _remove_files(self, partition: TopicPartition) -> None:
        for name in self._storage.names(partition.folder):
            self._storage.delete(f"{partition.folder}/{name}")

    def _repeat(self, interval_ms: int, task: Callable[[], None]) -> None:
        def due() -> None:
            task()
            self._clock.call_at(self._clock.now_ms + max(interval_ms, 1), due)

        self._clock.call_at(self._clock.now_ms + max(interval_ms, 1), due)
