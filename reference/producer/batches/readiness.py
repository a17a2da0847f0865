"""Readiness: which nodes there is something to send to."""

from collections.abc import Callable
from math import inf
from typing import Protocol

import attrs

from ackproof.model.produce.rules import ProducerRules
from ackproof.reference.client.cluster import Cluster, TopicPartition
from ackproof.reference.client.node import Node
from ackproof.reference.kernel.clock import Clock
from ackproof.reference.producer.batches.accumulator import RecordAccumulator
from ackproof.reference.producer.batches.batch import ProducerBatch
from ackproof.reference.producer.batches.queues import Queue, TopicQueues
from ackproof.reference.producer.settings import ProducerSettings


@attrs.define(eq=False)
class Ready:
    """
    What there is to send.

    Attributes:
        nodes: Those with something for them, by id, in the order in which it was found.
        next_check_ms: When something else may be; infinite if nothing will without a cause.
        unknown_leader_topics: Topics with something for a partition without leader.
    """

    nodes: dict[int, Node]
    unknown_leader_topics: dict[str, None]
    next_check_ms: float = inf

    def look_again(self, at_ms: int) -> None:
        """Something may be to be sent then."""
        self.next_check_ms = min(self.next_check_ms, at_ms)


class Latencies(Protocol):
    """Which nodes are slow."""

    @property
    def are_measured(self) -> bool:
        """Whether any node can be slow at all."""
        ...

    def is_slow(self, node: Node) -> bool:
        """Whether a node has not taken anything for too long."""
        ...


class Readiness:
    """
    Looks through the queues.

    Source: ``RecordAccumulator.ready``, ``partitionReady``, ``batchReady``.
    """

    def __init__(
        self,
        clock: Clock,
        settings: ProducerSettings,
        rules: ProducerRules,
        accumulator: RecordAccumulator,
        is_completing: Callable[[], bool],
        weighs_queues: bool,
        latencies: Latencies,
    ) -> None:
        """
        Nothing is looked at yet.

        Args:
            clock: The process's.
            settings: Of the producer.
            rules: Whether batches that are sent again can be overtaken.
            accumulator: Whose queues.
            is_completing: Whether a transaction is being ended, so that nothing lingers.
            weighs_queues: The sticky partitioner has to know how long queues are.
            latencies: Which nodes the sticky partitioner had better not choose.
        """
        self._clock = clock
        self._settings = settings
        self._rules = rules
        self._accumulator = accumulator
        self._is_completing = is_completing
        self._weighs_queues = weighs_queues
        self._latencies = latencies
        # In which cluster topics were weighed last, and with how long queues.
        self._weighed: dict[str, tuple[Cluster, list[int]]] = {}

    def check(self, cluster: Cluster) -> Ready:
        """What there is to send now."""
        ready = Ready({}, {})
        for name, topic in self._accumulator.queues.topics():
            for partition, queue in topic.by_partition.items():
                if queue:
                    self._check(ready, cluster, (name, partition), queue)
            if self._weighs_queues:
                self._weigh(cluster, name, topic)
        return ready

    def head(self, queue: Queue) -> ProducerBatch:
        """Which batch of a queue is sent next."""
        first = queue[0]
        if self._rules.lets_retries_be_overtaken and first.backoff_left_ms(self._clock.now_ms):
            return next((batch for batch in queue if batch.attempts == 0), first)
        return first

    def _check(self, ready: Ready, cluster: Cluster, place: TopicPartition, queue: Queue) -> None:
        known = cluster.partition(*place)
        leader = None if known is None else cluster.node(known.leader_id)
        if known is None or leader is None:
            ready.unknown_leader_topics[place[0]] = None
            return
        batch, now_ms = self.head(queue), self._clock.now_ms
        # librdkafka before 0.11.4 lets what is sent again back off, whoever leads (``rd_kafka_buf_retry``).
        if not self._rules.lets_retries_be_overtaken:
            batch.saw_leader_epoch(None if known.leader_epoch < 0 else known.leader_epoch)
        if place in self._accumulator.muted:
            return
        if backoff_ms := batch.backoff_left_ms(now_ms):
            ready.look_again(now_ms + backoff_ms)
        elif self._is_sendable(batch, queue):
            ready.nodes.setdefault(leader.node_id, leader)
        else:
            ready.look_again(batch.last_attempt_ms + self._settings.linger_ms)

    def _is_sendable(self, batch: ProducerBatch, queue: Queue) -> bool:
        return (
            len(queue) > 1
            or batch.is_full
            or self._clock.now_ms - batch.last_attempt_ms >= self._settings.linger_ms
            or self._accumulator.pool.waiting_count > 0
            or self._accumulator.is_closed
            or self._accumulator.is_flushing
            or self._is_completing()
        )

    def _weigh(self, cluster: Cluster, name: str, topic: TopicQueues) -> None:
        queue_lengths = list(map(len, topic.by_partition.values()))
        is_known = self._weighed.get(name) == (cluster, queue_lengths)
        if is_known and not (self._latencies.are_measured and any(queue_lengths)):
            return
        self._weighed[name] = (cluster, queue_lengths)
        if len(queue_lengths) < (cluster.partition_count(name) or 0):
            topic.sticky.weigh(None)
            return
        lengths: list[tuple[int, int]] = []
        for partition, queue in topic.by_partition.items():
            leader = cluster.leader(name, partition)
            # A partition is known to be slow only while something waits for it.
            if leader is not None and not (queue and self._latencies.is_slow(leader)):
                lengths.append((partition, len(queue)))
        topic.sticky.weigh(lengths, len(topic.by_partition))
