"""The lines of our own format, ``ktrace/1``: JSON, one object a line, the first of which is the header."""

from collections.abc import Mapping
from typing import Literal

import msgspec

Id = int | str
Settings = Mapping[str, object]


class Header(msgspec.Struct, frozen=True):
    """
    The first line.

    Attributes:
        ktrace: The version of the format.
        config: The settings of each client by its name, and those of topics and brokers as ``broker``.
        expect: The delivery semantics that groups are to have.
    """

    ktrace: Literal[1]
    config: dict[str, dict[str, object]] = msgspec.field(default_factory=dict[str, dict[str, object]])
    expect: list[Literal["at-most-once", "at-least-once", "exactly-once"]] = msgspec.field(
        default_factory=list[Literal["at-most-once", "at-least-once", "exactly-once"]]
    )


class Polled(msgspec.Struct, frozen=True, gc=False):
    """What a poll gave of a partition, as two columns."""

    part: str
    off: tuple[int | None, ...]
    id: tuple[Id, ...]


class Committed(msgspec.Struct, frozen=True, gc=False):
    """Offsets that a group commits: of each partition the next one to read."""

    group: str
    next: dict[str, int]


class Step(msgspec.Struct, frozen=True, gc=False):
    """A part of an operation: a send (``s`` is the partition), a poll, or a commit."""

    s: str | None = None
    id: Id | None = None
    off: int | None = None
    p: list[Polled] | None = None
    c: Committed | None = None


class Line(msgspec.Struct, frozen=True, gc=False):
    """
    Any other line; unknown fields are read over.

    Attributes:
        n: Its number, higher than that of the line before.
        e: What kind of event it is.
        what: Of a rebalance.
        why: Of a change of position.
    """

    n: int
    e: Literal["inv", "add", "ret", "reb", "pos", "done", "net", "fault", "st", "log", "trunc"]
    op: Id | None = None
    who: str | None = None
    inc: Id = 0
    f: str | None = None
    m: list[Step] | None = None
    out: Literal["ok", "fail", "info"] | None = None
    end: Literal["commit", "abort", "none"] | None = None
    keys: list[str] | None = None
    what: Literal["assigned", "revoked", "lost"] | None = None
    parts: list[str] | None = None
    part: str | None = None
    why: Literal["seek", "reset", "committed", "rewind"] | None = None
    id: Id | None = None
    ids: list[Id] | None = None
    upto: int | None = None
    off: int | None = None
    pid: int | None = None
    epoch: int | None = None
    seq: int | None = None
    ctl: Literal["commit", "abort"] | None = None


NEEDS = {
    "inv": ("op", "who", "f"),
    "add": ("op", "m"),
    "ret": ("op", "out"),
    "reb": ("who", "what", "parts"),
    "pos": ("who", "part", "why"),
    "done": ("who", "part"),
    "log": ("part", "off"),
}
"""The fields that an event has to have."""
