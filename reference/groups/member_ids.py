"""The ids that a coordinator gives members: random, from the generator that it was handed."""

from base64 import urlsafe_b64encode
from random import Random
from uuid import UUID


def classic_member_id(prefix: str, rng: Random) -> str:
    """An id of a classic member: its instance id or client id, and a UUID (``ClassicGroup.generateMemberId``)."""
    return f"{prefix}-{random_uuid(rng)}"


def member_id(rng: Random) -> str:
    """An id as Kafka writes a UUID of its own: 22 characters of base64, and no dash in front (``Uuid.randomUuid``)."""
    while True:
        text = urlsafe_b64encode(random_uuid(rng).bytes).decode().rstrip("=")
        if not text.startswith("-"):
            return text


def random_uuid(rng: Random) -> UUID:
    """A UUID of version 4."""
    return UUID(int=rng.getrandbits(128), version=4)
