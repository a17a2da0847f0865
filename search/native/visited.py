"""
The visited set: exact, in buckets of one cache line, without a stored state where the state fits.

A state of one word is permuted by a bijection. A part of the result is the number of its bucket and the rest, its
*remainder*, is all that has to be stored to know the state: 32 bits, sixteen to a bucket, four of the bits for how far
the entry stands from its own bucket. Where the remainder is wider, whole words are stored, eight to a bucket; states of
two words stand four to a bucket.
"""

from collections.abc import Callable
from typing import NamedTuple, cast

import numpy as np
import numpy.typing as npt

from ackproof.search.native.bits import lanes_equal, lowest, prefetch
from ackproof.search.native.compiling import Number, Word, compiled, inlined

U = np.uint64
Words = npt.NDArray[np.uint64]
Bytes = npt.NDArray[np.uint8]
Entries = npt.NDArray[np.uint32] | npt.NDArray[np.uint64]

KNOWN, NEW, NO_ROOM = 0, 1, 2
REMAINDERS, WORDS, PAIRS = 0, 1, 2
"""What an entry is."""
LANES = (16, 8, 4)
LANE_BITS = (4, 3, 3)
"""A bucket is that many array elements, as a power of two."""
NEAR = (16, 128, 128)
"""How many buckets an entry may stand from its own."""
REMAINDER_BITS = 27
BATCH = 512


def aligned(size: int, dtype: type[np.uint32] | type[np.uint64]) -> Entries:
    """An array of zeros that starts at a cache line."""
    room = np.zeros(size * np.dtype(dtype).itemsize + 64, np.uint8)
    first = -room.ctypes.data % 64
    return cast("Entries", room[first : first + size * np.dtype(dtype).itemsize].view(dtype))


class Geometry(NamedTuple):
    """How states are spread over buckets: as numbers of 64 bits."""

    bucket_mask: Word
    bucket_bits: Word
    width_mask: Word
    half_width: Word


@inlined
def permuted(state: Word, mask: Word, half: Word) -> Word:
    """A bijection of the integers up to *mask*, a power of two less one."""
    state ^= state >> half
    state = (state * U(0xD6E8FEB86659FD93)) & mask
    state ^= state >> half
    state = (state * U(0xA5A3564E2D9AB1F5)) & mask
    return state ^ (state >> half)


@inlined
def scattered(word: Word) -> Word:
    """A hash of a word."""
    word ^= word >> U(32)
    word *= U(0xD6E8FEB86659FD93)
    word ^= word >> U(29)
    word *= U(0xA5A3564E2D9AB1F5)
    return word ^ (word >> U(32))


@inlined
def hashed(kind: int, low: Word, high: Word, geometry: Geometry) -> Word:
    """Where a state belongs: bucket number and remainder, or just a hash."""
    if kind == REMAINDERS:
        return permuted(low, geometry.width_mask, geometry.half_width)
    if kind == WORDS:
        return scattered(low)
    return scattered(low ^ (high * U(0x9E3779B97F4A7C15)))


@inlined
def put(kind: int, table: Entries, low: Word, high: Word, place: Word, geometry: Geometry) -> Number:
    """Put a state that hashes to *place* into the set: NEW, KNOWN, or NO_ROOM near its bucket."""
    bucket = place & geometry.bucket_mask
    remainder = (place >> geometry.bucket_bits) + U(1)
    key = remainder if kind == REMAINDERS else low + U(1)
    for distance in range(NEAR[kind]):
        first = bucket << U(LANE_BITS[kind])
        same = lanes_equal(table, first, key)
        if kind == PAIRS:
            same &= lanes_equal(table, first, high) >> U(4)
            same &= U(15)
        if same != U(0):
            return KNOWN
        free = lanes_equal(table, first, U(0))
        if kind == PAIRS:
            free &= U(15)
        if free != U(0):
            lane = first + lowest(free)
            table[lane] = key
            if kind == PAIRS:
                table[lane + U(4)] = high
            return NEW
        bucket = (bucket + U(1)) & geometry.bucket_mask
        if kind == REMAINDERS:
            key = remainder | (U(distance + 1) << U(28))
    return NO_ROOM


def make_refill(kind: int) -> Callable[..., bool]:
    """The kernel that fills a table from states, for entries of one kind."""
    stride = 2 if kind == PAIRS else 1

    @compiled
    def refill(table: Entries, geometry: Geometry, states: Words, count: int, places: Words) -> bool:
        """Put the first *count* states into an empty table; False if there is no room for one."""
        for first in range(0, count, BATCH):
            size = min(BATCH, count - first)
            for i in range(size):
                at = (first + i) * stride
                places[i] = hashed(kind, states[at], states[at + stride - 1], geometry)
                prefetch(table, (places[i] & geometry.bucket_mask) << U(LANE_BITS[kind]))
            for i in range(size):
                at = (first + i) * stride
                if put(kind, table, states[at], states[at + stride - 1], places[i], geometry) == NO_ROOM:
                    return False
        return True

    return refill


def make_spread(kind: int) -> Callable[..., bool]:
    """The kernel that fills a table from a smaller one, for entries of one kind."""
    lanes = 4 if kind == PAIRS else LANES[kind]

    @compiled
    def spread(old: Entries, was: Geometry, table: Entries, geometry: Geometry, fill: Bytes) -> bool:
        """Move all entries to an empty, larger table, in one pass over both; False if one has no room."""
        for bucket in range(np.int64(was.bucket_mask) + 1):
            for lane in range(lanes):
                entry = U(old[(bucket << LANE_BITS[kind]) + lane])
                if entry == U(0):
                    break
                high = U(old[(bucket << LANE_BITS[kind]) + lane + 4]) if kind == PAIRS else U(0)
                if kind == REMAINDERS:
                    own = (U(bucket) - (entry >> U(28))) & was.bucket_mask
                    place = (((entry & U(0xFFFFFFF)) - U(1)) << was.bucket_bits) | own
                    entry = (place >> geometry.bucket_bits) + U(1)
                else:
                    place = hashed(kind, entry - U(1), high, geometry)
                home = place & geometry.bucket_mask
                distance = 0
                while fill[home] == lanes:
                    home = (home + U(1)) & geometry.bucket_mask
                    distance += 1
                    if distance == NEAR[kind]:
                        return False
                at = np.int64(home << U(LANE_BITS[kind])) + fill[home]
                table[at] = entry | (U(distance) << U(28)) if kind == REMAINDERS else entry
                if kind == PAIRS:
                    table[at + 4] = high
                fill[home] += 1
        return True

    return spread
