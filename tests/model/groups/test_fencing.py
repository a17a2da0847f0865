"""Members of the consumer protocol that are put out, whose epoch is refused, or that stop, and how they come back."""

from collections.abc import Iterable, Sequence
from typing import cast

import attrs
import pytest

from ackproof.model.groups.assignors import ranges, uniform_in_order
from ackproof.model.groups.claims import NONE
from ackproof.model.groups.consumer import Consumer, ConsumerGroup, is_fenced, retargeted
from ackproof.model.groups.disturbing import consumer_pause, member_leaves
from ackproof.model.groups.epochs import Assigned, moved_one_by_one
from ackproof.model.groups.heartbeats import follow, hear_of_error, heartbeat, return_as_the_same
from ackproof.model.groups.reconciling import at_each_target, once_released
from ackproof.model.groups.rules import CONSUMER, ConsumerRules
from ackproof.model.system import Action, Next

ZERO, ONE, BOTH = frozenset({0}), frozenset({1}), frozenset({0, 1})
BEHIND = Consumer("member", 3, ZERO, registration=Assigned(5, 4, ZERO, target=ZERO))
"""It has missed two epochs."""
GROUP = ConsumerGroup((BEHIND,), 1, 5, 5, seen_partitions=1, held=ZERO)
STATIC = attrs.evolve(CONSUMER, is_static=True)


def groups_after(action: Action, group: ConsumerGroup, rules: ConsumerRules) -> Sequence[ConsumerGroup]:
    outcomes = cast("Iterable[Next]", action.function(group, rules))
    return [cast("ConsumerGroup", outcome.changes["group"]) for outcome in outcomes]


def members_after(action: Action, group: ConsumerGroup, rules: ConsumerRules) -> Sequence[Consumer]:
    return [after.members[0] for after in groups_after(action, group, rules)]


@pytest.mark.parametrize(
    ("rules", "status", "told"),
    [
        (CONSUMER, "member", ZERO),
        (attrs.evolve(CONSUMER, takes_back_at_once=False), "out", None),
        (STATIC, "out", None),
        (attrs.evolve(CONSUMER, is_silenced_by_errors=True), "silent", None),
    ],
)
def test_who_hears_that_its_epoch_is_wrong_is_a_member_again_if_it_is_taken_back(
    rules: ConsumerRules, status: str, told: frozenset[int] | None
) -> None:
    (after,) = members_after(hear_of_error, GROUP, rules)

    assert (after.status, after.owned, after.told) == (status, NONE, told)
    assert after.epoch == (5 if status == "member" else 0)
    assert after.registration is not None


@pytest.mark.parametrize("rules", [CONSUMER, STATIC])
def test_who_leaves_is_not_asked_for_its_epoch(rules: ConsumerRules) -> None:
    assert is_fenced(BEHIND)

    (after,) = members_after(member_leaves, GROUP, rules)

    assert after.registration is None if rules is CONSUMER else after.registration and after.registration.has_stopped


@pytest.mark.parametrize(("keeps", "returns"), [(True, True), (False, False)])
def test_a_static_member_that_does_not_poll_says_that_it_will_be_back_but_for_javas_first(
    *, keeps: bool, returns: bool
) -> None:
    paused = members_after(consumer_pause, GROUP, attrs.evolve(STATIC, keeps_its_place=keeps))

    assert any(each.registration and each.registration.has_stopped for each in paused) == returns


def test_in_3_7_a_static_member_that_returns_with_something_to_give_up_is_refused_from_then_on() -> None:
    """It has epoch 0 until it has given that up, and so joins again and again with an instance id that is in use."""
    of_3_7 = attrs.evolve(STATIC, partition_epochs=moved_one_by_one, reconcile=at_each_target)
    back = Consumer("out", registration=Assigned(2, 1, BOTH, target=ZERO, towards=1, has_stopped=True))
    group = ConsumerGroup((back,), 2, 3, 3, seen_partitions=2, held=BOTH)

    (returned,) = members_after(return_as_the_same, group, of_3_7)
    (ended,) = members_after(hear_of_error, group.with_member(0, returned), of_3_7)

    assert (returned.epoch, returned.told) == (0, ZERO)
    assert is_fenced(returned)
    assert (ended.status, ended.registration) == ("out", returned.registration)
    (today,) = members_after(return_as_the_same, group, STATIC)
    assert (today.epoch, is_fenced(today)) == (3, False)


