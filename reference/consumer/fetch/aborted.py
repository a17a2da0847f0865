"""What a read_committed consumer passes over: what aborted transactions wrote."""

from collections.abc import Iterable

import attrs

from ackproof.reference.records.header import BatchHeader


@attrs.frozen
class Aborted:
    """An aborted transaction, as fetch answers list them: whose, and where in the partition it begins."""

    producer_id: int
    first_offset: int


class AbortedTransactions:
    """
    Those of one fetch answer, followed batch by batch.

    Source: ``CompletedFetch.consumeAbortedTransactionsUpTo``; librdkafka ``rd_kafka_aborted_txns_pop_offset``.
    """

    def __init__(self, aborted: Iterable[Aborted], *, pops_any_abort: bool) -> None:
        """
        None of them has begun.

        Args:
            aborted: In any order.
            pops_any_abort: An abort marker of a producer ends the next one of it that is listed, wherever that begins.
        """
        self._listed = sorted(aborted, key=lambda transaction: transaction.first_offset)
        self._open: set[int] = set()
        self._pops_any_abort = pops_any_abort

    def reach(self, batch: BatchHeader) -> None:
        """The next batch is *batch*: what begins up to its end has begun."""
        while self._listed and self._listed[0].first_offset <= batch.last_offset:
            self._open.add(self._listed.pop(0).producer_id)

    def hide(self, batch: BatchHeader) -> bool:
        """Whether *batch* belongs to one that has begun."""
        return batch.is_transactional and batch.producer_id in self._open

    def end(self, producer_id: int) -> None:
        """There is an abort marker of that producer."""
        if producer_id in self._open:
            self._open.remove(producer_id)
        elif self._pops_any_abort:
            following = next((one for one in self._listed if one.producer_id == producer_id), None)
            if following is not None:
                self._listed.remove(following)
