"""Small random systems, and statements about them: their functions look things up in drawn tables."""

import zlib
from collections.abc import Callable, Hashable, Iterator, Mapping
from typing import TypeVar, cast

import attrs
from hypothesis import strategies as st

from ackproof.model.action import Action, Next
from ackproof.model.faults import FAULTS, Faults
from ackproof.model.reading import Functions, Name
from ackproof.model.system import Interchangeable, System
from ackproof.properties.property import Property

Row = TypeVar("Row")
Lenses = st.SearchStrategy[Callable[..., Hashable]]
Outcome = tuple[int, ...]
"""For each parameter that is written, what is added to it."""

SAME = 6
"""Instead of a number: the outcome does not name that parameter."""
KINDS = ("request-lost", "broker-crash")
NAMES = ("a", "b", "c", "d", "e")


def chosen(table: tuple[Row, ...], seen: object) -> Row:
    """The row for what is seen: any, but always the same one."""
    return table[zlib.crc32(repr(seen).encode()) % len(table)]


@attrs.frozen
class Outcomes:
    """
    An action's function: it adds to what it writes.

    Attributes:
        sizes: How many values each component has.
        reads: What each parameter stands for.
        writes: Which of them it may change.
    """

    table: tuple[tuple[Outcome, ...], ...]
    sizes: Mapping[str, int]
    reads: tuple[Name, ...]
    writes: tuple[int, ...]

    def __call__(self, *seen: object) -> Iterator[Next]:
        """Every outcome, given what is seen."""
        for outcome in chosen(self.table, seen):
            pairs = zip(self.writes, outcome, strict=True)
            changes = {f"p{place}": self.sum(place, seen[place], more) for place, more in pairs if more != SAME}
            yield Next(f"{changes}", **changes)

    def sum(self, place: int, value: object, more: int) -> Hashable:
        """What a parameter becomes: a value, or one for each of several components."""
        read = self.reads[place]
        if isinstance(read, str):
            assert isinstance(value, int)
            return (value + more) % self.sizes[read]
        assert isinstance(value, tuple)
        values = cast("tuple[int, ...]", value)
        return tuple((value + more) % self.sizes[name] for name, value in zip(read, values, strict=True))


@attrs.frozen
class View:
    """A view that shows less than there is, or nothing at all."""

    table: tuple[int | None, ...]

    def __call__(self, value: Hashable) -> Hashable:
        """What is shown of a value."""
        return chosen(self.table, value)


@attrs.frozen
class Guard:
    """A guard that allows some values."""

    table: tuple[bool, ...]

    def __call__(self, value: Hashable) -> bool:
        """Whether a value is allowed."""
        return chosen(self.table, value)


@attrs.frozen
class GuardByRule:
    """A guard that reads a rule too."""

    table: tuple[bool, ...]

    def __call__(self, value: Hashable, rule: int) -> bool:
        """Whether a value is allowed under that rule."""
        return chosen(self.table, (value, rule))


@attrs.frozen
class Seldom:
    """A statement that is seldom true, or seldom false."""

    one_in: int
    is_true: bool

    def __call__(self, *seen: object) -> bool:
        """What it says."""
        return (zlib.crc32(repr(seen).encode()) % self.one_in == 0) == self.is_true


VIEWS = st.builds(View, st.lists(st.sampled_from([None, 0, 1, 2]), min_size=2, max_size=4).map(tuple))
PERMISSIONS = st.lists(st.sampled_from([True, True, False]), min_size=2, max_size=4).map(tuple)
GUARDS = st.builds(Guard, PERMISSIONS) | st.builds(GuardByRule, PERMISSIONS)


@st.composite
def names_read(draw: st.DrawFn, components: tuple[str, ...]) -> tuple[Name, ...]:
    """What one to three parameters stand for: a component, or several; two may stand for the same one."""
    one = st.sampled_from(components)
    several = st.lists(one, min_size=2, max_size=3, unique=True).map(tuple)

    def name() -> Name:
        return draw(several) if draw(st.integers(0, 6)) == 6 else draw(one)

    return tuple(name() for _ in range(draw(st.integers(1, 3))))


