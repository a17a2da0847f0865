"""Partitions of internal topics as their coordinators write and load them."""

from collections.abc import Callable, Iterator

from ackproof.reference.broker.partitions.partition import Partition
from ackproof.reference.kernel.clock import Clock
from ackproof.reference.kernel.future import Future
from ackproof.reference.log.log import VerificationGuard
from ackproof.reference.protocol.errors import KafkaError
from ackproof.reference.records.batch import Batch, decode, encode, split

LOAD_BYTES = 5_242_880
"""How much is read at once. Source: ``offsets.load.buffer.size``, ``transaction.state.log.load.buffer.size``."""

GuardOf = Callable[[int], VerificationGuard | None]
"""What the append for a producer has to show, if its transaction is not open in the partition yet."""


def no_guard(_producer_id: int) -> VerificationGuard | None:
    """Nothing is transactional."""
    return None


class PartitionStateLog:
    """
    A ``StateLog`` that is a partition which this broker leads.

    Source: ``CoordinatorPartitionWriter``, ``CoordinatorLoaderImpl``, ``TransactionStateManager``.
    """

    def __init__(self, clock: Clock, partition: Partition, acks: int, guard_of: GuardOf = no_guard) -> None:
        """
        The log of *partition* in the present leader epoch.

        Args:
            clock: The broker's.
            partition: Of an internal topic.
            acks: Whether too few in-sync replicas are a reason to refuse (-1), or just to wait (1).
            guard_of: Where the proof comes from that a transaction was verified.
        """
        self.leader_epoch = partition.leader_epoch
        self._clock = clock
        self._partition = partition
        self._acks = acks
        self._guard_of = guard_of

    def append(self, batch: Batch) -> Future[int]:
        """The base offset of *batch*, once all in-sync replicas have it."""
        outcome = Future[int](self._clock)
        # Whoever appends may look at the outcome without waiting for it.
        outcome.may_fail()
        try:
            guard = self._guard_of(batch.producer_id) if batch.is_transactional else None
            appended = self._partition.append(encode(batch), acks=self._acks, origin="coordinator", verification=guard)
        except KafkaError as error:
            outcome.fail(error)
            return outcome
        replicated = self._partition.replicated(appended.last_offset + 1)

        def settle() -> None:
            if replicated.error:
                outcome.fail(replicated.error)
            else:
                outcome.conclude(appended.base_offset)

        replicated.then(settle)
        if replicated.is_done:
            settle()
        return outcome

    def batches(self) -> Iterator[Batch]:
        """Everything that it holds, control batches too, oldest first."""
        log = self._partition.log
        offset = log.log_start_offset
        while offset < log.log_end_offset:
            for data in split(log.read(offset, LOAD_BYTES, log.log_end_offset)):
                batch = decode(data)
                offset = batch.next_offset
                yield batch
