"""SyncGroup: the leader assigns, and members learn what."""

import pytest
from kio.schema.errors import ErrorCode

from tests.reference.groups.classic_scene import (
    begin_first_join,
    begin_join,
    begin_sync,
    heartbeat,
    joined_group,
    leave,
    stable_group,
)
from tests.reference.groups.describe_scene import described
from tests.reference.groups.scene import Scene


def test_members_are_told_what_the_leader_assigns() -> None:
    scene = Scene()
    leader, follower = (joined.member_id for joined in joined_group(scene))
    waiting = begin_sync(scene, follower, 1)
    is_early = waiting.is_done

    leading = begin_sync(scene, leader, 1, {leader: b"first", follower: b"second"})

    assert not is_early
    assert (leading.result().assignment, waiting.result().assignment) == (b"first", b"second")
    assert (waiting.result().protocol_type, waiting.result().protocol_name) == ("consumer", "range")
    assert described(scene).group_state == "Stable"


def test_a_member_that_the_leader_leaves_out_is_assigned_nothing() -> None:
    scene = Scene()
    leader, follower = (joined.member_id for joined in joined_group(scene))
    begin_sync(scene, leader, 1, {leader: b"all"})

    sync = begin_sync(scene, follower, 1)

    assert (sync.result().error_code, sync.result().assignment) == (ErrorCode.none, b"")


def test_in_a_stable_group_members_are_told_their_assignment_again() -> None:
    scene = Scene()
    members = stable_group(scene)

    syncs = [begin_sync(scene, member, 1) for member in members]

    assert [sync.result().assignment for sync in syncs] == [b"share 0", b"share 1"]


def test_a_leaders_second_assignment_is_ignored() -> None:
    scene = Scene()
    leader, follower = stable_group(scene)

    sync = begin_sync(scene, leader, 1, {leader: b"everything"})

    assert sync.result().assignment == b"share 0"
    assert begin_sync(scene, follower, 1).result().assignment == b"share 1"


def test_an_assignment_from_a_follower_is_ignored() -> None:
    scene = Scene()
    leader, follower = (joined.member_id for joined in joined_group(scene))

    sync = begin_sync(scene, follower, 1, {follower: b"mine"})
    is_early = sync.is_done
    begin_sync(scene, leader, 1, {follower: b"given"})

    assert not is_early
    assert sync.result().assignment == b"given"


@pytest.mark.parametrize("generation", [-1, 0, 2])
def test_another_generation_is_illegal(generation: int) -> None:
    scene = Scene()
    leader, _ = stable_group(scene)

    assert begin_sync(scene, leader, generation).result().error_code == ErrorCode.illegal_generation


def test_while_members_join_there_is_nothing_to_sync() -> None:
    scene = Scene()
    leader, _ = stable_group(scene)
    begin_first_join(scene)

    assert begin_sync(scene, leader, 1).result().error_code == ErrorCode.rebalance_in_progress
    assert begin_sync(scene, leader, 2).result().error_code == ErrorCode.illegal_generation


@pytest.mark.parametrize(
    ("protocol_type", "protocol"),
    [("connect", "range"), ("consumer", "roundrobin"), (None, "range"), ("consumer", None)],
)
def test_from_version_5_on_members_name_the_groups_protocol(protocol_type: str | None, protocol: str | None) -> None:
    scene = Scene()
    leader, _ = stable_group(scene)

    sync = begin_sync(scene, leader, 1, protocol_type=protocol_type, protocol=protocol)

    assert sync.result().error_code == ErrorCode.inconsistent_group_protocol


def test_before_version_5_members_name_no_protocol() -> None:
    scene = Scene()
    leader, _ = stable_group(scene)

    sync = begin_sync(scene, leader, 1, version=4, protocol_type=None, protocol=None)

    assert sync.result().assignment == b"share 0"


def test_who_is_not_a_member_is_unknown() -> None:
    scene = Scene()
    in_unknown_group = begin_sync(scene, "somebody", 1)
    (member,) = stable_group(scene, 1)
    in_known_group = begin_sync(scene, "somebody", 1)
    leave(scene, (member, None))
    scene.wait(0)
    in_empty_group = begin_sync(scene, member, 2)

    codes = {sync.result().error_code for sync in (in_unknown_group, in_known_group, in_empty_group)}

    assert codes == {ErrorCode.unknown_member_id}


def test_an_empty_group_id_is_invalid() -> None:
    assert begin_sync(Scene(), "somebody", 1, group="").result().error_code == ErrorCode.invalid_group_id


def test_an_assignment_is_told_once_it_is_replicated() -> None:
    scene = Scene()
    leader, follower = (joined.member_id for joined in joined_group(scene))
    scene.log.is_replicating = False
    syncs = [begin_sync(scene, leader, 1, {leader: b"all"}), begin_sync(scene, follower, 1)]
    are_early = any(sync.is_done for sync in syncs)

    scene.log.replicate()
    scene.settle()

    assert not are_early
    assert [sync.result().assignment for sync in syncs] == [b"all", b""]


def test_if_an_assignment_cannot_be_written_members_join_again() -> None:
    scene = Scene()
    leader, follower = (joined.member_id for joined in joined_group(scene))
    waiting = begin_sync(scene, follower, 1)
    scene.log.refusal = ErrorCode.not_enough_replicas

    leading = begin_sync(scene, leader, 1, {leader: b"all"})

    assert leading.result().error_code == waiting.result().error_code == ErrorCode.coordinator_not_available
    assert heartbeat(scene, follower, 1) == ErrorCode.rebalance_in_progress


def test_if_an_assignment_is_not_replicated_in_time_members_join_again() -> None:
    scene = Scene(offsets_commit_timeout_ms="5000")
    leader, _ = (joined.member_id for joined in joined_group(scene))
    scene.log.is_replicating = False
    sync = begin_sync(scene, leader, 1, {leader: b"all"})

    scene.wait(5_000)

    assert sync.result().error_code == ErrorCode.coordinator_not_available
    assert described(scene).group_state == "PreparingRebalance"


def test_an_assignment_that_is_replicated_when_the_group_rebalances_again_is_told_nobody() -> None:
    scene = Scene()
    leader, follower = (joined.member_id for joined in joined_group(scene))
    scene.log.is_replicating = False
    sync = begin_sync(scene, leader, 1, {leader: b"all"})
    begin_first_join(scene)

    scene.log.replicate()
    scene.settle()

    assert sync.result().error_code == ErrorCode.rebalance_in_progress
    assert described(scene).group_state == "PreparingRebalance"
    assert not begin_join(scene, follower).is_done
