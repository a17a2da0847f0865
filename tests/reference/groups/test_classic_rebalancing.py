"""Classic groups come from one generation to the next, with or without all of their members."""

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
    subscribed,
    synchronise,
)
from tests.reference.groups.describe_scene import described
from tests.reference.groups.scene import Scene

IN_PROGRESS = ErrorCode.rebalance_in_progress


def test_members_of_a_stable_group_hear_with_a_heartbeat_that_somebody_joins() -> None:
    scene = Scene()
    members = stable_group(scene)

    newcomer = begin_first_join(scene)

    assert [heartbeat(scene, member, 1) for member in members] == [IN_PROGRESS] * 2
    assert not newcomer.is_done


def test_members_who_wait_for_their_assignment_hear_at_once_that_somebody_joins() -> None:
    scene = Scene()
    _, follower = joined_group(scene)
    sync = begin_sync(scene, follower.member_id, 1)

    begin_first_join(scene)

    assert sync.result().error_code == IN_PROGRESS


def test_the_next_generation_begins_as_soon_as_all_members_have_joined() -> None:
    scene = Scene()
    leader, follower = stable_group(scene)
    newcomer = begin_first_join(scene)
    joins = [begin_join(scene, leader)]
    are_early = newcomer.is_done or joins[0].is_done

    joins += [begin_join(scene, follower)]

    assert not are_early
    assert [join.result().generation_id for join in (newcomer, *joins)] == [2] * 3
    assert {join.result().leader for join in (newcomer, *joins)} == {leader}
    assert described(scene).group_state == "CompletingRebalance"


def test_a_leader_that_joins_again_without_changes_starts_a_rebalance() -> None:
    scene = Scene()
    leader, follower = stable_group(scene)

    join = begin_join(scene, leader)

    assert not join.is_done
    assert heartbeat(scene, follower, 1) == IN_PROGRESS


def test_a_follower_that_joins_again_without_changes_is_told_the_present_generation() -> None:
    scene = Scene()
    leader, follower = stable_group(scene)

    join = begin_join(scene, follower)

    assert join.result().generation_id == 1
    assert join.result().members == ()
    assert heartbeat(scene, leader, 1) == ErrorCode.none


def test_a_follower_that_joins_again_with_other_metadata_starts_a_rebalance() -> None:
    scene = Scene()
    leader, follower = stable_group(scene)

    join = begin_join(scene, follower, protocols=subscribed("u"))

    assert not join.is_done
    assert heartbeat(scene, leader, 1) == IN_PROGRESS


def test_before_the_assignment_who_joins_again_without_changes_is_told_the_present_generation() -> None:
    scene = Scene()
    leader, follower = joined_group(scene)

    again = [begin_join(scene, joined.member_id).result() for joined in (leader, follower)]

    assert again == [leader, follower]


def test_before_the_assignment_who_joins_again_with_other_metadata_starts_a_rebalance() -> None:
    scene = Scene()
    _, follower = joined_group(scene)

    join = begin_join(scene, follower.member_id, protocols=subscribed("u"))

    assert not join.is_done
    assert described(scene).group_state == "PreparingRebalance"


def test_dynamic_members_that_have_not_joined_by_the_rebalance_timeout_are_removed() -> None:
    scene = Scene()
    leader, follower = stable_group(scene, rebalance_ms=8_000)
    join = begin_join(scene, leader, rebalance_ms=8_000)

    scene.wait(7_999)
    is_early = join.is_done
    scene.wait(1)

    assert not is_early
    assert [member.member_id for member in join.result().members] == [leader]
    assert heartbeat(scene, follower, 1) == ErrorCode.unknown_member_id


def test_static_members_that_have_not_joined_by_the_rebalance_timeout_stay() -> None:
    scene = Scene()
    leader, follower = stable_group(scene, instances=[None, "one"], rebalance_ms=8_000)

    join = begin_join(scene, leader, rebalance_ms=8_000)
    scene.wait(8_000)

    assert {member.member_id for member in join.result().members} == {leader, follower}


def test_the_longest_rebalance_timeout_of_all_members_counts() -> None:
    scene = Scene()
    joins = [
        begin_first_join(scene, rebalance_ms=9_000, session_ms=60_000),
        begin_first_join(scene, rebalance_ms=20_000, session_ms=60_000),
    ]
    scene.wait(200)
    members = [join.result().member_id for join in joins]
    synchronise(scene, members, 1)
    join = begin_join(scene, members[0], rebalance_ms=9_000)

    scene.wait(19_999)
    is_early = join.is_done
    scene.wait(1)

    assert not is_early
    assert join.result().generation_id == 2


