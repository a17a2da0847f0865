"""How much memory a search may take."""

import os
from pathlib import Path

CGROUP_LIMIT = Path("/sys/fs/cgroup/memory.max")
"""Where Linux says how much the processes of a container may take together."""

PLAIN_BYTES_PER_STATE = 160
"""What a state takes in the plain loop, in the set and in the rows of its level (measured: 131 to 157)."""


def machine_megabytes() -> int:
    """How much memory there is: that of the machine, or of the container if that is less."""
    whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 20
    try:
        allowed = int(CGROUP_LIMIT.read_text(encoding="ascii")) >> 20
    except (OSError, ValueError):  # no such limit, or "max"
        return whole
    return min(whole, allowed)


def allowed_megabytes(megabytes: int | None) -> int:
    """What a search may take: as it is told, else three quarters of what there is."""
    return megabytes or machine_megabytes() * 3 // 4


def plain_megabytes(states: int) -> int:
    """What so many states take in the plain loop."""
    return states * PLAIN_BYTES_PER_STATE >> 20
