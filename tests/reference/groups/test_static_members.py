"""Static members of classic groups return without a rebalance (KIP-345, KIP-814)."""

import pytest
from kio.schema.errors import ErrorCode

from ackproof.reference.groups.subscription import Subscription, written_subscription
from tests.reference.groups.classic_scene import (
    SUBSCRIPTION,
    begin_first_join,
    begin_join,
    begin_sync,
    heartbeat,
    joined_group,
    leave,
    stable_group,
    subscribed,
)
from tests.reference.groups.describe_scene import described
from tests.reference.groups.offset_scene import commit
from tests.reference.groups.scene import Scene

OTHER = written_subscription(Subscription(("u",)))


def test_a_static_member_that_returns_gets_a_new_id_and_its_old_assignment() -> None:
    scene = Scene()
    leader, follower = stable_group(scene, instances=["one", "two"])

    join = begin_join(scene, instance="two").result()

    assert (join.error_code, join.generation_id, join.leader) == (ErrorCode.none, 1, leader)
    assert join.member_id != follower
    assert begin_sync(scene, join.member_id, 1, instance="two").result().assignment == b"share 1"
    assert heartbeat(scene, leader, 1, instance="one") == ErrorCode.none


def test_whoever_uses_the_old_id_is_fenced() -> None:
    scene = Scene()
    _, former = stable_group(scene, instances=["one", "two"])
    begin_join(scene, instance="two")

    codes = {
        heartbeat(scene, former, 1, instance="two"),
        begin_sync(scene, former, 1, instance="two").result().error_code,
        begin_join(scene, former, instance="two").result().error_code,
        commit(scene, 5, member=former, generation=1, instance="two"),
        leave(scene, (former, "two")).members[0].error_code,
    }

    assert codes == {ErrorCode.fenced_instance_id}


def test_a_former_self_that_waits_for_the_next_generation_is_fenced() -> None:
    scene = Scene()
    leader, _ = stable_group(scene, instances=["one", "two"])
    waiting = begin_join(scene, leader, instance="one")

    begin_join(scene, instance="one")

    assert waiting.result().error_code == ErrorCode.fenced_instance_id


def test_a_former_self_that_waits_for_its_assignment_is_fenced() -> None:
    scene = Scene()
    _, follower = joined_group(scene, instances=["one", "two"])
    waiting = begin_sync(scene, follower.member_id, 1, instance="two")

    begin_join(scene, instance="two")

    assert waiting.result().error_code == ErrorCode.fenced_instance_id


def test_without_its_instance_id_a_static_member_is_not_fenced() -> None:
    scene = Scene()
    leader, _ = stable_group(scene, instances=["one", "two"])

    assert heartbeat(scene, leader, 1) == ErrorCode.none
    assert commit(scene, 5, member=leader, generation=1) == ErrorCode.none


def test_an_instance_id_that_the_group_does_not_know_is_an_unknown_member() -> None:
    scene = Scene()
    leader, _ = stable_group(scene, instances=["one", "two"])

    assert heartbeat(scene, leader, 1, instance="three") == ErrorCode.unknown_member_id


def test_a_returning_leader_is_told_to_skip_the_assignment() -> None:
    scene = Scene()
    stable_group(scene, instances=["one", "two"])

    join = begin_join(scene, instance="one", version=9).result()

    assert join.leader == join.member_id
    assert join.skip_assignment
    assert len(join.members) == 2


@pytest.mark.parametrize("version", [5, 8])
def test_before_version_9_a_returning_leader_is_told_that_its_old_id_leads(version: int) -> None:
    scene = Scene()
    leader, _ = stable_group(scene, instances=["one", "two"])

    join = begin_join(scene, instance="one", version=version).result()

    assert join.leader == leader != join.member_id
    assert join.members == ()


