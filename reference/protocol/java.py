"""What Kafka takes from Java: the hash of a string, by which groups and transactional ids find their coordinator."""

from functools import lru_cache

INT_MIN = -(2**31)
REMEMBERED = 1_000
"""How many names' hashes are remembered: a group asks for that of its name with every commit."""


@lru_cache(REMEMBERED)
def java_hash(text: str) -> int:
    """The hash of *text*, as a signed 32-bit integer. Source: ``java.lang.String.hashCode``."""
    code = 0
    units = text.encode("utf-16-be", "surrogatepass")
    for at in range(0, len(units), 2):
        code = (31 * code + (units[at] << 8 | units[at + 1])) & 0xFFFFFFFF
    return code - 2**32 if code >= 2**31 else code


def partition_for(name: str, partition_count: int) -> int:
    """
    Which partition of an internal topic keeps what belongs to *name*.

    Source: ``TransactionStateManager.partitionFor``, ``GroupMetadataManager``, ``Utils.abs``.
    """
    code = java_hash(name)
    return (0 if code == INT_MIN else abs(code)) % partition_count
