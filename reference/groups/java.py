"""The order in which Kafka meets what it keeps in Java's hash tables: it shows in who is assigned what."""

from collections.abc import Callable, Iterable
from typing import TypeVar
from uuid import UUID

from ackproof.reference.protocol.java import java_hash

T = TypeVar("T")
SMALLEST_TABLE = 16
SMALLEST_TIMELINE_TABLE = 2
FIBONACCI = -7046029254386353131


def in_hash_order(keys: Iterable[T], hash_of: Callable[[T], int]) -> list[T]:
    """
    *keys* in the order in which a ``HashMap`` iterates, if they were put into an empty one in this order.

    Source: ``java.util.HashMap`` (table sizes, ``hash``). Not modelled: tables that shrank, buckets that are trees.
    """
    listed = list(keys)
    size = SMALLEST_TABLE
    while len(listed) > size * 3 // 4:
        size *= 2
    return sorted(listed, key=lambda key: _spread(hash_of(key)) & (size - 1))


def strings_in_hash_order(keys: Iterable[str]) -> list[str]:
    """Strings in the order of a ``HashMap``."""
    return in_hash_order(keys, java_hash)


def slot_of(key: str) -> int:
    """The place of a string in the smallest ``HashMap``."""
    return _spread(java_hash(key)) & (SMALLEST_TABLE - 1)


def strings_in_slot_order(keys: Iterable[str], slots: int = SMALLEST_TIMELINE_TABLE) -> list[str]:
    """
    Strings in the order of Kafka's own ``TimelineHashMap``, if they were put into it in this order.

    Args:
        slots: How many it has at least, as it never gets smaller.

    Source: ``BaseHashTable`` (table sizes, ``findSlot``); ``SnapshottableHashTable.CurrentIterator``, which takes what
    is in one slot from behind.
    """
    from_behind = list(keys)[::-1]
    size = slots
    while len(from_behind) * 3 > size * 4:
        size *= 2
    shift = 65 - size.bit_length()
    return sorted(from_behind, key=lambda key: (java_hash(key) * FIBONACCI & 0xFFFFFFFFFFFFFFFF) >> shift)


def slots_after_put(slots: int, present: int) -> int:
    """
    How many slots a ``TimelineHashMap`` has once something is put into it, be it in place of one of those *present*.

    Source: ``BaseHashTable.baseAddOrReplace``.
    """
    return slots * 2 if (present + 1) * 3 > slots * 4 else slots


def uuids_in_hash_order(keys: Iterable[UUID]) -> list[UUID]:
    """Topic ids in the order of a ``HashMap``."""
    return in_hash_order(keys, uuid_hash)


def integers_in_hash_order(keys: Iterable[int]) -> list[int]:
    """Partitions in the order of a ``HashSet``."""
    return in_hash_order(keys, int)


def uuid_hash(uuid: UUID) -> int:
    """The hash of Kafka's ``Uuid``."""
    folded = (uuid.int >> 64) ^ (uuid.int & 0xFFFFFFFFFFFFFFFF)
    return (folded >> 32) ^ (folded & 0xFFFFFFFF)


def uuid_order(uuid: UUID) -> tuple[int, int]:
    """What Kafka's ``Uuid.compareTo`` compares: two signed numbers."""
    return _signed(uuid.int >> 64), _signed(uuid.int & 0xFFFFFFFFFFFFFFFF)


def _spread(code: int) -> int:
    unsigned = code & 0xFFFFFFFF
    return unsigned ^ (unsigned >> 16)


def _signed(number: int) -> int:
    return number - 2**64 if number >= 2**63 else number
