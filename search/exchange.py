"""
Exchanging names: of all states that differ in nothing but names, one stands for all.

Where a system declares names interchangeable (``System.interchangeable``), a renaming takes the value of each component
to a component, perhaps another one, where it may read differently. The state that stands for all that renamings make
of it is found in two steps:

- Some families are *carried*: a renaming only moves their values. The names are sorted by these. If that is all that
  a renaming does, names with the same values are alike in everything, and nothing is left to do.
- Otherwise, of all renamings that leave the names sorted, the one with the least image wins. What a renaming does to
  the numbers of the components that are *touched* is a column for each, filled as values turn up.

Neither may what must hold tell names apart: what is asked of one pair of replicas has to be asked of every pair.
``require_closed`` sees that from what parameters stand for. It does not see whether a function prefers one name of
those in a value, say, in a set of in-sync replicas.
"""

from collections.abc import Hashable, Iterable, Iterator, Sequence
from itertools import chain, groupby, pairwise, permutations, product
from typing import cast

import attrs

from ackproof.model.reading import Bound, Name
from ackproof.model.symmetry import Interchangeable, Renamed, Renaming
from ackproof.search.questions import Questions
from ackproof.search.values import Column, Domain

Targets = tuple[int, ...]
"""A renaming: for each name the place of the new one."""
Way = tuple[Targets, ...]
"""A renaming of each kind of names, one after the other; empty for a plain kind, which touches nothing."""
Renames = tuple[tuple[Renamed, Renaming], ...]
"""How to rename a value, for one kind after the other."""


class Renumbering:
    """
    What becomes of the numbers of a domain under a renaming.

    Attributes:
        column: For each value, as far as anybody asked, the number of what becomes of it, in the domain *into*.
    """

    def __init__(self, domain: Domain, into: Domain, renames: Renames) -> None:
        self.domain = domain
        self.into = into
        self.renames = renames
        self.column: Column = []

    def number(self, number: int) -> int:
        """The number of what becomes of a value. That may be a new value, of the same domain too."""
        while len(self.column) <= number:
            value = self.domain.values[len(self.column)]
            for renamed, renaming in self.renames:
                value = renamed(value, renaming)
            self.column.append(self.into.number(value))
        return self.column[number]


@attrs.frozen
class Move:
    """
    What a renaming does to one component.

    Attributes:
        source, target: The places of the component and of the one that its value goes to.
        renumbering: What the number of its value becomes there.
    """

    source: int
    target: int
    renumbering: Renumbering


@attrs.frozen
class Kind:
    """
    One kind of names.

    Attributes:
        carried: The families that are carried: for each, the places of its components, in the order of the names.
        is_plain: A renaming does nothing but move them.
    """

    names: Interchangeable
    carried: tuple[tuple[int, ...], ...]
    is_plain: bool

    def sorting(self, keys: Sequence[int]) -> list[Targets]:
        """Every renaming that sorts the names by their *keys*; of a plain kind only one, as others do the same."""
        order = sorted(range(len(keys)), key=keys.__getitem__)
        if self.is_plain:
            return [targets(order)]
        alike = (tuple(group) for _, group in groupby(order, key=keys.__getitem__))
        return [targets(chain.from_iterable(orders)) for orders in product(*map(permutations, alike))]

    def places(self) -> list[tuple[int, ...]]:
        """For each name, the places of its components that are carried."""
        return [tuple(family[name] for family in self.carried) for name in range(len(self.names.names))]

    def renaming(self, to: Targets) -> Renaming:
        """The new name of each name."""
        names = self.names.names
        return {names[place]: names[new] for place, new in enumerate(to)}


def targets(order: Iterable[int]) -> Targets:
    """The renaming that puts the names into an order."""
    return tuple(place for _, place in sorted((old, place) for place, old in enumerate(order)))


