"""Who owns a partition in a group of the classic protocol whose members keep what they own while they rejoin."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import product

import attrs

from ackproof.model.groups.assigning import assigned
from ackproof.model.groups.claims import (
    NONE,
    Claim,
    Order,
    Settle,
    Settled,
    claims_of_the_latest_generation,
    first_claim_but_last_owner,
    latest_claim_of_each_partition,
)
from ackproof.model.groups.classic import ClassicGroup, GroupState, is_current
from ackproof.model.groups.member import Member, Registration
from ackproof.model.groups.rules import COOPERATIVE, ClassicRules
from ackproof.proofs.logic import ALWAYS, NEVER, Truth, all_of, same
from ackproof.proofs.paths import holds_on_every_path
from ackproof.proofs.theorem import Obligation, theorem
from ackproof.proofs.theorems.generations import (
    ANOTHER,
    FIRST_GROUP,
    IT,
    PARTITION,
    RUNNING,
    STATES,
    as_number,
    is_listed,
    numbers,
    owns,
    unknown_number,
)
from ackproof.proofs.theorems.generations import assigning as assigning_eagerly
from ackproof.proofs.theorems.generations import steps as steps_of_group


@attrs.frozen
class Rules:
    """
    How a group rebalances.

    Attributes:
        settle: What its assignor makes of what members claim: it gives nobody what another one is taken to own.
    """

    group: ClassicRules
    settle: Settle


@attrs.frozen
class Seen:
    """
    A group as one of its members meets it, and one partition, whichever that is.

    Attributes:
        group: That member, and whether there are others.
        is_its: The member is the last one that an assignment gave the partition.
        others: What others claim.
    """

    group: ClassicGroup
    is_its: bool
    others: tuple[Claim, ...] = ()

    @property
    def member(self) -> Member:
        """The member that is looked at."""
        return self.group.members[0]


def bars_nothing(claims: Mapping[int, Claim], order: Order) -> Settled:
    """An assignor that does not ask who owns what."""
    return Settled({member: claims[member].partitions for member in order}, dict.fromkeys(order, NONE))


BEFORE_KIP_792 = attrs.evolve(COOPERATIVE, claims_heard_generation=False)
JAVA = Rules(COOPERATIVE, latest_claim_of_each_partition)


@theorem(
    source="KIP-429, KIP-792; CooperativeStickyAssignor.adjustAssignment, "
    "AbstractStickyAssignor.allSubscriptionsEqual, ConsumerCoordinator.onJoinPrepare",
    sound=(JAVA,),
    broken={
        "the assignor gives away what another one owns": Rules(COOPERATIVE, bars_nothing),
        "who missed a generation owns nothing (KAFKA-14639)": Rules(BEFORE_KIP_792, claims_of_the_latest_generation),
        "who was removed while it rejoined keeps what it owned (KAFKA-12983)": Rules(
            attrs.evolve(COOPERATIVE, keeps_owned_without_membership=True), latest_claim_of_each_partition
        ),
        "what was lost is claimed, and claims have no generation (kafka-python)": Rules(
            attrs.evolve(BEFORE_KIP_792, claims_what_was_lost=True), first_claim_but_last_owner
        ),
    },
)
def a_generation_has_one_owner_while_members_keep_what_they_own(rules: Rules) -> Iterator[Obligation]:
    """
    In a classic group with a cooperative assignor, a generation has one owner at most of each partition.

    For any number of members, partitions and rebalances, any assignor that withholds what it takes another member to
    own, members that are not static, and a coordinator that stays. Members join again with what they own, and claim it:
    who owns a partition and is of the present generation is the last one that an assignment gave it, and nobody else
    claims it. So the assignor takes it for its owner and gives it to nobody else, until it has revoked it and joined
    again without it. Who has missed a generation, or was removed, gives up everything before it joins, and claims
    nothing.
    """
    yield Obligation("base: nobody has joined", known(rules, FIRST) if is_possible(FIRST) else NEVER)
    every = [(before, known(rules, before) & beside(rules, before)) for before in seen()]
    for name, after in steps(rules):
        for status in RUNNING:
            those = ((before, held) for before, held in every if before.member.status == status)
            every_one = all_of(kept(rules, before, held, after) for before, held in those)
            yield Obligation(f"step: {name}, where a member is {status}", every_one)
    is_last = (
        holds_on_every_path(partial(present, before), held, lambda is_so: is_so)
        for before, held in every
        if owns(before.member) and is_listed(before.member)
    )
    yield Obligation("safety: who owns it is the last one that was given it", all_of(is_last))


FIRST = Seen(FIRST_GROUP, is_its=False)
"""What a group is at first."""


def present(at: Seen) -> Truth:
    """Whether the member, if it is of the present generation, is the last one that was given the partition."""
    return ALWAYS if at.is_its or not is_current(at.group, at.member) else NEVER


def seen() -> Iterator[Seen]:
    """The group of any number of members as one of them meets it: as the invariant allows, in all but the numbers."""
    generation, of_group, stored, remembered, claimed = (
        unknown_number(word)
        for word in (
            "generation of the member",
            "generation",
            "generation of the assignment",
            "generation of what it remembers",
            "generation of its claim",
        )
    )
    either = (NONE, IT)
    listed = (Registration(j, Claim(c, claimed), assigned=a) for j, c, a in product((False, True), either, either))
    registrations = (None, *listed)
    for state, status, owned, known, other in product(
        STATES, RUNNING, either, registrations, (Member("absent"), ANOTHER)
    ):
        member = Member(status, owned, Claim(owned, remembered), generation, registration=known)
        wanting = attrs.evolve(member, wants_to_rejoin=status == "member")
        group = ClassicGroup((wanting, other), 1, state, of_group, stored_generation=stored)
        # Who is not in the group has nothing to do with what it has come to.
        is_of_no_matter = known is None and state in {"completing", "stable"}
        for is_its, others in claims_beside(state):
            at = Seen(group, is_its, others)
            if is_possible(at) and not is_of_no_matter:
                yield at


def claims_beside(state: GroupState) -> Iterator[tuple[bool, tuple[Claim, ...]]]:
    """
    Whether the member is the last one that was given the partition, and what others claim.

    One of them may claim the partition, if the member is not; the rest stand for who has the latest generation of them.
    """
    rest, another = (unknown_number(f"generation of the claim of {of}") for of in ("others", "another one"))
    claimed, nothing = Claim(IT, another), Claim(NONE, rest)
    if state == "completing":
        yield False, (claimed, nothing)
    for is_its in (True, False):
        yield is_its, (nothing,) if state == "completing" else ()


def is_possible(at: Seen) -> bool:
    """What every step keeps beside the numbers."""
    member, listed = at.member, at.member.registration
    remembers = member.remembered.partitions == member.owned and (not member.owned or member.status != "out")
    if listed is None:
        return remembers
    claims = PARTITION in listed.claim.partitions
    claims_what_is_its = (not claims or (listed.has_joined and at.is_its)) and claims >= (
        listed.has_joined and owns(member)
    )
    return remembers and claims_what_is_its and has_joined_in_time(at.group)


def has_joined_in_time(group: ClassicGroup) -> bool:
    """Whether a member that is listed has joined if, and only if, the group may have its JoinGroup."""
    member, state = group.members[0], group.state
    places = {"preparing": {"out", "joining"}, "completing": {"out", "syncing"}}
    if member.has_joined:
        return member.status in places.get(state, set())
    return state in {"preparing", "stable"} and member.status != "joining"


def known(rules: Rules, at: Seen) -> Truth:
    """
    What every step keeps of the numbers.

    Nobody is ahead of the group, nor is what it claims; while an assignment is to come there is none. Who is not the
    last one that was given the partition is behind if it owns it, and if it was assigned it that is over.
    """
    member, (generation, of_group, stored) = at.member, numbers(at.group)
    remembered = as_number(member.remembered.generation)
    facts = [(generation <= of_group), (stored <= of_group), (stored >= 0), (remembered >= 0)]
    facts.append(remembered <= generation)
    if at.group.state == "completing":
        facts.append(stored < of_group)
    listed = member.registration
    if listed is None:
        return all_of(facts)
    if listed.has_joined:
        facts.append(is_in_time(rules, listed.claim, at.group))
    if not at.is_its:
        facts.append(generation < of_group if owns(member) else ALWAYS)
        facts.append(stored < of_group if PARTITION in listed.assigned else ALWAYS)
    if owns(member) and member.status == "joining":
        facts.append(same(generation, of_group))
    return all_of(facts)


def is_in_time(rules: Rules, claim: Claim, group: ClassicGroup) -> Truth:
    """Whether a claim is of no generation to come, and of the last one if it names that which was heard of last."""
    claimed, of_group = as_number(claim.generation), as_number(group.generation)
    last = of_group - 1 if group.state == "completing" else of_group
    is_heard = rules.group.claims_heard_generation and PARTITION in claim.partitions
    return (claimed >= 0) & (claimed <= last) & (same(claimed, last) if is_heard else ALWAYS)


After = Callable[[Seen], list[Seen]]


def steps(rules: Rules) -> Iterator[tuple[str, After]]:
    """Everything that the member does, its group does with it, or others do to the group."""

    def taken(step: Callable[[ClassicGroup], list[ClassicGroup]]) -> After:
        return lambda at: [attrs.evolve(at, group=group) for group in step(at.group)]

    for is_first in (True, False):
        yield "the group assigns", partial(assigning, rules, is_first)
    for name, step in steps_of_group(rules.group):
        if step is not assigning_eagerly:
            yield name, taken(step)


def assigning(rules: Rules, is_first: bool, at: Seen) -> list[Seen]:
    """
    The assignment arrives: whoever may get the partition does, or nobody.

    Args:
        is_first: The assignor meets the member before others that claim something, else behind them.
    """
    if at.group.state != "completing" or at.member.registration is None:
        return []
    claims = dict(enumerate((at.member.registration.claim, *at.others)))
    barred = rules.settle(claims, tuple(claims) if is_first else tuple(reversed(claims))).barred
    found = [attrs.evolve(at, group=given(at.group, NONE))]
    if PARTITION not in barred[0]:
        found.append(attrs.evolve(at, group=given(at.group, IT), is_its=True))
    if any(PARTITION not in barred[another] for another in claims if another):
        found.append(attrs.evolve(at, group=given(at.group, NONE), is_its=False))
    return found


def given(group: ClassicGroup, share: frozenset[int]) -> ClassicGroup:
    """*group* with an assignment that gives the member this *share*."""
    return assigned(group, {0: share, 1: NONE}, remembers=False)


def beside(rules: Rules, at: Seen) -> Truth:
    """What every step keeps of the numbers of others."""
    return all_of(is_in_time(rules, claim, at.group) for claim in at.others)


def kept(rules: Rules, before: Seen, held: Truth, after: After) -> Truth:
    """Whether the invariant, which *held* before, holds of each group that comes after, and generations only grow."""

    def follows(found: list[Seen]) -> Truth:
        return all_of(is_kept(rules, before, at) for at in found)

    return holds_on_every_path(lambda: after(before), held, follows)


def is_kept(rules: Rules, before: Seen, after: Seen) -> Truth:
    """Whether the invariant holds after a step, and the generation of the group is no lower."""
    (_, was, _), (_, now, _) = numbers(before.group), numbers(after.group)
    return known(rules, after) & (now >= was) if is_possible(after) else NEVER
