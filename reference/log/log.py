"""Logs: what one replica keeps of one partition (``UnifiedLog``)."""

from collections.abc import Iterator
from typing import Literal

from kio.schema.errors import ErrorCode

from ackproof.reference.log.appending import Appended, Origin, UnexpectedOffsetError, admitted, replicated_batches
from ackproof.reference.log.leader_epochs import EpochEnd
from ackproof.reference.log.producers.rebuilding import noted
from ackproof.reference.log.producers.sequencing import is_ongoing, old_epoch
from ackproof.reference.log.producers.transaction_index import AbortedTransaction
from ackproof.reference.log.producers.verification import SUPPORTS_EPOCH_BUMP, VerificationGuard
from ackproof.reference.log.stored_log import StoredLog
from ackproof.reference.log.timestamps import FoundOffset, found_offset
from ackproof.reference.log.validation import Validated, Validator, check_whole, whole_batch
from ackproof.reference.protocol.errors import KafkaError
from ackproof.reference.records.batch import BatchHeader, read_header

__all__ = ["Appended", "Isolation", "Origin", "PartitionLog", "UnexpectedOffsetError", "VerificationGuard"]

Isolation = Literal["log_end", "high_watermark", "last_stable"]
"""What a read goes up to: of a follower, of ``read_uncommitted``, of ``read_committed``."""


