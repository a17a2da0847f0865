"""Offsets expire, and groups with them."""

import pytest

from tests.reference.groups.classic_scene import begin_first_join, heartbeat, leave, stable_group
from tests.reference.groups.consumer_scene import beat, join
from tests.reference.groups.consumer_scene import leave as leave_consumer_group
from tests.reference.groups.describe_scene import listed
from tests.reference.groups.offset_scene import NOTHING, begin_commits, commit, committed, txn_commit
from tests.reference.groups.scene import DAY_MS, HOUR_MS, Scene

MINUTE_MS = 60_000
KEPT_MS = 24 * HOUR_MS


def scene_with_short_retention() -> Scene:
    """Offsets are kept a day, and looked at every ten minutes."""
    return Scene({"t": 4, "u": 1}, offsets_retention_minutes="1440")


def keep_alive(scene: Scene, member: str, duration_ms: int) -> None:
    """A member of a classic group of generation 1 sends heartbeats."""
    for _ in range(duration_ms // (20 * MINUTE_MS)):
        scene.wait(20 * MINUTE_MS)
        heartbeat(scene, member, 1)


def test_by_default_offsets_are_kept_for_seven_days() -> None:
    scene = Scene()
    commit(scene, 5)

    scene.wait(7 * DAY_MS - 1)
    before = committed(scene)
    scene.wait(10 * MINUTE_MS)

    assert (before, committed(scene)) == (5, NOTHING)


def test_an_offset_without_a_group_expires_some_time_after_it_was_committed() -> None:
    scene = scene_with_short_retention()
    commit(scene, 5)
    scene.wait(KEPT_MS // 2)
    commit(scene, 6, partition=1)

    scene.wait(KEPT_MS // 2 + 10 * MINUTE_MS)

    assert (committed(scene), committed(scene, partition=1)) == (NOTHING, 6)


def test_the_offsets_of_a_classic_group_expire_some_time_after_it_became_empty() -> None:
    scene = scene_with_short_retention()
    (member,) = stable_group(scene, 1, session_ms=1_800_000)
    commit(scene, 5, member=member, generation=1)
    scene.wait(MINUTE_MS)
    leave(scene, (member, None))

    scene.wait(KEPT_MS - 1)
    before = committed(scene)
    scene.wait(10 * MINUTE_MS)

    assert (before, committed(scene)) == (5, NOTHING)


def test_offsets_of_topics_that_a_stable_group_subscribes_to_are_kept() -> None:
    scene = scene_with_short_retention()
    (member,) = stable_group(scene, 1, session_ms=1_800_000)
    commit(scene, 5, member=member, generation=1)
    commit(scene, 6, member=member, generation=1, topic="u")

    keep_alive(scene, member, KEPT_MS + HOUR_MS)

    assert (committed(scene), committed(scene, topic="u")) == (5, NOTHING)


def test_offsets_of_a_group_of_another_type_are_kept_while_it_has_members() -> None:
    scene = scene_with_short_retention()
    (member,) = stable_group(scene, 1, session_ms=1_800_000, protocol_type="connect")
    commit(scene, 5, member=member, generation=1)

    keep_alive(scene, member, KEPT_MS + HOUR_MS)

    assert committed(scene) == 5


def test_while_a_group_rebalances_no_offsets_expire() -> None:
    scene = scene_with_short_retention()
    (member,) = stable_group(scene, 1, session_ms=1_800_000, rebalance_ms=3 * DAY_MS)
    commit(scene, 6, member=member, generation=1, topic="u")
    begin_first_join(scene)

    keep_alive(scene, member, KEPT_MS + HOUR_MS)

    assert committed(scene, topic="u") == 6


def test_offsets_of_topics_that_a_consumer_group_subscribes_to_are_kept() -> None:
    scene = scene_with_short_retention()
    join(scene, "one", ("t",))
    commit(scene, 5, member="one", generation=2)
    commit(scene, 6, member="one", generation=2, topic="u")

    for _ in range(3_000):
        scene.wait(30_000)
        beat(scene, "one", 2)

    assert (committed(scene), committed(scene, topic="u")) == (5, NOTHING)


def test_an_offset_that_an_open_transaction_may_change_does_not_expire() -> None:
    scene = scene_with_short_retention()
    commit(scene, 5)
    commit(scene, 6, partition=1)
    txn_commit(scene, 7)

    scene.wait(KEPT_MS + 10 * MINUTE_MS)

    assert (committed(scene), committed(scene, partition=1)) == (5, NOTHING)


@pytest.mark.parametrize("retention_ms", [HOUR_MS, 3 * DAY_MS])
def test_a_commit_of_an_old_version_may_say_how_long_it_is_kept(retention_ms: int) -> None:
    scene = scene_with_short_retention()
    begin_commits(scene, {("t", 0): 5}, retention_ms=retention_ms, version=2)

    scene.wait(retention_ms - 1)
    before = committed(scene)
    scene.wait(10 * MINUTE_MS)

    assert (before, committed(scene)) == (5, NOTHING)


def test_a_group_without_members_is_gone_with_its_last_offset() -> None:
    scene = scene_with_short_retention()
    commit(scene, 5)
    commit(scene, 5, partition=1)
    before = [group.group_id for group in listed(scene).groups]

    scene.wait(KEPT_MS + 10 * MINUTE_MS)

    assert (before, listed(scene).groups) == (["g"], ())


def test_a_group_without_members_and_offsets_is_gone_soon() -> None:
    scene = Scene()
    (member,) = stable_group(scene, 1, group="classic")
    leave(scene, (member, None), group="classic")
    join(scene, "one", group="consumer")
    leave_consumer_group(scene, "one", group="consumer")
    before = {group.group_id for group in listed(scene).groups}

    scene.wait(10 * MINUTE_MS)

    assert (before, listed(scene).groups) == ({"classic", "consumer"}, ())


def test_what_has_expired_stays_gone_when_the_coordinator_changes() -> None:
    scene = scene_with_short_retention()
    commit(scene, 5)
    scene.wait(KEPT_MS + 10 * MINUTE_MS)

    scene.fail_over()

    assert (committed(scene), listed(scene).groups) == (NOTHING, ())


def test_a_change_of_the_coordinator_does_not_prolong_the_retention() -> None:
    scene = scene_with_short_retention()
    commit(scene, 5)
    scene.wait(KEPT_MS - MINUTE_MS)

    scene.fail_over()
    before = committed(scene)
    scene.wait(11 * MINUTE_MS)

    assert (before, committed(scene)) == (5, NOTHING)
