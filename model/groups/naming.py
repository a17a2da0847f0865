"""What people call consumers and partitions."""

from ackproof.model.groups.claims import Partitions


def named(index: int) -> str:
    """What people call a consumer."""
    return f"consumer {index + 1}"


def told(partitions: Partitions) -> str:
    """Partitions, for people."""
    if not partitions:
        return "nothing"
    return f"partition{'s' if len(partitions) > 1 else ''} {' and '.join(map(str, sorted(partitions)))}"
