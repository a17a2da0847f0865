"""Partitioners: which partition a record goes to where the application does not say."""

from random import Random
from typing import Protocol
from zlib import crc32

from ackproof.reference.client.cluster import Cluster
from ackproof.reference.kernel.clock import Clock
from ackproof.reference.producer.partitioners.hashing import murmur2

POSITIVE = 0x7FFFFFFF


class Partitioner(Protocol):
    """Chooses a partition."""

    def __call__(self, topic: str, key: bytes | None, cluster: Cluster) -> int | None:
        """The partition for *key*, of those that *cluster* has; None to leave it to the sticky partitioner."""
        ...


class DefaultPartitioner:
    """
    By the hash of the key; records without key are left to the sticky partitioner.

    Source: ``KafkaProducer.partition``, ``BuiltInPartitioner.partitionForKey``; ``partitioner.ignore.keys``.
    """

    def __init__(self, ignores_keys: bool = False) -> None:
        self._ignores_keys = ignores_keys

    def __call__(self, topic: str, key: bytes | None, cluster: Cluster) -> int | None:
        """The partition for *key*."""
        return None if key is None or self._ignores_keys else murmur2_partition(key, topic, cluster)


class RandomWithoutKey:
    """By the hash of the key, else any that has a leader: kafka-python and aiokafka (``DefaultPartitioner``)."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng

    def __call__(self, topic: str, key: bytes | None, cluster: Cluster) -> int | None:
        """The partition for *key*."""
        if key is not None:
            return murmur2_partition(key, topic, cluster)
        known = cluster.partitions[topic]
        available = [one for one in known if one.leader_id is not None]
        return self._rng.choice(available or known).partition


class AnyForAWhile:
    """
    Any partition, and the same for some time as long as it has a leader: librdkafka, for records without key.

    Source: ``rd_kafka_msg_sticky_partition`` (``sticky.partitioning.linger.ms``; 0 chooses for each record).
    """

    def __init__(self, clock: Clock, rng: Random, linger_ms: int = 10) -> None:
        self._clock = clock
        self._rng = rng
        self._linger_ms = linger_ms
        self._sticky: dict[str, tuple[int, int]] = {}

    def __call__(self, topic: str, cluster: Cluster) -> int:
        """The partition for a record of *topic*."""
        chosen_at_ms, partition = self._sticky.get(topic, (-1, -1))
        known = cluster.partition(topic, partition)
        is_over = self._clock.now_ms - chosen_at_ms > self._linger_ms or not self._linger_ms
        if is_over or known is None or known.leader_id is None:
            partition = any_partition(self._rng, topic, cluster)
            self._sticky[topic] = (self._clock.now_ms, partition)
        return partition


class Murmur2Random:
    """By the hash of the key, else any for a while: ``murmur2_random`` of librdkafka."""

    def __init__(self, without_key: AnyForAWhile) -> None:
        self._without_key = without_key

    def __call__(self, topic: str, key: bytes | None, cluster: Cluster) -> int | None:
        """The partition for *key*."""
        return self._without_key(topic, cluster) if key is None else murmur2_partition(key, topic, cluster)


class ConsistentRandom:
    """
    By the CRC32 of the key; without key or with an empty one any for a while: librdkafka's default.

    Source: ``rd_kafka_msg_partitioner_consistent_random``, ``rd_kafka_msg_partitioner``.
    """

    def __init__(self, without_key: AnyForAWhile) -> None:
        self._without_key = without_key

    def __call__(self, topic: str, key: bytes | None, cluster: Cluster) -> int | None:
        """The partition for *key*."""
        return consistent(topic, key, cluster) if key else self._without_key(topic, cluster)


def consistent(topic: str, key: bytes | None, cluster: Cluster) -> int:
    """By the CRC32 of the key; all without key go to one: ``consistent`` of librdkafka."""
    return crc32(key or b"") % len(cluster.partitions[topic])


def murmur2_partition(key: bytes, topic: str, cluster: Cluster) -> int:
    """By the hash of the key, of all partitions that are known, have they a leader or not."""
    return (murmur2(key) & POSITIVE) % len(cluster.partitions[topic])


def any_partition(rng: Random, topic: str, cluster: Cluster) -> int:
    """Any partition; one without leader is drawn a second time (``rd_kafka_msg_partitioner_random``)."""
    known = cluster.partitions[topic]
    drawn = rng.choice(known)
    return drawn.partition if drawn.leader_id is not None else rng.choice(known).partition