class PartitionLog(StoredLog):
    """One replica's log: what is appended to it, and what is read from it."""

    def append_as_leader(
        self,
        data: bytes,
        *,
        leader_epoch: int,
        origin: Origin = "client",
        produce_version: int = 12,
        verification: VerificationGuard | None = None,
        transaction_version: int = 0,
    ) -> Appended:
        """
        Append the one batch in *data*, or find that it is there already.

        Args:
            origin: A client's batch is looked at more closely than a coordinator's.
            produce_version: Of a client's request.
            verification: What ``start_verification`` gave, once the coordinator has agreed.
            transaction_version: Of a marker, as WriteTxnMarkers says.

        Raises:
            KafkaError: Why it is refused; ``RecordValidationError`` where single records are to blame.
        """
        is_from_client = origin == "client"
        base_offset, start = self._segments.log_end_offset, self.log_start_offset
        data, header = self._validated(data, leader_epoch, produce_version if is_from_client else None)
        self._roll_for(header)
        if header.producer_id >= 0:
            first = admitted(
                self._sequencing, self.producers, data, header, is_from_client, verification, transaction_version
            )
            if first is not None:
                return Appended(first.base_offset, first.last_offset, True, first.timestamp_ms, start)
        self._write(data, header)
        self._flush_when_due()
        is_timed = self.settings.message_timestamp_type == "LogAppendTime"
        return Appended(base_offset, header.last_offset, False, header.max_timestamp_ms if is_timed else -1, start)

    def _validated(self, data: bytes, leader_epoch: int, produce_version: int | None) -> Validated:
        """The batch as it is stored, once it is known to be fit for that; *produce_version* is None for a broker's."""
        settings, is_from_client = self.settings, produce_version is not None
        data, header = whole_batch(data, produce_version)
        check_whole(data, header, settings, is_from_client=is_from_client)
        validator = Validator(settings, self._clock.now_ms, self._segments.log_end_offset, leader_epoch)
        validated = validator.validated(data, header, is_from_client=is_from_client)
        self.epochs.assign(leader_epoch, validated.header.base_offset)
        if len(validated.data) > settings.segment_bytes:
            text = f"{len(validated.data)} bytes do not fit into a segment"
            raise KafkaError(ErrorCode.record_list_too_large, text)
        return validated

    def append_as_follower(self, data: bytes, leader_epoch: int | None = None) -> None:
        """
        Append the batches in *data* as the leader has them: only that they are whole is checked.

        Args:
            leader_epoch: In which it was asked for: batches of a later one are left out (KAFKA-18723).

        Raises:
            KafkaError: CORRUPT_MESSAGE.
            UnexpectedOffsetError: They do not come after what is there. Nothing is appended.
        """
        for batch, header in replicated_batches(data, self._segments.log_end_offset, leader_epoch):
            if header.partition_leader_epoch >= 0:
                self.epochs.assign(header.partition_leader_epoch, header.base_offset)
            self._roll_for(header)
            self._write(batch, header)
        self._flush_when_due()

    def _write(self, data: bytes, header: BatchHeader) -> None:
        """The batch is in the log, and what is known of producers and transactions follows it."""
        self._segments.append(data, header)
        aborted = noted(self.producers, data, header)
        if aborted is not None:
            self._segments.active.aborted.append(aborted)
        if self._first_unstable_offset is not None or self.producers.has_unstable():
            self._update_first_unstable_offset()

    def read(self, offset: int, max_bytes: int, up_to: int, *, at_least_one: bool = True) -> bytes:
        """
        Whole batches from the one that holds *offset* on, in up to *max_bytes*, all of one segment.

        Args:
            up_to: Only batches that end before this offset; see ``visible_end``.
            at_least_one: Also a first batch that is larger.

        Raises:
            KafkaError: OFFSET_OUT_OF_RANGE before the log start and after the log end.
        """
        if not self.log_start_offset <= offset <= self._segments.log_end_offset:
            text = f"{offset} is not from {self.log_start_offset} to {self.log_end_offset}"
            raise KafkaError(ErrorCode.offset_out_of_range, text)
        return self._segments.read(offset, max_bytes, up_to, at_least_one=at_least_one) if offset < up_to else b""

    def visible_end(self, isolation: Isolation) -> int:
        """The offset that reads go up to."""
        rules = self._sequencing
        if isolation == "log_end" or rules.broker.shows_beyond_high_watermark:
            return self._segments.log_end_offset
        if isolation == "last_stable" and rules.transactions.reads_stop_at_last_stable_offset:
            return self.last_stable_offset
        return self._high_watermark

    def batches(self) -> Iterator[bytes]:
        """Everything from the log start on."""
        for segment in self._segments.between(self.log_start_offset, self.log_end_offset):
            for data in segment.batches():
                if read_header(data).last_offset >= self.log_start_offset:
                    yield data

    def aborted_transactions(self, first: int, up_to: int) -> list[AbortedTransaction]:
        """The aborted transactions that a reader of *first* to before *up_to* has to know of."""
        return self._segments.aborted_transactions(first, up_to)

    def search_end(self, offset: int, size_bytes: int) -> int:
        """
        Up to where Kafka looks for aborted transactions when *size_bytes* were read from *offset* on.

        That is what its sparse index says, so that it may name transactions after what was read.
        """
        return self._segments.search_end(offset, size_bytes)

    def start_verification(
        self, producer_id: int, sequence: int, producer_epoch: int, *, produce_version: int = 12
    ) -> VerificationGuard | None:
        """
        A transactional batch waits for the coordinator's word.

        Returns:
            What its append has to show; None if its transaction is open here already.

        Raises:
            KafkaError: INVALID_PRODUCER_EPOCH.

        Source: ``UnifiedLog.maybeStartTransactionVerification``.
        """
        entry = self.producers.entries.get(producer_id)
        if entry is not None and producer_epoch < entry.producer_epoch:
            raise old_epoch(producer_id, producer_epoch, entry.producer_epoch)
        if is_ongoing(entry, producer_epoch):
            return None
        return self.producers.verifications.start(
            producer_id,
            sequence,
            producer_epoch,
            now_ms=self._clock.now_ms,
            supports_epoch_bump=produce_version >= SUPPORTS_EPOCH_BUMP,
        )

    def has_ongoing_transaction(self, producer_id: int, producer_epoch: int | None = None) -> bool:
        """Whether the producer has a transaction open here, in that epoch if one is named."""
        return is_ongoing(self.producers.entries.get(producer_id), producer_epoch)

    def offset_for_timestamp(self, timestamp_ms: int) -> FoundOffset | None:
        """
        The first offset whose timestamp is as large, or what a negative *timestamp_ms* asks for (ListOffsets).

        -1 is the log end: readers are told another one.
        """
        return found_offset(self._segments, self.epochs, timestamp_ms, self.log_start_offset)

    def assign_epoch(self, epoch: int) -> None:
        """The broker begins to lead in *epoch*, which starts at the log end."""
        self.epochs.assign(epoch, self.log_end_offset)

    def end_offset_for(self, epoch: int) -> EpochEnd:
        """The highest leader epoch up to *epoch*, and where it ends here; both -1 where nothing is known."""
        return self.epochs.end_offset_for(epoch, self.log_end_offset)
