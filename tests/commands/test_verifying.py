"""What ``ackproof verify`` tells while it searches."""

import pytest

from ackproof.commands.verifying import console_for, how_far
from ackproof.search.exploration import Progress

GROWING = (1, 4, 12, 36, 110, 330)
SHRINKING = (1, 10, 60, 200, 400, 480, 420, 300)


def test_a_search_tells_how_far_it_is() -> None:
    progress = Progress(sum(GROWING), 5, GROWING[-1], 0.5, GROWING)

    assert how_far(progress) == "493 states, 986/s, depth 5, frontier 330"


def test_what_may_be_left_stands_in_a_line_of_its_own() -> None:
    progress = Progress(sum(SHRINKING), 7, SHRINKING[-1], 1.0, SHRINKING)

    counted, left = how_far(progress).splitlines()

    assert counted == "1,871 states, 1,871/s, depth 7, frontier 300"
    assert left.startswith("about ")
    assert max(map(len, (counted, left))) < 80


def test_nobody_gets_colours_who_wants_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")

    assert console_for(None).no_color
