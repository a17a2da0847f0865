"""JoinGroup: who may join a classic group, and when the first generation begins."""

import re

import pytest
from kio.schema.errors import ErrorCode

from tests.reference.groups.classic_scene import (
    RANGE,
    SUBSCRIPTION,
    Protocols,
    begin_first_join,
    begin_join,
    joined_group,
    stable_group,
)
from tests.reference.groups.scene import Scene

BOTH = (("range", SUBSCRIPTION), ("roundrobin", SUBSCRIPTION))
OTHER_WAY_ROUND = (("roundrobin", SUBSCRIPTION), ("range", SUBSCRIPTION))


def test_the_first_generation_waits_for_the_initial_rebalance_delay() -> None:
    scene = Scene(group_initial_rebalance_delay_ms="3000")
    join = begin_first_join(scene)

    scene.wait(2_999)
    is_early = join.is_done
    scene.wait(1)

    assert not is_early
    assert join.result().generation_id == 1


def test_a_new_member_extends_the_wait_for_the_first_generation() -> None:
    scene = Scene(group_initial_rebalance_delay_ms="3000")
    first = begin_first_join(scene)
    scene.wait(2_000)
    second = begin_first_join(scene)

    scene.wait(3_999)
    is_early = first.is_done or second.is_done
    scene.wait(1)

    assert not is_early
    assert {first.result().generation_id, second.result().generation_id} == {1}


def test_the_wait_for_the_first_generation_is_over_after_the_rebalance_timeout() -> None:
    scene = Scene(group_initial_rebalance_delay_ms="3000")
    first = begin_first_join(scene, rebalance_ms=7_000)
    for _ in range(3):
        scene.wait(2_000)
        begin_first_join(scene, rebalance_ms=7_000)

    scene.wait(999)
    is_early = first.is_done
    scene.wait(1)

    assert not is_early
    assert first.result().generation_id == 1


def test_a_new_dynamic_member_is_told_an_id_to_join_with() -> None:
    scene = Scene()

    told = begin_join(scene, client_id="orders").result()

    assert told.error_code == ErrorCode.member_id_required
    assert re.fullmatch(r"orders-[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", told.member_id)


def test_before_version_4_a_new_member_joins_at_once() -> None:
    scene = Scene()
    join = begin_join(scene, version=3)

    scene.wait(100)

    assert join.result().error_code == ErrorCode.none
    assert join.result().leader == join.result().member_id


def test_a_static_member_needs_no_id_first() -> None:
    scene = Scene()
    join = begin_join(scene, instance="one")

    scene.wait(100)

    assert join.result().error_code == ErrorCode.none
    assert join.result().member_id.startswith("one-")


def test_a_member_that_does_not_use_its_new_id_is_forgotten_after_its_session_timeout() -> None:
    scene = Scene()
    told = begin_join(scene, session_ms=10_000).result()
    scene.wait(10_000)

    join = begin_join(scene, told.member_id)

    assert join.result().error_code == ErrorCode.unknown_member_id


def test_an_empty_group_id_is_invalid() -> None:
    assert begin_join(Scene(), group="").result().error_code == ErrorCode.invalid_group_id


@pytest.mark.parametrize(
    ("session_ms", "code"),
    [
        (5_999, ErrorCode.invalid_session_timeout),
        (6_000, ErrorCode.member_id_required),
        (1_800_000, ErrorCode.member_id_required),
        (1_800_001, ErrorCode.invalid_session_timeout),
    ],
)
def test_the_session_timeout_is_within_the_brokers_bounds(session_ms: int, code: ErrorCode) -> None:
    assert begin_join(Scene(), session_ms=session_ms).result().error_code == code


@pytest.mark.parametrize(
    ("protocol_type", "protocols"),
    [
        ("consumer", (("sticky", SUBSCRIPTION),)),
        ("connect", RANGE),
        ("consumer", ()),
        ("", RANGE),
    ],
)
def test_a_member_without_a_protocol_that_all_support_may_not_join(protocol_type: str, protocols: Protocols) -> None:
    scene = Scene()
    stable_group(scene)

    join = begin_join(scene, protocol_type=protocol_type, protocols=protocols)

    assert join.result().error_code == ErrorCode.inconsistent_group_protocol


@pytest.mark.parametrize(("protocol_type", "protocols"), [("consumer", ()), ("", RANGE)])
def test_the_first_member_names_a_type_and_a_protocol(protocol_type: str, protocols: Protocols) -> None:
    join = begin_join(Scene(), protocol_type=protocol_type, protocols=protocols)

    assert join.result().error_code == ErrorCode.inconsistent_group_protocol


def test_a_group_does_not_grow_beyond_its_maximal_size() -> None:
    scene = Scene(group_max_size="2")
    stable_group(scene, 2)

    join = begin_join(scene)

    assert join.result().error_code == ErrorCode.group_max_size_reached


def test_while_a_group_rebalances_those_who_joined_count_for_its_maximal_size() -> None:
    scene = Scene(group_max_size="2")
    members = stable_group(scene, 2)
    begin_join(scene, members[0])
    newcomer = begin_first_join(scene)

    last = begin_join(scene, members[1])

    assert not newcomer.is_done
    assert last.result().error_code == ErrorCode.group_max_size_reached


def test_nobody_joins_an_unknown_group_with_an_id() -> None:
    assert begin_join(Scene(), "somebody").result().error_code == ErrorCode.unknown_member_id


def test_nobody_joins_a_group_with_an_id_that_it_does_not_know() -> None:
    scene = Scene()
    stable_group(scene)

    assert begin_join(scene, "somebody").result().error_code == ErrorCode.unknown_member_id


def test_only_the_leader_is_told_who_is_in_the_group() -> None:
    leader, follower = joined_group(Scene(), 2)

    assert {member.member_id for member in leader.members} == {leader.member_id, follower.member_id}
    assert {member.metadata for member in leader.members} == {SUBSCRIPTION}
    assert follower.members == ()


def test_the_first_who_joined_leads() -> None:
    scene = Scene()
    first, second = begin_first_join(scene), begin_first_join(scene)

    scene.wait(200)

    assert first.result().leader == first.result().member_id == second.result().leader


def test_each_member_votes_for_the_first_of_its_protocols_that_all_support() -> None:
    scene = Scene()
    joins = [
        begin_first_join(scene, protocols=(("sticky", b""), *OTHER_WAY_ROUND)),
        begin_first_join(scene, protocols=OTHER_WAY_ROUND),
        begin_first_join(scene, protocols=BOTH),
    ]

    scene.wait(200)

    assert {join.result().protocol_name for join in joins} == {"roundrobin"}


@pytest.mark.parametrize(("version", "name"), [(6, ""), (7, None)])
def test_from_version_7_on_no_protocol_is_null(version: int, name: str | None) -> None:
    assert begin_join(Scene(), version=version).result().protocol_name == name


def test_version_0_waits_for_members_as_long_as_for_their_sessions() -> None:
    scene = Scene()
    first = begin_join(scene, version=0, session_ms=10_000, rebalance_ms=-1)
    scene.wait(100)
    second = begin_join(scene, version=0, session_ms=10_000, rebalance_ms=-1)

    scene.wait(9_999)
    is_early = second.is_done
    scene.wait(1)

    assert first.is_done
    assert not is_early
    assert second.result().generation_id == 2


def test_a_member_that_joins_again_while_it_waits_is_answered_once() -> None:
    scene = Scene()
    first, second = stable_group(scene)

    earlier, later = begin_join(scene, first), begin_join(scene, first)
    begin_join(scene, second)

    assert later.result().generation_id == 2
    assert not earlier.is_done
