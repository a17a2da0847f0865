"""What a coordinator keeps: records of a partition of an internal topic."""

from collections.abc import Iterator
from typing import Protocol

from ackproof.reference.kernel.future import Future
from ackproof.reference.records.batch import Batch


class StateLog(Protocol):
    """A partition of an internal topic that this broker leads, as its coordinator sees it."""

    @property
    def leader_epoch(self) -> int:
        """The epoch in which this broker leads it."""
        ...

    def append(self, batch: Batch) -> Future[int]:
        """
        The base offset of *batch*, once all in-sync replicas have it (acks=all).

        It is in the leader's log when this returns, or it fails with ``KafkaError``: at once where the partition
        refuses it, later where it is not replicated (leadership lost, too few in-sync replicas).
        """
        ...

    def batches(self) -> Iterator[Batch]:
        """Everything that it holds, control batches too, oldest first: what a coordinator loads."""
        ...
