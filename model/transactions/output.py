"""The output partition: its records, which transactions are open in it, and what its leader knows of producers."""

from collections.abc import Iterator
from typing import Literal

import attrs

from ackproof.model.transactions.request import Error, Request
from ackproof.model.transactions.rules import Detail, TransactionRules

Fate = Literal["open", "committed", "aborted"]

NOBODY = -1
MARKER = -1
REMEMBERED_BATCHES = 5
"""How many batches of a producer are known again (``ProducerStateEntry.NUM_BATCHES_TO_RETAIN``)."""


@attrs.frozen(cache_hash=True)
class Entry:
    """
    A record in the log, in a batch of its own; or a marker, where markers are kept.

    Attributes:
        writer: Who wrote it; nobody any more once nothing depends on it.
        serial: Of the application's transaction that it was sent in.
        ended_by: The serial that came with the EndTxn by which it was committed.
        is_promised: Its application was told that this transaction is committed, while it was open here.
    """

    record: int
    writer: int = NOBODY
    serial: int = 0
    fate: Fate = "committed"
    ended_by: int = 0
    is_promised: bool = False

    @property
    def is_open(self) -> bool:
        """Whether its transaction has no marker yet."""
        return self.fate == "open"

    @property
    def is_as_it_should_be(self) -> bool:
        """Whether it was aborted, or committed by the end of its own transaction."""
        return self.fate == "aborted" or (self.fate == "committed" and self.ended_by == self.serial)


Entries = tuple[Entry, ...]


@attrs.frozen(cache_hash=True)
class Writer:
    """
    What the leader knows of a producer (``ProducerStateEntry``).

    Attributes:
        epoch: Of its last batch or marker; None if it knows nothing.
        sequences: Of its last batches in this epoch.
        asked_about_older: One of them has come once more while no transaction was open: until something is appended
            none is taken that is newer (``VerificationStateEntry.lowestSequence``).
        asked_elsewhere: Another replica has asked so as it led, and remembers that; with reductions never.
    """

    epoch: int | None = None
    sequences: tuple[int, ...] = ()
    asked_about_older: bool = False
    asked_elsewhere: bool = False


@attrs.frozen(cache_hash=True)
class Output:
    """The log of the output partition, as all replicas will have it; in any order where no claim asks for it."""

    entries: Entries = ()
    writers: tuple[Writer, ...] = ()

    @property
    def records(self) -> Entries:
        """The entries that are no markers."""
        return tuple(entry for entry in self.entries if entry.record != MARKER)


def is_open_for(output: Output, request: Request) -> bool:
    """Whether the writer has a transaction open here, in the epoch of its batch: then nobody is asked about it."""
    is_open = any(entry.is_open and entry.writer == request.writer for entry in output.entries)
    return is_open and output.writers[request.writer].epoch == request.epoch


def asked_about(detail: Detail, output: Output, request: Request) -> Output:
    """
    *output* while its leader asks the coordinator about a batch.

    Source: ``ProducerStateManager.maybeCreateVerificationStateEntry``.
    """
    known = output.writers[request.writer]
    is_newer = known.epoch != request.epoch or all(request.sequence > sequence for sequence in known.sequences)
    after = known if is_newer else attrs.evolve(known, asked_about_older=True)
    return with_writer(detail, output.entries, output, request.writer, after)


def led_anew(writer: Writer, *, forgets: bool) -> Iterator[Writer]:
    """
    What the next leader knows of *writer*: what it has asked about as it led before it remembers.

    Args:
        forgets: A broker has died, the leader or another one, and has no memory of it.

    Source: ``ProducerStateManager.verificationStates``, which a replica keeps as it follows, until something is
    appended.
    """
    left = writer.asked_elsewhere or (writer.asked_about_older and not forgets)
    yield attrs.evolve(writer, asked_about_older=False, asked_elsewhere=left)
    if writer.asked_elsewhere:
        yield attrs.evolve(writer, asked_about_older=True)
        yield attrs.evolve(writer, asked_about_older=True, asked_elsewhere=writer.asked_about_older and not forgets)
    if forgets:
        yield attrs.evolve(writer, asked_elsewhere=False)


