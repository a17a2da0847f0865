"""Estimates of what is left of a search, against searches that are known to the end."""

import pytest

from ackproof.search.estimate import (
    STATES,
    TIMES,
    Remaining,
    carried_on,
    falling_as_a_line,
    falling_as_a_root,
    remaining,
    span,
    worded,
)
from ackproof.search.exploration import Progress

# How many states each level has, to the end.
TWO_PHASE_COMMIT_8 = [
    *(1, 17, 136, 688, 2500, 7056, 16408, 32972, 59254, 96816, 143840, 192656, 230412, 244342, 228712, 188304, 135833),
    *(85377, 46392, 21560, 8456, 2758, 736, 156, 24, 2),
]
REPLICATION = [
    *(1, 6, 30, 138, 366, 1170, 2715, 5673, 10836, 18648, 28818, 40629, 53691, 66432, 77400, 84072, 85404, 78909),
    *(66447, 49422, 32916, 19542, 9939, 3660, 834, 96),
]
FIVE_IN_FLIGHT = [
    *(1, 4, 16, 58, 163, 402, 856, 1501, 2422, 3689, 5388, 7751, 10821, 14433, 18553, 23185, 27981, 32660, 36262),
    *(38345, 39064, 38218, 35821, 32578, 28962, 25140, 21358, 17895, 14503, 11177, 8418, 6222, 4496, 3145, 2072, 1247),
    *(715, 394, 204, 109, 62, 36, 17, 4),
]
CONSUMERS = [
    *(1, 2, 7, 22, 36, 48, 74, 136, 226, 353, 527, 774, 1075, 1450, 1854, 2281, 2620, 2844, 2887, 2688, 2325, 1870),
    *(1435, 1115, 806, 454, 194, 47, 3),
]
KNOWN = [TWO_PHASE_COMMIT_8, REPLICATION, FIVE_IN_FLIGHT, CONSUMERS]


def after(levels: list[int], seconds: float = 1.0) -> Remaining | None:
    """What is said when so many levels are known."""
    return remaining(Progress(sum(levels), len(levels) - 1, levels[-1], seconds, tuple(levels)))


@pytest.mark.parametrize("levels", KNOWN)
@pytest.mark.parametrize("known", [0.55, 0.6, 0.65, 0.7, 0.8, 0.9])
def test_the_states_to_come_are_within_the_band(levels: list[int], known: float) -> None:
    many = round(len(levels) * known)

    left = after(levels[:many])

    assert left is not None
    assert left.states[0] <= sum(levels[many:]) <= left.states[1]


@pytest.mark.parametrize("levels", KNOWN)
def test_the_band_is_useful_past_the_largest_level(levels: list[int]) -> None:
    left = after(levels[: levels.index(max(levels)) + 3])

    assert left is not None
    assert left.states[1] < 5 * left.states[0]


@pytest.mark.parametrize("levels", KNOWN[:3])
def test_nothing_is_said_while_levels_grow_fast(levels: list[int]) -> None:
    assert [after(levels[:many]) for many in range(1, 7)] == [None] * 6


def test_nothing_is_said_of_what_has_no_end_or_has_ended() -> None:
    assert after([100] * 20) is None
    assert after([*CONSUMERS, 0]) is None


def test_at_the_end_it_may_be_nothing_more() -> None:
    left = after(CONSUMERS[:-1])

    assert left is not None
    assert left.states[0] == 0
    assert left.states[1] >= 3


def test_seconds_are_those_of_the_states_to_expand() -> None:
    left, slower = after(REPLICATION[:18], 10.0), after(REPLICATION[:18], 20.0)

    assert left is not None
    assert slower is not None
    assert slower.seconds == pytest.approx((2 * left.seconds[0], 2 * left.seconds[1]))
    assert left.seconds[1] == pytest.approx(10.0 * (left.states[1] + REPLICATION[17]) / sum(REPLICATION[:17]))


def test_a_line_ends_sooner_than_a_root() -> None:
    # Each level is a quarter less of the one before: 1.5, 1.25, 1 and so on.
    levels = [64_000, 96_000, 120_000, 120_000, 90_000, 45_000]

    line, root = falling_as_a_line(levels), falling_as_a_root(levels)

    assert line == pytest.approx(45_000 / 4)
    assert root is not None
    assert root > 45_000 / 4


def test_levels_that_halve_go_on_until_no_state_is_left() -> None:
    assert carried_on([8], lambda depth: 0.5) == 4 + 2 + 1
    assert carried_on([8], lambda depth: 1.0) is None


@pytest.mark.parametrize(
    ("band", "words"),
    [
        ((2.1e6, 4.9e6), "2 to 5 million"),
        ((940_000.0, 1.2e6), "900 thousand to 1.5 million"),
        ((0.0, 3.2), "0 to 4"),
        ((10.0, 20.0), "10 to 20"),
        ((3.7e12, 5e12), "3,000 to 5,000 billion"),
    ],
)
def test_numbers_of_states_in_words(band: tuple[float, float], words: str) -> None:
    assert span(band, STATES) == words


@pytest.mark.parametrize(
    ("band", "words"),
    [
        ((1.2, 2.9), "1 to 3 s"),
        ((0.0, 0.01), "0 to 1 s"),
        ((70.0, 3000.0), "70 s to 50 min"),
        ((7300.0, 30_000.0), "2 to 9 h"),
        ((200_000.0, 900_000.0), "2 to 15 days"),
    ],
)
def test_times_in_words(band: tuple[float, float], words: str) -> None:
    assert span(band, TIMES) == words


def test_all_of_it_in_words() -> None:
    left = Remaining((2.1e6, 4.9e6), (1.2, 2.9))

    assert worded(left) == "about 2 to 5 million states and 1 to 3 s to go"
