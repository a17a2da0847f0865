"""Theorems of groups are about the groups that are searched."""

from collections.abc import Iterator
from itertools import permutations
from typing import cast

import attrs
import pytest

from ackproof.model.consume.consumer import Consumers
from ackproof.model.consume.coordinator import Coordinator
from ackproof.model.consume.half import consume_half
from ackproof.model.consume.log import Group
from ackproof.model.consume.rules import ConsumerRules as Reading
from ackproof.model.faults import Faults
from ackproof.model.groups.claims import NONE, Partitions
from ackproof.model.groups.classic import ClassicGroup
from ackproof.model.groups.consumer import Consumer, ConsumerGroup, is_fenced
from ackproof.model.groups.epochs import Assigned, moved_one_by_one
from ackproof.model.groups.half import group_half
from ackproof.model.groups.member import Member as ClassicMember
from ackproof.model.groups.member import Status
from ackproof.model.groups.reconciling import at_each_target
from ackproof.model.groups.rules import CONSUMER, EAGER, ConsumerRules, GroupRules
from ackproof.model.system import System
from ackproof.proofs.logic import ALWAYS, NEVER, Truth, is_true_of
from ackproof.proofs.sets import Part
from ackproof.proofs.theorems import generations, owners
from tests.proofs.linking import Named, Transition, transitions

KINDS = frozenset({"consumer-crash", "consumer-pause", "member-joins", "member-leaves"})


def group(rules: GroupRules, *, faults: int = 1, kinds: frozenset[str] = KINDS) -> System:
    return group_half(rules, members=2, partitions=2, faults=Faults(faults), kinds=kinds, is_fine=True)


def every_step(system: System) -> Iterator[Transition[None]]:
    return transitions(system, None, lambda _past, _now: None)


def seen_from(group: ClassicGroup, index: int, partition: int) -> ClassicGroup:
    """The group of the theorem: one member of it, and one partition."""

    def it(partitions: Partitions) -> Partitions:
        return generations.IT if partition in partitions else NONE

    member = group.members[index]
    known = member.registration and attrs.evolve(member.registration, assigned=it(member.registration.assigned))
    seen = attrs.evolve(member, status=as_status(member), owned=it(member.owned), registration=known)
    are_others = any(other != index for other in group.registered)
    others = generations.ANOTHER if are_others else ClassicMember("absent")
    return attrs.evolve(group, members=(seen, others), partitions=1)


def as_status(member: ClassicMember) -> Status:
    """One that does not run may join, whoever starts it."""
    return "out" if member.status == "absent" else member.status


def told(group: ClassicGroup) -> tuple[object, ...]:
    """What the theorem says something of."""
    member = group.members[0]
    of_member = (as_status(member), member.owned, member.generation)
    if member.registration is None:
        return of_member
    return *of_member, member.registration.assigned, group.state, group.generation, group.stored_generation


def after_steps(before: ClassicGroup) -> set[tuple[object, ...]]:
    """What may come after *before* in two steps of the theorem."""
    found, new = [before], [before]
    for _ in range(2):
        new = [after for one in new for _, step in generations.steps(EAGER) for after in step(one)]
        found += new
    return {told(one) for one in found}


def test_every_step_of_an_eager_group_is_one_of_the_theorem_and_keeps_its_invariant() -> None:
    reached: dict[ClassicGroup, set[tuple[object, ...]]] = {}
    for step in every_step(group(EAGER)):
        groups = (cast("ClassicGroup", now["group"]) for now in (step.before[0], step.after[0]))
        before, after = groups
        for index in range(len(before.members)):
            seen = seen_from(before, index, 0)
            if seen not in reached:
                reached[seen] = after_steps(seen)

            assert is_true_of(generations.known(seen_from(after, index, 0)), {}), step.taken.says
            assert told(seen_from(after, index, 0)) in reached[seen], step.taken.says
            assert after.generation >= before.generation


def test_where_members_keep_what_they_own_the_invariant_fails_in_the_system_too() -> None:
    keeping = attrs.evolve(EAGER, is_cooperative=True)
    groups = (cast("ClassicGroup", step.after[0]["group"]) for step in every_step(group(keeping)))

    assert not all(
        is_true_of(generations.known(seen_from(one, index, 0)), {})
        for one in groups
        for index in range(len(one.members))
    )


def part(partitions: Partitions, partition: int) -> Partitions:
    return cast("Partitions", Part(truth(partition in partitions)))


def truth(is_so: bool) -> Truth:
    return ALWAYS if is_so else NEVER