OF_3_8 = attrs.evolve(STATIC, assign=uniform_in_order, reconcile=once_released, returning="left out")


def test_in_3_8_who_returns_under_its_member_id_is_given_nothing_and_nobody_reads_what_it_had() -> None:
    """``GroupMetadataManager.updateTargetAssignment`` adds it and removes its former self, which has the same id."""
    polls = Consumer("member", 2, ONE, registration=Assigned(2, 1, ONE, target=ONE))
    stuck = Consumer("member", 2, ZERO, registration=Assigned(2, 1, ZERO, target=ZERO))
    group = ConsumerGroup((stuck, polls), 2, 2, 2, seen_partitions=2, held=BOTH)

    stopped = groups_after(consumer_pause, group, OF_3_8)[1]
    another, same = groups_after(return_as_the_same, stopped, OF_3_8)

    assert [each.told for each in another.members] == [ZERO, None]
    assert [each.registration and each.registration.target for each in same.members] == [NONE, BOTH]
    assert (same.target_epoch, same.held) == (2, ONE)
    assert groups_after(heartbeat, same, OF_3_8) == []
    assert [each.told for each in groups_after(return_as_the_same, stopped, STATIC)[0].members] == [ZERO, None]


@pytest.mark.parametrize(("rank", "owners"), [(1, {1, 2}), (3, {0, 1})])
def test_who_goes_on_with_its_id_has_its_place_among_the_others_while_it_is_none_of_them(
    rank: int, owners: set[int]
) -> None:
    """Otherwise the others are numbered anew as somebody joins, and who is back may come before whom it came after."""
    rules = attrs.evolve(CONSUMER, assign=ranges)
    known, new = Consumer("member", rank=2, registration=Assigned()), Consumer("member", registration=Assigned())
    group = ConsumerGroup((known, new, Consumer("member", rank=rank)), 1, 2, 1, seen_partitions=1)

    found = set[int]()
    for without in retargeted(group, rules):
        back = without.with_member(2, attrs.evolve(without.members[2], registration=Assigned()))
        for together in retargeted(attrs.evolve(back, epoch=3), rules):
            known_of = enumerate(each.registration for each in together.members)
            found.update(index for index, of in known_of if of and of.target)

    assert found == owners


SILENCED = attrs.evolve(CONSUMER, is_silenced_by_errors=True, keeps_its_place=False)


def test_who_is_silent_and_does_not_poll_leaves_or_tells_a_former_coordinator_and_is_about_to_join_or_silent() -> None:
    """``HeartbeatRequestManager.poll`` of 3.7."""
    silent = Consumer("silent", 5, ZERO, registration=Assigned(5, 4, ZERO, target=ZERO))

    gone, unheard = groups_after(consumer_pause, GROUP.with_member(0, silent), SILENCED)

    assert (gone.members, gone.epoch) == ((Consumer("out"),), 6)
    assert (unheard.members[0].status, unheard.members[0].owned) == ("silent", NONE)
    assert unheard.members[0].registration == silent.registration


def test_who_is_silent_as_it_was_put_out_is_about_to_join() -> None:
    after = groups_after(consumer_pause, GROUP.with_member(0, Consumer("silent")), SILENCED)

    assert [(each.members, each.epoch) for each in after] == [((Consumer("out"),), 5)]


@pytest.mark.parametrize(("says", "told"), [(True, ZERO), (False, None)])
def test_who_is_told_to_own_what_it_owns_anyway_says_so_once_it_is_not_busy(
    *, says: bool, told: frozenset[int] | None
) -> None:
    """KAFKA-16185, where it does not."""
    rules = attrs.evolve(CONSUMER, acknowledges_what_it_has=says)
    known = Assigned(5, 4, ZERO, revoking=ONE, target=ZERO)
    group = ConsumerGroup((Consumer("member", 5, ZERO, told=BOTH, registration=known),), 2, 5, 5, 2, held=BOTH)

    (heard,) = groups_after(heartbeat, group, rules)

    assert (heard.members[0].told, heard.members[0].has_to_report) == (told, False)
    assert groups_after(heartbeat, heard, rules) == []
    assert [each.has_to_report for each in members_after(follow, heard, rules)] == [True] * says
