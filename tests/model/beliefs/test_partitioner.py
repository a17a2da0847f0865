"""Keys go where the clients send them."""

import pytest

from ackproof.model.beliefs.partitioner import by_crc32, by_murmur2, murmur2


@pytest.mark.parametrize(
    ("key", "signed"),
    [
        (b"21", -973932308),
        (b"foobar", -790332482),
        (b"a-little-bit-long-string", -985981536),
        (b"a-little-bit-longer-string", -1486304829),
        (b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971),
        (b"abc", 479470107),
    ],
)
def test_murmur2_is_that_of_kafkas_own_tests(key: bytes, signed: int) -> None:
    assert murmur2(key) == signed % 2**32


def test_the_sign_of_the_hash_is_dropped() -> None:
    assert by_murmur2(b"21", 2**31) == -973932308 % 2**31


def test_crc32_is_the_usual_one() -> None:
    assert by_crc32(b"123456789", 2**32) == 0xCBF43926


def test_the_partition_depends_on_the_number_of_partitions_and_on_the_client() -> None:
    key = b"order-7"

    assert (by_murmur2(key, 1), by_murmur2(key, 2), by_crc32(key, 2)) == (0, 1, 0)
