"""Draining: the batches that go into the next request to a node."""

from collections.abc import Callable, Sequence

from ackproof.reference.client.cluster import Cluster, TopicPartition
from ackproof.reference.client.node import Node
from ackproof.reference.kernel.clock import Clock
from ackproof.reference.producer.batches.accumulator import RecordAccumulator
from ackproof.reference.producer.batches.batch import ProducerBatch
from ackproof.reference.producer.batches.queues import Queue


class Draining:
    """
    Takes at most one batch of each partition, and begins where it left off.

    Source: ``RecordAccumulator.drainBatchesForOneNode``. Where the first batch of a partition may not be sent, the
    node's later partitions wait as well, as they do in Kafka.
    """

    def __init__(
        self,
        clock: Clock,
        accumulator: RecordAccumulator,
        max_request_size_bytes: int,
        head: Callable[[Queue], ProducerBatch],
        may_send: Callable[[ProducerBatch], bool],
        number: Callable[[ProducerBatch], None],
    ) -> None:
        """
        Nothing is drained yet.

        Args:
            clock: The process's.
            accumulator: From where.
            max_request_size_bytes: What a request may hold; one batch always fits.
            head: Which batch of a queue is sent next.
            may_send: Whether it may, as far as transaction and numbers are concerned.
            number: Give it its number, if it has none.
        """
        self._clock = clock
        self._accumulator = accumulator
        self._max_request_size_bytes = max_request_size_bytes
        self._head = head
        self._may_send = may_send
        self._number = number
        self._left_off: dict[int, int] = {}

    def drain(self, cluster: Cluster, node: Node) -> list[ProducerBatch]:
        """The batches for *node*; they wait no more, and have their numbers."""
        places = led_by(cluster, node)
        drained, size_bytes = list[ProducerBatch](), 0
        start = self._left_off.get(node.node_id, 0)
        for step in range(len(places)):
            index = (start + step) % len(places)
            self._left_off[node.node_id] = index
            queue = self._accumulator.queues.known(places[index])
            if not queue or places[index] in self._accumulator.muted:
                continue
            batch = self._head(queue)
            if batch.backoff_left_ms(self._clock.now_ms):
                continue
            is_too_much = size_bytes + batch.size_bytes > self._max_request_size_bytes and bool(drained)
            if is_too_much or not self._may_send(batch):
                break
            queue.remove(batch)
            self._number(batch)
            size_bytes += len(self._accumulator.closed_batch(batch))
            drained.append(batch)
        return drained


def led_by(cluster: Cluster, node: Node) -> Sequence[TopicPartition]:
    """The partitions that *node* leads."""
    return [
        (topic, known.partition)
        for topic, partitions in cluster.partitions.items()
        for known in partitions
        if known.leader_id == node.node_id
    ]
