"""Members of consumer groups are fenced: by their epoch, by their sessions, and by their instance ids (KIP-848)."""

from collections.abc import Mapping, Sequence

import pytest
from kio.schema.errors import ErrorCode

from tests.reference.groups.consumer_scene import assigned, beat, described, join, leave, refused, targets
from tests.reference.groups.scene import Scene

ALL = {"t": [0, 1, 2, 3]}
FENCED = ErrorCode.fenced_member_epoch


def moved_scene() -> Scene:
    """One has epoch 3, before that 2, and has had partitions 0 and 1 since then; two has the others."""
    scene = Scene(group_consumer_assignment_interval_ms="0")
    join(scene, "one")
    join(scene, "two")
    beat(scene, "one", 2, owned=ALL)
    beat(scene, "one", 2, owned={"t": [0, 1]})
    beat(scene, "two", 3, owned={})
    return scene


@pytest.mark.parametrize("epoch", [1, 4, 9])
def test_another_epoch_is_fenced(epoch: int) -> None:
    assert refused(beat(moved_scene(), "one", epoch, owned={"t": [0, 1]})) == FENCED


@pytest.mark.parametrize(
    ("owned", "is_fenced"),
    [
        ({"t": [0, 1]}, False),
        ({"t": [0]}, False),
        ({}, False),
        ({"t": [0, 1, 2]}, True),
        (None, True),
    ],
)
def test_who_missed_an_answer_comes_with_the_previous_epoch_and_nothing_that_it_should_not_own(
    owned: Mapping[str, Sequence[int]] | None, is_fenced: bool
) -> None:
    response = beat(moved_scene(), "one", 2, owned=owned)

    assert (response.error_code, response.member_epoch) == ((FENCED, 0) if is_fenced else (ErrorCode.none, 3))


def test_who_is_not_a_member_is_unknown() -> None:
    scene = moved_scene()

    assert refused(beat(scene, "three", 3)) == ErrorCode.unknown_member_id
    assert refused(leave(scene, "three")) == ErrorCode.unknown_member_id


def test_who_has_left_is_unknown() -> None:
    scene = moved_scene()

    left = leave(scene, "one")

    assert (left.error_code, left.member_epoch, assigned(left)) == (ErrorCode.none, -1, None)
    assert refused(beat(scene, "one", 3)) == ErrorCode.unknown_member_id


def test_a_silent_member_is_removed_when_its_session_expires() -> None:
    scene = Scene(group_consumer_session_timeout_ms="45000")
    join(scene, "one")

    scene.wait(44_999)
    before = len(described(scene).members)
    scene.wait(1)

    assert (before, len(described(scene).members)) == (1, 0)
    assert refused(beat(scene, "one", 2)) == ErrorCode.unknown_member_id


def test_a_heartbeat_keeps_the_session_alive() -> None:
    scene = Scene(group_consumer_session_timeout_ms="45000")
    join(scene, "one")
    for _ in range(3):
        scene.wait(44_999)
        beat(scene, "one", 2)

    assert beat(scene, "one", 2).error_code == ErrorCode.none


def test_a_member_that_does_not_revoke_within_its_rebalance_timeout_is_removed() -> None:
    scene = Scene(group_consumer_assignment_interval_ms="0")
    join(scene, "one", rebalance_ms=20_000)
    join(scene, "two")
    beat(scene, "one", 2, owned=ALL)

    scene.wait(19_999)
    before = beat(scene, "one", 2, owned=ALL).error_code
    scene.wait(1)

    assert before == ErrorCode.none
    assert refused(beat(scene, "one", 2, owned=ALL)) == ErrorCode.unknown_member_id
    assert assigned(beat(scene, "two", 3, owned={})) == ALL


