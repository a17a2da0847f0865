"""
Which layers count under which profile.

Source: ``ConfigDataProperties.Activate``, ``ProfilesParser``; ``spring.profiles`` is the older name, until 2.4.
"""

import re
from collections.abc import Iterable, Iterator

import attrs

from ackproof.config.files.problems import Remarks
from ackproof.config.sources.boot.entries import Entry, Layer

DEFAULT = "default"
"""The profile that is active where none was asked for."""

TOKEN = re.compile(r"[()&|!]|[^()&|!]+")
MOST_TOKENS = 100


class MalformedError(ValueError):
    """A profile expression that is none."""


def conditions(layer: Layer) -> tuple[Entry, ...]:
    """The entries that say under which profiles a *layer* counts: under any that one of them names."""
    of_layer = [entry for rest, entry in layer.under("spring", "config", "activate", "onprofile") if _is_list(rest)]
    older = [entry for rest, entry in layer.under("spring", "profiles") if _is_list(rest)]
    return tuple(entry for entry in (*of_layer, *older) if entry.value.strip())


def _is_list(rest: tuple[str, ...]) -> bool:
    return not rest or (len(rest) == 1 and rest[0].isdigit())


def counts(layer: Layer, profile: str | None, remarks: Remarks) -> bool:
    """Whether a *layer* counts while *profile* is active; what is malformed is a problem, and does not."""
    active, asked = profile or DEFAULT, conditions(layer)
    return layer.profile in (None, active) and (not asked or any(_holds(entry, active, remarks) for entry in asked))


def _holds(entry: Entry, profile: str, remarks: Remarks) -> bool:
    try:
        return any(matches(expression, profile) for expression in entry.value.split(","))
    except MalformedError:
        remarks.refuse(entry.key, f"malformed profile expression {entry.value!r}", entry.place)
        return False


def profiles_in(layers: Iterable[Layer]) -> tuple[str, ...]:
    """The profiles that layers about Kafka name, each once."""
    words = (word for layer in layers if layer.is_of_kafka for word in _named(layer))
    return tuple(dict.fromkeys(word for word in words if word != DEFAULT))


def is_of_profile(layer: Layer) -> bool:
    """Whether a *layer* counts under some profiles only."""
    return layer.profile is not None or bool(conditions(layer))


def _named(layer: Layer) -> Iterator[str]:
    if layer.profile is not None:
        yield layer.profile
    for entry in conditions(layer):
        yield from (word for text in entry.value.split(",") for word in _tokens(text) if word not in "()&|!")


def matches(expression: str, profile: str) -> bool:
    """
    Whether a profile *expression* holds while *profile* alone is active.

    Raises:
        MalformedError: it is none.

    >>> matches("!test & (prod | staging)", "prod")
    True
    """
    tokens = _tokens(expression)
    if not 0 < len(tokens) <= MOST_TOKENS:
        raise MalformedError(expression)
    reader = _Reader(tokens, profile)
    found = reader.any_of()
    if reader.tokens:
        raise MalformedError(expression)
    return found


def _tokens(expression: str) -> list[str]:
    found = (str(token).strip() for token in TOKEN.findall(expression))
    return [token for token in found if token]


@attrs.define
class _Reader:
    """Reads an expression from the left."""

    tokens: list[str]
    profile: str

    def any_of(self) -> bool:
        """Terms between ``|``."""
        found = self.all_of()
        while self.takes("|"):
            found = self.all_of() or found
        return found

    def all_of(self) -> bool:
        """Terms between ``&``."""
        found = self.term()
        while self.takes("&"):
            found = self.term() and found
        return found

    def term(self) -> bool:
        """A profile, one that is not active, or an expression in brackets."""
        if self.takes("!"):
            return not self.term()
        if self.takes("("):
            found = self.any_of()
            if not self.takes(")"):
                raise MalformedError(")")
            return found
        if not self.tokens or self.tokens[0] in "()&|!":
            raise MalformedError("a profile is missing")
        return self.tokens.pop(0) == self.profile

    def takes(self, token: str) -> bool:
        """Whether *token* is next, which is then read."""
        is_next = self.tokens[:1] == [token]
        if is_next:
            self.tokens.pop(0)
        return is_next