def test_other_metadata_does_not_start_a_rebalance_if_the_same_protocol_is_selected() -> None:
    scene = Scene()
    leader, _ = stable_group(scene, instances=["one", "two"])

    join = begin_join(scene, instance="two", protocols=subscribed("u")).result()

    assert join.generation_id == 1
    assert begin_sync(scene, join.member_id, 1).result().assignment == b"share 1"
    assert heartbeat(scene, leader, 1) == ErrorCode.none
    assert OTHER in {member.member_metadata for member in described(scene).members}


def test_another_selected_protocol_starts_a_rebalance() -> None:
    scene = Scene()
    both = (("range", SUBSCRIPTION), ("roundrobin", SUBSCRIPTION))
    leader, _ = stable_group(scene, instances=["one", "two"], protocols=both)

    join = begin_join(scene, instance="two", protocols=both[1:])

    assert not join.is_done
    assert heartbeat(scene, leader, 1) == ErrorCode.rebalance_in_progress


def test_a_static_member_that_returns_before_the_assignment_starts_a_rebalance() -> None:
    scene = Scene()
    leader, _ = joined_group(scene, instances=["one", "two"])

    join = begin_join(scene, instance="two")

    assert not join.is_done
    assert heartbeat(scene, leader.member_id, 1) == ErrorCode.rebalance_in_progress


def test_a_static_member_that_returns_while_others_join_waits_with_them() -> None:
    scene = Scene()
    leader, _ = stable_group(scene, instances=["one", "two"])
    begin_join(scene, leader, instance="one")

    join = begin_join(scene, instance="two")

    assert join.result().generation_id == 2


def test_a_static_member_returns_once_its_new_id_is_replicated() -> None:
    scene = Scene()
    stable_group(scene, instances=["one", "two"])
    scene.log.is_replicating = False
    join = begin_join(scene, instance="two")
    is_early = join.is_done

    scene.log.replicate()
    scene.settle()

    assert not is_early
    assert join.result().error_code == ErrorCode.none


def test_if_its_new_id_cannot_be_written_a_static_member_keeps_the_old_one() -> None:
    scene = Scene()
    leader, former = stable_group(scene, instances=["one", "two"])
    scene.log.refusal = ErrorCode.not_enough_replicas

    join = begin_join(scene, instance="two", protocols=subscribed("u")).result()
    scene.log.refusal = None

    assert (join.error_code, join.member_id) == (ErrorCode.coordinator_not_available, "")
    assert heartbeat(scene, former, 1, instance="two") == ErrorCode.none
    assert {member.member_id for member in described(scene).members} == {leader, former}
    assert {member.member_metadata for member in described(scene).members} == {SUBSCRIPTION}


def test_if_its_new_id_is_not_replicated_in_time_a_static_member_keeps_the_old_one() -> None:
    scene = Scene(offsets_commit_timeout_ms="5000")
    _, former = stable_group(scene, instances=["one", "two"])
    scene.log.is_replicating = False
    join = begin_join(scene, instance="two")

    scene.wait(5_000)
    scene.log.replicate()
    scene.settle()

    assert join.result().error_code == ErrorCode.coordinator_not_available
    assert heartbeat(scene, former, 1, instance="two") == ErrorCode.none


def test_a_static_member_that_is_silent_is_removed_when_its_session_expires() -> None:
    scene = Scene()
    leader, _ = stable_group(scene, instances=["one", "two"], session_ms=10_000)
    scene.wait(9_000)
    heartbeat(scene, leader, 1)

    scene.wait(1_000)

    assert [member.group_instance_id for member in described(scene).members] == ["one"]


def test_a_static_member_may_not_join_with_the_id_of_a_pending_member() -> None:
    scene = Scene()
    pending = begin_join(scene).result().member_id

    assert begin_join(scene, pending, instance="one").result().error_code == ErrorCode.unknown_server_error


def test_a_new_instance_id_is_a_new_member() -> None:
    scene = Scene()
    leader, _ = stable_group(scene, instances=["one", "two"])

    begin_join(scene, instance="three")
    begin_first_join(scene)

    assert heartbeat(scene, leader, 1) == ErrorCode.rebalance_in_progress
    assert len(described(scene).members) == 4