def append(rules: TransactionRules, detail: Detail, output: Output, request: Request) -> tuple[Output, Error]:
    """
    The leader's decision on a batch that the coordinator knows of: duplicate first, then epoch, then sequence.

    Source: ``UnifiedLog.analyzeAndValidateProducerState``, ``ProducerAppendInfo``.
    """
    known = output.writers[request.writer]
    is_same_epoch = known.epoch == request.epoch
    if is_same_epoch and request.sequence in known.sequences:
        return output, "NONE"
    if known.epoch is not None and request.epoch < known.epoch:
        return output, "INVALID_PRODUCER_EPOCH"
    if not is_in_sequence(rules, known, request):
        return output, "OUT_OF_ORDER_SEQUENCE_NUMBER"
    sequences = (*(known.sequences if is_same_epoch else ()), request.sequence)[-REMEMBERED_BATCHES:]
    entry = Entry(request.record, request.writer, request.serial, "open")
    entries = (*without_traces(detail, output.entries, request.writer, request.serial), entry)
    return with_writer(detail, entries, output, request.writer, Writer(request.epoch, sequences)), "NONE"


def is_in_sequence(rules: TransactionRules, known: Writer, request: Request) -> bool:
    """
    Whether the sequence is the next one; who is not known may start with any, but not in the new protocol.

    Source: ``ProducerAppendInfo.checkSequence``.
    """
    if known.epoch is None:
        return request.sequence == 0 or not rules.adds_partitions_implicitly
    if known.epoch != request.epoch:
        return request.sequence == 0
    last = known.sequences[-1] if known.sequences else -1
    return request.sequence == last + 1 and not known.asked_about_older


def without_traces(detail: Detail, entries: Entries, writer: int, serial: int | None = None) -> Entries:
    """*entries* without a trace of what *writer* has ended as it should, in transactions before *serial* if given."""
    if not detail.forgets:
        return entries
    return tuple(
        Entry(entry.record, fate=entry.fate)
        if entry.writer == writer and entry.is_as_it_should_be and (serial is None or entry.serial < serial)
        else entry
        for entry in entries
    )


def with_writer(detail: Detail, entries: Entries, output: Output, index: int, writer: Writer) -> Output:
    """An output with these *entries*, and what the leader has learned of one writer."""
    if detail.forgets and not detail.keeps_order:
        entries = tuple(sorted(entries, key=_order))
    return Output(entries, (*output.writers[:index], writer, *output.writers[index + 1 :]))


def _order(entry: Entry) -> tuple[object, ...]:
    return (entry.record, entry.writer, entry.serial, entry.fate, entry.ended_by, entry.is_promised)


@attrs.frozen
class Marker:
    """The end of a transaction in one partition (``EndTransactionMarker``), with the serial of its EndTxn."""

    writer: int
    epoch: int
    is_commit: bool
    ended_by: int


def mark(detail: Detail, output: Output, marker: Marker) -> Output:
    """
    *output* after a marker; an aborted record is then no longer there for anybody, unless somebody may have read it.

    Source: ``ProducerAppendInfo.appendEndTxnMarker``.
    """
    entries: list[Entry] = []
    for entry in output.entries:
        if not entry.is_open or entry.writer != marker.writer:
            entries.append(entry)
        elif marker.is_commit:
            entries.append(committed(detail, entry, marker))
        elif detail.keeps_aborted:
            entries.append(attrs.evolve(entry, fate="aborted"))
    if detail.keeps_markers:
        entries.append(Entry(MARKER, marker.writer, fate="committed" if marker.is_commit else "aborted"))
    known = output.writers[marker.writer]
    kept = known.sequences if known.epoch == marker.epoch else ()
    return with_writer(detail, tuple(entries), output, marker.writer, Writer(marker.epoch, kept))


def promised(output: Output, writer: int, serial: int) -> Output:
    """*output* once the application of a *writer* has been told that its transaction *serial* is committed."""
    entries = (
        attrs.evolve(entry, is_promised=True)
        if entry.is_open and (entry.writer, entry.serial) == (writer, serial)
        else entry
        for entry in output.entries
    )
    return attrs.evolve(output, entries=tuple(entries))


def committed(detail: Detail, entry: Entry, marker: Marker) -> Entry:
    """*entry* with its commit marker."""
    if detail.forgets and not detail.tells_transactions_apart:
        return Entry(entry.record)
    return attrs.evolve(entry, fate="committed", ended_by=marker.ended_by)
