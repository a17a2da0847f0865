"""Where a consumer starts without a position: ``auto.offset.reset``."""

import re
from typing import Literal

import attrs

ResetKind = Literal["latest", "earliest", "none", "by_duration"]

LATEST_TIMESTAMP = -1
"""In place of a timestamp, ListOffsets takes it for the end of the log: high watermark or last stable offset."""

EARLIEST_TIMESTAMP = -2
"""In place of a timestamp, ListOffsets takes it for the start of the log."""

ISO_DURATION = re.compile(
    r"P(?:(?P<days>\d+)D)?(?:T(?=\d)(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+(?:\.\d{0,9})?)S)?)?",
    re.IGNORECASE,
)
MILLISECONDS = {"days": 86_400_000, "hours": 3_600_000, "minutes": 60_000, "seconds": 1_000}


@attrs.frozen
class Reset:
    """
    A strategy.

    Attributes:
        duration_ms: How long ago to start, for by_duration.
    """

    kind: ResetKind
    duration_ms: int = 0

    def timestamp_ms(self, now_ms: int) -> int | None:
        """What ListOffsets is asked for; None where the application has to decide."""
        if self.kind == "none":
            return None
        fixed = {"latest": LATEST_TIMESTAMP, "earliest": EARLIEST_TIMESTAMP}
        return fixed.get(self.kind, now_ms - self.duration_ms)


LATEST = Reset("latest")
EARLIEST = Reset("earliest")
NONE = Reset("none")


def reset_of(words: str) -> Reset:
    """
    The strategy that ``auto.offset.reset`` names: latest, earliest, none, or by_duration:PnDTnHnMn.nS.

    Raises:
        ValueError: It names none.

    Source: KIP-1106; ``AutoOffsetResetStrategy``.
    """
    named = {reset.kind: reset for reset in (LATEST, EARLIEST, NONE)}
    kind, _, rest = words.partition(":")
    if words in named:
        return named[kind]  # type: ignore[index]  # a word that is in there is one of its kinds
    if kind != "by_duration" or not rest:
        raise ValueError(f"Unknown auto offset reset strategy: {words}")
    return Reset("by_duration", duration_ms_of(rest))


def duration_ms_of(words: str) -> int:
    """
    An ISO 8601 duration in milliseconds.

    Raises:
        ValueError: It is none, or negative.
    """
    match = ISO_DURATION.fullmatch(words)
    parts = {unit: amount for unit, amount in match.groupdict().items() if amount} if match else {}
    if not parts:
        raise ValueError(f"Unable to parse duration string in by_duration offset reset strategy: {words}")
    return sum(int(float(amount) * MILLISECONDS[unit]) for unit, amount in parts.items())
