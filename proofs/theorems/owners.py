"""Who owns a partition in a group of the consumer protocol."""

from collections.abc import Iterator
from typing import cast

import attrs

from ackproof.model.groups.claims import NONE, Partitions
from ackproof.model.groups.epochs import Assigned, moved_one_by_one
from ackproof.model.groups.reconciling import at_each_target, once_released
from ackproof.model.groups.rules import CONSUMER, ConsumerRules
from ackproof.proofs.logic import NEVER, Truth, all_of, number, same_truth, truth
from ackproof.proofs.paths import taken
from ackproof.proofs.sets import Part
from ackproof.proofs.states import becomes, unchanged, unknown
from ackproof.proofs.theorem import Obligation, Step, kept, theorem


@attrs.frozen
class Member:
    """
    One of any number of members, seen from one partition, whichever that is.

    Attributes:
        owns_it, revokes_it, is_to_own_it: What the coordinator knows of it (``Assigned``).
        processes_it: Whether the member itself takes that partition to be its own.
    """

    owns_it: Truth
    revokes_it: Truth
    is_to_own_it: Truth
    processes_it: Truth

    @property
    def holds_it(self) -> Truth:
        """Whether nobody else can be assigned the partition."""
        return self.owns_it | self.revokes_it


@attrs.frozen
class State:
    """The partition, and two members: what is proved of these two is true of any two."""

    has_owner: Truth
    one: Member
    other: Member


def state(when: str = "") -> State:
    """An unknown state."""
    has_owner = truth(" ".join(filter(None, ("it has an owner", when))))
    one, other = (unknown(Member, of, when) for of in MEMBERS)
    return State(has_owner, one, other)


MEMBERS = ("a member", "another member")
THIRD = "a third member"


def known(member: Member) -> Assigned:
    """What the coordinator knows of a member; its epochs may be any."""
    parts = (cast("Partitions", Part(has)) for has in (member.owns_it, member.revokes_it, member.is_to_own_it))
    owned, revoking, target = parts
    epoch, towards = (cast("int", number(f"{word} of the member")) for word in ("epoch", "target"))
    return Assigned(epoch, owned=owned, revoking=revoking, target=target, towards=towards)


def has_it(partitions: Partitions) -> Truth:
    """Whether the one partition is among them."""
    seen = cast("object", partitions)
    return seen.has_it if isinstance(seen, Part) else NEVER


def invariant(at: State) -> Truth:
    """What every step keeps: whoever processes the partition holds it, then it is held, and nobody else holds it."""
    of_each = all_of(of_member(at.has_owner, one) for one in (at.one, at.other))
    return of_each & ~(at.one.holds_it & at.other.holds_it)


def of_member(has_owner: Truth, one: Member) -> Truth:
    """What every step keeps of one member."""
    either = ~(one.owns_it & one.revokes_it)
    return one.processes_it.implies(one.holds_it) & one.holds_it.implies(has_owner) & either


IN_3_7 = ConsumerRules(reconcile=at_each_target)
"""As Kafka 3.7 moves members to their target, but for KAFKA-16147."""

IN_3_8 = ConsumerRules(reconcile=once_released)
"""As Kafka moves members to their target before KAFKA-19449."""


@theorem(
    source="KIP-848; CurrentAssignmentBuilder, ConsumerGroup.maybeUpdatePartitionEpoch",
    sound=(CONSUMER, IN_3_8, IN_3_7),
    broken={
        "partition epochs are moved one set after the other (3.7, KAFKA-16147)": attrs.evolve(
            IN_3_7, partition_epochs=moved_one_by_one
        ),
    },
)
def a_partition_has_one_owner(rules: ConsumerRules) -> Iterator[Obligation]:
    """
    In a group of the consumer protocol a partition has one owner at most, in every generation and between them.

    For any number of members and partitions, any assignor, and a coordinator that stays, so that members hear each
    answer. A partition that a member has been assigned, or has yet to say that it gave up, is held, and is assigned to
    nobody else; a member processes only what it holds. A member has one heartbeat on its way at a time and takes what
    it follows at once, so what it says that it owns is at least what it processes; a Java client that commits by itself
    or has a rebalance listener waits in between, and verdicts on it rest on the search. Who was put out of the group,
    or is refused its epoch, is no member any more, and may go on with what it had until it hears of that.
    """
    before, after = state(), state("after")
    holds = invariant(before)
    yield Obligation("base: nobody has joined", first(before).implies(holds))
    yield from kept(holds, steps(rules, before, after), invariant(after))
    both = before.one.processes_it & before.other.processes_it
    yield Obligation("safety: two members never process it", holds.implies(~both))