def as_member(one: Consumer, partition: int) -> owners.Member:
    known = one.registration or Assigned()
    parts = (part(of, partition) for of in (known.owned, known.revoking, known.target))
    owned, revoking, target = parts
    processes = one.registration is not None and not is_fenced(one) and partition in one.owned
    return owners.Member(attrs.evolve(known, owned=owned, revoking=revoking, target=target), truth(processes))


def have_one_owner(group: ConsumerGroup) -> bool:
    """Whether the invariant of the theorem is true of each partition and any two members."""
    for partition in range(group.partitions):
        held = truth(partition in group.held)
        pairs = permutations((as_member(one, partition) for one in group.members), 2)
        if not all(is_true_of(owners.invariant(held, *pair), {}) for pair in pairs):
            return False
    return True


@pytest.mark.slow
@pytest.mark.parametrize("is_static", [False, True])
def test_every_state_of_a_group_that_is_assigned_by_its_coordinator_keeps_the_invariant(is_static: bool) -> None:
    seen: set[ConsumerGroup] = set()
    for step in every_step(group(attrs.evolve(CONSUMER, is_static=is_static))):
        before, after = (cast("ConsumerGroup", now["group"]) for now in (step.before[0], step.after[0]))
        if after not in seen:
            seen.add(after)
            assert have_one_owner(after), step.taken.says
        assert all(is_moved(before, after, index) for index in range(len(after.members))), step.taken.says


def is_moved(before: ConsumerGroup, after: ConsumerGroup, index: int) -> bool:
    """Whether what the coordinator knows of a member is as before, removed, new, or moved as the theorem moves it."""
    known, now = before.members[index].registration, after.members[index].registration
    if known is None or now is None:
        return now is None or now.holds <= now.target
    towards = attrs.evolve(known, target=now.target)
    reports = (None, before.members[index].owned, NONE)
    held = before.held if len(set(before.registered) - set(after.registered)) == 0 else after.held
    targets = (before.epoch, after.epoch)
    moved = [CONSUMER.reconcile(towards, target, said, held) for target in targets for said in reports]
    ways = {(one.owned, one.revoking) for one in (known, *moved)}
    return (now.owned, now.revoking) in ways


def test_where_partition_epochs_move_one_set_after_the_other_the_invariant_fails_in_the_system_too() -> None:
    in_3_7 = ConsumerRules(partition_epochs=moved_one_by_one, reconcile=at_each_target)
    system = group(in_3_7, kinds=frozenset({"consumer-crash"}))

    assert not all(have_one_owner(cast("ConsumerGroup", step.after[0]["group"])) for step in every_step(system))


def reading(rules: Reading) -> System:
    kinds = frozenset({"consumer-pause", "member-joins"})
    return consume_half(rules, records=1, faults=Faults(1), kinds=kinds, is_fine=True)


def accepted(system: System) -> Iterator[tuple[Named, int]]:
    """Each commit that a coordinator accepts: the state before it, and who has sent it."""
    for step in every_step(system):
        if step.taken.action.name in {"commit arrives", "async commit arrives"}:
            before, after = (cast("Consumers", now["consumers"]) for now in (step.before[0], step.after[0]))
            if step.taken.says.startswith("the group coordinator accepts"):
                yield step.before[0], next(i for i, (a, b) in enumerate(zip(before, after, strict=True)) if a != b)


def is_of_present_generation(now: Named, sender: int) -> bool:
    generation = cast("Group", now["group"]).generation
    is_member = sender in cast("Coordinator", now["coordinator"]).members
    return is_member and cast("Consumers", now["consumers"])[sender].generation == generation


COMMITTING = Reading(commit="sync", instances=1)


def test_a_coordinator_accepts_commits_of_the_present_generation_alone() -> None:
    found = list(accepted(reading(COMMITTING)))

    assert found
    assert all(is_of_present_generation(now, sender) for now, sender in found)


def test_where_a_client_commits_as_nobody_another_one_is_accepted_in_the_system_too() -> None:
    found = accepted(reading(attrs.evolve(COMMITTING, commits_as_nobody=True)))

    assert not all(is_of_present_generation(now, sender) for now, sender in found)


def test_no_consumer_is_ahead_of_its_group() -> None:
    for step in every_step(reading(COMMITTING)):
        now = step.after[0]
        generation = cast("Group", now["group"]).generation

        assert all(consumer.generation <= generation for consumer in cast("Consumers", now["consumers"]))
