import attrs
import pytest

from ackproof.model.groups.claims import NONE, Partitions
from ackproof.model.groups.epochs import Assigned, moved_at_once, moved_one_by_one
from ackproof.model.groups.reconciling import (
    Reconcile,
    at_each_target,
    once_released,
    once_revoked,
    once_revoked_an_epoch_on,
)

ZERO, ONE, BOTH = frozenset({0}), frozenset({1}), frozenset({0, 1})
OWNS_BOTH = Assigned(epoch=3, previous_epoch=2, owned=BOTH, target=ZERO, towards=3)
REVOKES_ONE = Assigned(epoch=3, previous_epoch=2, owned=ZERO, revoking=ONE, target=ZERO, towards=4)
WAITS_FOR_ONE = Assigned(epoch=4, previous_epoch=3, owned=ZERO, target=BOTH, towards=4)
REVOKES = (once_revoked, once_revoked_an_epoch_on, once_released)
EITHER = pytest.mark.parametrize("reconcile", [*REVOKES, at_each_target])
SINCE_3_8 = pytest.mark.parametrize("reconcile", REVOKES)


@EITHER
def test_a_member_revokes_before_it_gets_the_new_epoch(reconcile: Reconcile) -> None:
    after = reconcile(OWNS_BOTH, 4, None, BOTH)

    assert (after.epoch, after.owned, after.revoking) == (3, ZERO, ONE)


@EITHER
@pytest.mark.parametrize("reported", [None, BOTH])
def test_as_long_as_it_does_not_say_that_it_has_it_stays(reconcile: Reconcile, reported: Partitions | None) -> None:
    assert reconcile(REVOKES_ONE, 4, reported, BOTH) == REVOKES_ONE


@EITHER
def test_once_it_has_it_gets_the_new_epoch(reconcile: Reconcile) -> None:
    after = reconcile(REVOKES_ONE, 4, ZERO, BOTH)

    assert (after.epoch, after.previous_epoch, after.owned, after.revoking) == (4, 3, ZERO, NONE)


@EITHER
def test_a_member_waits_for_what_another_one_has_not_released(reconcile: Reconcile) -> None:
    assert reconcile(WAITS_FOR_ONE, 4, None, BOTH).owned == ZERO


@EITHER
def test_a_member_gets_what_is_released(reconcile: Reconcile) -> None:
    assert reconcile(WAITS_FOR_ONE, 4, None, ZERO).owned == BOTH


@SINCE_3_8
def test_a_new_target_does_not_hide_what_was_revoked(reconcile: Reconcile) -> None:
    after = reconcile(REVOKES_ONE, 5, ZERO, BOTH)

    assert (after.epoch, after.revoking) == (5, NONE)


@pytest.mark.parametrize(
    ("reconcile", "epochs"),
    [(once_revoked, (3, 3)), (once_revoked_an_epoch_on, (4, 3)), (once_released, (4, 3))],
)
def test_before_4_2_who_has_revoked_and_is_to_revoke_more_goes_an_epoch_on(
    reconcile: Reconcile, epochs: tuple[int, int]
) -> None:
    after = reconcile(attrs.evolve(REVOKES_ONE, target=NONE), 6, ZERO, BOTH)

    assert (after.epoch, after.previous_epoch) == epochs
    assert (after.owned, after.revoking) == (NONE, ZERO)
    assert reconcile(after, 6, NONE, BOTH).epoch == 6


@pytest.mark.parametrize(
    ("reconcile", "owned"), [(once_revoked, BOTH), (once_revoked_an_epoch_on, BOTH), (once_released, ZERO)]
)
def test_what_a_member_has_revoked_itself_is_free_for_it_at_once_since_kafka_19449(
    reconcile: Reconcile, owned: Partitions
) -> None:
    after = reconcile(attrs.evolve(REVOKES_ONE, target=BOTH), 5, ZERO, BOTH)

    assert (after.epoch, after.owned, after.revoking) == (5, owned, NONE)
    assert reconcile(after, 5, None, ZERO).owned == BOTH


@SINCE_3_8
def test_what_another_one_has_is_not_free_for_who_has_revoked_something_else(reconcile: Reconcile) -> None:
    after = reconcile(attrs.evolve(REVOKES_ONE, owned=NONE, target=ZERO), 5, NONE, BOTH)

    assert (after.epoch, after.owned) == (5, NONE)


@pytest.mark.parametrize(("reconcile", "previous"), [*((each, 3) for each in REVOKES), (at_each_target, 2)])
def test_an_epoch_before_its_own_is_none_of_a_member_any_more_that_is_told_to_revoke(
    reconcile: Reconcile, previous: int
) -> None:
    assert reconcile(OWNS_BOTH, 4, None, BOTH).previous_epoch == previous


def test_in_3_7_a_new_target_hides_what_was_revoked() -> None:
    after = at_each_target(REVOKES_ONE, 5, ZERO, BOTH)

    assert (after.epoch, after.revoking) == (3, ONE)


def test_what_is_given_back_before_it_is_revoked_still_has_an_owner() -> None:
    given_back = Assigned(epoch=5, owned=BOTH, target=BOTH)

    assert moved_at_once(BOTH, REVOKES_ONE, given_back) == BOTH


def test_in_3_7_it_has_none() -> None:
    given_back = Assigned(epoch=5, owned=BOTH, target=BOTH)

    assert moved_one_by_one(BOTH, REVOKES_ONE, given_back) == ZERO
