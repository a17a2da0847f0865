"""How long the coordinator of a directed classic group waits for the SyncGroups of a generation."""

from collections.abc import Iterator, Sequence

from ackproof.model.groups.classic import ClassicGroup
from ackproof.reference.refinement.directing.groups.shift import BEGIN, FAILOVER, Shift, is_left_out

SOON_MS = 5_000
"""For what takes next to no time."""

SYNC_EXPIRES = "sync expires"


def awaited_ms(shifts: Sequence[Shift], waits_ms: Sequence[int], begins: int) -> int:
    """How long the steps take at most in which SyncGroups of the generation are awaited that begins in a step."""
    return SOON_MS + sum(waits_ms[place] for place in awaited_in(shifts, begins))


def awaited_in(shifts: Sequence[Shift], begins: int) -> Iterator[int]:
    """In which steps a coordinator may wait for SyncGroups of the generation that begins in a step."""
    for place in range(begins + 1, len(shifts)):
        if shifts[place].action in (FAILOVER, SYNC_EXPIRES) or has_begun(shifts[place]):
            return
        yield place
        after = shifts[place].after
        if isinstance(after, ClassicGroup) and after.state in ("preparing", "empty"):
            return


def has_begun(shift: Shift) -> bool:
    """Whether a generation of a classic group begins in a step."""
    return shift.action == BEGIN or is_left_out(shift)
