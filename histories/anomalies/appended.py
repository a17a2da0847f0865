"""What a broker's log says of producers: epochs, sequence numbers and markers."""

from collections.abc import Iterator
from itertools import pairwise

from ackproof.histories.anomaly import Anomaly
from ackproof.histories.history import Append, History
from ackproof.histories.operation import Key

NO_SEQUENCE = -1
MAX_SEQUENCE = 2**31 - 1
"""Sequence numbers wrap to 0 after it (DefaultRecordBatch.incrementSequence)."""


def appended(history: History) -> Iterator[Anomaly]:
    """Appends that an idempotent or transactional partition should have refused."""
    logs = dict[tuple[Key, int], list[Append]]()
    for append in sorted(history.log, key=lambda each: each.offset):
        if append.producer_id >= 0:
            logs.setdefault((append.key, append.producer_id), []).append(append)
    for (key, producer_id), appends in logs.items():
        for before, after in pairwise(appends):
            problem = broken_step(before, after)
            if problem is not None:
                kind, says = problem
                where = {"offset": after.offset, "producer_id": producer_id}
                yield Anomaly(kind, key, (after.value,), (), f"at offset {after.offset} of {key} {says}", where)


def broken_step(before: Append, after: Append) -> tuple[str, str] | None:
    """What is wrong with a producer's append after the one *before* it; None if nothing is."""
    if after.producer_epoch < before.producer_epoch:
        return "epoch-regression", f"epoch {after.producer_epoch} writes after epoch {before.producer_epoch}"
    if after.control or before.control or after.producer_epoch > before.producer_epoch:
        return None
    expected = 0 if before.sequence == MAX_SEQUENCE else before.sequence + 1
    if NO_SEQUENCE in {before.sequence, after.sequence} or after.sequence == expected:
        return None
    return "sequence-gap", f"sequence {after.sequence} follows {before.sequence}"
