"""A consumer joins a classic group, which becomes a consumer group."""

import pytest
from kio.schema.errors import ErrorCode

from ackproof.reference.groups.subscription import (
    written_assignment,
)
from tests.reference.groups.classic_scene import (
    RANGE,
    begin_join,
    begin_sync,
    heartbeat,
    joined_group,
)
from tests.reference.groups.consumer_scene import assigned, beat, join, refused
from tests.reference.groups.consumer_scene import described as described_consumer_group
from tests.reference.groups.describe_scene import described
from tests.reference.groups.migration_scene import classic_consumers, owning, scene_with, share
from tests.reference.groups.scene import Scene

IN_PROGRESS = ErrorCode.rebalance_in_progress
NO_UPGRADE = ["disabled", "downgrade"]


def test_a_consumer_that_joins_a_classic_group_makes_it_a_consumer_group() -> None:
    scene = scene_with()
    leader, follower = classic_consumers(scene)

    response = join(scene, "new")

    group = described_consumer_group(scene)
    assert (response.member_epoch, assigned(response)) == (2, {})
    assert described(scene).error_code == ErrorCode.group_id_not_found
    assert {member.member_id: member.member_type for member in group.members} == {leader: 0, follower: 0, "new": 1}


def test_classic_members_keep_what_they_had_until_they_join_again() -> None:
    scene = scene_with()
    leader, follower = classic_consumers(scene)
    join(scene, "new")

    codes = [heartbeat(scene, member, 1) for member in (leader, follower)]
    before = assigned(beat(scene, "new", 2, owned={}))

    assert codes == [IN_PROGRESS] * 2
    assert before is None


def test_what_classic_members_give_up_as_they_join_again_goes_to_the_consumer() -> None:
    scene = scene_with()
    members = classic_consumers(scene)
    join(scene, "new")
    for member in members:
        first = begin_join(scene, member, protocols=RANGE).result()
        assert (first.error_code, first.generation_id, first.leader) == (ErrorCode.none, 2, "")

    response = beat(scene, "new", 2, owned={})

    shares = [share(scene, member, 2)["t"] for member in members]
    assert len((assigned(response) or {})["t"]) == 1
    assert sorted((*(assigned(response) or {})["t"], *shares[0], *shares[1])) == [0, 1, 2, 3]


def test_members_that_wait_in_a_classic_group_join_again() -> None:
    scene = scene_with()
    leader, follower = (joined.member_id for joined in joined_group(scene))
    sync = begin_sync(scene, follower, 1)
    join(scene, "new")

    assert sync.result().error_code == IN_PROGRESS
    assert heartbeat(scene, leader, 1) == IN_PROGRESS


def test_a_new_consumer_may_fetch_what_it_is_assigned_only_when_classic_members_released_it() -> None:
    scene = scene_with()
    leader, _ = classic_consumers(scene)
    join(scene, "new")
    asked = begin_join(scene, leader, protocols=owning(0, 1)).result()
    code = heartbeat(scene, leader, asked.generation_id)

    done = begin_join(scene, leader, protocols=owning(*share(scene, leader, asked.generation_id)["t"])).result()

    assert (asked.generation_id, code) == (1, IN_PROGRESS)
    assert (done.generation_id, heartbeat(scene, leader, 2)) == (2, ErrorCode.none)


@pytest.mark.parametrize("policy", NO_UPGRADE)
def test_a_policy_may_forbid_that_a_classic_group_goes_over(policy: str) -> None:
    scene = scene_with(policy)
    classic_consumers(scene)

    assert refused(join(scene, "new")) == ErrorCode.group_id_not_found


def test_a_classic_group_of_another_type_does_not_go_over() -> None:
    scene = scene_with()
    joined_group(scene, protocol_type="connect")

    assert refused(join(scene, "new")) == ErrorCode.group_id_not_found


def test_a_classic_group_with_a_custom_assignor_does_not_go_over() -> None:
    scene = scene_with()
    leader, follower = (joined.member_id for joined in joined_group(scene))
    custom = written_assignment({"t": [0]}, 3)[:-4] + b"\0\0\0\1x"
    begin_sync(scene, follower, 1)
    begin_sync(scene, leader, 1, {leader: custom, follower: custom})

    assert refused(join(scene, "new")) == ErrorCode.group_id_not_found
    assert described(scene).group_state == "Stable"


def test_a_classic_group_that_is_too_large_does_not_go_over() -> None:
    scene = Scene(group_consumer_max_size="1")
    classic_consumers(scene)

    assert refused(join(scene, "new")) == ErrorCode.group_id_not_found
