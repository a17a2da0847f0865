"""Slicing: what no property can tell is dropped and nothing else, so that verdicts and shortest violations stay."""

from collections.abc import Hashable, Iterable, Iterator

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ackproof.model.faults import FAULTS, Faults
from ackproof.model.published.system import published
from ackproof.model.published.variants import VARIANTS
from ackproof.model.symmetry import Interchangeable, Renaming, Representative
from ackproof.model.system import Action, Next, System, action
from ackproof.model.two_phase_commit import two_phase_commit
from ackproof.properties.claims import INVARIANTS
from ackproof.properties.property import Property, always
from ackproof.properties.published import strong_isr
from ackproof.search.exploration import Exploration
from ackproof.search.explorer import explore
from ackproof.search.slicing import sliced
from tests import oracle
from tests.search.counters import crash, follow
from tests.search.random_systems import asked
from tests.strategies import consume_halves, produce_halves


@action
def count(number: int) -> Iterator[Next]:
    """One more."""
    if number < 3:
        yield Next("one more", number=number + 1)


def is_spent(budget: Hashable) -> bool:
    """Whether there is no fault left."""
    return budget == Faults(0)


@action(sees={"faults": is_spent})
def rest(number: int, faults: bool) -> Iterator[Next]:
    """All faults have happened."""
    if faults:
        yield Next("nothing else goes wrong", number=9)


@always(source="none")
def stays_below_three(number: int) -> bool:
    """The number stays below three."""
    return number < 3


def of(component: str) -> Property:
    """What is said of that component."""
    return stays_below_three.on(number=component)


def test_what_no_property_sees_is_dropped() -> None:
    unseen = count.on(number="unseen")
    system = System({"seen": 0, "unseen": 0}, (count.on(number="seen"), unseen))

    found = sliced(system, (of("seen"),))

    assert (found.components, found.actions) == (("unseen",), (unseen,))
    assert dict(found.system.initial) == {"seen": 0}
    assert found.system.actions == (count.on(number="seen"),)


def test_what_leads_to_what_a_property_sees_is_kept_however_far_it_is() -> None:
    chain = (count.on(number="a"), follow.on(number="b", ahead="a"), follow.on(number="c", ahead="b"))
    behind = follow.on(number="d", ahead="c")
    system = System(dict.fromkeys("dcba", 0), (behind, *chain))

    found = sliced(system, (of("c"),))

    assert (found.components, found.actions) == (("d",), (behind,))
    assert list(found.system.initial) == ["c", "b", "a"]


def test_what_is_looked_for_counts_as_seen() -> None:
    system = System({"a": 0, "b": 0}, (count.on(number="a"), count.on(number="b")))

    assert sliced(system, (of("a"), of("b"))).components == ()


def test_without_properties_it_is_the_whole() -> None:
    system = System({"a": 0}, (count.on(number="a"),))

    assert sliced(system, ()).system == system


def test_an_urgent_action_is_kept_while_urgency_is_in_force() -> None:
    urgent = attrs.evolve(count.on(number="b"), is_urgent=True)
    system = System({"a": 0, "b": 0}, (count.on(number="a"), urgent))

    assert sliced(system, (of("a"),)).components == ()
    assert sliced(attrs.evolve(system, reductions=frozenset()), (of("a"),)).components == ("b",)


def test_a_fault_that_changes_nothing_of_interest_is_dropped_with_the_budget() -> None:
    system = System({"a": 0, "b": 0, FAULTS: Faults(1)}, (count.on(number="a"), crash.on(number="b")))

    assert sliced(system, (of("a"),)).components == ("b", FAULTS)


def test_a_fault_that_only_spends_what_another_one_needs_is_dropped() -> None:
    elsewhere = crash.on(number="b")
    system = System({"a": 1, "b": 0, FAULTS: Faults(1)}, (crash.on(number="a"), elsewhere))

    found = sliced(system, (of("a"),))

    assert (found.components, found.actions) == (("b",), (elsewhere,))


@pytest.mark.parametrize("watching", [rest.on(number="a"), attrs.evolve(crash.on(number="a"), is_urgent=True)])
def test_every_fault_is_kept_where_somebody_waits_for_the_budget_to_be_spent(watching: Action) -> None:
    system = System({"a": 0, "b": 0, FAULTS: Faults(1)}, (crash.on(number="b"), watching))

    assert sliced(system, (of("a"),)).actions == ()


