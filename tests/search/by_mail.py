"""Two-phase commit by mail: who has prepared is a set of names."""

from collections.abc import Iterator

from ackproof.model.symmetry import Interchangeable
from ackproof.model.system import Next, System, action
from tests.search.alike_systems import renamed_set


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
