"""Where everything of a sequence diagram stands: lanes from left to right, steps from top to bottom."""

from textwrap import wrap

import attrs

from ackproof.reports.story.story import Move, Story

GUTTER, LANE_WIDTH, TOP, LINE_HEIGHT, GAP = 40, 150, 64, 15, 22
"""In pixels: for the numbers of steps, between lanes, above the first step, of a line of text, between steps."""
LETTER_WIDTH, BOLD_WIDTH = 6.4, 7.2
"""Of a letter of the font on average, plain and bold; texts are broken so that they fit."""
MOST = 120
"""Steps that are drawn; of a longer execution the middle is left out, so that a page stays a page."""


@attrs.frozen
class Drawn:
    """
    A step as it is drawn.

    Attributes:
        start: Where it begins, in pixels from the left.
        end: Where its arrow ends; None for a note.
        top: The upper edge of its text, from above.
        base: Where its arrow runs, or the lower edge of its note.
        left: The left edge of its text.
        lines: Its text.
    """

    move: Move
    start: float
    end: float | None
    top: float
    base: float
    left: float
    width: float
    lines: tuple[str, ...]


@attrs.frozen
class Sequence:
    """A diagram, and how large it is."""

    width: float
    height: float
    lanes: tuple[tuple[str, float], ...]
    steps: tuple[Drawn, ...]
    left_out: int


def sequence(story: Story) -> Sequence:
    """The layout of a story."""
    kept = story.moves if len(story.moves) <= MOST else (*story.moves[: MOST // 2], *story.moves[-MOST // 2 :])
    centre = {lane: GUTTER + (number + 0.5) * LANE_WIDTH for number, lane in enumerate(story.lanes)}
    drawn, y = list[Drawn](), float(TOP)
    for move in kept:
        step = placed(move, centre, y)
        drawn.append(step)
        y = step.base + GAP
    width = GUTTER + len(story.lanes) * LANE_WIDTH
    return Sequence(width, y, tuple(centre.items()), tuple(drawn), len(story.moves) - len(kept))


def placed(move: Move, centre: dict[str, float], top: float) -> Drawn:
    """One step below *top*."""
    start = centre[move.source]
    end = centre[move.target] if move.target else None
    span = LANE_WIDTH if end is None else abs(end - start)
    room, letter = max(span, LANE_WIDTH * 1.4) - 16, BOLD_WIDTH if move.fault else LETTER_WIDTH
    lines = tuple(wrap(move.says, int(room / letter)))
    widest = max(map(len, lines)) * letter + 12
    middle = start if end is None else (start + end) / 2
    left = min(max(middle - widest / 2, GUTTER), GUTTER + len(centre) * LANE_WIDTH - widest - 2)
    base = top + len(lines) * LINE_HEIGHT + (10 if end is None else 6)
    return Drawn(move, start, end, top, base, left, widest, lines)
