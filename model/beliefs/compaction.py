"""A compacted topic (``cleanup.policy=compact``): a writer, the log cleaner, a reader that keeps the last values."""

from collections.abc import Iterator, Mapping

import attrs

from ackproof.model.system import Next, System, action


@attrs.frozen(cache_hash=True)
class Entry:
    """A record of the log; without a value it is a tombstone."""

    offset: int
    key: str
    value: str | None

    def __str__(self) -> str:
        return f"{self.key}={self.value}" if self.value else f"the tombstone of {self.key}"


Write = tuple[str, str | None]
"""Key and value of a record to write."""


@attrs.frozen(cache_hash=True)
class Segments:
    """
    The log in segments.

    Attributes:
        entries: What is left of it, oldest first.
        log_end_offset: The offset of the next record.
        active_from: Where the active segment begins, which is never cleaned.
        clean_to: The end of the clean section (``first dirty offset``).
    """

    entries: tuple[Entry, ...] = ()
    log_end_offset: int = 0
    active_from: int = 0
    clean_to: int = 0


@attrs.frozen(cache_hash=True)
class Reader:
    """Who builds a table of the topic: the next offset to read, and the last values read."""

    position: int = 0
    table: frozenset[tuple[str, str]] = frozenset()


def has_more_to_write(segments: Segments, writes: tuple[Write, ...]) -> bool:
    """Whether the writer is not done."""
    return segments.log_end_offset < len(writes)


@action(when={"segments": has_more_to_write})
def append(segments: Segments, writes: tuple[Write, ...]) -> Iterator[Next]:
    """The next record is appended to the active segment."""
    entry = Entry(segments.log_end_offset, *writes[segments.log_end_offset])
    longer = attrs.evolve(segments, entries=(*segments.entries, entry), log_end_offset=entry.offset + 1)
    yield Next(f"{entry} is appended at offset {entry.offset}", segments=longer)


@action
def roll(segments: Segments) -> Iterator[Next]:
    """The active segment is full or old enough (``segment.bytes``, ``segment.ms``): a new one begins."""
    end = segments.log_end_offset
    if segments.active_from < end:
        yield Next(f"a new segment begins at offset {end}", segments=attrs.evolve(segments, active_from=end))


def is_dirty(segments: Segments) -> bool:
    """Whether something outside the active segment was not cleaned yet."""
    return segments.clean_to < segments.active_from


@action(when={"segments": is_dirty})
def clean(segments: Segments) -> Iterator[Next]:
    """
    The cleaner keeps the last record of each key up to the active segment; tombstones stay for a while.

    Source: ``Cleaner.buildOffsetMap``, ``Cleaner.shouldRetainRecord``.
    """
    end = segments.active_from
    last = {entry.key: entry.offset for entry in segments.entries if entry.offset < end}
    kept = tuple(e for e in segments.entries if e.offset >= end or e.offset == last[e.key])
    gone = ", ".join(f"{e} at offset {e.offset}" for e in segments.entries if e not in kept)
    says = f"the cleaner removes {gone}" if gone else "the cleaner finds nothing to remove"
    yield Next(says, segments=attrs.evolve(segments, entries=kept, clean_to=end))


def old_tombstones(segments: Segments) -> tuple[Entry, ...]:
    """Tombstones in the clean section."""
    return tuple(e for e in segments.entries if e.value is None and e.offset < segments.clean_to)


@action(when={"segments": old_tombstones})
def remove_tombstones(segments: Segments, reader: Reader, outlasts_readers: bool) -> Iterator[Next]:
    """A cleaning after ``delete.retention.ms`` removes tombstones, whether or not everybody has read them."""
    for entry in old_tombstones(segments):
        if reader.position > entry.offset or not outlasts_readers:
            kept = tuple(e for e in segments.entries if e is not entry)
            says = f"delete.retention.ms has passed: the cleaner removes {entry} at offset {entry.offset}"
            yield Next(says, segments=attrs.evolve(segments, entries=kept))


@action
def poll(segments: Segments, reader: Reader) -> Iterator[Next]:
    """The reader gets what is next at or after its position, and remembers the last value of each key."""
    entry = next((e for e in segments.entries if e.offset >= reader.position), None)
    if entry is not None:
        table = {**dict(reader.table), entry.key: entry.value}
        after = Reader(entry.offset + 1, as_table(table))
        yield Next(f"the reader gets {entry} at offset {entry.offset}", reader=after)


def as_table(values: Mapping[str, str | None]) -> frozenset[tuple[str, str]]:
    """The keys that have a value."""
    return frozenset((key, value) for key, value in values.items() if value is not None)


def compacted_topic(*writes: Write, outlasts_readers: bool = True) -> System:
    """
    A topic to which *writes* are written.

    Args:
        outlasts_readers: ``delete.retention.ms`` is longer than a reader takes to get to the end of the log.
    """
    return System(
        initial={"segments": Segments(), "reader": Reader()},
        actions=(append, roll, clean, remove_tombstones, poll),
        rules={"writes": writes, "outlasts_readers": outlasts_readers},
    )
