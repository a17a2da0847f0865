"""LeaveGroup: members of classic groups leave, or are made to."""

import pytest
from kio.schema.errors import ErrorCode

from tests.reference.groups.classic_scene import (
    begin_first_join,
    begin_join,
    begin_sync,
    errors,
    heartbeat,
    joined_group,
    leave,
    stable_group,
)
from tests.reference.groups.describe_scene import described
from tests.reference.groups.scene import Scene


def test_when_a_member_leaves_the_others_rebalance() -> None:
    scene = Scene()
    leader, follower = stable_group(scene)

    left = leave(scene, (follower, None))

    assert errors(left) == [ErrorCode.none]
    assert heartbeat(scene, follower, 1) == ErrorCode.unknown_member_id
    assert heartbeat(scene, leader, 1) == ErrorCode.rebalance_in_progress


def test_when_a_member_leaves_before_the_assignment_the_others_rebalance() -> None:
    scene = Scene()
    leader, follower = (joined.member_id for joined in joined_group(scene))
    sync = begin_sync(scene, follower, 1)

    leave(scene, (leader, None))

    assert sync.result().error_code == ErrorCode.rebalance_in_progress
    assert begin_join(scene, follower).result().leader == follower


def test_when_the_last_missing_member_leaves_the_next_generation_begins() -> None:
    scene = Scene()
    leader, follower = stable_group(scene)
    join = begin_join(scene, leader)

    leave(scene, (follower, None))

    assert [member.member_id for member in join.result().members] == [leader]


def test_a_member_that_waits_for_the_next_generation_and_leaves_hears_that_it_is_unknown() -> None:
    scene = Scene()
    leader, _ = stable_group(scene)
    join = begin_join(scene, leader)

    leave(scene, (leader, None))

    assert join.result().error_code == ErrorCode.unknown_member_id


def test_many_members_leave_at_once_and_hear_each_its_own_outcome() -> None:
    scene = Scene()
    leader, follower = stable_group(scene)

    left = leave(scene, (leader, None), ("somebody", None), (follower, None))

    assert left.error_code == ErrorCode.none
    assert errors(left) == [ErrorCode.none, ErrorCode.unknown_member_id, ErrorCode.none]
    assert [member.member_id for member in left.members] == [leader, "somebody", follower]


@pytest.mark.parametrize(("member", "code"), [(None, ErrorCode.none), ("somebody", ErrorCode.unknown_member_id)])
def test_before_version_3_one_member_leaves_and_its_outcome_is_that_of_the_request(
    member: str | None, code: ErrorCode
) -> None:
    scene = Scene()
    leader, _ = stable_group(scene)

    left = leave(scene, (member or leader, None), version=2)

    assert (left.error_code, left.members) == (code, ())


def test_an_instance_id_alone_makes_its_member_leave() -> None:
    scene = Scene()
    stable_group(scene, instances=["one", None])

    left = leave(scene, ("", "one"))

    assert errors(left) == [ErrorCode.none]
    assert [member.group_instance_id for member in described(scene).members] == [None]


@pytest.mark.parametrize(
    ("member", "instance", "code"),
    [
        ("", "two", ErrorCode.unknown_member_id),
        ("", None, ErrorCode.unknown_member_id),
        ("somebody", "one", ErrorCode.fenced_instance_id),
        ("somebody", "two", ErrorCode.unknown_member_id),
    ],
)
def test_who_is_not_a_member_cannot_leave(member: str, instance: str | None, code: ErrorCode) -> None:
    scene = Scene()
    stable_group(scene, instances=["one", None])

    assert errors(leave(scene, (member, instance))) == [code]


def test_a_pending_member_may_leave_before_it_joins() -> None:
    scene = Scene()
    pending = begin_join(scene).result().member_id

    left = leave(scene, (pending, None))

    assert errors(left) == [ErrorCode.none]
    assert begin_join(scene, pending).result().error_code == ErrorCode.unknown_member_id


def test_a_new_member_may_leave_before_the_first_generation() -> None:
    scene = Scene()
    join = begin_join(scene, instance="one")
    other = begin_first_join(scene)

    leave(scene, ("", "one"))
    scene.wait(200)

    assert join.result().error_code == ErrorCode.unknown_member_id
    assert len(other.result().members) == 1


def test_nobody_is_a_member_of_an_unknown_group() -> None:
    scene = Scene()

    assert errors(leave(scene, ("somebody", None))) == [ErrorCode.unknown_member_id]
    assert leave(scene, ("somebody", None), version=0).error_code == ErrorCode.unknown_member_id


def test_an_empty_group_id_is_invalid() -> None:
    left = leave(Scene(), ("somebody", None), group="")

    assert (left.error_code, left.members) == (ErrorCode.invalid_group_id, ())
