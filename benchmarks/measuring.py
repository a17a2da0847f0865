"""What the benchmarks share: kernels that are ready, the time and the memory of a search, what they print."""

import argparse
import contextlib
import gc
import json
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

import attrs

from ackproof.model.system import System
from ackproof.properties.property import Property
from ackproof.search.engines import How
from ackproof.search.exploration import Exploration
from ackproof.search.explorer import explore
from ackproof.search.native import readiness

STATUS, CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")
RESET_PEAK = "5"


Found = TypeVar("Found")


@attrs.frozen
class Measured(Generic[Found]):
    """
    A search and what it took.

    Attributes:
        seconds: By the clock.
        bytes_used: Peak of the resident memory meanwhile less what was resident before; None where the operating system
            does not tell.
    """

    found: Found
    seconds: float
    bytes_used: int | None

    def bytes_per_state(self, distinct_states: int) -> float | None:
        """Memory for each of so many states."""
        return None if self.bytes_used is None else round(self.bytes_used / distinct_states, 1)


def make_ready() -> None:
    """Have every kernel compiled, by another process that takes its memory with it, and loaded into this one."""
    if not readiness.is_ready():
        subprocess.run([sys.executable, "-m", "ackproof.search.native.warm"], check=True, stdout=sys.stderr)
    # Who only asks for help need not wait for a compiler.
    from ackproof.search.native import warm  # noqa: PLC0415

    for width in warm.WIDTHS:
        warm.warm_up(width)


def search(system: System, *holds: Property, workers: int) -> Measured[Exploration]:
    """Search without reductions, by the compiled loop from the first state on."""
    apart = attrs.evolve(system, reductions=frozenset())
    return measure(lambda: explore(apart, *holds, how=How("compiled", workers)))


def measure(call: Callable[[], Found]) -> Measured[Found]:
    """What a call finds and takes."""
    gc.collect()
    # Where the old peak stays, memory can only be overstated.
    with contextlib.suppress(OSError):
        CLEAR.write_text(RESET_PEAK)
    before, started = resident_bytes("VmRSS"), time.perf_counter()
    found = call()
    seconds, peak = time.perf_counter() - started, resident_bytes("VmHWM")
    used = None if before is None or peak is None else peak - before
    return Measured(found, round(seconds, 4), used)


def resident_bytes(kind: str) -> int | None:
    """Resident memory of this process: now (``VmRSS``) or at its peak (``VmHWM``); None where there is no /proc."""
    if not STATUS.exists():
        return None
    found = re.search(rf"{kind}:\s+(\d+) kB", STATUS.read_text())
    return int(found[1]) * 1024 if found else None


def options(description: str | None) -> argparse.ArgumentParser:
    """A parser that shows a module's own words."""
    return argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)


def at_least(least: int) -> Callable[[str], int]:
    """The type of an option: a whole number that is not smaller."""

    def whole_number(text: str) -> int:
        if not text.isdecimal() or int(text) < least:
            raise argparse.ArgumentTypeError(f"takes a whole number from {least} on, not {text}")
        return int(text)

    return whole_number


def show(document: object) -> None:
    """Print the one document."""
    print(json.dumps(document, indent=1))
