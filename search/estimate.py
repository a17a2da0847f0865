"""
Estimates: how much of an exhaustive search is left, from how its levels grow and shrink.

Each level is larger than the one before, less and less so, and then smaller. How the ratio of two levels falls is taken
from the last levels and carried on, in two ways: as a line of the depth, and its logarithm as a line of the square root
of the depth. In the systems that we know, the first one mostly falls too fast and the second one too slowly.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise
from math import ceil, exp, floor, log, log10, sqrt

import attrs

from ackproof.search.exploration import Progress

FEWEST_LEVELS = 6
MOST_GROWTH = 1.4
"""While the last level is so many times as large as the one before, nothing can be said."""
FADING = 0.6
"""What a level counts, relative to the next one."""
MARGIN = 1.25
"""The band is wider than the two estimates by that factor on each side."""
ALL_BUT = 0.05
"""Where at most that share of the known states is left, it may as well be nothing."""
SPEEDING_UP = 0.4
"""What a state takes at the end, relative to one so far: Python is asked ever more rarely."""
MOST_LEVELS = 1000

Band = tuple[float, float]
"""The low end and the high end of an estimate."""
Line = Callable[[float], float]


@attrs.frozen
class Remaining:
    """What is left of a search, each with its low and its high end: states that are not known yet, and seconds."""

    states: Band
    seconds: Band


def remaining(progress: Progress) -> Remaining | None:
    """
    What is left of a search; None while nothing can be said.

    From half of the levels on, the true number of states was in the band for more than four of five systems to which
    nothing here was fitted.
    """
    levels = progress.levels
    if len(levels) < FEWEST_LEVELS or not levels[-1] or levels[-1] > MOST_GROWTH * levels[-2]:
        return None
    fast, slow = falling_as_a_line(levels), falling_as_a_root(levels)
    if fast is None or slow is None:
        return None
    low, high = min(fast, slow) / MARGIN, max(fast, slow) * MARGIN
    if high <= ALL_BUT * sum(levels):
        low = 0.0
    pace = progress.seconds / sum(levels[:-1])
    return Remaining((low, high), ((levels[-1] + low) * pace * SPEEDING_UP, (levels[-1] + high) * pace))


# how levels go on


def falling_as_a_line(levels: Sequence[int]) -> float | None:
    """How many states come if the ratio of two levels falls as a line."""
    depths = [float(depth) for depth in range(1, len(levels))]
    line = line_of(depths, ratios(levels))
    return carried_on(levels, line)


def falling_as_a_root(levels: Sequence[int]) -> float | None:
    """How many states come if the logarithm of the ratio of two levels falls as the square root of the depth rises."""
    roots = [sqrt(depth) for depth in range(1, len(levels))]
    line = line_of(roots, [log(ratio) for ratio in ratios(levels)])
    return carried_on(levels, lambda depth: exp(line(sqrt(depth))))


def ratios(levels: Sequence[int]) -> list[float]:
    """How many times as large as the one before each level is, from the second one on."""
    return [after / before for before, after in pairwise(levels)]


def line_of(x: Sequence[float], y: Sequence[float]) -> Line:
    """The line through the points with the least squares, where earlier points count less."""
    weights = [FADING**back for back in reversed(range(len(x)))]
    total = sum(weights)
    middle_x, middle_y = (sum(w * v for w, v in zip(weights, values, strict=True)) / total for values in (x, y))
    across = sum(w * (v - middle_x) * (u - middle_y) for w, v, u in zip(weights, x, y, strict=True))
    along = sum(w * (v - middle_x) ** 2 for w, v in zip(weights, x, strict=True))
    return lambda at: middle_y + across / along * (at - middle_x)


def carried_on(levels: Sequence[int], ratio: Line) -> float | None:
    """How many states come if each level is *ratio* of its depth times the one before; None if there is no end."""
    size, states = float(levels[-1]), 0.0
    for depth in range(len(levels), len(levels) + MOST_LEVELS):
        size *= ratio(depth)
        if size < 1:
            return states
        states += size
    return None


# in words

Units = tuple[tuple[float, float, str], ...]
"""From which number on a unit is used, how much it is, its name."""

STATES: Units = ((0, 1, ""), (1e3, 1e3, " thousand"), (1e6, 1e6, " million"), (1e9, 1e9, " billion"))
TIMES: Units = ((0, 1, " s"), (120, 60, " min"), (7200, 3600, " h"), (172_800, 86_400, " days"))


def worded(left: Remaining) -> str:
    """What is left, for people: about 2 to 5 million states and 1 to 3 s to go."""
    return f"about {span(left.states, STATES)} states and {span(left.seconds, TIMES)} to go"


def span(band: Band, units: Units) -> str:
    """Both ends of a band, in round numbers that it lies between."""
    (low, low_unit), (high, high_unit) = told(band[0], units, floor), told(band[1], units, ceil)
    return f"{low} to {high}{high_unit}" if low_unit == high_unit else f"{low}{low_unit} to {high}{high_unit}"


def told(number: float, units: Units, round_to: Callable[[float], int]) -> tuple[str, str]:
    """A number of one digit, or of two that end in 5, and its unit."""
    _, size, unit = next(unit for unit in reversed(units) if number >= unit[0])
    amount = number / size
    digit = 10.0 ** floor(log10(max(amount, 1)))
    step = max(digit / 2 if amount < 2 * digit else digit, 1 / size)
    # Seven digits: what floats add must not be rounded up.
    return f"{round_to(round(amount / step, 7)) * step:,.15g}", unit
