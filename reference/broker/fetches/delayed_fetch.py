"""A fetch that waits until there is enough to read."""

from collections.abc import Sequence

from kio.schema.fetch.v12.request import FetchPartition

from ackproof.reference.broker.fetches.preferring import preferred_replica
from ackproof.reference.broker.partitions.partition import Partition
from ackproof.reference.broker.partitions.reading import Read, Reader, read, referred
from ackproof.reference.broker.partitions.replica_manager import ReplicaManager
from ackproof.reference.kernel.clock import Callback, Clock
from ackproof.reference.kernel.future import pause
from ackproof.reference.kernel.value import value
from ackproof.reference.log.storage.checkpoints import TopicPartition
from ackproof.reference.protocol.errors import NO_ERROR, KafkaError
from ackproof.reference.records.header import HEADER_SIZE_BYTES, read_header

Wanted = tuple[TopicPartition, FetchPartition]
"""One partition of a fetch: which one, and what of it."""


@value
class DelayedFetch:
    """
    A fetch.

    Attributes:
        max_bytes: Of all partitions together; the first batch comes even if it is larger.
        min_bytes: How much is enough to answer.

    Source: ``ReplicaManager.fetchMessages``, ``DelayedFetch``.
    """

    clock: Clock
    replicas: ReplicaManager
    reader: Reader
    wanted: Sequence[Wanted]
    max_bytes: int
    min_bytes: int

    async def run(self, max_wait_ms: int) -> Sequence[Read]:
        """What there is, as soon as it is enough, goes wrong, or *max_wait_ms* have passed."""
        reads = self._read_all(counts=True)
        if max_wait_ms <= 0 or self._is_enough(reads):
            return reads
        changed = Changed(self.clock)
        stops = [partition.watch(changed.tell) for name, _ in self.wanted if (partition := self.replicas.find(*name))]
        timer = self.clock.call_at(self.clock.now_ms + max_wait_ms, changed.time_out)
        while not changed.is_over:
            await pause(changed.then)
            reads = self._read_all(counts=False)
            if self._is_enough(reads):
                break
        timer.cancel()
        for stop in stops:
            stop()
        return reads

    def _read_all(self, *, counts: bool) -> list[Read]:
        """Source: ``ReplicaManager.readFromLog``."""
        left_bytes, at_least_one = self.max_bytes, True
        reads: list[Read] = []
        for name, asked in self.wanted:
            limit = asked.partition_max_bytes if asked.partition_max_bytes < left_bytes else left_bytes
            try:
                partition = self.replicas.known(name)
                found = self._referred(partition, asked) if self.reader.rack else None
                if found is None:
                    found = read(partition, self.reader, asked, limit, at_least_one=at_least_one, counts=counts)
            except KafkaError as error:
                found = Read(error=error.code)
            if found.data:
                at_least_one = False
                size_bytes = len(found.data)
                left_bytes = left_bytes - size_bytes if left_bytes > size_bytes else 0
            reads.append(found)
        return reads

    def _referred(self, partition: Partition, asked: FetchPartition) -> Read | None:
        """Whom to ask rather, if there is anybody."""
        replica = preferred_replica(partition, self.replicas.brokers, self.reader.rack, asked.fetch_offset)
        return None if replica is None else referred(partition, asked, replica)

    def _is_enough(self, reads: Sequence[Read]) -> bool:
        """Whether to answer now. Source: ``DelayedFetch.tryComplete``."""
        size_bytes, has_more = 0, False
        for (_, asked), each in zip(self.wanted, reads, strict=True):
            if each.error is not NO_ERROR or each.diverging or each.preferred_replica is not None:
                return True
            offset, end = asked.fetch_offset, each.visible_end
            if offset > end:
                # The reader is beyond what it may see, and is not to wait for it.
                return True
            size_bytes += len(each.data)
            has_more |= offset < end
        if size_bytes >= self.min_bytes:
            return True
        return has_more and sum(map(self._available, self.wanted, reads)) >= self.min_bytes

    def _available(self, wanted: Wanted, found: Read) -> int:
        """How many bytes there are, those too of batches that were left out as they do not fit whole."""
        asked = wanted[1]
        if asked.fetch_offset == found.visible_end:
            return 0
        limit = min(asked.partition_max_bytes, self.max_bytes)
        is_all = next_offset(found.data) == found.visible_end
        return len(found.data) if is_all else max(len(found.data), limit)


def next_offset(data: bytes) -> int | None:
    """The offset after the last batch of *data*; None if there is none."""
    at, offset = 0, None
    while at + HEADER_SIZE_BYTES <= len(data):
        header = read_header(data, at)
        at += header.size_bytes
        offset = header.next_offset
    return offset


class Changed:
    """
    Waits until a partition changes, from then on, or the time is over.

    Attributes:
        is_over: The time is.
    """

    def __init__(self, clock: Clock) -> None:
        self.is_over = False
        self._clock = clock
        self._go_on: Callback | None = None

    def then(self, go_on: Callback) -> None:
        """*go_on* happens once something has."""
        self._go_on = go_on

    def tell(self) -> None:
        """Something changed."""
        go_on, self._go_on = self._go_on, None
        if go_on is not None:
            self._clock.call_soon(go_on)

    def time_out(self) -> None:
        """The time is over."""
        self.is_over = True
        self.tell()
