"""What a fetch has brought for one partition, handed out record by record."""

from collections.abc import Iterator

from kio.schema.fetch.v12.response import PartitionData

from ackproof.reference.client.cluster import TopicPartition
from ackproof.reference.consumer.errors import CorruptFetchError
from ackproof.reference.consumer.fetch.aborted import Aborted, AbortedTransactions
from ackproof.reference.consumer.record import ConsumedRecord
from ackproof.reference.consumer.settings import ConsumerSettings
from ackproof.reference.protocol.errors import KafkaError
from ackproof.reference.records.batch import Batch, BatchHeader, decode, has_valid_crc, read_header, split
from ackproof.reference.records.checksum import crc32c
from ackproof.reference.records.control import KINDS, control_type_of
from ackproof.reference.records.header import CHECKED_FROM, CRC_AT

ABORT = KINDS.index("abort")


class CompletedFetch:
    """
    A partition of a fetch answer.

    Attributes:
        next_fetch_offset: Where to go on behind what was handed out and what is not handed out at all.
        last_epoch: The leader epoch of the batch that was looked at last; None if it does not tell.
        is_initialized: Its offsets are known to be those that are wanted.
        is_consumed: There is nothing left.
        has_given: Something of it was handed out.

    Source: ``CompletedFetch``.
    """

    def __init__(
        self,
        partition: TopicPartition,
        data: PartitionData,
        fetch_offset: int,
        settings: ConsumerSettings,
        *,
        pops_any_abort: bool = False,
    ) -> None:
        self.partition = partition
        self.data = data
        self.next_fetch_offset = fetch_offset
        self.last_epoch: int | None = None
        self.is_initialized = False
        self.is_consumed = False
        self.has_given = False
        self._settings = settings
        self._aborted = AbortedTransactions(
            (Aborted(one.producer_id, one.first_offset) for one in data.aborted_transactions or ()),
            pops_any_abort=pops_any_abort,
        )
        self._records = self._readable()
        self._error: Exception | None = None

    @property
    def size_bytes(self) -> int:
        """Of what it brought."""
        return len(self.data.records or b"")

    def take(self, most: int) -> list[ConsumedRecord]:
        """
        The next records, up to *most*.

        Raises:
            CorruptFetchError: What comes next can not be read, now and ever; what comes before it is handed out first.
        """
        taken: list[ConsumedRecord] = []
        if self._error is not None:
            raise self._error
        try:
            while len(taken) < most and (record := next(self._records, None)) is not None:
                taken.append(record)
                self.next_fetch_offset = record.offset + 1
        except KafkaError as error:
            topic, number = self.partition
            self._error = CorruptFetchError(self.partition, self.next_fetch_offset, f"{error} in {topic}-{number}")
            if not taken:
                raise self._error from error
        self.has_given |= bool(taken)
        return taken

    def drain(self) -> None:
        """Nothing more is handed out."""
        self.is_consumed = True
        self._records = iter(())

    def _readable(self) -> Iterator[ConsumedRecord]:
        header: BatchHeader | None = None
        for data in split(self.data.records or b""):
            header = read_header(data)
            self.last_epoch = None if header.partition_leader_epoch < 0 else header.partition_leader_epoch
            batch = self._visible(header, data)
            if batch is None:
                # Only what is not there counts: of an aborted batch that lies before the position as well.
                self.next_fetch_offset = header.next_offset
            else:
                yield from self._of(batch)
        # Records at the end of a batch may be gone: without this they would be fetched again and again.
        if header is not None:
            self.next_fetch_offset = header.next_offset
        self.is_consumed = True

    def _visible(self, header: BatchHeader, data: bytes) -> Batch | None:
        """The batch, unless it belongs to an aborted transaction; its marker ends that."""
        if not self._settings.is_read_committed or header.producer_id < 0:
            return self._decoded(header, data)
        self._aborted.reach(header)
        if header.is_control:
            batch = self._decoded(header, data)
            if batch.records and control_type_of(batch.records[0]) == ABORT:
                self._aborted.end(header.producer_id)
            return batch
        return None if self._aborted.hide(header) else self._decoded(header, data)

    def _decoded(self, header: BatchHeader, data: bytes) -> Batch:
        if not self._settings.check_crcs and not has_valid_crc(data):
            data = data[:CRC_AT] + crc32c(data[CHECKED_FROM:]).to_bytes(4) + data[CHECKED_FROM:]
        return decode(data, header)

    def _of(self, batch: Batch) -> Iterator[ConsumedRecord]:
        for record in batch.records:
            offset = batch.offset_of(record)
            if offset < self.next_fetch_offset:
                continue
            if batch.is_control:
                self.next_fetch_offset = offset + 1
                continue
            yield ConsumedRecord(
                self.partition[0],
                self.partition[1],
                offset,
                record.value,
                record.key,
                batch.timestamp_ms_of(record),
                record.headers,
                self.last_epoch,
                batch.is_log_append_time,
            )
