"""States of which nothing is known, and what it says of two of them that one follows the other."""

from collections.abc import Iterator, Mapping
from typing import TypeVar

import attrs
from attrs import AttrsInstance

from ackproof.proofs.logic import Number, Truth, all_of, number, same, same_truth, truth

S = TypeVar("S", bound=AttrsInstance)
Value = int | bool


def unknown(kind: type[S], of: str = "", when: str = "") -> S:
    """
    A state of that *kind*, whose fields are numbers and truths.

    Args:
        of: Whose it is, before the name of each field.
        when: What comes after it: "after", of the state that follows.
    """
    return kind(**{field: (truth if is_truth else number)(name) for field, name, is_truth in _fields(kind, of, when)})


def values_of(kind: type[AttrsInstance], fields: Mapping[str, Value], of: str = "", when: str = "") -> dict[str, Value]:
    """What the unknowns of such a state are in one of which every field is known."""
    return {name: fields[field] for field, name, _ in _fields(kind, of, when)}


def unchanged(before: AttrsInstance, after: AttrsInstance, *, but: frozenset[str] = frozenset()) -> Truth:
    """Whether nothing has changed *but* those fields."""
    names = [field.name for field in attrs.fields(type(before))]
    pairs = {name: (getattr(before, name), getattr(after, name)) for name in names}
    return all_of(equal(one, other) for name, (one, other) in pairs.items() if name not in but)


def equal(one: Number | Truth | int, other: Number | Truth | int) -> Truth:
    """Whether two values are the same."""
    if isinstance(one, Truth):
        assert isinstance(other, Truth)
        return same_truth(one, other)
    assert not isinstance(other, Truth)
    return same(one, other)


def becomes(before: S, after: S, **changes: Number | Truth | int) -> Truth:
    """Whether *after* is *before* with those *changes*, and no others."""
    changed = all_of(equal(getattr(after, name), value) for name, value in changes.items())
    return changed & unchanged(before, after, but=frozenset(changes))


def _fields(kind: type[AttrsInstance], of: str, when: str) -> Iterator[tuple[str, str, bool]]:
    for field in attrs.fields(kind):
        words = field.name.replace("_", " ")
        yield field.name, " ".join(filter(None, (of, words, when))), field.type is Truth
