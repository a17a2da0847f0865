"""The offsets partition: what the group has committed, and what transactions want it to commit."""

from collections.abc import Iterable

import attrs

from ackproof.model.transactions.output import NOBODY, Marker
from ackproof.model.transactions.request import Error, Request
from ackproof.model.transactions.rules import Detail


@attrs.frozen(cache_hash=True)
class Commit:
    """
    A commit in the log of the offsets partition.

    Attributes:
        offset, start: The next record to read, and the transaction's first one. An offset of None has expired.
        writer: Whose transaction; nobody's any more once nothing depends on it.
        is_pending: Its transaction has no marker yet.
        serial, ended_by: As those of an ``Entry``.
    """

    offset: int | None
    start: int = 0
    writer: int = NOBODY
    serial: int = 0
    is_pending: bool = False
    ended_by: int = 0


Commits = tuple[Commit, ...]


@attrs.frozen(cache_hash=True)
class Offsets:
    """
    Commits for the partition that the group reads, in the order of the log: the last one that is not pending counts.

    Attributes:
        epochs: The highest producer epoch seen of each writer.
    """

    commits: Commits = ()
    epochs: tuple[int, ...] = ()

    @property
    def committed(self) -> int | None:
        """The committed offset."""
        return next((commit.offset for commit in reversed(self.commits) if not commit.is_pending), None)

    @property
    def is_unstable(self) -> bool:
        """Whether a transaction has an offset pending (UNSTABLE_OFFSET_COMMIT)."""
        return any(commit.is_pending for commit in self.commits)


def has_open(offsets: Offsets, request: Request) -> bool:
    """Whether the writer has a transaction open here, in the epoch of its request: then nobody is asked about it."""
    is_open = any(commit.is_pending and commit.writer == request.writer for commit in offsets.commits)
    return is_open and offsets.epochs[request.writer] == request.epoch


def append(detail: Detail, offsets: Offsets, request: Request) -> tuple[Offsets, Error]:
    """
    The group coordinator's decision on the offsets of a transaction, from a member or from whom nobody checks.

    Source: ``OffsetMetadataManager.commitTransactionalOffset``; ``ProducerAppendInfo.checkProducerEpoch``.
    """
    if request.epoch < offsets.epochs[request.writer]:
        return offsets, "INVALID_PRODUCER_EPOCH"
    others = (commit for commit in offsets.commits if not (commit.is_pending and commit.writer == request.writer))
    new = Commit(request.offset, request.start, request.writer, request.serial, is_pending=True)
    return with_epoch(detail, (*others, new), offsets, request.writer, request.epoch), "NONE"


def with_epoch(detail: Detail, commits: Commits, offsets: Offsets, writer: int, epoch: int) -> Offsets:
    """Offsets with these *commits*, after an epoch of one writer was seen."""
    return Offsets(tidied(detail, commits), (*offsets.epochs[:writer], epoch, *offsets.epochs[writer + 1 :]))


def mark(detail: Detail, offsets: Offsets, marker: Marker) -> Offsets:
    """
    *offsets* after a marker.

    Which commit then counts is decided by its place in the log (``OffsetMetadataManager.replayEndTransactionMarker``).
    """
    commits: list[Commit] = []
    for commit in offsets.commits:
        if not commit.is_pending or commit.writer != marker.writer:
            commits.append(commit)
        elif marker.is_commit:
            commits.append(attrs.evolve(commit, is_pending=False, ended_by=marker.ended_by))
    return with_epoch(detail, tuple(commits), offsets, marker.writer, marker.epoch)


def tidied(detail: Detail, commits: Commits) -> Commits:
    """
    *commits* without those that a later one has replaced.

    Where transactions are told apart the last one of each writer stays, until that writer sends another. If that may be
    a copy that arrives late, or may come before the batches of its transaction, the one stays by which an earlier
    transaction is whole.
    """
    if not detail.forgets:
        return commits
    kept: list[Commit] = []
    for place, commit in enumerate(commits):
        later = commits[place + 1 :]
        is_replaced = not commit.is_pending and any(not other.is_pending for other in later)
        if not is_replaced or (detail.tells_transactions_apart and is_remembered(detail, commit, kept, later)):
            kept.append(commit if detail.tells_transactions_apart or commit.is_pending else Commit(commit.offset))
    return tuple(kept)


def is_remembered(detail: Detail, commit: Commit, earlier: Iterable[Commit], later: Iterable[Commit]) -> bool:
    """Whether a *commit* that is replaced still says what has become of the transaction that it was sent in."""
    if commit.writer == NOBODY:
        return False
    is_copy = any((other.writer, other.serial) == (commit.writer, commit.serial) for other in earlier)
    is_whole = commit.ended_by <= commit.serial and not is_copy
    return (detail.sends_beside and is_whole) or all(other.writer != commit.writer for other in later)


def without_traces(commits: Commits, writer: int) -> Commits:
    """*commits* without a trace of who made those of *writer*."""
    return tuple(Commit(commit.offset) if commit.writer == writer else commit for commit in commits)


def expired(offsets: Offsets) -> Offsets:
    """*offsets* after everything committed was deleted."""
    commits = (commit if commit.is_pending else attrs.evolve(commit, offset=None) for commit in offsets.commits)
    return attrs.evolve(offsets, commits=tuple(commits))
