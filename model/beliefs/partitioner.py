"""Which partition a key goes to: the hashes of the clients."""

import zlib
from collections.abc import Callable

Partitioner = Callable[[bytes, int], int]
"""(key, number of partitions) to a partition."""

MULTIPLIER, SHIFT, SEED, WORD = 0x5BD1E995, 24, 0x9747B28C, 0xFFFFFFFF


def murmur2(key: bytes) -> int:
    """The hash of *key*, unsigned. Source: ``Utils.murmur2``."""
    value = SEED ^ len(key)
    whole = len(key) - len(key) % 4
    for start in range(0, whole, 4):
        lane = int.from_bytes(key[start : start + 4], "little") * MULTIPLIER & WORD
        value = value * MULTIPLIER & WORD ^ (lane ^ lane >> SHIFT) * MULTIPLIER & WORD
    if key[whole:]:
        value = (value ^ int.from_bytes(key[whole:], "little")) * MULTIPLIER & WORD
    value = (value ^ value >> 13) * MULTIPLIER & WORD
    return value ^ value >> 15


def by_murmur2(key: bytes, partitions: int) -> int:
    """
    Java, kafka-python, aiokafka; librdkafka with ``partitioner=murmur2_random``.

    Source: ``BuiltInPartitioner.partitionForKey``.
    """
    return (murmur2(key) & 0x7FFFFFFF) % partitions


def by_crc32(key: bytes, partitions: int) -> int:
    """The default of librdkafka. Source: ``rd_kafka_msg_partitioner_consistent_random``."""
    return zlib.crc32(key) % partitions
