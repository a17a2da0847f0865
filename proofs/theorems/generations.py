"""Who owns a partition in a group of the classic protocol."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from itertools import product
from typing import cast, get_args

import attrs

from ackproof.model.action import Action
from ackproof.model.groups.assigning import assigned, begin_generation, learn
from ackproof.model.groups.claims import NONE
from ackproof.model.groups.classic import ClassicGroup, GroupState, has_assigned, is_current, preparing
from ackproof.model.groups.expiring import session_expires
from ackproof.model.groups.failing import consumer_crash, consumer_pause, member_leaves
from ackproof.model.groups.joining import hear_of_removal, join, rejoin
from ackproof.model.groups.member import Member, Registration, Status
from ackproof.model.groups.rules import EAGER, ClassicRules
from ackproof.model.groups.watching import Watching
from ackproof.model.system import Next
from ackproof.proofs.logic import ALWAYS, NEVER, Number, Truth, all_of, constant, number
from ackproof.proofs.paths import holds_on_every_path
from ackproof.proofs.theorem import Obligation, theorem

PARTITION, IT = 0, frozenset({0})
"""The partition that is looked at, whichever that is."""

ANOTHER = Member("joining", registration=Registration(has_joined=True))
"""One that has done what the group waits for: what others do is then a step of the group, or makes no difference."""

FIRST_GROUP = ClassicGroup((Member("out"), Member("absent")), 1)
"""Nobody has joined."""

STATES: tuple[GroupState, ...] = get_args(GroupState)
RUNNING: tuple[Status, ...] = ("out", "joining", "syncing", "member")
MEMBERSHIP: tuple[Action, ...] = (join, rejoin, hear_of_removal, learn, consumer_pause, member_leaves)
BY_GROUP: tuple[Action, ...] = (begin_generation, session_expires, consumer_crash)


@theorem(
    source="ClassicGroup.initNextGeneration, ConsumerCoordinator.onJoinPrepare",
    sound=(EAGER,),
    broken={
        "members keep what they own while they rejoin, and the assignor does not ask for it": attrs.evolve(
            EAGER, is_cooperative=True
        ),
    },
)
def a_generation_has_one_owner_of_a_partition(rules: ClassicRules) -> Iterator[Obligation]:
    """
    In a classic group with an eager assignor, a generation has one owner at most of each partition.

    For any number of members, partitions and rebalances, any assignor that gives a partition to one member, members
    that are not static, and a coordinator that stays. Who joins again has given up everything first, so whoever is of
    the present generation and owns a partition has learnt that of its assignment. An assignment gives a partition to
    one member, and until the next one nobody is assigned more. Generations only grow, and who has not joined is behind.
    """
    yield Obligation("base: nobody has joined", known(FIRST_GROUP))
    for name, after in steps(rules):
        yield Obligation(f"step: {name}", all_of(kept(before, after) for before in groups()))
    for before in groups():
        member = before.members[0]
        if owns(member) and is_listed(member):
            is_its_own = holds_on_every_path(partial(present, before), known(before), lambda is_so: is_so)
            yield Obligation("safety: it owns what it is assigned", is_its_own)


def present(group: ClassicGroup) -> Truth:
    """Whether the first member, if it is of the present generation, is assigned the partition by that."""
    member = group.members[0]
    assert member.registration is not None
    is_of_it = bool(is_current(group, member))
    is_given = PARTITION in member.registration.assigned and bool(has_assigned(group))
    return ALWAYS if is_given or not is_of_it else NEVER


def groups() -> Iterator[ClassicGroup]:
    """The group of any number of members as one of them meets it: as the invariant allows, in all but the numbers."""
    generation, of_group, stored = (
        unknown_number(word) for word in ("generation of the member", "generation", "generation of the assignment")
    )
    known = (None, *(Registration(has_joined=j, assigned=a) for j, a in product((False, True), (NONE, IT))))
    for state, status, registration in product(STATES, RUNNING, known):
        for owned in (NONE, IT) if status == "member" else (NONE,):
            wants = status == "member"
            member = Member(status, owned, generation=generation, wants_to_rejoin=wants, registration=registration)
            for other in (Member("absent"), ANOTHER):
                # Who is not in the group has nothing to do with what it has come to.
                if state != "empty" if registration else state in {"empty", "preparing"}:
                    yield ClassicGroup((member, other), 1, state, of_group, stored_generation=stored)


def known(group: ClassicGroup) -> Truth:
    """
    What every step keeps of the numbers.

    Nobody is ahead of the group; while an assignment is to come there is none; who owns the partition and is of the
    present generation was assigned it by that.
    """
    member = group.members[0]
    generation, of_group, stored = numbers(group)
    order = (generation <= of_group) & (stored <= of_group) & (stored >= 0) & (generation >= 0)
    order &= stored < of_group if group.state == "completing" else ALWAYS
    if not (owns(member) and is_listed(member)):
        return order
    registration = cast("Registration", member.registration)
    is_given = of_group <= stored if PARTITION in registration.assigned else NEVER
    return order & (generation < of_group) | order & is_given


def numbers(group: ClassicGroup) -> tuple[Number, Number, Number]:
    """The generation of the member, of the group and of its assignment."""
    values = (group.members[0].generation, group.generation, group.stored_generation)
    generation, of_group, stored = (cast("object", value) for value in values)
    return as_number(generation), as_number(of_group), as_number(stored)


def unknown_number(name: str) -> int:
    """An unknown number where the model has an int."""
    return cast("int", number(name))


def as_number(value: object) -> Number:
    """What stands where the model has an int."""
    return value if isinstance(value, Number) else constant(cast("int", value))


def owns(member: Member) -> bool:
    """Whether it fetches from the partition."""
    return PARTITION in member.owned


def is_listed(member: Member) -> bool:
    """Whether the coordinator knows it."""
    return member.registration is not None


After = Callable[[ClassicGroup], list[ClassicGroup]]


def steps(rules: ClassicRules) -> Iterator[tuple[str, After]]:
    """Everything that the member does, its group does with it, or others do to the group."""
    watching = Watching(1, 1, fails_over=False, moves_leaders=False)
    given: Mapping[str, object] = {"rules": rules, "fewest_partitions": 1, "repeats": False, "watching": watching}

    def taken(act: Action) -> After:
        def after(group: ClassicGroup) -> list[ClassicGroup]:
            values = {"group": group, **given}
            outcomes = cast("Iterable[Next]", act.function(*(values[name] for name in act.parameters)))
            return [once_it_is_gone(cast("ClassicGroup", one.changes["group"])) for one in outcomes]

        return after

    for act in (*MEMBERSHIP, *BY_GROUP):
        yield act.name, taken(act)
    yield "another one joins or leaves", lambda group: [preparing(group)]
    yield "the group assigns", assigning


def once_it_is_gone(group: ClassicGroup) -> ClassicGroup:
    """*group*, where who leaves while it joins is as if it had died: what comes of either is that it is removed."""
    member = group.members[0]
    has_left = member.status == "absent" and is_listed(member)
    return group.with_member(0, attrs.evolve(member, status="out")) if has_left else group


def assigning(group: ClassicGroup) -> list[ClassicGroup]:
    """The assignment arrives, whoever gets the partition."""
    if group.state != "completing":
        return []
    return [assigned(group, {0: share, 1: NONE}, remembers=False) for share in (NONE, IT)]


def kept(before: ClassicGroup, after: After) -> Truth:
    """Whether the invariant holds of each group that comes after *before*, and generations only grow."""
    held = known(before)

    def is_kept(groups: list[ClassicGroup]) -> Truth:
        return all_of(follows(before, group) for group in groups)

    return holds_on_every_path(lambda: after(before), held, is_kept)


def follows(before: ClassicGroup, after: ClassicGroup) -> Truth:
    """Whether one group keeps what holds: also that only who has learnt it owns anything, and what it was assigned."""
    member = after.members[0]
    has_given_up = ALWAYS if member.status == "member" or not owns(member) else NEVER
    (_, was, _), (_, now, _) = numbers(before), numbers(after)
    return known(after) & has_given_up & (now >= was) & gains_nothing(before, after)


def gains_nothing(before: ClassicGroup, after: ClassicGroup) -> Truth:
    """Whether the member is assigned the partition by nothing but an assignment."""
    had, has = before.members[0].registration, after.members[0].registration
    is_new = has is not None and PARTITION in has.assigned and not (had and PARTITION in had.assigned)
    return ALWAYS if not is_new or (before.state, after.state) == ("completing", "stable") else NEVER
