"""Stepping: letting time pass, and noticing where it does not."""

from ackproof.reference.kernel.clock import VirtualClock

MOST_AT_ONCE = 500_000
"""More than this does not happen at one time, unless somebody turns in a circle."""


def run_until(clock: VirtualClock, until_ms: int) -> None:
    """
    Everything that is due up to *until_ms* happens, and it is then.

    Raises:
        AssertionError: Things go on happening without any time passing.
    """
    clock.run_until(until_ms, MOST_AT_ONCE)
