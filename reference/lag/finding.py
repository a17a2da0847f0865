"""What is found about a group that lags, and how it is worded."""

from collections.abc import Sequence
from typing import Literal

import attrs

Cause = Literal[
    "hanging transaction",
    "no consumer",
    "polls too far apart",
    "stuck",
    "rebalancing",
    "too slow",
    "spike",
    "peak",
    "keeping up",
]


@attrs.frozen
class Finding:
    """
    A cause, how it shows, and what helps.

    Attributes:
        partitions: Those that it shows at; none where it is about the group.
    """

    cause: Cause
    evidence: str
    advice: str
    partitions: tuple[int, ...] = ()


def seconds(duration_ms: float) -> str:
    """A duration."""
    return f"{duration_ms / 1000:.0f} s"


def span(from_ms: float, to_ms: float) -> str:
    """From one time to another."""
    return f"from {seconds(from_ms)} to {seconds(to_ms)}"


def rate(per_second: float) -> str:
    """So much per second."""
    return f"{per_second:,.0f}/s" if per_second >= 100 else f"{per_second:.3g}/s"


def milliseconds(duration_ms: float) -> str:
    """A short duration."""
    return f"{duration_ms:,.0f} ms" if duration_ms >= 100 else f"{duration_ms:.3g} ms"


def partitions(numbers: Sequence[int]) -> str:
    """Some partitions."""
    return f"partition{'s' * (len(numbers) > 1)} {', '.join(str(number) for number in numbers)}"


def count(number: int, of: str) -> str:
    """So many of something."""
    return f"{number} {of}{'s' * (number != 1)}"