def test_a_property_of_the_budget_sees_every_fault() -> None:
    system = System({"b": 0, FAULTS: Faults(1)}, (crash.on(number="b"),))

    assert sliced(system, (of(FAULTS),)).actions == ()


def test_a_family_stays_whole_or_goes() -> None:
    counts = tuple(count.on(number=name) for name in ("a_1", "a_2", "b_1", "b_2"))
    renamed = {"a_1": unchanged, "b_1": unchanged, "c": unchanged}
    alike = Interchangeable((1, 2), (("a_1", "a_2"), ("b_1", "b_2")), renamed)
    initial: dict[str, Hashable] = dict.fromkeys(("a_1", "a_2", "b_1", "b_2", "c"), 0)
    system = System(initial, counts, interchangeable=(alike, Interchangeable((3, 4), (), {"c": unchanged})))

    found = sliced(system, (of("a_1"),))

    assert found.components == ("b_1", "b_2", "c")
    assert found.system.interchangeable == (Interchangeable((1, 2), (("a_1", "a_2"),), {"a_1": unchanged}),)


def unchanged(value: Hashable, names: Renaming) -> Hashable:
    """A value that mentions no name."""
    return value


def test_representatives_of_dropped_components_are_dropped() -> None:
    representatives: dict[str, Representative] = {"a": hash, "b": hash}
    system = System({"a": 0, "b": 0}, (count.on(number="a"),), symmetric=representatives)

    assert list(sliced(system, (of("a"),)).system.symmetric) == ["a"]


@given(st.integers(0, 1 << 32))
@settings(max_examples=400)
def test_a_slice_has_the_verdict_of_the_whole(seed: int) -> None:
    what = asked(seed)
    whole = oracle.explore(what.system, what.holds)
    rest = oracle.explore(sliced(what.system, what.statements).system, what.holds)

    assert (whole.violation is None) == (rest.violation is None)
    assert len(whole.violation or ()) == len(rest.violation or ())


@given(st.integers(0, 1 << 32))
@settings(max_examples=200)
def test_a_slice_reaches_what_is_looked_for_exactly_if_the_whole_does(seed: int) -> None:
    what = asked(seed)

    found = explore(sliced(what.system, what.statements).system, looks_for=what.statements)

    assert found.seen == explore(what.system, looks_for=what.statements).seen


@given(st.integers(0, 1 << 32))
@settings(max_examples=200)
def test_a_violation_of_the_slice_is_one_of_the_whole(seed: int) -> None:
    what = asked(seed)
    part = sliced(what.system, what.statements)
    violation = explore(part.system, what.holds).violation

    if violation is not None:
        assert [step.says for step in part.in_whole(violation).steps] == [step.says for step in violation.steps]
        assert not what.holds(part.in_whole(violation).last)


@given(produce_halves())
@settings(max_examples=30)
def test_a_slice_of_a_produce_half_has_its_verdict(system: System) -> None:
    agree(system, INVARIANTS["produce"].values())


@given(consume_halves())
@settings(max_examples=30)
def test_a_slice_of_a_consume_half_has_its_verdict(system: System) -> None:
    agree(system, INVARIANTS["consume"].values())


def agree(system: System, statements: Iterable[Property]) -> None:
    """Each statement has the same verdict, with as short a violation, in the slice and in the whole."""
    for statement in statements:
        whole, part = explore(system, statement), explore(sliced(system, (statement,)).system, statement)
        assert (whole.ended, length(whole)) == (part.ended, length(part))


def length(found: Exploration) -> int | None:
    """The actions of the violation, if there is one."""
    return None if found.violation is None else len(found.violation)


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_slice_of_published_replication_has_its_verdict(variant: str) -> None:
    together = published(VARIANTS[variant], replicas=2, log_size=2, records=2, max_leader_epoch=1)
    apart = attrs.evolve(together, reductions=frozenset())

    for system in (together, apart):
        part = sliced(system, strong_isr(2)).system
        assert length(explore(part, *strong_isr(2))) == length(explore(system, *strong_isr(2)))


def test_a_slice_of_two_phase_commit_has_its_verdict() -> None:
    system = attrs.evolve(two_phase_commit(3), reductions=frozenset())

    agree(system, (is_working.on(state="state_1"), is_working.on(state="state_2")))


@always(source="none")
def is_working(state: str) -> bool:
    """The manager has decided nothing."""
    return state == "working"