def first(at: State) -> Truth:
    """Nobody has joined."""
    of_members = (has for one in (at.one, at.other) for has in (one.processes_it, one.holds_it, one.is_to_own_it))
    return all_of(~has for has in (at.has_owner, *of_members))


def steps(rules: ConsumerRules, before: State, after: State) -> Iterator[Step]:
    """Everything that may happen to a partition and two members: the first one acts, or a third one does."""
    others = unchanged(before.other, after.other)
    target = becomes(before.one, after.one, is_to_own_it=after.one.is_to_own_it)
    target &= becomes(before.other, after.other, is_to_own_it=after.other.is_to_own_it)
    yield Step("the target is another one", target & same_truth(before.has_owner, after.has_owner))
    for name, holds in by_coordinator(rules, before.has_owner, after.has_owner, before.one, after.one):
        yield Step(f"a member {name}", holds & others)
    alone = same_truth(before.has_owner, after.has_owner) & others
    yield Step("a member hears what it owns", alone & becomes(before.one, after.one, processes_it=before.one.owns_it))
    stops = becomes(before.one, after.one, processes_it=NEVER)
    yield Step("a member stops, or its epoch is refused", alone & stops)
    third, then = unknown(Member, THIRD), unknown(Member, THIRD, "after")
    pairs = all_of(invariant(State(before.has_owner, third, one)) for one in (before.one, before.other))
    stay = pairs & others & unchanged(before.one, after.one)
    for name, holds in by_coordinator(rules, before.has_owner, after.has_owner, third, then):
        yield Step(f"a third member {name}", holds & stay)


def by_coordinator(
    rules: ConsumerRules, had_owner: Truth, has_owner: Truth, one: Member, then: Member
) -> Iterator[tuple[str, Truth]]:
    """What the coordinator does with a member, and what that is called."""
    reported = truth("it says that it owns it")
    told = one.processes_it.implies(reported)
    is_owned = cast("Partitions", Part(had_owner))

    def moved(said: Partitions | None) -> Truth:
        """The coordinator moves the member towards its target."""
        seen, target_epoch = known(one), cast("int", number("epoch of the target"))

        def after() -> tuple[Assigned, Partitions]:
            moved_on = rules.reconcile(seen, target_epoch, said, is_owned)
            return moved_on, rules.partition_epochs(is_owned, seen, moved_on)

        return taken(after, lambda found: is_known(then, found[0], has_owner, found[1]))

    def left() -> tuple[Assigned, Partitions]:
        nothing = attrs.evolve(known(one), owned=NONE, revoking=NONE)
        return nothing, rules.partition_epochs(is_owned, known(one), nothing)

    is_as_before = same_truth(then.processes_it, one.processes_it) & same_truth(then.is_to_own_it, one.is_to_own_it)
    yield "says what it owns", told & moved(cast("Partitions", Part(reported))) & is_as_before
    yield "says nothing new", moved(None) & is_as_before
    is_gone = ~then.processes_it & ~then.is_to_own_it
    yield "is gone", taken(left, lambda found: is_known(then, found[0], has_owner, found[1])) & is_gone


def is_known(then: Member, known: Assigned, has_owner: Truth, owned: Partitions) -> Truth:
    """Whether that is what the coordinator knows of a member, and which partitions have an owner."""
    of_member = same_truth(then.owns_it, has_it(known.owned)) & same_truth(then.revokes_it, has_it(known.revoking))
    return of_member & same_truth(has_owner, has_it(owned))
