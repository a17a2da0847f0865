"""A partition with a transactional and a plain producer, and a reader with ``isolation.level=read_committed``."""

from collections.abc import Iterator
from typing import Literal

import attrs

from ackproof.model.naming import record_name
from ackproof.model.system import Action, Next, System, action

Marker = Literal["COMMIT", "ABORT"]


@attrs.frozen(cache_hash=True)
class Entry:
    """What stands at an offset: a record, in a transaction or not, or the marker that ends a transaction."""

    record: int | None = None
    is_transactional: bool = False
    marker: Marker | None = None


Log = tuple[Entry, ...]


def open_from(log: Log) -> int | None:
    """Where the open transaction begins (``ProducerStateManager.firstUnstableOffset``)."""
    markers = [offset for offset, entry in enumerate(log) if entry.marker]
    start = markers[-1] + 1 if markers else 0
    return next((offset for offset in range(start, len(log)) if log[offset].is_transactional), None)


def last_stable_offset(log: Log) -> int:
    """What a read_committed reader may see ends here; everything is replicated."""
    first = open_from(log)
    return len(log) if first is None else first


def outcome(log: Log, offset: int) -> Marker | None:
    """How the transaction of a transactional record ended; there is one transaction after another."""
    return next((entry.marker for entry in log[offset:] if entry.marker), None)


def is_to_be_read(log: Log, offset: int) -> bool:
    """Whether an offset holds a record that readers get at last: a plain one, or one of a committed transaction."""
    entry = log[offset]
    return entry.record is not None and (not entry.is_transactional or outcome(log, offset) == "COMMIT")


def records_of(log: Log) -> list[int]:
    """The records in the log, whosever."""
    return [entry.record for entry in log if entry.record is not None]


@action(fair=False)
def write_in_a_transaction(log: Log, records: int) -> Iterator[Next]:
    """The transactional producer writes a record; a transaction is open from then on."""
    record = len(records_of(log))
    if record < records:
        says = f"{record_name(record)} is written in a transaction, at offset {len(log)}"
        yield Next(says, log=(*log, Entry(record, is_transactional=True)))


@action(fair=False)
def write_plainly(log: Log, records: int) -> Iterator[Next]:
    """The other producer writes a record, outside any transaction."""
    record = len(records_of(log))
    if record < records:
        says = f"{record_name(record)} is written outside any transaction, at offset {len(log)}"
        yield Next(says, log=(*log, Entry(record)))


@action
def end_transaction(log: Log) -> Iterator[Next]:
    """
    The transaction ends with a marker: its producer ends it, or ``transaction.timeout.ms`` has passed.

    Source: ``TransactionMarkerChannelManager``, ``TransactionCoordinator.abortTimedOutTransactions``.
    """
    if open_from(log) is not None:
        yield Next(f"the transaction ends: a COMMIT marker at offset {len(log)}", log=(*log, Entry(marker="COMMIT")))
        yield Next(f"the transaction ends: an ABORT marker at offset {len(log)}", log=(*log, Entry(marker="ABORT")))


@action
def poll(log: Log, position: int) -> Iterator[Next]:
    """The reader gets the next record below the last stable offset and passes over all else (``CompletedFetch``)."""
    for offset in range(position, last_stable_offset(log)):
        record = log[offset].record
        if is_to_be_read(log, offset) and record is not None:
            yield Next(f"the reader gets {record_name(record)}, its position is {offset + 1}", position=offset + 1)
            return


def transactional_partition(*, records: int = 2, ends: bool = True) -> System:
    """
    A partition that two producers write to.

    Args:
        ends: False for a transaction that hangs: nobody knows any more that it has to be ended.
    """
    ending: tuple[Action, ...] = (end_transaction,) if ends else ()
    return System(
        initial={"log": (), "position": 0},
        actions=(write_in_a_transaction, write_plainly, *ending, poll),
        rules={"records": records},
    )
