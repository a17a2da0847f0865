"""The last consumer goes, and its group becomes a classic group."""

from kio.schema.errors import ErrorCode

from ackproof.reference.groups.subscription import (
    read_assignment,
)
from tests.reference.groups.classic_scene import (
    begin_first_join,
    begin_join,
    begin_sync,
    subscribed,
)
from tests.reference.groups.consumer_scene import described as described_consumer_group
from tests.reference.groups.consumer_scene import join
from tests.reference.groups.consumer_scene import leave as leave_consumer_group
from tests.reference.groups.describe_scene import described
from tests.reference.groups.migration_scene import classic_consumers, scene_with
from tests.reference.groups.scene import Scene


def mixed_group(scene: Scene) -> str:
    """A consumer group with one consumer, one, and a classic member, whose id this is."""
    join(scene, "one")
    return begin_first_join(scene).result().member_id


def test_a_group_that_its_last_consumer_leaves_is_a_classic_group_that_rebalances() -> None:
    scene = scene_with()
    member = mixed_group(scene)

    leave_consumer_group(scene, "one")

    assert described_consumer_group(scene).error_code == ErrorCode.group_id_not_found
    assert [of.member_id for of in described(scene).members] == [member]
    assert begin_join(scene, member).result().generation_id == 4


def test_a_policy_may_forbid_that_a_consumer_group_goes_back() -> None:
    scene = scene_with("upgrade")
    mixed_group(scene)

    leave_consumer_group(scene, "one")

    assert described_consumer_group(scene).group_state == "Assigning"


def test_a_group_whose_last_consumer_expires_is_a_classic_group() -> None:
    scene = Scene(group_consumer_session_timeout_ms="5000", group_consumer_assignment_interval_ms="0")
    member = mixed_group(scene)

    scene.wait(5_000)

    assert [of.member_id for of in described(scene).members] == [member]


def test_a_static_consumer_that_returns_as_a_classic_member_makes_the_group_classic_without_a_rebalance() -> None:
    scene = scene_with()
    join(scene, "one", instance="i")

    joined = begin_join(scene, instance="i").result()

    synced = begin_sync(scene, joined.member_id, 2, instance="i").result()
    assert (joined.error_code, joined.generation_id) == (ErrorCode.none, 2)
    assert described(scene).group_state == "Stable"
    assert dict(read_assignment(synced.assignment).partitions) == {"t": (0, 1, 2, 3)}


def test_a_classic_group_has_topics_in_the_order_of_the_target_where_their_ids_share_a_place() -> None:
    scene = Scene({"a": 1, "b": 1})
    join(scene, "one", "ab", instance="i")

    joined = begin_join(scene, instance="i", protocols=subscribed("a", "b")).result()

    synced = begin_sync(scene, joined.member_id, 2, instance="i").result()
    assert read_assignment(synced.assignment).partitions == (("b", (0,)), ("a", (0,)))


def test_a_static_consumer_that_returns_as_a_classic_member_with_other_topics_starts_a_rebalance() -> None:
    scene = scene_with()
    join(scene, "one", instance="i")

    joined = begin_join(scene, instance="i", protocols=subscribed("u")).result()

    assert joined.error_code == ErrorCode.none
    assert described(scene).group_state == "PreparingRebalance"


def test_a_group_that_went_over_and_back_is_the_same_when_the_coordinator_changes() -> None:
    scene = scene_with()
    leader, follower = classic_consumers(scene)
    join(scene, "new")
    leave_consumer_group(scene, "new")
    begin_join(scene, leader)
    begin_join(scene, follower)
    scene.fail_over()

    assert described_consumer_group(scene).error_code == ErrorCode.group_id_not_found
    assert {of.member_id for of in described(scene).members} == {leader, follower}
