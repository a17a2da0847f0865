"""Heartbeat: what a member of a classic group hears in each state of it."""

from kio.schema.errors import ErrorCode

from tests.reference.groups.classic_scene import (
    begin_first_join,
    heartbeat,
    joined_group,
    leave,
    stable_group,
)
from tests.reference.groups.scene import Scene


def test_in_a_stable_group_all_is_well() -> None:
    scene = Scene()
    members = stable_group(scene)

    assert [heartbeat(scene, member, 1) for member in members] == [ErrorCode.none] * 2


def test_before_the_assignment_all_is_well() -> None:
    scene = Scene()
    leader, _ = joined_group(scene)

    assert heartbeat(scene, leader.member_id, 1) == ErrorCode.none


def test_while_members_join_a_rebalance_is_in_progress() -> None:
    scene = Scene()
    leader, _ = stable_group(scene)
    begin_first_join(scene)

    assert heartbeat(scene, leader, 1) == ErrorCode.rebalance_in_progress


def test_the_generation_is_checked_before_the_state() -> None:
    scene = Scene()
    leader, _ = stable_group(scene)
    begin_first_join(scene)

    assert heartbeat(scene, leader, 2) == ErrorCode.illegal_generation


def test_the_member_is_checked_before_the_generation() -> None:
    scene = Scene()
    stable_group(scene)

    assert heartbeat(scene, "somebody", 2) == ErrorCode.unknown_member_id


def test_who_is_not_a_member_is_unknown() -> None:
    scene = Scene()
    in_unknown_group = heartbeat(scene, "somebody", 1)
    (member,) = stable_group(scene, 1)
    leave(scene, (member, None))
    scene.wait(0)
    in_empty_group = heartbeat(scene, member, 2)

    assert in_unknown_group == in_empty_group == ErrorCode.unknown_member_id


def test_an_empty_group_id_is_invalid() -> None:
    assert heartbeat(Scene(), "somebody", 1, group="") == ErrorCode.invalid_group_id


def test_while_the_group_is_loaded_all_is_well() -> None:
    scene = Scene(loading_ms=50)
    member, *_ = stable_group(scene)
    scene.begin_loading()

    assert heartbeat(scene, member, 1) == ErrorCode.none
    assert heartbeat(scene, "somebody", 1) == ErrorCode.none


def test_a_heartbeat_keeps_the_session_alive() -> None:
    scene = Scene()
    (member,) = stable_group(scene, 1, session_ms=10_000)
    for _ in range(5):
        scene.wait(9_999)
        heartbeat(scene, member, 1)

    assert heartbeat(scene, member, 1) == ErrorCode.none