def test_a_member_that_revokes_in_time_stays() -> None:
    scene = Scene(group_consumer_assignment_interval_ms="0")
    join(scene, "one", rebalance_ms=20_000)
    join(scene, "two")
    beat(scene, "one", 2, owned=ALL)
    scene.wait(19_999)
    beat(scene, "one", 2, owned={"t": [0, 1]})
    scene.wait(19_999)

    assert beat(scene, "one", 3).error_code == ErrorCode.none


# Static members.


def test_another_member_under_a_live_instance_id_cannot_join() -> None:
    scene = Scene()
    join(scene, "one", instance="i")

    assert refused(join(scene, "two", instance="i")) == ErrorCode.unreleased_instance_id


def test_another_member_under_an_instance_id_is_fenced() -> None:
    scene = Scene()
    join(scene, "one", instance="i")

    codes = {
        refused(beat(scene, "two", 2, instance="i")),
        refused(leave(scene, "two", instance="i")),
        refused(leave(scene, "two", epoch=-2, instance="i")),
    }

    assert codes == {ErrorCode.fenced_instance_id}


def test_an_instance_id_that_nobody_has_is_an_unknown_member() -> None:
    scene = Scene()
    join(scene, "one", instance="i")

    assert refused(beat(scene, "one", 2, instance="j")) == ErrorCode.unknown_member_id


def test_a_static_member_that_will_be_back_keeps_its_partitions() -> None:
    scene = Scene(group_consumer_assignment_interval_ms="0")
    join(scene, "one", instance="i")
    join(scene, "two")

    stopped = leave(scene, "one", epoch=-2, instance="i")
    waiting = beat(scene, "two", 3, owned={})
    back = join(scene, "three", instance="i")

    assert (stopped.error_code, stopped.member_epoch) == (ErrorCode.none, -2)
    assert assigned(waiting) is None
    assert (back.member_epoch, assigned(back)) == (3, {"t": [0, 1]})
    assert {member.member_id for member in described(scene).members} == {"two", "three"}


def test_a_static_member_that_is_not_back_before_its_session_expires_is_removed() -> None:
    scene = Scene(group_consumer_session_timeout_ms="45000")
    join(scene, "one", instance="i")
    leave(scene, "one", epoch=-2, instance="i")

    scene.wait(45_000)

    assert described(scene).members == ()


def test_a_static_member_that_leaves_for_good_is_removed() -> None:
    scene = Scene(group_consumer_assignment_interval_ms="0")
    join(scene, "one", instance="i")

    left = leave(scene, "one", instance="i")

    assert left.error_code == ErrorCode.none
    assert join(scene, "two", instance="i").member_epoch == 4


def test_who_comes_back_with_the_same_member_id_goes_on() -> None:
    scene = Scene()
    join(scene, "one", instance="i")
    leave(scene, "one", epoch=-2, instance="i")

    back = join(scene, "one", instance="i")

    assert (back.member_epoch, assigned(back)) == (2, ALL)


@pytest.mark.parametrize("other", ["three", "four", "five"])
def test_who_takes_the_instance_id_of_somebody_who_left_still_counts_as_what_it_was(other: str) -> None:
    scene = Scene({"t": 2, "u": 2}, group_consumer_assignment_interval_ms="0")
    join(scene, "one", ("t", "u"), instance="i")
    join(scene, "two", ("u",), instance="j")
    join(scene, other)
    leave(scene, "two", epoch=-2, instance="j")

    join(scene, "one", ("t",), instance="j")

    # Not all subscribe to the same then: it gets what it had, which needs no record, and has what the other one had.
    assert targets(scene) == {"one": {"u": [0, 1]}, other: {"t": [1]}}


def test_an_instance_id_that_its_member_changed_before_it_left_is_of_no_use_to_anybody() -> None:
    scene = Scene(group_consumer_assignment_interval_ms="0")
    join(scene, "other")
    join(scene, "one", instance="i")
    join(scene, "one", instance="j")
    leave(scene, "one", instance="j")

    assert refused(join(scene, "two", instance="i")) == ErrorCode.unknown_member_id
    assert join(scene, "two", instance="j").error_code == ErrorCode.none
