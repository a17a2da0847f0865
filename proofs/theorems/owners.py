"""Who owns a partition in a group of the consumer protocol."""

from collections.abc import Iterator
from typing import cast

import attrs

from ackproof.model.groups.claims import Partitions
from ackproof.model.groups.epochs import Assigned, moved_one_by_one
from ackproof.model.groups.rules import CONSUMER, ConsumerRules
from ackproof.proofs.logic import NEVER, Truth, number, truth
from ackproof.proofs.paths import holds_on_every_path
from ackproof.proofs.sets import Part
from ackproof.proofs.theorem import Obligation, theorem


@attrs.frozen
class Member:
    """
    One of any number of members.

    Attributes:
        known: What the coordinator knows of it; its sets are seen from one partition, whichever that is.
        may_process: Whether the member itself takes that partition to be its own.
    """

    known: Assigned
    may_process: Truth


def member(name: str) -> Member:
    """An unknown member."""
    owned, revoking, target = (part(f"{name} {word}") for word in ("owns it", "revokes it", "is to own it"))
    epoch, towards = (cast("int", number(f"{name}'s {word}")) for word in ("epoch", "target"))
    known = Assigned(epoch, owned=owned, revoking=revoking, target=target, towards=towards)
    return Member(known, truth(f"{name} processes it"))


def part(name: str) -> Partitions:
    """An unknown set of partitions."""
    return cast("Partitions", Part(truth(name)))


def has_it(partitions: Partitions) -> Truth:
    """Whether the one partition is among them."""
    seen = cast("object", partitions)
    return seen.has_it if isinstance(seen, Part) else NEVER


def invariant(held: Truth, *members: Member) -> Truth:
    """What every step keeps: whoever processes the partition holds it, then it is held, and nobody else holds it."""
    one, other = members
    of_each = all_held(held, one) & all_held(held, other)
    return of_each & ~(holds(one) & holds(other))


def all_held(held: Truth, one: Member) -> Truth:
    """What every step keeps of one member."""
    return one.may_process.implies(holds(one)) & holds(one).implies(held)


def holds(one: Member) -> Truth:
    """Whether nobody else can be assigned the partition."""
    return has_it(one.known.holds)


@theorem(
    source="KIP-848; CurrentAssignmentBuilder, ConsumerGroup.maybeUpdatePartitionEpoch",
    sound=(CONSUMER,),
    broken={
        "partition epochs are moved one set after the other (KAFKA-16147)": ConsumerRules(
            partition_epochs=moved_one_by_one
        ),
    },
)
def a_partition_has_one_owner(rules: ConsumerRules) -> Iterator[Obligation]:
    """
    In a group of the consumer protocol a partition has one owner at most, in every generation and between them.

    For any number of members and partitions, and any assignor. A partition that a member has been assigned, or has yet
    to say that it gave up, is held, and is assigned to nobody else; a member processes only what it holds. A member has
    one heartbeat on its way at a time, so what it says that it owns is at least what it processes. Who was put out of
    the group is no member any more, and may go on with what it had until it hears of that.
    """
    one, other, held = member("a member"), member("another member"), truth("it has an owner")
    before = invariant(held, one, other)
    nothing = ~one.may_process & ~other.may_process & ~holds(one) & ~holds(other)
    yield Obligation("base: nobody has joined", nothing.implies(before))
    reported = truth("it says that it owns it")
    says = before & one.may_process.implies(reported)
    told = cast("Partitions", Part(reported))
    yield Obligation("step: a member says what it owns", moved(rules, says, held, one, other, told))
    yield Obligation("step: a member says nothing new", moved(rules, before, held, one, other, None))
    takes = attrs.evolve(one, may_process=has_it(one.known.owned))
    yield Obligation("step: a member hears what it owns", before.implies(invariant(held, takes, other)))
    gone = Member(attrs.evolve(one.known, owned=frozenset(), revoking=frozenset()), NEVER)
    freed = held & ~holds(one)
    left = all_held(freed, other) & ~gone.may_process
    yield Obligation("step: a member is gone", before.implies(left))
    both = one.may_process & other.may_process
    yield Obligation("safety: two members never process it", before.implies(~both))


def moved(
    rules: ConsumerRules, given: Truth, held: Truth, one: Member, other: Member, reported: Partitions | None
) -> Truth:
    """The coordinator moves a member towards its target."""
    has_owner, target_epoch = cast("Partitions", Part(held)), cast("int", number("epoch of the target"))

    def after() -> tuple[Assigned, Partitions]:
        known = rules.reconcile(one.known, target_epoch, reported, has_owner)
        return known, rules.partition_epochs(has_owner, one.known, known)

    def kept(result: tuple[Assigned, Partitions]) -> Truth:
        known, held_after = result
        return invariant(has_it(held_after), attrs.evolve(one, known=known), other)

    return holds_on_every_path(after, given, kept)