@st.composite
def some(draw: st.DrawFn, parameters: tuple[str, ...], lenses: Lenses, one_in: int) -> Functions:
    """Views or guards of about one in so many parameters."""
    return {parameter: draw(lenses) for parameter in parameters if draw(st.integers(1, one_in)) == one_in}


@st.composite
def actions(draw: st.DrawFn, name: str, sizes: Mapping[str, int], *, has_budget: bool) -> Action:
    """Any action on components of those sizes; its last parameter stands for a rule."""
    reads = draw(names_read((*sizes, FAULTS) if has_budget and draw(st.booleans()) else tuple(sizes)))
    parameters = tuple(f"p{place}" for place in range(len(reads)))
    sees = draw(some(parameters, VIEWS, 4))
    writes = tuple(
        place
        for place, read in enumerate(reads)
        if parameters[place] not in sees and FAULTS not in {read, *read} and draw(st.integers(0, 4))
    )
    outcome = st.tuples(*(st.sampled_from([1, 2, 3, 4, 5, 0, SAME]) for _ in writes))
    return Action(
        function=Outcomes(draw(tables(outcome)), sizes, reads, writes),
        parameters=(*parameters, "rule"),
        reads=(*reads, "rule"),
        when=draw(some(parameters, GUARDS, 4)),
        sees=sees,
        name=name,
        writes=frozenset(parameters[place] for place in writes),
        fault=draw(st.sampled_from([None, *KINDS])) if has_budget else None,
        is_urgent=draw(st.integers(0, 7)) == 7,
    )


@st.composite
def tables(draw: st.DrawFn, outcome: st.SearchStrategy[Outcome]) -> tuple[tuple[Outcome, ...], ...]:
    """One to seven answers, of up to three outcomes each."""
    sizes = [draw(st.sampled_from([1, 2, 3, 1, 0])) for _ in range(draw(st.integers(1, 7)))]
    return tuple(tuple(draw(outcome) for _ in range(size)) for size in sizes)


@st.composite
def systems(draw: st.DrawFn) -> System:
    """Two to five components with two to six values each, two to six actions; two components may share their values."""
    sizes = {name: draw(st.sampled_from([4, 5, 6, 3, 2])) for name in NAMES[: draw(st.sampled_from([3, 4, 5, 2]))]}
    has_budget = draw(st.booleans())
    limits = ((draw(st.sampled_from(KINDS)), 1),) if draw(st.booleans()) else ()
    budget = {FAULTS: Faults(draw(st.integers(0, 3)), limits)} if has_budget else {}
    many = draw(st.sampled_from([4, 5, 6, 3, 2]))
    # The last two of six have the names of the first two: their transitions count together.
    acts = [draw(actions(f"action {place % 4}", sizes, has_budget=has_budget)) for place in range(many)]
    alike = (Interchangeable((1, 2), (NAMES[:2],)),) if draw(st.booleans()) else ()
    return System(
        {**dict.fromkeys(sizes, 0), **budget},
        tuple(acts),
        rules={"rule": draw(st.integers(0, 1))},
        interchangeable=alike,
        reductions=frozenset({"urgency"}),
    )


@st.composite
def statements(draw: st.DrawFn, system: System, name: str, *, is_true: bool) -> Property:
    """Any statement about states of *system*: seldom true, or seldom false."""
    reads = draw(names_read(tuple(system.initial)))
    parameters = tuple(f"p{place}" for place in range(len(reads)))
    return Property(
        function=Seldom(draw(st.integers(2, 50)), is_true),
        parameters=(*parameters, "rule"),
        reads=(*reads, "rule"),
        when=draw(some(parameters, GUARDS, 4)),
        sees=draw(some(parameters, VIEWS, 4)),
        name=name,
        says="It is so.",
        source="none",
    )
