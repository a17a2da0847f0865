import warnings
from collections import Counter
from collections.abc import Callable
from random import Random
from zlib import crc32

import pytest
from aiokafka.partitioner import murmur2 as aiokafka_murmur2  # type: ignore[import-untyped]  # it has no types
from hypothesis import given
from hypothesis import strategies as st

from ackproof.reference.client.cluster import Cluster, PartitionMetadata
from ackproof.reference.kernel.clock import VirtualClock
from ackproof.reference.producer.partitioners.hashing import murmur2
from ackproof.reference.producer.partitioners.partitioners import (
    AnyForAWhile,
    ConsistentRandom,
    DefaultPartitioner,
    Murmur2Random,
    Partitioner,
    RandomWithoutKey,
    consistent,
)
from ackproof.reference.producer.partitioners.sticky import StickyPartitioner

with warnings.catch_warnings():
    # kafka-python reads its own files in a way that Python gives up.
    warnings.simplefilter("ignore", DeprecationWarning)
    from kafka.partitioner.default import murmur2 as kafka_python_murmur2  # type: ignore[import-untyped]  # likewise

VECTORS = {
    b"21": -973932308,
    b"foobar": -790332482,
    b"a-little-bit-long-string": -985981536,
    b"a-little-bit-longer-string": -1486304829,
    b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8": -58897971,
    b"abc": 479470107,
}


def cluster(*leaders: int | None) -> Cluster:
    return Cluster(partitions={"t": tuple(PartitionMetadata("t", at, leader) for at, leader in enumerate(leaders))})


def test_keys_have_the_hashes_that_kafka_tests_for() -> None:
    assert {key: murmur2(key) - (2**32 if murmur2(key) >= 2**31 else 0) for key in VECTORS} == VECTORS


@given(st.binary(max_size=64))
def test_keys_have_the_hashes_of_kafka_python_and_aiokafka(key: bytes) -> None:
    assert murmur2(key) == kafka_python_murmur2(key) % 2**32 == aiokafka_murmur2(key) % 2**32


@given(st.binary(min_size=1, max_size=64), st.integers(1, 50))
def test_librdkafka_takes_the_crc(key: bytes, count: int) -> None:
    known = cluster(*range(count))

    assert consistent("t", key, known) == crc32(key) % count
    assert ConsistentRandom(AnyForAWhile(VirtualClock(), Random(1)))("t", key, known) == crc32(key) % count


@given(st.binary(max_size=64), st.integers(1, 50))
def test_all_other_clients_drop_the_sign_of_the_hash(key: bytes, count: int) -> None:
    known, rng = cluster(*range(count)), Random(1)
    expected = (murmur2(key) & 0x7FFFFFFF) % count

    assert DefaultPartitioner()("t", key, known) == expected
    assert RandomWithoutKey(rng)("t", key, known) == expected
    assert Murmur2Random(AnyForAWhile(VirtualClock(), rng))("t", key, known) == expected


def test_a_key_counts_partitions_without_leader_as_well() -> None:
    assert DefaultPartitioner()("t", b"abc", cluster(None, None, None)) == 479470107 % 3


def test_keys_can_be_ignored() -> None:
    assert DefaultPartitioner(ignores_keys=True)("t", b"abc", cluster(1, 1)) is None


def test_without_key_a_partition_with_leader_is_chosen() -> None:
    chosen = RandomWithoutKey(Random(1))

    assert {chosen("t", None, cluster(None, 1, None, 2)) for _ in range(50)} == {1, 3}
    assert {chosen("t", None, cluster(None, None)) for _ in range(50)} == {0, 1}


def test_librdkafka_draws_a_second_time_for_a_partition_without_leader() -> None:
    chosen = AnyForAWhile(VirtualClock(), Random(1), linger_ms=0)
    drawn = Counter(chosen("t", cluster(None, 1)) for _ in range(4_000))

    assert 800 < drawn[0] < 1_200


@pytest.mark.parametrize(("partitioner", "keys"), [(ConsistentRandom, (None, b"")), (Murmur2Random, (None,))])
def test_librdkafka_stays_with_a_partition_for_some_time(
    partitioner: Callable[[AnyForAWhile], Partitioner], keys: tuple[bytes | None, ...]
) -> None:
    clock = VirtualClock(1_000)
    chosen, known = partitioner(AnyForAWhile(clock, Random(1))), cluster(*range(100))
    first = chosen("t", None, known)

    clock.run_until(1_010)

    assert {chosen("t", key, known) for key in keys for _ in range(20)} == {first}

    clock.run_until(1_011)

    assert chosen("t", None, known) != first


def test_librdkafka_leaves_a_partition_without_leader_at_once() -> None:
    chosen = AnyForAWhile(VirtualClock(1_000), Random(1), linger_ms=10_000)
    first = chosen("t", cluster(1, 1, 1))

    assert chosen("t", cluster(*(None if place == first else 1 for place in range(3)))) != first


def test_without_any_key_consistent_sends_all_to_one_partition() -> None:
    assert consistent("t", None, cluster(1, 1, 1)) == consistent("t", b"", cluster(1, 1, 1)) == 0


def test_records_stay_until_a_batch_is_full() -> None:
    sticky, known = StickyPartitioner("t", 100, Random(1)), cluster(*range(50))
    stay = sticky.current(known)
    sticky.produced(stay, 99, known, may_leave=True)

    assert not sticky.has_left(stay)

    sticky.produced(stay, 1, known, may_leave=True)

    assert sticky.has_left(stay)


def test_records_stay_for_up_to_two_batches_if_one_would_be_sent_half_full() -> None:
    sticky, known = StickyPartitioner("t", 100, Random(1)), cluster(*range(50))
    stay = sticky.current(known)
    sticky.produced(stay, 199, known, may_leave=False)

    assert not sticky.has_left(stay)

    sticky.produced(stay, 1, known, may_leave=False)

    assert sticky.has_left(stay)


def draws(sticky: StickyPartitioner, known: Cluster, count: int = 6_000) -> Counter[int]:
    drawn = Counter[int]()
    for _ in range(count):
        sticky.leave(known)
        drawn[sticky.current(known).partition] += 1
    return drawn


def test_only_partitions_with_leader_are_stayed_with_if_there_are_any() -> None:
    sticky = StickyPartitioner("t", 100, Random(1))

    assert set(draws(sticky, cluster(None, 1, 2))) == {1, 2}
    assert set(draws(sticky, cluster(None, None))) == {0, 1}


def test_partitions_with_long_queues_are_chosen_less_often() -> None:
    sticky, known = StickyPartitioner("t", 100, Random(1)), cluster(1, 1, 1)
    sticky.weigh([(0, 0), (1, 3), (2, 1)], 3)
    drawn = draws(sticky, known)

    # Weights 4, 1 and 3.
    assert abs(drawn[0] - 3_000) < 200
    assert abs(drawn[1] - 750) < 150
    assert abs(drawn[2] - 2_250) < 200


def test_equal_queues_mean_nothing_unless_a_partition_can_not_be_chosen() -> None:
    sticky, known = StickyPartitioner("t", 100, Random(1)), cluster(1, 1, 1)
    sticky.weigh([(0, 2), (1, 2), (2, 2)], 3)

    assert set(draws(sticky, known)) == {0, 1, 2}

    sticky.weigh([(0, 2), (1, 2)], 3)

    assert set(draws(sticky, known)) == {0, 1}

    sticky.weigh(None)

    assert set(draws(sticky, known)) == {0, 1, 2}
