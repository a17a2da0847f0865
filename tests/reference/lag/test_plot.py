import pytest
from hypothesis import given
from hypothesis import strategies as st

from ackproof.reference.lag.plot import plotted

points = st.lists(st.tuples(st.integers(0, 10**6), st.integers(-5, 10**6)), min_size=1, max_size=300)


def test_a_curve_rises_to_its_greatest_value() -> None:
    picture = plotted([(0, 0), (1_000, 4), (2_000, 8)], width=30, height=2)

    assert picture.splitlines() == [
        "      8 ┤              ███████",
        "      0 ┤       ██████████████",
        "        └─────────────────────",
        "         0 s               2 s",
    ]


def test_eighths_of_a_line_are_drawn() -> None:
    picture = plotted([(0, number) for number in range(17)], width=9 + 17, height=2)

    assert picture.splitlines()[:2] == ["     16 ┤         ▁▂▃▄▅▆▇█", "      0 ┤ ▁▂▃▄▅▆▇█████████"]


@given(points)
def test_no_line_is_wider_than_the_terminal(curve: list[tuple[int, int]]) -> None:
    lines = plotted(curve).splitlines()

    assert len(lines) == 12
    assert all(len(line) <= 80 for line in lines)


def test_nothing_can_not_be_plotted() -> None:
    with pytest.raises(ValueError, match="nothing to plot"):
        plotted([])


def test_a_plot_needs_some_room() -> None:
    with pytest.raises(ValueError, match="too few"):
        plotted([(0, 1)], width=12)