def test_if_nobody_has_joined_by_the_rebalance_timeout_static_members_are_waited_for_once_more() -> None:
    scene = Scene()
    leader, _ = stable_group(scene, instances=["one", "two"], rebalance_ms=8_000, session_ms=60_000)
    begin_join(scene, leader, instance="one", protocols=subscribed("u"), rebalance_ms=8_000, session_ms=60_000)
    leave(scene, ("", "one"))

    scene.wait(12_000)
    is_preparing = described(scene).group_state == "PreparingRebalance"
    join = begin_join(scene, instance="two", rebalance_ms=8_000)

    assert is_preparing
    assert join.result().generation_id == 2


def test_a_member_that_never_syncs_is_removed_after_the_rebalance_timeout() -> None:
    scene = Scene()
    leader, follower = joined_group(scene, rebalance_ms=8_000)
    begin_sync(scene, leader.member_id, 1, {})

    scene.wait(8_000)

    assert heartbeat(scene, leader.member_id, 1) == IN_PROGRESS
    assert heartbeat(scene, follower.member_id, 1) == ErrorCode.unknown_member_id


def test_a_leader_that_never_syncs_is_replaced_as_leader() -> None:
    scene = Scene()
    leader, follower = joined_group(scene, rebalance_ms=8_000)
    sync = begin_sync(scene, follower.member_id, 1)
    scene.wait(8_000)

    join = begin_join(scene, follower.member_id)

    assert sync.result().error_code == IN_PROGRESS
    assert join.result().leader == follower.member_id != leader.member_id


def test_a_silent_member_is_removed_when_its_session_expires() -> None:
    scene = Scene()
    leader, follower = stable_group(scene, session_ms=10_000)
    scene.wait(9_999)
    before = heartbeat(scene, leader, 1)
    scene.wait(1)

    assert before == ErrorCode.none
    assert heartbeat(scene, leader, 1) == IN_PROGRESS
    assert heartbeat(scene, follower, 1) == ErrorCode.unknown_member_id


def test_while_a_group_rebalances_heartbeats_keep_sessions_alive() -> None:
    scene = Scene()
    leader, follower = stable_group(scene, session_ms=10_000)
    begin_join(scene, leader)
    scene.wait(9_999)
    heartbeat(scene, follower, 1)
    scene.wait(9_999)

    assert heartbeat(scene, follower, 1) == IN_PROGRESS


def test_a_member_that_waits_for_the_next_generation_needs_no_heartbeats() -> None:
    scene = Scene()
    leader, follower = stable_group(scene, session_ms=10_000)
    join = begin_join(scene, leader)
    for _ in range(4):
        scene.wait(9_000)
        heartbeat(scene, follower, 1)

    begin_join(scene, follower)

    assert join.result().generation_id == 2


def test_a_new_member_that_waits_is_kept_for_five_minutes() -> None:
    scene = Scene()
    member, *_ = stable_group(scene, 1, rebalance_ms=3_600_000, session_ms=1_800_000)
    newcomer = begin_first_join(scene, session_ms=10_000)

    scene.wait(299_999)
    is_early = newcomer.is_done
    scene.wait(1)

    assert not is_early
    assert newcomer.result().error_code == ErrorCode.unknown_member_id
    assert heartbeat(scene, member, 1) == IN_PROGRESS


def test_the_expiry_of_the_last_missing_member_begins_the_next_generation() -> None:
    scene = Scene()
    leader, _ = stable_group(scene, session_ms=10_000)
    join = begin_join(scene, leader)

    scene.wait(10_000)

    assert [member.member_id for member in join.result().members] == [leader]


def test_pending_members_are_waited_for() -> None:
    scene = Scene()
    (member,) = stable_group(scene, 1)
    pending = begin_join(scene).result().member_id
    join = begin_join(scene, member)
    is_early = join.is_done

    begin_join(scene, pending)

    assert not is_early
    assert {of.member_id for of in join.result().members} == {member, pending}


def test_a_generation_begins_without_a_pending_member_whose_session_expires() -> None:
    scene = Scene()
    (member,) = stable_group(scene, 1)
    begin_join(scene, session_ms=7_000)
    join = begin_join(scene, member)

    scene.wait(7_000)

    assert join.result().generation_id == 2


def test_a_group_that_its_last_member_leaves_is_empty_at_another_generation() -> None:
    scene = Scene()
    (member,) = stable_group(scene, 1)

    left = leave(scene, (member, None))
    scene.wait(0)

    assert errors(left) == [ErrorCode.none]
    assert described(scene).group_state == "Empty"
    assert begin_first_join_generation(scene) == 3


def begin_first_join_generation(scene: Scene) -> int:
    """The generation that somebody gets who joins now."""
    join = begin_first_join(scene)
    scene.wait(100)
    return join.result().generation_id
