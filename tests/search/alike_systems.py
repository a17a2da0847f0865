"""Small random systems with names that differ in nothing but the name and that occur in values."""

from collections.abc import Collection, Hashable, Iterator
from itertools import permutations, product
from random import Random
from typing import TypeVar, cast

import attrs

from ackproof.model.published.system import published
from ackproof.model.published.variants import VARIANTS
from ackproof.model.reading import Reading
from ackproof.model.symmetry import Renaming
from ackproof.model.system import Action, Interchangeable, Next, System, action
from ackproof.properties.property import Property, always

NAMES = (1, 2, 3)
LAMPS = (7, 8)
Placed = TypeVar("Placed", bound=Reading)


def alike(seed: int) -> tuple[System, tuple[Property, ...]]:
    """A system of some names, perhaps of lamps too, and what is to hold of every pair of names."""
    random = Random(seed)
    names, lamps = random.choice([(NAMES, ()), (NAMES, ()), (NAMES[:2], LAMPS)])
    kept = random.sample(("ref", "token", "group"), random.choice([1, 2]))
    acts, said = (an_action(random, kept), an_action(random, kept)), a_statement(random.choices(range(2), k=2))
    pairs = tuple(permutations(names, 2))
    of_lamps = [switch.on(lamp=f"lamp_{lamp}", name=f"name_{lamp}") for lamp in lamps]
    of_both = [
        notice.on(seen=f"seen_{name}", lamp=f"lamp_{lamp}", name=f"name_{lamp}") for name in names for lamp in lamps
    ]
    system = System(
        initial=dict(first_values(names, lamps)),
        actions=(*(on_pair(act, *pair) for act in acts for pair in pairs), *of_lamps, *of_both),
        rules={f"name_{name}": name for name in (*names, *lamps)},
        interchangeable=(kind_of_names(names), kind_of_lamps(names)) if lamps else (kind_of_names(names),),
    )
    return system, tuple(on_pair(said, *pair) for pair in pairs)


def first_values(names: tuple[int, ...], lamps: tuple[int, ...]) -> Iterator[tuple[str, Hashable]]:
    """Nobody is mentioned. What belongs to a name does not stand together."""
    yield from ((f"own_{name}", 0) for name in names)
    yield from (("token", None), ("group", frozenset[int]()))
    yield from ((f"{part}_{name}", None) for name in names for part in ("ref", "seen"))
    yield from ((f"lamp_{lamp}", False) for lamp in lamps)
    yield "lit", None


def kind_of_names(names: tuple[int, ...]) -> Interchangeable:
    """Each has a number, mentions a name, and has seen a lamp."""
    families = tuple(tuple(f"{part}_{name}" for name in names) for part in ("own", "ref", "seen"))
    refs = dict.fromkeys((*families[1], "token"), renamed)
    return Interchangeable(names, families, {**refs, "group": renamed_set})


def kind_of_lamps(names: tuple[int, ...]) -> Interchangeable:
    """They are on or off, and may have been seen."""
    return Interchangeable(
        LAMPS, (("lamp_7", "lamp_8"),), dict.fromkeys(("lit", *(f"seen_{name}" for name in names)), renamed)
    )


def renamed(value: Hashable, names: Renaming) -> Hashable:
    """A name, or nothing."""
    return names.get(value, value)


def renamed_set(value: Hashable, names: Renaming) -> Hashable:
    """A set of names."""
    return frozenset(names.get(name, name) for name in cast("frozenset[int]", value))


def on_pair(reading: Placed, me: int, other: int) -> Placed:
    """*reading* of two names."""
    places = {
        "own": f"own_{me}",
        "others": f"own_{other}",
        "ref": f"ref_{me}",
        "me": f"name_{me}",
        "other": f"name_{other}",
    }
    return reading.on(**{role: name for role, name in places.items() if role in reading.parameters})


@attrs.frozen
class Outcome:
    """What becomes of a number, of what mentions a name, of a set of names."""

    own: int
    ref: int
    token: int
    group: int

    @classmethod
    def drawn(cls, random: Random, kept: Collection[str]) -> "Outcome":
        """An outcome that keeps some of them."""
        changes = {part: 0 if part in kept else random.randrange(4) for part in ("ref", "token", "group")}
        return cls(random.randrange(2), **changes)


def an_action(random: Random, kept: Collection[str]) -> Action:
    """What one name does to another, whichever they are."""
    seen = product(range(2), (False, True), *2 * [("nobody", "me", "the other", "a third")], (False, True))
    outcomes = {key: [Outcome.drawn(random, kept) for _ in range(random.choice([0, 0, 1, 1]))] for key in seen}

    @action(writes=("own", "ref", "token", "group"))
    def act(
        own: int, others: int, ref: int | None, token: int | None, group: frozenset[int], me: int, other: int
    ) -> Iterator[Next]:
        key = own, others > 0, who(ref, me, other), who(token, me, other), other in group
        for outcome in outcomes[key]:
            yield Next(
                f"{me} and {other}",
                own=outcome.own,
                ref=(ref, None, me, other)[outcome.ref],
                token=(token, None, me, other)[outcome.token],
                group=(group, group | {me}, group - {other}, frozenset({me}))[outcome.group],
            )

    return act


def who(value: int | None, me: int, other: int) -> str:
    """Who is mentioned, seen from two names."""
    return {None: "nobody", me: "me", other: "the other"}.get(value, "a third")


@action
def switch(lamp: bool, lit: int | None, name: int) -> Iterator[Next]:
    """A lamp goes on while no other is, or off."""
    if lamp:
        yield Next(f"lamp {name} goes off", lamp=False, lit=None)
    elif lit is None:
        yield Next(f"lamp {name} goes on", lamp=True, lit=name)


@action(writes=("seen",))
def notice(seen: int | None, lamp: bool, name: int) -> Iterator[Next]:
    """Somebody sees that a lamp is on."""
    if lamp:
        yield Next(f"lamp {name} is seen", seen=name)


def a_statement(numbers: list[int]) -> Property:
    """What two names never are at a time, while one mentions the other."""

    @always(source="none")
    def is_not_so(own: int, others: int, ref: int | None, other: int) -> bool:
        """It is not so."""
        return [own, others] != numbers or ref != other

    return is_not_so


def replicas(variant: str, many: int, max_leader_epoch: int) -> System:
    """Two records in logs of two, replicas not told apart."""
    return published(VARIANTS[variant], replicas=many, log_size=2, records=2, max_leader_epoch=max_leader_epoch)
