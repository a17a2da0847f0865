"""Exchanging names: one state stands for all that differ in nothing but names, and verdicts stay."""

from collections.abc import Callable, Hashable, Iterator
from itertools import permutations, product

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ackproof.model.published.async_isr import async_isr
from ackproof.model.published.placing import on_brokers
from ackproof.model.published.system import published
from ackproof.model.published.variants import VARIANTS
from ackproof.model.symmetry import Interchangeable, orbit
from ackproof.model.system import Next, System, action
from ackproof.model.two_phase_commit import two_phase_commit
from ackproof.properties.property import Property, always
from ackproof.properties.published import a_record_is_committed, strong_isr, valid_high_watermark, weak_isr
from ackproof.search.engines import How
from ackproof.search.exchange import Exchanges
from ackproof.search.explorer import explore
from ackproof.search.plain import Plain
from ackproof.search.questions import Questions
from ackproof.traces.trace import replay
from tests import oracle
from tests.search.alike_systems import alike, renamed_set

PLAIN = How("plain")
Statements = Callable[[int], tuple[Property, ...]]


def replicas(variant: str, many: int, max_leader_epoch: int) -> System:
    """Two records in logs of two, replicas not told apart."""
    return published(VARIANTS[variant], replicas=many, log_size=2, records=2, max_leader_epoch=max_leader_epoch)


def apart(system: System) -> System:
    """The same with every name told apart."""
    return attrs.evolve(system, reductions=frozenset())


# two-phase commit by mail: who has prepared is a set of names


@action
def prepare(manager: str, mail: frozenset[int], name: int) -> Iterator[Next]:
    """A manager promises to do what is decided."""
    if manager == "working":
        yield Next(f"{name} is prepared", manager="prepared", mail=mail | {name})


@action
def refuse(manager: str) -> Iterator[Next]:
    """A manager aborts by itself."""
    if manager == "working":
        yield Next("a manager aborts by itself", manager="aborted")


@action(writes=("heard",))
def hear(decision: str, heard: frozenset[int], mail: frozenset[int], name: int) -> Iterator[Next]:
    """The coordinator reads a letter."""
    if decision == "none" and name in mail - heard:
        yield Next(f"the coordinator hears from {name}", heard=heard | {name})


@action(writes=("decision",))
def decide(decision: str, heard: frozenset[int], names: frozenset[int]) -> Iterator[Next]:
    """The coordinator decides."""
    if decision == "none":
        yield Next("the coordinator aborts", decision="aborted")
        if heard == names:
            yield Next("the coordinator commits", decision="committed")


@action(writes=("manager",))
def obey(manager: str, decision: str) -> Iterator[Next]:
    """A manager does what is decided."""
    if decision not in {"none", manager}:
        yield Next(f"a manager has {decision}", manager=decision)


def by_mail(managers: int) -> System:
    """Two-phase commit with managers whose names occur in values."""
    names = tuple(range(1, managers + 1))
    return System(
        initial={
            "decision": "none",
            **{f"manager_{name}": "working" for name in names},
            "heard": frozenset[int](),
            "mail": frozenset[int](),
        },
        actions=(
            decide,
            *(
                act.on(**{part: f"{part}_{name}" for part in ("manager", "name") if part in act.parameters})
                for act in (prepare, refuse, hear, obey)
                for name in names
            ),
        ),
        rules={"names": frozenset(names), **{f"name_{name}": name for name in names}},
        interchangeable=(
            Interchangeable(
                names,
                (tuple(f"manager_{name}" for name in names),),
                {"heard": renamed_set, "mail": renamed_set},
            ),
        ),
    )


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
    assert Plain(Questions(by_mail(2))).is_too_wide


# columns, for whoever looks them up elsewhere


def test_filled_columns_say_what_becomes_of_every_value() -> None:
    questions = Questions(by_mail(3))
    exchanges = Exchanges(questions)
    questions.row(("committed", "working", "prepared", "aborted", frozenset({1}), frozenset({2, 3})))

    exchanges.fill()

    mail = questions.place["mail"]
    values = {*questions.domains[mail].values}
    assert values == {frozenset(), *(frozenset(two) for two in ({1, 2}, {1, 3}, {2, 3}))}
    for to in permutations(range(3)):
        (move,) = (move for move in exchanges.moves((to,)) if move.source == mail)
        assert move.target == mail
        assert len(move.renumbering.column) == len(values)


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


# what may be said


def test_what_is_said_of_one_pair_only_is_refused() -> None:
    with pytest.raises(ValueError, match="leader_knows_who_has_what_is_committed tells 1 and 2 apart"):
        explore(replicas("kip-320", 2, 0), weak_isr(2)[0])


def test_what_is_looked_for_must_not_tell_names_apart_either() -> None:
    with pytest.raises(ValueError, match="a_record_is_committed tells 1 and 2 apart"):
        explore(replicas("kip-320", 2, 0), looks_for=(on_brokers(a_record_is_committed, leader=1, follower=2),))


def test_a_rule_that_is_a_name_is_renamed() -> None:
    with pytest.raises(ValueError, match="has_prepared tells 2 and 3 apart"):
        explore(by_mail(3), has_prepared.on(name="name_1"), has_prepared.on(name="name_2"))


def test_what_is_said_of_all_names_may_be_said() -> None:
    said = tuple(has_prepared.on(name=f"name_{name}") for name in (1, 2, 3))

    assert explore(by_mail(3), looks_for=said).seen == {"has_prepared": True}


def test_what_is_said_of_a_whole_family_at_once_may_be_said() -> None:
    assert explore(async_isr(replicas=3, max_offset=1, max_version=1), *valid_high_watermark(3)).ended == "exhausted"
    assert explore(by_mail(2), decide_alike.on(managers=("manager_1", "manager_2"))).ended == "exhausted"


def test_what_is_said_of_each_and_all_others_may_be_said() -> None:
    managers = {f"manager_{name}" for name in (1, 2, 3)}
    said = tuple(is_alone.on(manager=one, others=(*sorted(managers - {one}),)) for one in sorted(managers))

    assert explore(by_mail(3), looks_for=said).seen == {"is_alone": True}


def test_what_is_said_of_part_of_a_family_is_refused() -> None:
    with pytest.raises(ValueError, match="decide_alike tells 2 and 3 apart"):
        explore(by_mail(3), decide_alike.on(managers=("manager_1", "manager_2")))


def test_a_rule_may_be_equal_to_a_name_without_being_one() -> None:
    system = attrs.evolve(by_mail(2), rules={**by_mail(2).rules, "most": 1})

    assert explore(system, at_most.on(number="most")).ended == "violated"


@always(source="none")
def has_prepared(mail: frozenset[int], name: int) -> bool:
    """The manager has written."""
    return name in mail


@always(source="none")
def decide_alike(managers: tuple[str, ...]) -> bool:
    """All decide alike."""
    return not {"committed", "aborted"} <= set(managers)


@always(source="none")
def is_alone(manager: str, others: tuple[str, ...]) -> bool:
    """No other one has come as far."""
    return manager not in others


@always(source="none")
def at_most(mail: frozenset[int], number: int) -> bool:
    """There are at most so many letters."""
    return len(mail) <= number
