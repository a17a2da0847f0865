"""
Placeholders in the values of properties: ``${NAME}`` and ``${NAME:default}``.

Source: ``PropertyPlaceholderHelper``, ``RandomValuePropertySource``.
"""

from collections.abc import Callable

import attrs

LookUp = Callable[[str], str | None]
"""What the application's own properties say for a name."""

OPEN, CLOSE = "${", "}"
RANDOM = "random."


@attrs.frozen
class Resolved:
    """
    A value without its placeholders.

    Attributes:
        defaults: The names whose default was taken, each with it.
        missing: The names that have neither a value nor a default.
        random: The names that have another value at each start; they are left as they are.
    """

    value: str
    defaults: tuple[tuple[str, str], ...] = ()
    missing: tuple[str, ...] = ()
    random: tuple[str, ...] = ()

    def then(self, after: "Resolved") -> "Resolved":
        """This one and, behind it, another."""
        return Resolved(
            self.value + after.value,
            self.defaults + after.defaults,
            self.missing + after.missing,
            self.random + after.random,
        )


def resolved(value: str, look_up: LookUp, seen: frozenset[str] = frozenset()) -> Resolved:
    """
    A *value* with what its placeholders stand for.

    Args:
        seen: The names that it stands for itself: one that leads back to itself is missing.
    """
    start = value.find(OPEN)
    end = _end(value, start)
    if start < 0 or end < 0:
        return Resolved(value)
    before, after = Resolved(value[:start]), resolved(value[end + 1 :], look_up, seen)
    return before.then(_placeholder(value[start + 2 : end], look_up, seen)).then(after)


def _placeholder(inside: str, look_up: LookUp, seen: frozenset[str]) -> Resolved:
    written, colon, default = _split(inside)
    name = resolved(written, look_up, seen).value.strip()
    if name.startswith(RANDOM):
        return Resolved(f"{OPEN}{inside}{CLOSE}", random=(name,))
    found = look_up(name) if name not in seen else None
    if found is not None:
        return resolved(found, look_up, seen | {name})
    if not colon:
        return Resolved("", missing=(name,))
    taken = resolved(default, look_up, seen)
    return Resolved("", defaults=((name, taken.value),)).then(taken)


def _end(value: str, start: int) -> int:
    """Where the placeholder ends that begins at *start*; -1 if it does not."""
    depth, place = 0, start
    while start >= 0 and place < len(value):
        if value.startswith(OPEN, place):
            depth += 1
        elif value[place] == CLOSE:
            depth -= 1
        if depth == 0:
            return place
        place += 1
    return -1


def _split(inside: str) -> tuple[str, str, str]:
    """The name, the colon if there is one, and the default; a colon within a placeholder of the name is not it."""
    place = 0
    while place < len(inside):
        if inside.startswith(OPEN, place) and (end := _end(inside, place)) >= 0:
            place = end
        elif inside[place] == ":":
            return inside[:place], ":", inside[place + 1 :]
        place += 1
    return inside, "", ""
