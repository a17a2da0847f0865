"""Records that were read though their transaction was not committed, or not yet."""

from collections.abc import Iterator

from ackproof.histories.anomaly import Anomaly
from ackproof.histories.evidence import Evidence


def aborted_reads(history: Evidence) -> Iterator[Anomaly]:
    """Successful reads of a record whose send certainly failed."""
    for reader in history.operations:
        if reader.outcome != "ok":
            continue
        for key, records in reader.polled.items():
            for value in records.values:
                writer = history.writer(key, value)
                if writer is not None and writer.outcome == "fail":
                    says = f"{value} of {key} was read, and its send had failed"
                    yield Anomaly("G1a", key, (value,), (writer, reader), says)


def precommitted_reads(history: Evidence) -> Iterator[Anomaly]:
    """Operations that read what they had sent themselves, before they ended."""
    for operation in history.operations:
        for key, records in operation.sent.items() if operation.polled else ():
            polled = set(operation.polled[key].values if key in operation.polled else ())
            both = tuple(value for value in records.values if value in polled)
            if both:
                says = f"an operation read what it had sent to {key} itself"
                yield Anomaly("precommitted-read", key, both, (operation,), says)
