"""Whether a producer may write a batch: its epoch, its sequence, its transaction (``ProducerAppendInfo``)."""

import attrs
from kio.schema.errors import ErrorCode

from ackproof.model.produce.rules import BrokerRules
from ackproof.model.transactions.rules import TransactionRules
from ackproof.reference.log.producers.producer_entry import NO_EPOCH, ProducerEntry
from ackproof.reference.log.producers.verification import Verification, VerificationGuard
from ackproof.reference.protocol.errors import KafkaError
from ackproof.reference.records.batch import BatchHeader
from ackproof.reference.records.control import Marker
from ackproof.reference.records.header import SEQUENCES

SHORT_MAX = 2**15 - 1


@attrs.frozen
class Sequencing:
    """
    The rules that a leader goes by.

    Attributes:
        broker: Of sequences.
        transactions: Of markers and of verification.
    """

    broker: BrokerRules
    transactions: TransactionRules

    def check_transaction(
        self,
        header: BatchHeader,
        entry: ProducerEntry | None,
        waiting: Verification | None,
        shown: VerificationGuard | None,
    ) -> None:
        """
        Whether a transactional batch belongs to a transaction that is open here, or was verified.

        Raises:
            KafkaError: INVALID_PRODUCER_EPOCH, INVALID_TXN_STATE.

        Source: ``UnifiedLog.analyzeAndValidateProducerState``.
        """
        if is_ongoing(entry, header.producer_epoch):
            return
        if entry is not None and header.producer_epoch < entry.producer_epoch:
            raise old_epoch(header.producer_id, header.producer_epoch, entry.producer_epoch)
        is_verified = waiting is not None and shown is not None and waiting.guard == shown
        if self.transactions.verifies_partitions and not is_verified:
            raise KafkaError(ErrorCode.invalid_txn_state, f"producer {header.producer_id} has no verified transaction")

    def check_epoch(self, header: BatchHeader, entry: ProducerEntry | None) -> None:
        """
        Whether the producer is not an older incarnation of itself.

        Raises:
            KafkaError: INVALID_PRODUCER_EPOCH.
        """
        known = NO_EPOCH if entry is None else entry.producer_epoch
        if header.producer_epoch < known:
            raise old_epoch(header.producer_id, header.producer_epoch, known)

    def check_sequence(
        self, header: BatchHeader, entry: ProducerEntry | None, waiting: Verification | None, log_end_offset: int
    ) -> None:
        """
        Whether the batch is the one that comes next.

        Raises:
            KafkaError: OUT_OF_ORDER_SEQUENCE_NUMBER, UNKNOWN_PRODUCER_ID.
        """
        sequence = header.base_sequence
        if waiting is not None:
            if waiting.supports_epoch_bump and sequence != 0 and not (entry and entry.batches):
                raise _out_of_order(header, "0, of the first batch that this partition gets")
            if sequence > waiting.lowest_sequence:
                raise _out_of_order(header, f"at most {waiting.lowest_sequence}, which waits")
        if entry is None or entry.producer_epoch == NO_EPOCH:
            self._check_first(header, log_end_offset, is_known=entry is not None)
        elif header.producer_epoch != entry.producer_epoch:
            if sequence != 0:
                raise _out_of_order(header, "0, of the first batch of an epoch")
        elif sequence != (entry.last_sequence + 1) % SEQUENCES:
            raise _out_of_order(header, f"the one after {entry.last_sequence}")

    def _check_first(self, header: BatchHeader, log_end_offset: int, *, is_known: bool) -> None:
        """Whether a producer that is not known may start with this batch; without an epoch it always may."""
        if header.base_sequence == 0 or is_known:
            return
        rules = self.broker
        if rules.accepts_any_first_sequence and not (rules.refuses_gap_in_empty_partition and log_end_offset == 0):
            return
        if rules.names_unknown_producers:
            raise KafkaError(ErrorCode.unknown_producer_id, f"producer {header.producer_id} is not known")
        raise _out_of_order(header, "0, as the producer is not known")

    def check_state(self, header: BatchHeader, entry: ProducerEntry | None) -> None:
        """
        Whether the batch is transactional if a transaction is open.

        Raises:
            KafkaError: INVALID_TXN_STATE.
        """
        if entry is not None and entry.transaction_first_offset is not None and not header.is_transactional:
            raise KafkaError(ErrorCode.invalid_txn_state, f"producer {header.producer_id} has a transaction open")

    def check_marker(
        self, header: BatchHeader, marker: Marker, entry: ProducerEntry | None, transaction_version: int
    ) -> None:
        """
        Whether the marker is neither late nor of a coordinator that another one has replaced.

        A marker of the new protocol has an epoch above its transaction's (KIP-1228). One that was written before may
        come again: then nothing is open, and it is written again (KAFKA-19999).

        Raises:
            KafkaError: INVALID_PRODUCER_EPOCH, TRANSACTION_COORDINATOR_FENCED.
        """
        entry = entry or ProducerEntry(header.producer_id)
        epoch, known = header.producer_epoch, entry.producer_epoch
        rules = self.transactions
        is_strict = transaction_version >= 2 and rules.fences_late_markers and rules.bumps_epoch_at_every_end
        is_late = epoch == known and is_strict and entry.transaction_first_offset is not None and epoch != SHORT_MAX
        if epoch < known or is_late:
            raise old_epoch(header.producer_id, epoch, known)
        if marker.coordinator_epoch < entry.coordinator_epoch:
            code = ErrorCode.transaction_coordinator_fenced
            raise KafkaError(code, f"coordinator epoch {marker.coordinator_epoch}, known is {entry.coordinator_epoch}")


def is_ongoing(entry: ProducerEntry | None, producer_epoch: int | None) -> bool:
    """Whether a producer has a transaction open, in this epoch if one is named."""
    if entry is None or entry.transaction_first_offset is None:
        return False
    return producer_epoch is None or producer_epoch == entry.producer_epoch


def old_epoch(producer_id: int, producer_epoch: int, known: int) -> KafkaError:
    """The producer is an older incarnation of itself: INVALID_PRODUCER_EPOCH."""
    text = f"producer {producer_id} has epoch {producer_epoch}, known is {known}"
    return KafkaError(ErrorCode.invalid_producer_epoch, text)


def _out_of_order(header: BatchHeader, expected: str) -> KafkaError:
    text = f"producer {header.producer_id} has sequence {header.base_sequence}, expected is {expected}"
    return KafkaError(ErrorCode.out_of_order_sequence_number, text)
