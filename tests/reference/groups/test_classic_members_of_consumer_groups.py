"""Members of a consumer group that use the classic protocol."""

from kio.schema.errors import ErrorCode

from tests.reference.groups.classic_scene import (
    RANGE,
    begin_first_join,
    begin_join,
    begin_sync,
    errors,
    heartbeat,
    leave,
)
from tests.reference.groups.consumer_scene import beat, join
from tests.reference.groups.consumer_scene import described as described_consumer_group
from tests.reference.groups.migration_scene import scene_with, share
from tests.reference.groups.offset_scene import commit

IN_PROGRESS = ErrorCode.rebalance_in_progress
ALL = {"t": [0, 1, 2, 3]}


def test_a_classic_member_joins_a_consumer_group() -> None:
    scene = scene_with()
    join(scene, "one")

    joined = begin_first_join(scene).result()
    beat(scene, "one", 2, owned=ALL)
    beat(scene, "one", 2, owned={"t": [0, 1]})
    told = heartbeat(scene, joined.member_id, 3)
    again = begin_join(scene, joined.member_id).result()

    assert (joined.generation_id, joined.leader, joined.members) == (3, "", ())
    assert (told, again.generation_id) == (IN_PROGRESS, 3)
    assert share(scene, joined.member_id, 3) == {"t": (2, 3)}


def test_a_classic_member_without_the_protocols_of_the_others_may_not_join() -> None:
    scene = scene_with()
    join(scene, "one")
    begin_first_join(scene, protocols=RANGE)

    codes = {
        begin_join(scene, protocols=(("sticky", RANGE[0][1]),)).result().error_code,
        begin_join(scene, protocol_type="connect").result().error_code,
        begin_join(scene, protocols=()).result().error_code,
    }

    assert codes == {ErrorCode.inconsistent_group_protocol}


def test_a_policy_may_forbid_classic_members() -> None:
    scene = scene_with("disabled")
    join(scene, "one")

    assert begin_join(scene).result().error_code == ErrorCode.inconsistent_group_protocol


def test_a_classic_member_is_checked_as_in_a_classic_group() -> None:
    scene = scene_with()
    join(scene, "one")
    member = begin_first_join(scene).result().member_id

    assert heartbeat(scene, member, 2) == ErrorCode.illegal_generation
    assert heartbeat(scene, "one", 2) == ErrorCode.unknown_member_id
    assert heartbeat(scene, "somebody", 3) == ErrorCode.unknown_member_id
    assert begin_sync(scene, member, 9).result().error_code == ErrorCode.illegal_generation
    assert begin_sync(scene, member, 3, protocol="sticky").result().error_code == ErrorCode.inconsistent_group_protocol
    assert commit(scene, 5, member=member, generation=2) == ErrorCode.illegal_generation
    assert commit(scene, 5, member=member, generation=3, version=8) == ErrorCode.none


def test_a_classic_member_that_does_not_join_again_in_its_rebalance_timeout_is_removed() -> None:
    scene = scene_with()
    join(scene, "one")
    member = begin_first_join(scene, rebalance_ms=8_000).result().member_id
    begin_sync(scene, member, 3)
    beat(scene, "one", 2, owned={})
    heartbeat(scene, member, 3)

    scene.wait(8_000)

    assert [of.member_id for of in described_consumer_group(scene).members] == ["one"]


def test_a_classic_member_that_does_not_sync_in_its_rebalance_timeout_is_removed() -> None:
    scene = scene_with()
    join(scene, "one")
    begin_first_join(scene, rebalance_ms=8_000)

    scene.wait(8_000)

    assert [of.member_id for of in described_consumer_group(scene).members] == ["one"]


def test_a_classic_member_that_is_silent_is_removed_when_its_session_expires() -> None:
    scene = scene_with()
    join(scene, "one")
    member = begin_first_join(scene, session_ms=7_000).result().member_id
    begin_sync(scene, member, 3)

    scene.wait(7_000)

    assert [of.member_id for of in described_consumer_group(scene).members] == ["one"]


def test_classic_members_of_a_consumer_group_leave_with_a_leave_group() -> None:
    scene = scene_with()
    join(scene, "one")
    member = begin_first_join(scene).result().member_id

    left = leave(scene, (member, None), ("somebody", None))

    assert errors(left) == [ErrorCode.none, ErrorCode.unknown_member_id]
    assert [of.member_id for of in described_consumer_group(scene).members] == ["one"]


def test_a_static_classic_member_returns_with_what_it_had() -> None:
    scene = scene_with()
    join(scene, "one")
    former = begin_join(scene, instance="i").result()
    beat(scene, "one", 2, owned=ALL)
    beat(scene, "one", 2, owned={"t": [0, 1]})
    begin_join(scene, former.member_id, instance="i")

    back = begin_join(scene, instance="i").result()

    assert (back.error_code, back.generation_id) == (ErrorCode.none, 3)
    assert share(scene, back.member_id, 3) == {"t": (2, 3)}
    assert heartbeat(scene, former.member_id, 3, instance="i") == ErrorCode.fenced_instance_id


def test_static_classic_members_leave_by_their_instance_ids() -> None:
    scene = scene_with()
    join(scene, "one")
    begin_join(scene, instance="i")

    left = leave(scene, ("somebody", "i"), ("", "j"), ("", "i"))

    assert errors(left) == [ErrorCode.fenced_instance_id, ErrorCode.unknown_member_id, ErrorCode.none]


def test_a_classic_member_whose_subscription_cannot_be_read_is_an_unexpected_error() -> None:
    scene = scene_with()
    join(scene, "one")

    joined = begin_join(scene, instance="i", protocols=(("range", b"\0"),)).result()

    assert joined.error_code == ErrorCode.unknown_server_error