class Exchanges:
    """
    How the names of a system may be exchanged, in numbers.

    Attributes:
        kinds: Every kind of names.
        touched: The places of the components that a renaming may touch and that are not carried.
    """

    def __init__(self, questions: Questions) -> None:
        """
        Number what *questions* is about.

        Raises:
            ValueError: A statement tells names apart.
        """
        require_closed(questions)
        self.questions = questions
        self.kinds = list(kinds_of(questions))
        free = {name for kind in self.kinds if not kind.is_plain for name in mentioned(kind.names)}
        carried = {place for kind in self.kinds for family in kind.carried for place in family}
        self.touched = [place for place, name in enumerate(questions.names) if name in free and place not in carried]
        self._known: dict[Way, list[Move]] = {}

    def moves(self, way: Way) -> list[Move]:
        """What a renaming does to each component that is touched."""
        known = self._known.get(way)
        if known is None:
            known = self._known[way] = list(self._moves(way))
        return known

    def _moves(self, way: Way) -> Iterator[Move]:
        known: dict[tuple[int, ...], Renumbering] = {}
        renamings = [kind.renaming(to) for kind, to in zip(self.kinds, way, strict=True)]
        steps = [(kind.names, new, kind.names.moved(new)) for kind, new in zip(self.kinds, renamings, strict=True)]
        for source in self.touched:
            name, renames = self.questions.names[source], list[tuple[Renamed, Renaming]]()
            for names, renaming, goes_to in steps:
                if name in names.renamed:
                    renames.append((names.renamed[name], renaming))
                name = goes_to.get(name, name)
            target = self.questions.place[name]
            domain, into = self.questions.domains[source], self.questions.domains[target]
            # Components of a family are renamed alike.
            alike = id(domain), id(into), *(id(part) for rename in renames for part in rename)
            yield Move(source, target, known.setdefault(alike, Renumbering(domain, into, tuple(renames))))


def kinds_of(questions: Questions) -> Iterator[Kind]:
    """Every kind of names of a system."""
    every = questions.system.interchangeable
    for names in every:
        others = {name for other in every if other is not names for name in mentioned(other)}
        kept = [
            family for family in names.families if not any(name in names.renamed or name in others for name in family)
        ]
        carried = tuple(tuple(questions.place[name] for name in family) for family in kept)
        yield Kind(names, carried, not names.renamed and len(kept) == len(names.families))


def mentioned(names: Interchangeable) -> set[str]:
    """The components that a renaming may touch."""
    return {*chain.from_iterable(names.families), *names.renamed}


def require_closed(questions: Questions) -> None:
    """
    Check that statements do not tell names apart: what is said of one is said of all that differ in nothing but names.

    Raises:
        ValueError: Something is said of some of them only.
    """
    said, done = ([question.bound for question in some] for some in (questions.statements, questions.actions))
    for kind in questions.system.interchangeable if said else ():
        for one, other in pairwise(kind.names):
            swap = Swap(kind, one, other, done)
            for what in said:
                if not any(swap.may_lead_to(what, its) for its in said):
                    name = getattr(what.reading.function, "__name__", "a statement")
                    raise ValueError(f"{name} tells {one} and {other} apart: say it of each, or leave symmetry out")


class Swap:
    """
    Two names change places.

    A rule may be a name, or happen to be equal to one. It is a name if an action that reads it can not keep it:
    actions do not tell names apart.
    """

    def __init__(self, kind: Interchangeable, one: Hashable, other: Hashable, actions: list[Bound]) -> None:
        self.pair = (one, other)
        self.goes_to = kind.moved({**{name: name for name in kind.names}, one: other, other: one})
        rules = {rule for act in actions for rule in act.reading.names if rule not in self.goes_to}
        self.names = frozenset[str]()
        self.names = frozenset(rule for rule in rules if not self._may_keep(rule, actions))

    def _may_keep(self, rule: str, actions: list[Bound]) -> bool:
        reading = [act for act in actions if rule in act.reading.reads]
        return all(any(self.may_lead_to(act, its, kept=rule) for its in reading) for act in reading)

    def may_lead_to(self, what: Bound, its: Bound, kept: str | None = None) -> bool:
        """Whether one may become the other, as far as parameters tell; if *kept* is given, while it keeps that rule."""
        if what.reading.function is not its.reading.function:
            return False
        pairs = zip(what.reading.reads, what.template, its.reading.reads, its.template, strict=True)
        return all(self._agrees(*pair, kept) for pair in pairs)

    def _agrees(self, read: Name, rule: object, its_read: Name, its_rule: object, kept: str | None) -> bool:
        """Whether a parameter of one may be that of the other."""
        if isinstance(read, tuple) and isinstance(its_read, tuple):
            return sorted(self.goes_to.get(name, name) for name in read) == sorted(its_read)
        if rule is None and isinstance(read, str):
            return self.goes_to.get(read, read) == its_read
        is_same, is_renamed = its_rule == rule, in_order(its_rule) == in_order(self._renamed(rule))
        return is_same if read == kept else is_renamed or (is_same and read not in self.names)

    def _renamed(self, rule: object) -> object:
        if isinstance(rule, tuple):
            return tuple(map(self._renamed, cast("tuple[object, ...]", rule)))
        return self.pair[1 - self.pair.index(rule)] if rule in self.pair else rule


def in_order(rule: object) -> object:
    """Several names in one order."""
    return sorted(cast("tuple[object, ...]", rule), key=repr) if isinstance(rule, tuple) else rule
