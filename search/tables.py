"""Tables of outcomes: an action is asked once for each combination of what it reads."""

from collections.abc import Callable, Hashable, Mapping
from operator import itemgetter

import attrs

from ackproof.model.faults import FAULTS
from ackproof.model.system import Action, State, System, outcomes, paid_for
from ackproof.properties.property import Property

Row = tuple[int, ...]
"""A state as the numbers of its components' values."""
Changes = tuple[tuple[int, int], ...]
"""Places in a row, and the number that each gets."""


class Values:
    """The values of one component, numbered in the order in which they are met."""

    def __init__(self) -> None:
        self.numbers: dict[Hashable, int] = {}
        self.values: list[Hashable] = []

    def number(self, value: Hashable) -> int:
        """The number of *value*."""
        known = self.numbers.get(value)
        if known is None:
            known = self.numbers[value] = len(self.values)
            self.values.append(value)
        return known


@attrs.define
class ActionTable:
    """What one action does, by the numbers of the components that it reads."""

    action: Action
    key: Callable[[Row], object]
    read: tuple[tuple[str, int], ...]
    known: dict[object, tuple[Changes, ...]] = attrs.field(factory=dict[object, tuple[Changes, ...]])
    paid: dict[int, Changes | None] = attrs.field(factory=dict[int, "Changes | None"])
    fired: int = 0


class Tables:
    """A system with its values numbered and its outcomes remembered."""

    def __init__(self, system: System) -> None:
        self.system = system
        self.place = {name: place for place, name in enumerate(system.initial)}
        self.values = [Values() for _ in self.place]
        self.actions = [ActionTable(act, self.key(act.reads), self.read(act.reads)) for act in system.actions]
        self.urgent = [] if system.is_fine else [table for table in self.actions if table.action.is_urgent]
        self.ordinary = self.actions if system.is_fine else [t for t in self.actions if not t.action.is_urgent]
        self.python_calls = 0

    def key(self, names: tuple[str, ...]) -> Callable[[Row], object]:
        """A function from a row to what stands at the places of *names*; rules have none."""
        places = [place for _, place in self.read(names)]
        return itemgetter(*places) if places else lambda _row: ()

    def read(self, names: tuple[str, ...]) -> tuple[tuple[str, int], ...]:
        """The components among *names*, each with its place."""
        return tuple((name, self.place[name]) for name in names if name in self.place)

    def row(self, state: State) -> Row:
        """The row of *state*."""
        return tuple(values.number(value) for values, value in zip(self.values, state, strict=True))

    def state(self, row: Row) -> State:
        """The state of *row*."""
        return tuple(values.values[number] for values, number in zip(self.values, row, strict=True))

    def successors(self, row: Row) -> tuple[list[Row], bool]:
        """Every row one step after *row*, repeats possible, and whether urgent actions alone lead there."""
        urgent = [new for table in self.urgent for new in self._after(table, row)]
        if urgent:
            return urgent, True
        return [new for table in self.ordinary for new in self._after(table, row)], False

    def _after(self, table: ActionTable, row: Row) -> list[Row]:
        paid = self._paid(table, row) if table.action.fault else ()
        if paid is None:
            return []
        key = table.key(row)
        known = table.known.get(key)
        if known is None:
            known = table.known[key] = self._ask(table, row)
        table.fired += len(known)
        return [changed(row, paid + changes) for changes in known]

    def _paid(self, table: ActionTable, row: Row) -> Changes | None:
        budget = row[self.place[FAULTS]]
        if budget not in table.paid:
            left = paid_for(table.action, self.values[self.place[FAULTS]].values[budget])
            table.paid[budget] = None if left is None else self._changes(left)
        return table.paid[budget]

    def _ask(self, table: ActionTable, row: Row) -> tuple[Changes, ...]:
        self.python_calls += 1
        values = {name: self.values[place].values[row[place]] for name, place in table.read}
        told = outcomes(self.system, table.action, values)
        return tuple(dict.fromkeys(self._changes(outcome.changes) for outcome in told))

    def _changes(self, changes: Mapping[str, Hashable]) -> Changes:
        return tuple((self.place[name], self.values[self.place[name]].number(value)) for name, value in changes.items())

    def named(self, row: Row) -> dict[str, Hashable]:
        """The components of *row* by name."""
        return self.system.named(self.state(row))


def changed(row: Row, changes: Changes) -> Row:
    """*row* with *changes*."""
    new = list(row)
    for place, number in changes:
        new[place] = number
    return tuple(new)


class Check:
    """A property, asked once for each combination of what it looks at."""

    def __init__(self, tables: Tables, statement: Property) -> None:
        self.tables = tables
        self.statement = statement
        self.key = tables.key(statement.reads)
        self.known: dict[object, bool] = {}

    def __call__(self, row: Row) -> bool:
        """Whether the statement is true of *row*."""
        key = self.key(row)
        known = self.known.get(key)
        if known is None:
            known = self.known[key] = self.statement({**self.tables.system.rules, **self.tables.named(row)})
        return known
