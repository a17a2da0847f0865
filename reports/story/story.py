"""What a story is made of."""

from typing import Literal

import attrs

Style = Literal["request", "reply", "lost", "held", "note", "stop"]
"""
How a step is drawn: a message, its answer, a message that does not arrive or is held back, something that happens in
one lane, and the end of a process.
"""


@attrs.frozen
class Move:
    """
    A step of the execution.

    Attributes:
        number: From 1.
        source: The lane that it begins in.
        target: The lane that a message goes to; None if it stays in one.
        fault: The kind of fault that it is.
    """

    number: int
    action: str
    source: str
    target: str | None
    style: Style
    says: str
    fault: str | None = None


@attrs.frozen
class Row:
    """Something that a lane holds in a state: what it is, and how much or what of it."""

    lane: str
    label: str
    value: str


@attrs.frozen
class Story:
    """
    An execution.

    Attributes:
        lanes: The participants from left to right.
        moves: Its steps.
        panels: What the lanes hold, for each state: one more than moves, with the same rows in the same order.
        loop: Of an execution that never ends, how many moves come before those that are repeated for ever.
    """

    lanes: tuple[str, ...]
    moves: tuple[Move, ...]
    panels: tuple[tuple[Row, ...], ...]
    loop: int | None = None
