"""Offsets and messages: what takes an offset in a log, and what a reader is given."""

from collections.abc import Iterator
from typing import Literal

import attrs

from ackproof.model.system import Next, System, action

Kind = Literal["plain", "transactional", "commit", "abort"]


@attrs.frozen(cache_hash=True)
class Entry:
    """
    What stands at an offset.

    Attributes:
        kind: commit and abort are the markers at the end of a transaction (control records).
        key: Of a record; compaction keeps the last one of each.
    """

    offset: int
    kind: Kind
    key: str = ""


Entries = tuple[Entry, ...]
MARKERS = frozenset({"commit", "abort"})


@attrs.frozen
class OffsetRules:
    """What happens to the topic: transactions, compaction (cleanup.policy=compact)."""

    has_transactions: bool = False
    is_compacted: bool = False
    is_read_committed: bool = False


def messages(entries: Entries, rules: OffsetRules) -> int:
    """
    How many messages a reader is given of *entries*, from the first on.

    >>> log = (Entry(0, "plain"), Entry(1, "transactional"), Entry(2, "abort"), Entry(3, "plain"))
    >>> messages(log, OffsetRules()), messages(log, OffsetRules(is_read_committed=True))
    (3, 2)

    Source: ``CompletedFetch.nextFetchedRecord``: control batches are skipped, aborted ones by a read_committed reader.
    """
    return sum(1 for entry in entries if is_given(entries, entry, rules))


def is_given(entries: Entries, entry: Entry, rules: OffsetRules) -> bool:
    """Whether a reader gets *entry*."""
    if entry.kind in MARKERS:
        return False
    return not (rules.is_read_committed and entry.kind == "transactional" and end_of(entries, entry) == "abort")


def end_of(entries: Entries, entry: Entry) -> Kind | None:
    """How the transaction of *entry* ended; there is one at a time here."""
    return next((e.kind for e in entries if e.offset > entry.offset and e.kind in MARKERS), None)


def is_open(entries: Entries) -> bool:
    """Whether a transaction has not ended."""
    last = next((e.kind for e in reversed(entries) if e.kind != "plain"), None)
    return last == "transactional"


def compacted(entries: Entries) -> Entries:
    """
    The log after the cleaner has passed: earlier values of a key are gone, and offsets have holes.

    Not modelled: records of aborted transactions go as well; markers and tombstones after delete.retention.ms.

    Source: ``LogCleaner``, ``Cleaner.shouldRetainRecord``.
    """
    last = {entry.key: entry.offset for entry in entries if entry.kind not in MARKERS}
    return tuple(e for e in entries if e.kind in MARKERS or last[e.key] == e.offset)


def offset_system(rules: OffsetRules, *, offsets: int = 4) -> System:
    """A log of so many offsets, to be read from the beginning."""
    return System(
        initial={"log_end_offset": 0, "entries": ()},
        actions=(append, append_in_transaction, end_transaction, compact),
        rules={"rules": rules, "offsets": offsets},
    )


@action(fair=False)
def append(log_end_offset: int, entries: Entries, offsets: int) -> Iterator[Next]:
    """A record of key a or b is appended."""
    if log_end_offset < offsets:
        for key in ("a", "b"):
            yield appended(log_end_offset, entries, Entry(log_end_offset, "plain", key))


def appended(log_end_offset: int, entries: Entries, entry: Entry) -> Next:
    """*entry* at the end of the log."""
    says = f"offset {entry.offset}: {entry.kind} {entry.key}".rstrip()
    return Next(says, log_end_offset=log_end_offset + 1, entries=(*entries, entry))


@action(fair=False)
def append_in_transaction(rules: OffsetRules, log_end_offset: int, entries: Entries, offsets: int) -> Iterator[Next]:
    """A record is appended in a transaction."""
    if rules.has_transactions and log_end_offset < offsets:
        yield appended(log_end_offset, entries, Entry(log_end_offset, "transactional", "a"))


@action
def end_transaction(log_end_offset: int, entries: Entries, offsets: int) -> Iterator[Next]:
    """The transaction ends: its marker takes an offset (``WriteTxnMarkers``)."""
    if is_open(entries) and log_end_offset < offsets:
        for kind in ("commit", "abort"):
            yield appended(log_end_offset, entries, Entry(log_end_offset, kind))


@action
def compact(rules: OffsetRules, entries: Entries) -> Iterator[Next]:
    """The cleaner passes, never beyond the last stable offset (``LogCleanerManager.cleanableOffsets``)."""
    after = compacted(entries)
    if rules.is_compacted and not is_open(entries) and after != entries:
        gone = sorted({entry.offset for entry in entries} - {entry.offset for entry in after})
        yield Next(f"compaction removes offset {', '.join(map(str, gone))}", entries=after)
