"""What a reader of the output is given."""

from ackproof.model.transactions.client import Client
from ackproof.model.transactions.output import MARKER, Entries, Entry, Output


def read(client: Client, output: Output) -> Entries:
    """
    The records that a reader is given at last, of those in the log.

    Of open transactions only those that it is given although they are open; that all others end is another question.
    """
    if client.application.isolation == "read_uncommitted" or not client.rules.reads_stop_at_last_stable_offset:
        return output.records
    if client.rules.reader_pops_any_abort:
        return tuple(filtered(output.entries))
    return tuple(entry for entry in output.entries if entry.fate == "committed")


def filtered(entries: Entries) -> list[Entry]:
    """
    What a reader passes on that goes by a list of aborted transactions, and takes each abort marker for the end of one.

    One whose aborted records are still to come is then struck off too early. The fetch reaches the last stable offset.

    Source: librdkafka before 1.7.0, ``rd_kafka_msgset_reader_msgs_v2``, ``rd_kafka_aborted_txns_pop_offset``.
    """
    aborted, passed = listed(entries), list[Entry]()
    for offset, entry in enumerate(entries):
        starts = aborted.setdefault(entry.writer, [])
        if entry.is_open:
            break
        if entry.record != MARKER:
            passed += [] if starts and starts[0] <= offset else [entry]
        elif entry.fate == "aborted" and starts:
            starts.pop(0)
    return passed


def listed(entries: Entries) -> dict[int, list[int]]:
    """
    For each writer, where its aborted transactions start: those in which it has written something.

    Source: ``ProducerAppendInfo.appendEndTxnMarker``; ``FetchResponseData.AbortedTransaction``.
    """
    aborted: dict[int, list[int]] = {}
    started: dict[int, int] = {}
    for offset, entry in enumerate(entries):
        if entry.record != MARKER:
            started.setdefault(entry.writer, offset)
            continue
        start = started.pop(entry.writer, None)
        if start is not None and entry.fate == "aborted":
            aborted.setdefault(entry.writer, []).append(start)
    return aborted
