"""What logs say of transactions, batch by batch: what was written in them, and which marker ended it."""

from collections.abc import Iterator, Sequence
from functools import lru_cache

import attrs

from ackproof.model.transactions.output import Fate
from ackproof.reference.groups import record as group_record
from ackproof.reference.groups.schema import OffsetCommitKey, OffsetCommitValue
from ackproof.reference.log.log import PartitionLog
from ackproof.reference.records.batch import Batch, decode
from ackproof.reference.records.control import Marker, marker_of
from ackproof.reference.refinement.transactions.requests import records_in, transaction_in
from ackproof.reference.refinement.transactions.setting import INPUT


@attrs.frozen
class Written:
    """
    A batch of records.

    Attributes:
        fate: What has become of its transaction, as far as the log goes.
        ended_at: The offset of the marker that says so.
    """

    batch: Batch
    fate: Fate = "open"
    ended_at: int | None = None


@attrs.frozen
class Ended:
    """A marker, and where it stands."""

    offset: int
    marker: Marker


def history_of(log: PartitionLog) -> Sequence[Written | Ended]:
    """Everything in a log, in order; what was written outside of transactions is committed."""
    return _history_of(tuple(log.batches()))


@lru_cache(maxsize=8)
def _history_of(batches: tuple[bytes, ...]) -> Sequence[Written | Ended]:
    """The same of its batches: most of the time they are those that they were."""
    history: list[Written | Ended] = []
    for batch in map(decode, batches):
        if not batch.is_control:
            history.append(Written(batch) if batch.is_transactional else Written(batch, "committed"))
            continue
        marker = marker_of(batch)
        fate: Fate = "committed" if marker.kind == "commit" else "aborted"
        for place, each in enumerate(history):
            is_open = isinstance(each, Written) and each.fate == "open"
            if is_open and isinstance(each, Written) and each.batch.producer_id == marker.producer_id:
                history[place] = attrs.evolve(each, fate=fate, ended_at=batch.base_offset)
        history.append(Ended(batch.base_offset, marker))
    return tuple(history)


def markers_in(log: PartitionLog, producer_id: int) -> int:
    """How many markers of a producer are in a log."""
    history = history_of(log)
    return sum(isinstance(each, Ended) and each.marker.producer_id == producer_id for each in history)


def written_in(log: PartitionLog) -> list[Written]:
    """The batches of records in a log."""
    return [each for each in history_of(log) if isinstance(each, Written)]


@attrs.frozen
class StoredOutput:
    """A record of the output, and in which transaction of its application it was sent."""

    record: int
    transaction: str | None
    offset: int
    producer_id: int
    producer_epoch: int
    sequence: int
    fate: Fate
    ended_at: int | None


def outputs_in(log: PartitionLog) -> list[StoredOutput]:
    """The records of the output, each in a batch of its own."""
    return [
        StoredOutput(
            records_in(each.batch)[0],
            transaction_in(each.batch),
            each.batch.base_offset,
            each.batch.producer_id,
            each.batch.producer_epoch,
            each.batch.base_sequence,
            each.fate,
            each.ended_at,
        )
        for each in written_in(log)
    ]


@attrs.frozen
class StoredCommit:
    """A commit in ``__consumer_offsets`` for the partition that the group reads; of None if it was deleted."""

    committed: int | None
    offset: int
    producer_id: int
    producer_epoch: int
    fate: Fate
    ended_at: int | None


def commits_in(log: PartitionLog) -> Iterator[StoredCommit]:
    """The commits in a partition of ``__consumer_offsets``."""
    for each in written_in(log):
        for record in each.batch.records:
            found = group_record.decode(record)
            if found is None or not isinstance(found.key, OffsetCommitKey) or found.key.topic != INPUT:
                continue
            yield StoredCommit(
                found.value.offset if isinstance(found.value, OffsetCommitValue) else None,
                each.batch.offset_of(record),
                each.batch.producer_id,
                each.batch.producer_epoch,
                each.fate,
                each.ended_at,
            )


def outputs_as_given(log: PartitionLog) -> list[StoredOutput]:
    """
    The records of the output with the fates that who reads committed ones is told of.

    What is below the last stable offset is given to it, unless it is listed as aborted; what is above is open to it.
    That is what the log says, unless its leader is wrong about it.
    """
    stored, stable = outputs_in(log), log.last_stable_offset
    listed = log.aborted_transactions(0, log.log_end_offset)
    opened = [each.offset for each in stored if each.fate == "open"]
    given: list[StoredOutput] = []
    for each in stored:
        is_aborted = any(
            each.producer_id == listing.producer_id and listing.first_offset <= each.offset <= listing.last_offset
            for listing in listed
        )
        if each.offset < stable:
            fate: Fate = "aborted" if is_aborted else "committed"
        else:
            fate = each.fate if any(offset < each.offset for offset in opened) else "open"
        given.append(attrs.evolve(each, fate=fate))
    return given
