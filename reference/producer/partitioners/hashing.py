"""Hashes of keys."""

from functools import lru_cache

REMEMBERED = 1_000
"""How many keys are remembered with their hashes."""
SEED = 0x9747B28C
MIX = 0x5BD1E995
MASK = 0xFFFFFFFF


@lru_cache(REMEMBERED)
def murmur2(data: bytes) -> int:
    """The 32-bit hash of *data*, without sign. Source: ``Utils.murmur2``."""
    code = SEED ^ len(data)
    whole = len(data) & ~3
    for at in range(0, whole, 4):
        lane = int.from_bytes(data[at : at + 4], "little") * MIX & MASK
        lane = (lane ^ lane >> 24) * MIX & MASK
        code = code * MIX & MASK ^ lane
    if whole < len(data):
        code = (code ^ int.from_bytes(data[whole:], "little")) * MIX & MASK
    code = (code ^ code >> 13) * MIX & MASK
    return code ^ code >> 15
