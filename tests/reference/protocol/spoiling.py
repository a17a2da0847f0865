"""Bytes that are not quite those of a message."""

from random import Random

LENGTHS = [b"\xff\xff\xff\xff\x0f", b"\x7f\xff\xff\xff", b"\xff\xff\xff\xff", b"\x80\x00", b"\x80" * 9, b""]
"""What is large, negative, too long, or not there at all."""


def spoilt(good: bytes, random: Random) -> bytes:
    """*good* with a few bytes in the place of others."""
    raw = bytearray(good)
    for _ in range(random.randint(1, 3)):
        at = random.randint(0, len(raw))
        raw[at : at + random.randint(0, 2)] = random.choice([random.randbytes(1), random.choice(LENGTHS)])
    return bytes(raw)
