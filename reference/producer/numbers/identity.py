"""Who a producer is to brokers."""

import attrs

NO_PRODUCER_ID = -1
NO_PRODUCER_EPOCH = -1
NO_SEQUENCE = -1
SEQUENCE_MAX = 2**31 - 1
EPOCH_MAX = 2**15 - 1


@attrs.frozen(order=True)
class ProducerIdAndEpoch:
    """A producer id, and which incarnation of it (``ProducerIdAndEpoch``)."""

    producer_id: int = NO_PRODUCER_ID
    epoch: int = NO_PRODUCER_EPOCH

    @property
    def is_valid(self) -> bool:
        """Whether it is one at all."""
        return self.producer_id > NO_PRODUCER_ID


NOBODY = ProducerIdAndEpoch()
"""A producer that has no id yet, or no more."""


def sequence_after(sequence: int, count: int) -> int:
    """The sequence *count* records on; after the largest comes 0 (``DefaultRecordBatch.incrementSequence``)."""
    return sequence + count if sequence <= SEQUENCE_MAX - count else count - (SEQUENCE_MAX - sequence) - 1


def signed(number: int) -> int:
    """What Java makes of a number that is too large for 32 bits."""
    return (number + 2**31) % 2**32 - 2**31
