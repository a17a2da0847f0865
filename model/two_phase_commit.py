"""
Two-phase commit: one transaction manager, resource managers that must all commit or all abort.

A resource manager prepares, or aborts by itself. The transaction manager commits once it has heard from all that they
are prepared, or aborts at any time before. No message is lost or forgotten, so it can be heard, or obeyed, again and
again: such steps change nothing.

Nothing of Kafka, but a yardstick: every checker knows the system, with 288 states for 3 managers, 8,832 for 5 and
10,340,352 for 9.

Source: Gray and Lamport, "Consensus on Transaction Commit" (2006), the specification TwoPhase.
"""

from collections.abc import Hashable, Iterator
from typing import Literal

from ackproof.model.system import Action, Interchangeable, Next, System, action

ManagerState = Literal["working", "prepared", "committed", "aborted"]
Decision = Literal["committed", "aborted"] | None
"""What the transaction manager has told everybody; None while it has not decided."""

PARTS = ("state", "said", "heard")
"""The components of a resource manager: its state, whether it has said that it is prepared, whether that was heard."""


def two_phase_commit(managers: int) -> System:
    """
    A transaction manager and so many resource managers.

    Raises:
        ValueError: There is no resource manager.
    """
    if managers < 1:
        raise ValueError(f"two-phase commit takes a manager, not {managers}")
    numbers = range(1, managers + 1)
    return System(
        initial=dict(first_values(numbers)),
        actions=tuple(actions(numbers)),
        rules={f"manager_{number}": number for number in numbers},
        interchangeable=(Interchangeable(tuple(numbers), tuple(family(part, numbers) for part in PARTS)),),
    )


def first_values(numbers: range) -> Iterator[tuple[str, Hashable]]:
    """Everybody works, nothing is said."""
    yield "decision", None
    for number in numbers:
        yield from ((f"state_{number}", "working"), (f"said_{number}", False), (f"heard_{number}", False))


def family(part: str, numbers: range) -> tuple[str, ...]:
    """That component of each manager."""
    return tuple(f"{part}_{number}" for number in numbers)


def actions(numbers: range) -> Iterator[Action]:
    """Every action: two of the transaction manager, five for each resource manager."""
    yield commit.on(heard=family("heard", numbers))
    yield abort
    for number in numbers:
        for act in (hear, prepare, abort_alone, obey_commit, obey_abort):
            names = {part: f"{part}_{number}" for part in PARTS} | {"manager": f"manager_{number}"}
            yield act.on(**{name: names[name] for name in act.parameters if name in names})


# conditions


def is_undecided(decision: Decision) -> bool:
    """Whether the transaction manager can still decide."""
    return decision is None


def is_commit(decision: Decision) -> bool:
    """Whether the transaction manager has committed."""
    return decision == "committed"


def is_abort(decision: Decision) -> bool:
    """Whether the transaction manager has aborted."""
    return decision == "aborted"


def is_so(fact: bool) -> bool:
    """Whether something was said or heard."""
    return fact


def is_working(state: ManagerState) -> bool:
    """Whether a resource manager has decided nothing yet."""
    return state == "working"


# the transaction manager


@action(when={"decision": is_undecided, "heard": is_so}, writes=("decision",))
def commit(decision: Decision, heard: tuple[bool, ...]) -> Iterator[Next]:
    """The transaction manager has heard from everybody."""
    yield Next("the transaction manager commits", decision="committed")


@action(when={"decision": is_undecided})
def abort(decision: Decision) -> Iterator[Next]:
    """The transaction manager aborts whenever it likes."""
    yield Next("the transaction manager aborts", decision="aborted")


@action(when={"decision": is_undecided, "said": is_so}, writes=("heard",))
def hear(manager: int, decision: Decision, said: bool, heard: bool) -> Iterator[Next]:
    """The transaction manager hears that a manager is prepared, perhaps again."""
    yield Next(f"the transaction manager hears from manager {manager}", heard=True)


# a resource manager


@action(when={"state": is_working})
def prepare(manager: int, state: ManagerState, said: bool) -> Iterator[Next]:
    """A manager promises to do what the transaction manager decides."""
    yield Next(f"manager {manager} is prepared", state="prepared", said=True)


@action(when={"state": is_working})
def abort_alone(manager: int, state: ManagerState) -> Iterator[Next]:
    """A manager that has promised nothing aborts by itself."""
    yield Next(f"manager {manager} aborts by itself", state="aborted")


@action(when={"decision": is_commit}, writes=("state",))
def obey_commit(manager: int, decision: Decision, state: ManagerState) -> Iterator[Next]:
    """A manager is told to commit, whatever its state, perhaps again."""
    yield Next(f"manager {manager} commits as told", state="committed")


@action(when={"decision": is_abort}, writes=("state",))
def obey_abort(manager: int, decision: Decision, state: ManagerState) -> Iterator[Next]:
    """A manager is told to abort, whatever its state, perhaps again."""
    yield Next(f"manager {manager} aborts as told", state="aborted")
