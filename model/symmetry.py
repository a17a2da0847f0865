"""Symmetry: parts and names that differ in nothing but the name."""

from collections.abc import Callable, Hashable, Iterator, Mapping
from itertools import permutations
from typing import cast

import attrs

Representative = Callable[[Hashable], Hashable]
Renaming = Mapping[Hashable, Hashable]
"""The new name of each name."""
Renamed = Callable[[Hashable, Renaming], Hashable]


@attrs.frozen
class Interchangeable:
    """
    Names that differ in nothing but the name: replicas, consumers, records.

    Attributes:
        names: The names.
        families: Components of which there is one for each name, in the order of the names.
        renamed: For each component whose values mention names, its value after a renaming. Where a component stands
            in a family, its value also moves to the component of the new name.

    Raises:
        ValueError: A family is not as large as there are names.
    """

    names: tuple[Hashable, ...]
    families: tuple[tuple[str, ...], ...] = ()
    renamed: Mapping[str, Renamed] = attrs.field(factory=dict[str, Renamed], hash=False)

    def __attrs_post_init__(self) -> None:
        for family in self.families:
            if len(family) != len(self.names):
                raise ValueError(f"{len(self.names)} names, but {len(family)} components: {', '.join(family)}")

    def renamings(self) -> Iterator[Renaming]:
        """Every way to exchange the names, the one that changes nothing first."""
        for order in permutations(self.names):
            yield dict(zip(self.names, order, strict=True))

    def moved(self, renaming: Renaming) -> dict[str, str]:
        """Where the value of each component of a family goes."""
        component_of = [dict(zip(self.names, family, strict=True)) for family in self.families]
        return {of[name]: of[new] for of in component_of for name, new in renaming.items()}


def exchanged(names: Interchangeable, renaming: Renaming, values: Mapping[str, Hashable]) -> dict[str, Hashable]:
    """The component *values* after a renaming."""
    goes_to = names.moved(renaming)
    after = dict(values)
    for component, value in values.items():
        renamed = names.renamed.get(component)
        after[goes_to.get(component, component)] = renamed(value, renaming) if renamed else value
    return after


def told(value: object) -> str:
    """A value in words, by which values can be sorted: they do not depend on the order in which a set holds members."""
    match value:
        case frozenset():
            return "{" + ", ".join(sorted(map(told, cast("frozenset[object]", value)))) + "}"
        case tuple():
            return "(" + ", ".join(map(told, cast("tuple[object, ...]", value))) + ")"
        case _ if attrs.has(type(value)):
            fields = attrs.fields(cast("type[attrs.AttrsInstance]", type(value)))
            return type(value).__name__ + told(tuple(getattr(value, field.name) for field in fields))
        case _:
            return repr(value)


def orbit(
    kinds: tuple[Interchangeable, ...], components: tuple[str, ...], state: tuple[Hashable, ...]
) -> Iterator[tuple[Hashable, ...]]:
    """Every state that differs from *state* in nothing but names."""
    if not kinds:
        yield state
        return
    first, *others = kinds
    values = dict(zip(components, state, strict=True))
    for renaming in first.renamings():
        renamed = exchanged(first, renaming, values)
        yield from orbit(tuple(others), components, tuple(renamed.values()))
