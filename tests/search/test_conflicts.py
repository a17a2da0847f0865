"""Partial order: which actions conflict, which may enable others, and which a property notices."""

from collections.abc import Iterator

import attrs

from ackproof.model.faults import FAULTS, Faults
from ackproof.model.system import Next, System, action
from ackproof.properties.property import Property, always
from ackproof.search.questions import Questions
from ackproof.search.stubborn import Stubborn
from tests.search.counters import (
    count,
    crash,
    follow,
    start_over,
    stays_below_two,
    urgent,
)


def relations(system: System, *statements: Property) -> Stubborn:
    """What is known of its actions before the search."""
    return Stubborn(Questions(system, statements))


def test_who_writes_what_another_one_reads_or_writes_conflicts() -> None:
    acts = (count.on(number="a"), follow.on(number="b", ahead="a"), count.on(number="b"), count.on(number="c"))

    assert relations(System(dict.fromkeys("abc", 0), acts)).conflicts == [0b0011, 0b0111, 0b0110, 0b1000]


def test_who_reads_the_same_does_not_conflict() -> None:
    acts = (follow.on(number="a", ahead="c"), follow.on(number="b", ahead="c"))

    assert relations(System(dict.fromkeys("abc", 0), acts)).conflicts == [0b01, 0b10]


def test_faults_conflict_as_they_share_the_budget() -> None:
    acts = (crash.on(number="a"), crash.on(number="b"), count.on(number="c"))

    assert relations(System({"a": 0, "b": 0, "c": 0, FAULTS: Faults(2)}, acts)).conflicts == [0b011, 0b011, 0b100]


def test_nothing_enables_a_fault_once_the_budget_is_spent() -> None:
    acts = (crash.on(number="a"), crash.on(number="b"), count.on(number="a"))

    guards = relations(System({"a": 0, "b": 0, FAULTS: Faults(2)}, acts)).guards

    assert guards == [[(0, 0)], [(0, 0)], []]


def test_a_guard_that_few_can_open_comes_first() -> None:
    waiting = start_over.on(number="a", ahead="b")
    acts = (waiting, count.on(number="a"), follow.on(number="a", ahead="c"), count.on(number="b"))

    stubborn = relations(System(dict.fromkeys("abc", 0), acts))

    assert stubborn.guards[0] == [(1, 0b1000), (0, 0b0111)]
    assert stubborn.enablers[0] == 0b1111


def test_a_disabled_action_waits_for_one_of_its_closed_guards_only() -> None:
    waiting = start_over.on(number="a", ahead="b")
    acts = (waiting, count.on(number="a"), follow.on(number="a", ahead="c"), count.on(number="b"))
    stubborn = relations(System(dict.fromkeys("abc", 0), acts))

    both_closed, first_closed = (0b1110, 0b1110), (0b1110, 0b1111)

    assert stubborn.around(0, 0b0010, both_closed) == 0b1001
    assert stubborn.around(0, 0b0010, first_closed) == 0b0111


def test_a_disabled_action_without_a_closed_guard_waits_for_all_that_it_looks_at() -> None:
    acts = (follow.on(number="a", ahead="b"), count.on(number="b"), count.on(number="c"))

    assert relations(System(dict.fromkeys("abc", 0), acts)).around(0, 0b110, ()) == 0b011


def test_a_fault_may_enable_who_looks_at_the_budget() -> None:
    acts = (rest.on(number="a"), crash.on(number="b"), count.on(number="c"))

    assert relations(System({"a": 0, "b": 0, "c": 0, FAULTS: Faults(1)}, acts)).enablers == [0b011, 0b010, 0b100]


def is_spent(budget: Faults) -> bool:
    """Whether there is no fault left."""
    return budget == Faults(0)


@action(sees={"faults": is_spent})
def rest(number: int, faults: bool) -> Iterator[Next]:
    """All faults have happened."""
    if faults:
        yield Next("nothing else goes wrong", number=9)


def test_who_may_enable_an_urgent_action_conflicts_with_all() -> None:
    acts = (urgent(follow.on(number="a", ahead="b")), count.on(number="b"), count.on(number="c"))
    system = System(dict.fromkeys("abc", 0), acts)

    assert relations(system).conflicts == [0b111, 0b111, 0b111]
    assert relations(attrs.evolve(system, reductions=frozenset())).conflicts == [0b011, 0b011, 0b100]


def test_a_fault_is_seen_where_it_writes_and_where_it_pays() -> None:
    system = System({"a": 0, "b": 0, FAULTS: Faults(1)}, (crash.on(number="a"), count.on(number="b")))

    assert relations(system, stays_below_two.on(number="a")).visible == 0b01
    assert relations(system, stays_below_two.on(number="b")).visible == 0b10
    assert relations(system, nothing_has_failed).visible == 0b01


@always(source="none")
def nothing_has_failed(faults: Faults) -> bool:
    """The budget is not touched."""
    return faults == Faults(1)
