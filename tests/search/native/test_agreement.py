"""Every loop finds what the oracle finds, on systems that nobody would write."""

from collections import Counter
from collections.abc import Hashable, Mapping

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from ackproof.model.system import State, System, steps
from ackproof.properties.property import Property
from ackproof.search.engines import How
from ackproof.search.exploration import Exploration
from ackproof.search.explorer import explore
from tests import oracle
from tests.systems import statements, systems

Statements = tuple[Property, ...]
LOOPS = (How("plain"), How("compiled"), How("compiled", workers=2))


def found_by(found: Exploration) -> dict[str, object]:
    """What a search found, but for how often it asked."""
    return {
        "violation": None if found.violation is None else found.violation.states,
        "broken": found.broken,
        "states": (found.distinct_states + found.passing_states, found.passing_states),
        "fired": found.fired,
        "transitions": found.transitions,
        "depth": found.depth,
        "seen": found.seen,
    }


def known(system: System, holds: Statements, looks_for: Statements) -> dict[str, object]:
    """What the oracle finds."""
    violation = oracle.explore(system, lambda values: not broken(system, holds, values)).violation
    levels = levels_of(system, None if violation is None else len(violation))
    states = [state for level in levels for state in level]
    expanded = states if violation is None else states[: -len(levels[-1])]
    fired = Counter({act.name: 0 for act in system.actions})
    for state in expanded:
        fired.update(system.actions[place].name for place, _ in successors(system, state))
    return {
        "violation": violation,
        "broken": None if violation is None else broken(system, holds, system.named(violation[-1]))[0],
        "states": (len(states), sum(is_passing(system, state) for state in expanded)),
        "fired": dict(fired),
        "transitions": fired.total(),
        "depth": len(levels) - 1,
        "seen": {
            name: any(is_true(system, looks_for, name, state) for state in states)
            for name in {statement.name for statement in looks_for}
        },
    }


def is_true(system: System, statements: Statements, name: str, state: State) -> bool:
    """Whether one of the statements of that name is true of a state."""
    same = tuple(statement for statement in statements if statement.name == name)
    return len(broken(system, same, system.named(state))) < len(same)


def broken(system: System, holds: Statements, values: Mapping[str, Hashable]) -> list[str]:
    """Which statements are not true."""
    return [statement.name for statement in holds if not statement({**system.rules, **values})]


def levels_of(system: System, most: int | None) -> list[list[State]]:
    """The states at each depth, of at most so many levels."""
    levels = [[system.first_state]]
    met = {system.first_state}
    while len(levels) != most:
        after = dict.fromkeys(step.state for state in levels[-1] for step in steps(system, state))
        new = [state for state in after if state not in met]
        if not new:
            break
        met.update(new)
        levels.append(new)
    return levels


def successors(system: System, state: State) -> set[tuple[int, State]]:
    """Every transition: which action, and what it leads to."""
    place_of = {id(act): place for place, act in enumerate(system.actions)}
    return {(place_of[id(step.action)], step.state) for step in steps(system, state)}


def is_passing(system: System, state: State) -> bool:
    """Whether urgent actions leave the state at once."""
    return any(place in system.urgent for place, _ in successors(system, state))


@given(st.data())
@settings(max_examples=150, phases=[Phase.generate])
def test_every_loop_finds_what_the_oracle_finds(data: st.DataObject) -> None:
    system = data.draw(systems())
    holds = tuple(data.draw(st.lists(statements(system, "so it is", is_true=False), max_size=2)))
    looks_for = tuple(data.draw(st.lists(statements(system, "so it may be", is_true=True), max_size=2)))

    plain, *compiled = (explore(system, *holds, looks_for=looks_for, how=how) for how in LOOPS)

    assert found_by(plain) == known(system, holds, looks_for)
    assert compiled == [plain, plain]
