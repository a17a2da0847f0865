"""What keeps the results."""

from collections.abc import Sequence

from ackproof.model.consume.consumer import Held
from ackproof.model.consume.rules import ConsumerRules
from ackproof.reference.consumer.consumer import Consumer
from ackproof.reference.consumer.record import ConsumedRecord
from ackproof.reference.refinement.consume.records import ADDED, number_of


class Sink(list[int]):
    """
    What the instances have processed, in order.

    Attributes:
        offset: The one behind the last of them, where the sink keeps that with each result; None before the first.
        added: The offset up to which it has the partition that was added; None before anybody has started there.
    """

    offset: int | None = None
    added: int | None = None

    def refuses(self, offset: int) -> bool:
        """Whether the record at *offset* is below what it has."""
        return self.offset is not None and offset < self.offset


def keep(sink: Sink, rules: ConsumerRules, held: Held, *, is_refused: bool = True) -> None:
    """It gets a result, and the offset behind it, unless it refuses what is below the one that it has."""
    is_below = rules.commit == "with-sink" and sink.refuses(held[0])
    if not (is_below and is_refused):
        sink.append(held[1])
        pass_by(sink, rules, held)


def pass_by(sink: Sink, rules: ConsumerRules, held: Held) -> None:
    """It gets the offset behind a record, if it keeps that."""
    if rules.commit == "with-sink" and not sink.refuses(held[0]):
        sink.offset = held[0] + 1


def read_added(sink: Sink, consumer: Consumer, records: Sequence[ConsumedRecord]) -> None:
    """What was added has a perfect reader: the sink has each record once, and nobody goes on elsewhere."""
    for record in records:
        if sink.added is None:
            sink.added = record.offset
        if sink.added == record.offset:
            sink.append(number_of(record))
            sink.added += 1
    if records and sink.added is not None and ADDED in consumer.assignment:
        consumer.seek(ADDED, sink.added)
