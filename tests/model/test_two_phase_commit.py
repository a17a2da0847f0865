"""Two-phase commit is the system that others know, and it does what it is for."""

from collections.abc import Iterator

import attrs
import pytest

from ackproof.model.symmetry import orbit
from ackproof.model.system import Next, System, action, steps
from ackproof.model.two_phase_commit import Decision, ManagerState, commit, family, is_undecided, two_phase_commit
from ackproof.properties.property import Property, always, sometimes
from ackproof.search.explorer import explore
from tests import oracle

NUMBERS = range(1, 4)


@always(source="Gray and Lamport, TCConsistent")
def all_decide_alike(states: tuple[ManagerState, ...]) -> bool:
    """No manager commits what another one aborts."""
    return not {"committed", "aborted"} <= set(states)


@sometimes(source="Gray and Lamport, TCConsistent")
def all_commit(states: tuple[ManagerState, ...]) -> bool:
    """Every manager has committed."""
    return set(states) == {"committed"}


@action(when={"decision": is_undecided})
def commit_at_once(decision: Decision) -> Iterator[Next]:
    """The transaction manager does not wait to hear from everybody."""
    yield Next("the transaction manager commits at once", decision="committed")


def apart(managers: int) -> System:
    """Every manager told apart."""
    return attrs.evolve(two_phase_commit(managers), reductions=frozenset())


def of_all(statement: Property) -> Property:
    """The statement about the states of all three managers."""
    return statement.on(states=family("state", NUMBERS))


@pytest.mark.parametrize(
    ("managers", "states", "transitions"),
    [
        (3, 288, 1_145),
        (5, 8_832, 58_145),
        pytest.param(9, 10_340_352, 123_558_401, marks=pytest.mark.slow),
    ],
)
def test_distinct_states_and_transitions(managers: int, states: int, transitions: int) -> None:
    found = explore(apart(managers))

    assert (found.ended, found.distinct_states, found.transitions) == ("exhausted", states, transitions)


def test_the_oracle_finds_as_many() -> None:
    system = apart(3)

    states = oracle.explore(system).states

    assert (len(states), sum(len(steps(system, state)) for state in states)) == (288, 1_145)


def test_python_is_asked_less_than_ten_times_for_each_manager() -> None:
    assert explore(apart(5)).python_calls < 10 * 5


def test_every_action_happens() -> None:
    assert all(explore(apart(3)).fired.values())


def test_all_managers_decide_alike() -> None:
    found = explore(apart(3), of_all(all_decide_alike), looks_for=(of_all(all_commit),))

    assert (found.ended, found.seen) == ("exhausted", {"all_commit": True})


def test_who_commits_without_hearing_from_everybody_breaks_the_agreement() -> None:
    system = apart(3)
    hasty = [commit_at_once if act.name == commit.name else act for act in system.actions]

    found = explore(attrs.evolve(system, actions=tuple(hasty)), of_all(all_decide_alike))

    assert found.violation is not None
    assert [step.says for step in found.violation.steps] == [
        "the transaction manager commits at once",
        "manager 1 aborts by itself",
        "manager 2 commits as told",
    ]


def test_managers_differ_in_nothing_but_the_name() -> None:
    system = apart(3)
    states = oracle.explore(system).states

    for state in states:
        assert states.issuperset(orbit(system.interchangeable, tuple(system.initial), state))


def test_one_manager_stands_for_all_of_its_kind() -> None:
    together = two_phase_commit(3)

    assert oracle.explore(together).states == {together.represented(state) for state in oracle.explore(apart(3)).states}


def test_two_phase_commit_takes_a_manager() -> None:
    with pytest.raises(ValueError, match="takes a manager, not 0"):
        two_phase_commit(0)
