"""The table ``[timing]``: what was measured of a pipeline, as ranges and counts."""

from fractions import Fraction
from typing import cast

from ackproof.config.files.section import LARGEST, Section, refuse_unknown, shown
from ackproof.config.pipeline import Timing
from ackproof.proofs.timing.setting import Range

RANGES = ("processing_ms", "arrival_per_s", "pause_ms", "outage_ms", "request_ms", "record_bytes")
"""What lies in a range, or is exactly known."""

COUNTS = ("partitions", "records_per_poll", "records_per_transaction", "threads")
"""What is a whole number from 1 up."""


def timing_in(section: Section) -> Timing | None:
    """What was measured; None where the file has no such table."""
    ranges = {name: found for name in RANGES if (found := range_in(section, name)) is not None}
    counts = {name: count for name in COUNTS if (count := count_in(section, name)) is not None}
    refuse_unknown(section)
    return Timing(ranges, counts) if section.is_given else None


def range_in(section: Section, name: str) -> Range | None:
    """A number, or a list of the lowest and the highest."""
    value = section.take(name)
    if value is None:
        return None
    ends = cast("list[object]", value) if isinstance(value, list) else [value, value]
    numbers = [number for end in ends if (number := number_in(end)) is not None]
    path = section.path_of(name)
    if len(ends) != 2 or len(numbers) != 2:
        what = shown(value) if not isinstance(value, list) else f"[{', '.join(map(shown, ends))}]"
        section.refuse(name, f"{path} must be a number or a range [LOW, HIGH], not {what}")
        return None
    low, high = numbers
    if low < 0:
        section.refuse(name, f"{path} can not be below 0")
        return None
    if low > high:
        section.refuse(name, f"{path} goes from {shown(ends[0])} down to {shown(ends[1])}: the lower end comes first")
        return None
    return Range(low, high)


def number_in(value: object) -> Fraction | None:
    """A number as it is written; None if it is none, or none that can be measured."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not -LARGEST < value < LARGEST:
        return None
    return Fraction(str(value))


def count_in(section: Section, name: str) -> int | None:
    """A whole number from 1 up."""
    value = section.take(name)
    if value is None:
        return None
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value < LARGEST:
        return value
    section.refuse(name, f"{section.path_of(name)} must be a whole number of at least 1, not {shown(value)}")
    return None


def as_table(timing: Timing) -> dict[str, object]:
    """The table again."""
    ranges = {name: [plain(found.low), plain(found.high)] for name, found in timing.ranges.items()}
    return {**ranges, **timing.counts}


def plain(value: Fraction) -> int | float:
    """A number as TOML and JSON have it."""
    return int(value) if value.denominator == 1 else float(value)
