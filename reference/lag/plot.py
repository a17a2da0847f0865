"""A curve in text: lag over time, for a terminal."""

from collections.abc import Sequence

BLOCKS = " ▁▂▃▄▅▆▇█"
"""From empty to full, by eighths."""

WIDTH = 80
HEIGHT = 10


def plotted(points: Sequence[tuple[int, int]], *, width: int = WIDTH, height: int = HEIGHT) -> str:
    """
    *points*, of a time in milliseconds and a number each, as columns above an axis.

    Args:
        points: In the order of time.
        width: In characters, all told.
        height: In lines, at least two, without the axis and its marks.

    Raises:
        ValueError: There are no points, or the width does not do.
    """
    if not points:
        raise ValueError("there is nothing to plot")
    greatest = max(1, *(number for _, number in points))
    labels = [f"{greatest:>7,}", *[" " * 7] * (height - 2), f"{0:>7,}"]
    margin = max(len(label) for label in labels) + 2
    if width <= margin + 12:
        raise ValueError(f"{width} characters are too few for a plot")
    columns = _columns([max(number, 0) for _, number in points], width - margin)
    lines = [
        f"{label:>{margin - 2}} ┤{''.join(_block(number, greatest, height, row) for number in columns)}".rstrip()
        for row, label in zip(range(height - 1, -1, -1), labels, strict=True)
    ]
    return "\n".join([*lines, _axis(points, margin, width)])


def _columns(numbers: Sequence[int], count: int) -> list[int]:
    """The greatest number of each of *count* equal shares of them; a share that has none repeats the one before."""
    columns: list[int] = []
    for column in range(count):
        first = column * len(numbers) // count
        last = max((column + 1) * len(numbers) // count, first + 1)
        columns.append(max(numbers[first:last]))
    return columns


def _block(number: int, greatest: int, height: int, row: int) -> str:
    eighths = -(-number * height * 8 // greatest) - row * 8
    return BLOCKS[min(max(eighths, 0), 8)]


def _axis(points: Sequence[tuple[int, int]], margin: int, width: int) -> str:
    start, end = f"{points[0][0] / 1000:.0f} s", f"{points[-1][0] / 1000:.0f} s"
    line = f"{'└':>{margin}}{'─' * (width - margin)}"
    return f"{line}\n{' ' * margin}{start}{end:>{width - margin - len(start)}}"
