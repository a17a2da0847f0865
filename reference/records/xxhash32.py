"""The checksum in LZ4 frames. Source: the specification of xxHash, its 32-bit variant with the seed 0."""

from struct import Struct

PRIME_1, PRIME_2, PRIME_3, PRIME_4, PRIME_5 = 0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D, 0x27D4EB2F, 0x165667B1
MASK = 0xFFFFFFFF
STRIPE = Struct("<4I")
LANE = Struct("<I")


def xxhash32(data: bytes) -> int:
    """The checksum of *data*."""
    striped = len(data) // STRIPE.size * STRIPE.size
    value = (_striped(data[:striped]) if striped else PRIME_5) + len(data)
    laned = striped + (len(data) - striped) // LANE.size * LANE.size
    for (lane,) in LANE.iter_unpack(data[striped:laned]):
        value = _rotated(value + lane * PRIME_3, 17) * PRIME_4
    for byte in data[laned:]:
        value = _rotated(value + byte * PRIME_5, 11) * PRIME_1
    return _mixed(value & MASK)


def _striped(data: bytes) -> int:
    first, second, third, fourth = PRIME_1 + PRIME_2, PRIME_2, 0, -PRIME_1
    for one, two, three, four in STRIPE.iter_unpack(data):
        first = _rotated(first + one * PRIME_2, 13) * PRIME_1
        second = _rotated(second + two * PRIME_2, 13) * PRIME_1
        third = _rotated(third + three * PRIME_2, 13) * PRIME_1
        fourth = _rotated(fourth + four * PRIME_2, 13) * PRIME_1
    return _rotated(first, 1) + _rotated(second, 7) + _rotated(third, 12) + _rotated(fourth, 18)


def _rotated(value: int, bits: int) -> int:
    value &= MASK
    return (value << bits | value >> (32 - bits)) & MASK


def _mixed(value: int) -> int:
    value = (value ^ value >> 15) * PRIME_2 & MASK
    value = (value ^ value >> 13) * PRIME_3 & MASK
    return value ^ value >> 16
