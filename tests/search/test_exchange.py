"""Exchanging names: one state stands for all that differ in nothing but names, and verdicts stay."""

from collections.abc import Callable, Hashable, Iterator
from itertools import product

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ackproof.model.published.async_isr import async_isr
from ackproof.model.published.variants import VARIANTS
from ackproof.model.symmetry import Interchangeable, orbit
from ackproof.model.system import Next, System, action
from ackproof.model.two_phase_commit import two_phase_commit
from ackproof.properties.property import Property
from ackproof.properties.published import strong_isr, weak_isr
from ackproof.search.engines import How
from ackproof.search.exchange import Exchanges
from ackproof.search.explorer import explore
from ackproof.search.plain import Plain
from ackproof.search.questions import Questions
from ackproof.traces.trace import replay
from tests import oracle
from tests.search.alike_systems import alike, replicas
from tests.search.by_mail import by_mail

PLAIN = How("plain")
Statements = Callable[[int], tuple[Property, ...]]


def apart(system: System) -> System:
    """The same with every name told apart."""
    return attrs.evolve(system, reductions=frozenset())


def count_orbits(system: System) -> int:
    """How many states differ in more than names."""
    kinds, components = system.interchangeable, tuple(system.initial)
    return len({frozenset(orbit(kinds, components, state)) for state in oracle.explore(apart(system)).states})


# one state of each kind


@pytest.mark.parametrize("managers", [2, 3, 4])
def test_managers_whose_names_occur_in_values(managers: int) -> None:
    system = by_mail(managers)

    assert explore(system).distinct_states == len(oracle.explore(system).states) == count_orbits(system)


@pytest.mark.parametrize(("managers", "states"), [(3, 80), (5, 314), (7, 920)])
def test_managers_that_are_carried_only(managers: int, states: int) -> None:
    """Undecided, aborted, committed: so many ways to give n managers 4, 6 or 2 states, whichever has which."""
    assert explore(two_phase_commit(managers)).distinct_states == states


@pytest.mark.parametrize("managers", [2, 3, 4])
def test_carried_managers_are_as_many_as_for_the_oracle(managers: int) -> None:
    system = two_phase_commit(managers)

    assert explore(system).distinct_states == len(oracle.explore(system).states)


@pytest.mark.parametrize("variant", VARIANTS)
def test_two_published_replicas(variant: str) -> None:
    system = replicas(variant, 2, 1)

    found = explore(system)

    assert found.distinct_states == len(oracle.explore(system).states)
    assert found.depth == explore(apart(system)).depth


@pytest.mark.parametrize(("variant", "states"), [("truncate-to-high-watermark", 11_453), ("kip-320", 6_713)])
def test_three_published_replicas(variant: str, states: int) -> None:
    assert explore(replicas(variant, 3, 1), how=PLAIN).distinct_states == states


def test_three_replicas_before_the_second_leader() -> None:
    system = replicas("kip-320", 3, 0)

    assert explore(system).distinct_states == len(oracle.explore(system).states) == count_orbits(system)


def test_followers_under_asynchronous_change() -> None:
    system = async_isr(replicas=3, max_offset=1, max_version=2)

    assert explore(system).distinct_states == len(oracle.explore(system).states)


@given(st.integers(0, 1 << 32))
@settings(max_examples=25)
def test_random_names_and_lamps(seed: int) -> None:
    system, _ = alike(seed)

    assert explore(system).distinct_states == len(oracle.explore(system).states)


@action
def fill(cell: int) -> Iterator[Next]:
    """A cell of a grid is filled."""
    if cell == 0:
        yield Next("fills", cell=1)


def grid(rows: int, columns: int) -> System:
    """Cells whose rows are interchangeable, and whose columns are."""
    cells = {(row, column): f"cell_{row}_{column}" for row, column in product(range(rows), range(columns))}
    initial: dict[str, Hashable] = dict.fromkeys(cells.values(), 0)
    return System(
        initial,
        tuple(fill.on(cell=cell) for cell in cells.values()),
        interchangeable=(
            Interchangeable(
                tuple(range(rows)), tuple(tuple(cells[row, column] for row in range(rows)) for column in range(columns))
            ),
            Interchangeable(
                tuple("xyz"[:columns]),
                tuple(tuple(cells[row, column] for column in range(columns)) for row in range(rows)),
            ),
        ),
    )


@pytest.mark.parametrize(("rows", "columns", "states"), [(2, 2, 7), (2, 3, 13), (3, 3, 36)])
def test_components_that_belong_to_a_name_of_each_of_two_kinds(rows: int, columns: int, states: int) -> None:
    """So many binary matrices differ in more than the order of rows and of columns (OEIS A028657)."""
    assert explore(grid(rows, columns)).distinct_states == states


# what does not change


@pytest.mark.parametrize(
    ("variant", "statements", "actions"),
    [
        ("truncate-to-high-watermark", weak_isr, 8),
        ("truncate-to-high-watermark", strong_isr, 8),
        ("kip-101", strong_isr, 11),
        ("kip-279", strong_isr, 11),
    ],
)
def test_shortest_violations_are_as_long_as_known(variant: str, statements: Statements, actions: int) -> None:
    found = explore(replicas(variant, 3, 1), *statements(3), how=PLAIN)

    assert found.violation is not None
    assert len(found.violation) == actions


@given(st.integers(0, 1 << 32))
@settings(max_examples=60)
def test_verdicts_and_lengths_stay(seed: int) -> None:
    system, statements = alike(seed)
    together, told_apart = explore(system, *statements), explore(apart(system), *statements)

    assert together.ended == told_apart.ended
    assert len(together.violation or ()) == len(told_apart.violation or ())


def test_a_violation_is_told_of_names_that_stay() -> None:
    found = explore(replicas("truncate-to-high-watermark", 2, 1), *weak_isr(2))

    assert found.violation is not None
    assert replay(apart(replicas("truncate-to-high-watermark", 2, 1)), found.violation) == found.violation
    assert not all(statement({**RULES, **found.violation.last}) for statement in weak_isr(2))


RULES = replicas("truncate-to-high-watermark", 2, 1).rules


def test_names_are_told_apart_where_symmetry_is_not_in_force() -> None:
    assert explore(apart(by_mail(3))).distinct_states == 288
    assert Plain(Questions(apart(by_mail(3)))).images is None


def test_what_can_not_be_told_apart_is_one_packed_state() -> None:
    system = replicas("kip-320", 3, 0)
    plain = Plain(Questions(system))
    names = tuple(system.initial)

    for state in oracle.explore(apart(system)).states:
        images = orbit(system.interchangeable, names, state)
        assert len({plain.pack(plain.questions.row(image)) for image in images}) == 1


def test_the_compiled_loop_does_not_take_over() -> None:
    assert Plain(Questions(by_mail(2))).stays_plain


def test_a_renaming_says_where_each_value_goes() -> None:
    system = replicas("kip-320", 3, 0)
    exchanges = Exchanges(Questions(system))
    place = exchanges.questions.place

    targets = {move.source: move.target for move in exchanges.moves(((1, 2, 0),))}

    assert targets[place["leadership_1"]] == place["leadership_2"]
    assert targets[place["leadership_3"]] == place["leadership_1"]
    assert targets[place["quorum"]] == place["quorum"]
    assert exchanges.kinds[0].carried == tuple(
        tuple(place[f"{part}_{one}"] for one in (1, 2, 3)) for part in ("log", "high_watermark")
    )
