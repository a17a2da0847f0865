"""Batches: one record each, and the identity that makes a repeat known again."""

import attrs

from ackproof.model.naming import record_name

NO_PRODUCER_ID = -1


@attrs.frozen(cache_hash=True)
class Batch:
    """
    A batch as it is on the wire and in the log (``DefaultRecordBatch``), of one record.

    More records in a batch stand or fall together, so one is enough. Not idempotent: the last three are -1.

    Attributes:
        record: Which record of the application, counted from 0 in the order of sending.
        producer_id: Counts the sessions of the producer, from 0.
        partition_leader_epoch: Stamped by the leader where logs are compared by epoch, or positions of readers are; 0
            where by content.
    """

    record: int
    producer_id: int = NO_PRODUCER_ID
    producer_epoch: int = -1
    base_sequence: int = -1
    partition_leader_epoch: int = 0

    @property
    def place(self) -> tuple[int, int, int, int]:
        """Its place in the order of sending."""
        return (self.producer_id, self.producer_epoch, self.base_sequence, self.record)

    @property
    def name(self) -> str:
        """What people call it."""
        if self.producer_id == NO_PRODUCER_ID:
            return record_name(self.record)
        epoch = f"epoch {self.producer_epoch}, " if self.producer_epoch else ""
        return f"{record_name(self.record)} ({epoch}sequence {self.base_sequence})"


def is_same(one: Batch, other: Batch) -> bool:
    """Whether two batches in logs are the same, be it that a broker has forgotten the producer of what it deleted."""
    if one == other:
        return True
    is_forgotten = NO_PRODUCER_ID in (one.producer_id, other.producer_id)
    return is_forgotten and (one.record, one.partition_leader_epoch) == (other.record, other.partition_leader_epoch)


@attrs.frozen(cache_hash=True)
class Attempt:
    """
    A batch in the producer's hands (``ProducerBatch``).

    Attributes:
        was_sent: It has been on the wire, so it has its sequence.
        is_retry: It has failed at least once (``ProducerBatch.inRetry``); kept where a rule asks.
        keeps_number: It was given a new number since it was sent, and that is its old one.
        retries_left: None where only the delivery deadline ends them.
        resends_left: How often the application sends the record again after this fails.
        message_id: Its place in the order in which it was handed over, among what is in flight; kept where the client
            goes by that and a record may be handed over again, else 0.
    """

    batch: Batch
    was_sent: bool = False
    is_retry: bool = False
    keeps_number: bool = False
    retries_left: int | None = None
    resends_left: int = 0
    message_id: int = 0

    @property
    def place(self) -> tuple[int, int, int, int, int]:
        """Its place in the order in which the client sends again."""
        return (*self.batch.place[:3], self.message_id, self.batch.record)
