"""Classic groups as theorems see them: one of the members, and one partition."""

from collections.abc import Callable, Hashable, Iterator
from itertools import product
from typing import Generic, TypeVar, cast

import attrs

from ackproof.model.faults import Faults
from ackproof.model.groups.claims import NONE, Claim, Partitions
from ackproof.model.groups.classic import ClassicGroup
from ackproof.model.groups.half import group_half
from ackproof.model.groups.member import Member, Registration, Status
from ackproof.model.groups.rules import ClassicRules
from ackproof.model.system import System
from ackproof.proofs.theorems.generations import ANOTHER, IT
from tests.proofs.linking import Named, transitions

KINDS = frozenset({"consumer-crash", "consumer-pause", "member-joins", "member-leaves"})
S = TypeVar("S", bound=Hashable)
Told = tuple[object, ...]
Past = tuple[int | None, ...]
NOTHING: Past = ()


def group(
    rules: ClassicRules, *, members: int = 2, partitions: int = 2, faults: int = 1, kinds: frozenset[str] = KINDS
) -> System:
    return group_half(rules, members=members, partitions=partitions, faults=Faults(faults), kinds=kinds, is_fine=True)


def seen_from(group: ClassicGroup, index: int, partition: int) -> ClassicGroup:
    """The group of a theorem: one member of it, and one partition."""
    member = group.members[index]
    seen = attrs.evolve(
        member,
        status=as_status(member),
        owned=only(partition, member.owned),
        remembered=claim_of(partition, member.remembered),
        registration=member.registration and listed(partition, member.registration),
    )
    are_others = any(other != index for other in group.registered)
    return attrs.evolve(group, members=(seen, ANOTHER if are_others else Member("absent")), partitions=1)


def only(partition: int, partitions: Partitions) -> Partitions:
    return IT if partition in partitions else NONE


def claim_of(partition: int, claim: Claim) -> Claim:
    return attrs.evolve(claim, partitions=only(partition, claim.partitions))


def listed(partition: int, known: Registration) -> Registration:
    claim, assigned = claim_of(partition, known.claim), only(partition, known.assigned)
    return attrs.evolve(known, claim=claim, assigned=assigned)


def as_status(member: Member) -> Status:
    """One that does not run may join, whoever starts it."""
    return "out" if member.status == "absent" else member.status


def told(group: ClassicGroup) -> Told:
    """What theorems say something of."""
    member = group.members[0]
    of_member = (as_status(member), member.owned, member.generation)
    if member.registration is None:
        return of_member
    return *of_member, member.registration.assigned, group.state, group.generation, group.stored_generation


@attrs.frozen
class View(Generic[S]):
    """
    How a theorem sees a group, and what it says of it.

    Attributes:
        see: The group as the member at an index sees it of one partition, given what is remembered of the way there.
        steps: What the theorem lets happen.
        told: What of a group the theorem says something of.
        holds: Whether the invariant does.
        remember: What is to be remembered of the way to a state.
    """

    see: Callable[[ClassicGroup, int, int, Past], S]
    steps: tuple[tuple[str, Callable[[S], list[S]]], ...]
    told: Callable[[S], Told]
    holds: Callable[[S], bool]
    remember: Callable[[Past, Named], Past] = lambda _past, _now: ()


@attrs.frozen
class Judged:
    """
    What a theorem makes of a transition.

    Attributes:
        says: What happens.
        is_kept: Whether the invariant holds after it.
        steps: The names of the steps that it is; none where nothing has changed; None where it is no step.
    """

    says: str
    is_kept: bool
    steps: frozenset[str] | None


def judged(system: System, view: View[S]) -> Iterator[Judged]:
    """Every transition of *system*, as each member sees it of each partition; those alike once."""
    known: set[tuple[S, S]] = set()
    reached: dict[S, dict[Told, frozenset[str]]] = {}
    for step in transitions(system, NOTHING, view.remember):
        (before, past), (after, now) = (
            (cast("ClassicGroup", at["group"]), remembered) for at, remembered in (step.before, step.after)
        )
        for index, partition in product(range(len(before.members)), range(after.partitions)):
            one, then = view.see(before, index, partition, past), view.see(after, index, partition, now)
            if (one, then) not in known:
                known.add((one, then))
                if one not in reached:
                    reached[one] = after_steps(one, view)
                yield Judged(step.taken.says, view.holds(then), reached[one].get(view.told(then)))


def after_steps(before: S, view: View[S], most: int = 2) -> dict[Told, frozenset[str]]:
    """What a theorem lets come after *before* in so many steps, and the names of the steps of the shortest ways."""
    found: dict[Told, frozenset[str]] = {view.told(before): frozenset()}
    ways = [(before, frozenset[str]())]
    for _ in range(most):
        known = frozenset(found)
        ways = [(after, names | {name}) for one, names in ways for name, step in view.steps for after in step(one)]
        for after, names in ways:
            if (told := view.told(after)) not in known:
                found[told] = found.get(told, frozenset()) | names
    return found
