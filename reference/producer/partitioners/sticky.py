"""The sticky partitioner: records without key fill a batch of one partition, then one of another."""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from random import Random

import attrs

from ackproof.reference.client.cluster import Cluster


@attrs.define(eq=False)
class Stay:
    """
    How long records without key stay with a partition.

    Attributes:
        produced_bytes: What went there since.
    """

    partition: int
    produced_bytes: int = 0


class StickyPartitioner:
    """
    Stays with a partition until a batch's worth of bytes has gone there (KIP-794).

    Source: ``BuiltInPartitioner``.
    """

    def __init__(self, topic: str, batch_size_bytes: int, rng: Random) -> None:
        self._topic = topic
        self._batch_size_bytes = batch_size_bytes
        self._rng = rng
        self._stay: Stay | None = None
        self._loads: Sequence[tuple[int, int]] | None = None

    def current(self, cluster: Cluster) -> Stay:
        """Where records go now."""
        if self._stay is None:
            self._stay = Stay(self._next(cluster))
        return self._stay

    def has_left(self, stay: Stay) -> bool:
        """Whether records go elsewhere by now."""
        return stay is not self._stay

    def produced(self, stay: Stay, size_bytes: int, cluster: Cluster, may_leave: bool) -> None:
        """
        Bytes went to a partition, which may have been enough.

        Args:
            stay: With which partition.
            size_bytes: How many.
            cluster: Where else they may go.
            may_leave: No batch there is half full, which would be sent so; else they stay for up to twice as much.
        """
        assert not self.has_left(stay)
        stay.produced_bytes += size_bytes
        enough = self._batch_size_bytes if may_leave else 2 * self._batch_size_bytes
        if stay.produced_bytes >= enough:
            self.leave(cluster)

    def leave(self, cluster: Cluster) -> None:
        """Records go to another partition from now on, or by chance to the same."""
        self._stay = Stay(self._next(cluster))

    def weigh(self, queue_lengths: Sequence[tuple[int, int]] | None, known_count: int = 0) -> None:
        """
        Partitions with long queues are chosen less often.

        Args:
            queue_lengths: Of each partition that can be chosen, its number and how many batches wait; None for no
                preference.
            known_count: How many there are, with those that can not be chosen now: if there are any, it matters which
                can even if their queues are equal.
        """
        self._loads = None
        if not queue_lengths or known_count < 2:
            return
        lengths = [length for _, length in queue_lengths]
        if len(set(lengths)) > 1 or len(lengths) < known_count:
            self._loads = queue_lengths

    def _next(self, cluster: Cluster) -> int:
        drawn = self._rng.getrandbits(31)
        if self._loads is not None:
            longest = max(length for _, length in self._loads)
            sums = tuple(accumulate(longest + 1 - length for _, length in self._loads))
            return self._loads[bisect_right(sums, drawn % sums[-1])][0]
        known = cluster.partitions[self._topic]
        available = [one for one in known if one.leader_id is not None] or known
        return available[drawn % len(available)].partition
