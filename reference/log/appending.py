"""What happens to a batch between its validation and its place in the log."""

from collections.abc import Sequence
from typing import Literal

from ackproof.reference.kernel.value import value
from ackproof.reference.log.producers.producer_entry import RememberedBatch
from ackproof.reference.log.producers.producers import Producers
from ackproof.reference.log.producers.sequencing import Sequencing
from ackproof.reference.log.producers.verification import VerificationGuard
from ackproof.reference.records.batch import (
    BatchHeader,
    CorruptBatchError,
    decode,
    has_valid_crc,
    read_header,
    split,
)
from ackproof.reference.records.control import marker_of

Origin = Literal["client", "coordinator"]
"""Who a leader appends for; what comes from a leader is appended by ``append_as_follower``."""


class UnexpectedOffsetError(ValueError):
    """
    What a follower got does not come after what it has.

    Attributes:
        first_offset, last_offset: Of what it got.
    """

    def __init__(self, first_offset: int, last_offset: int, expected: int) -> None:
        super().__init__(f"offsets {first_offset} to {last_offset} where {expected} is next, or not in order")
        self.first_offset = first_offset
        self.last_offset = last_offset


@value
class Appended:
    """
    Where a batch is in the log, now or already.

    Attributes:
        log_append_time_ms: -1 where the timestamp is the producer's; of a duplicate, always that of its first copy.
    """

    base_offset: int
    last_offset: int
    is_duplicate: bool
    log_append_time_ms: int
    log_start_offset: int


def admitted(
    rules: Sequencing,
    producers: Producers,
    data: bytes,
    header: BatchHeader,
    is_from_client: bool,
    shown: VerificationGuard | None,
    transaction_version: int,
) -> RememberedBatch | None:
    """
    Whether a producer may write the batch.

    Returns:
        Its first copy, if it is there already.

    Raises:
        KafkaError: It may not.

    Source: ``UnifiedLog.analyzeAndValidateProducerState``, ``ProducerAppendInfo``.
    """
    producer_id = header.producer_id
    entry = producers.entries.get(producer_id)
    if is_from_client and entry is not None and (duplicate := entry.duplicate_of(header)) is not None:
        return duplicate
    if header.is_control:
        rules.check_marker(header, marker_of(decode(data)), entry, transaction_version)
    else:
        waiting = producers.verifications.of(producer_id)
        if header.is_transactional:
            rules.check_transaction(header, entry, waiting, shown)
        rules.check_epoch(header, entry)
        if is_from_client:
            rules.check_sequence(header, entry, waiting, header.base_offset)
        rules.check_state(header, entry)
    return None


def replicated_batches(
    data: bytes, log_end_offset: int, leader_epoch: int | None
) -> Sequence[tuple[bytes, BatchHeader]]:
    """
    The batches in *data* that a follower appends.

    Args:
        leader_epoch: The first batch of a later one is left out, and all after it.

    Raises:
        KafkaError: CORRUPT_MESSAGE.
        UnexpectedOffsetError: They do not come after *log_end_offset*, or are not in order.
    """
    found: list[tuple[bytes, BatchHeader]] = []
    expected = log_end_offset
    for batch in split(data):
        header = read_header(batch)
        if leader_epoch is not None and header.partition_leader_epoch > leader_epoch:
            break
        if not has_valid_crc(batch):
            raise CorruptBatchError("the checksum is wrong")
        if header.base_offset < expected:
            first = found[0][1] if found else header
            raise UnexpectedOffsetError(first.base_offset, header.last_offset, expected)
        expected = header.next_offset
        found.append((batch, header))
    return found
