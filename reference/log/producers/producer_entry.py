"""What a log knows of one producer (``ProducerStateEntry``)."""

from ackproof.reference.kernel.value import value
from ackproof.reference.records.batch import BatchHeader

NO_EPOCH = -1


@value
class RememberedBatch:
    """A batch that is known again when it comes a second time; no record of it is kept."""

    base_sequence: int
    last_sequence: int
    base_offset: int
    last_offset: int
    timestamp_ms: int


class ProducerEntry:
    """
    One producer in one partition.

    Attributes:
        producer_epoch: -1 if nothing is known of it.
        coordinator_epoch: Of the last marker; -1 if there was none.
        last_timestamp_ms: Of its last batch or marker, which its expiry counts from.
        transaction_first_offset: Where its open transaction starts; None if none is open.
        batches: Its last ones of this epoch, oldest first.
    """

    __slots__ = (
        "batches",
        "coordinator_epoch",
        "last_timestamp_ms",
        "producer_epoch",
        "producer_id",
        "transaction_first_offset",
    )

    def __init__(
        self,
        producer_id: int,
        producer_epoch: int = NO_EPOCH,
        coordinator_epoch: int = -1,
        last_timestamp_ms: int = -1,
        transaction_first_offset: int | None = None,
        batches: tuple[RememberedBatch, ...] = (),
    ) -> None:
        self.producer_id = producer_id
        self.producer_epoch = producer_epoch
        self.coordinator_epoch = coordinator_epoch
        self.last_timestamp_ms = last_timestamp_ms
        self.transaction_first_offset = transaction_first_offset
        self.batches = batches

    @property
    def last_sequence(self) -> int:
        """Of its last batch; -1 if none is remembered."""
        return self.batches[-1].last_sequence if self.batches else -1

    @property
    def last_offset(self) -> int:
        """Of its last batch; -1 if none is remembered."""
        return self.batches[-1].last_offset if self.batches else -1

    def duplicate_of(self, header: BatchHeader) -> RememberedBatch | None:
        """The batch that this one repeats: of the same epoch and sequences. What it holds is not compared."""
        if header.producer_epoch != self.producer_epoch:
            return None
        base, last = header.base_sequence, header.last_sequence
        for batch in self.batches:
            if batch.base_sequence == base and batch.last_sequence == last:
                return batch
        return None

    def add(self, header: BatchHeader, remembered: int) -> None:
        """It wrote the batch of *header*; only its last *remembered* ones are known again."""
        batch = RememberedBatch(
            header.base_sequence,
            header.last_sequence,
            header.base_offset,
            header.last_offset,
            header.max_timestamp_ms,
        )
        if header.producer_epoch == self.producer_epoch:
            self.batches = (*self.batches[1 - remembered :], batch) if remembered > 1 else (batch,)
        else:
            self.producer_epoch = header.producer_epoch
            self.batches = (batch,)
        self.last_timestamp_ms = header.max_timestamp_ms

    def end_transaction(self, producer_epoch: int, coordinator_epoch: int, timestamp_ms: int) -> None:
        """A marker ends what it has open; one of another epoch makes it forget its batches."""
        if producer_epoch != self.producer_epoch:
            self.producer_epoch = producer_epoch
            self.batches = ()
        self.coordinator_epoch = coordinator_epoch
        self.last_timestamp_ms = timestamp_ms
        self.transaction_first_offset = None

    @property
    def values(self) -> tuple[object, ...]:
        """What a snapshot keeps of it."""
        last = self.batches[-1] if self.batches else None
        return (
            self.producer_id,
            self.producer_epoch,
            self.coordinator_epoch,
            self.last_timestamp_ms,
            self.transaction_first_offset,
            last,
        )
