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
MOST_PLACEHOLDERS = 100


@attrs.frozen
class Resolved:
    """
    A value without its placeholders.

    Attributes:
        defaults: The names whose default was taken, each with it.
        missing: The names that have neither a value nor a default; they are left as they are.
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


class TooManyError(ValueError):
    """A value that stands for more placeholders than people write."""


def resolved(value: str, look_up: LookUp) -> Resolved:
    """
    A *value* with what its placeholders stand for. A name that leads back to itself is missing.

    Raises:
        TooManyError: there is no end of them.
    """
    return _Reader(look_up).resolved(value, frozenset())


@attrs.define
class _Reader:
    """Reads values from the left, and counts the placeholders."""

    look_up: LookUp
    found: int = 0

    def resolved(self, value: str, seen: frozenset[str]) -> Resolved:
        """A *value* without its placeholders; *seen* are the names that it stands for itself."""
        start = value.find(OPEN)
        end = _end(value, start)
        if start < 0 or end < 0:
            return Resolved(value)
        self.found += 1
        if self.found > MOST_PLACEHOLDERS:
            raise TooManyError(f"it leads to more than {MOST_PLACEHOLDERS} placeholders")
        before, inside = Resolved(value[:start]), self.placeholder(value[start + 2 : end], seen)
        return before.then(inside).then(self.resolved(value[end + 1 :], seen))

    def placeholder(self, inside: str, seen: frozenset[str]) -> Resolved:
        """What stands for a placeholder."""
        written, colon, default = _split(inside)
        name = self.resolved(written, seen).value.strip()
        if name.startswith(RANDOM):
            return Resolved(f"{OPEN}{inside}{CLOSE}", random=(name,))
        known = self.look_up(name) if name not in seen else None
        if known is not None:
            return self.resolved(known, seen | {name})
        if not colon:
            return Resolved(f"{OPEN}{inside}{CLOSE}", missing=(name,))
        taken = self.resolved(default, seen)
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
