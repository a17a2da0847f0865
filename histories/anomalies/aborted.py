"""Records that were read though their transaction was not committed, or not yet."""

from collections.abc import Iterator

from ackproof.histories.anomaly import Anomaly
from ackproof.histories.evidence import NOTHING, Evidence


def aborted_reads(history: Evidence) -> Iterator[Anomaly]:
    """Successful reads of a record whose send certainly failed."""
    for reader, key, value, writer in history.early:
        if writer is not None and writer.outcome == "fail" and reader.outcome == "ok":
            says = f"{value} of {key} was read, and its send had failed"
            yield Anomaly("G1a", key, (value,), (writer, reader), says)


def precommitted_reads(history: Evidence) -> Iterator[Anomaly]:
    """Operations that read what they had sent themselves, before they ended."""
    for operation in history.operations:
        if operation.sent and operation.polled:
            polled = {records.key: set(records.values) for records in operation.polled}
            for records in operation.sent:
                read = polled.get(records.key, NOTHING)
                both = tuple(value for value in records.values if value in read)
                if both:
                    says = f"an operation read what it had sent to {records.key} itself"
                    yield Anomaly("precommitted-read", records.key, both, (operation,), says)
