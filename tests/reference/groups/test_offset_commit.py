"""OffsetCommit: what is kept, and what nobody checks."""

import pytest
from kio.schema.errors import ErrorCode

from tests.reference.groups.classic_scene import heartbeat, joined_group, stable_group
from tests.reference.groups.describe_scene import listed
from tests.reference.groups.offset_scene import (
    NOTHING,
    begin_commits,
    begin_fetch,
    commit,
    commit_with,
    committed,
    outcomes,
)
from tests.reference.groups.scene import Scene


def test_a_committed_offset_is_fetched() -> None:
    scene = Scene()

    commit(scene, 5, partition=1)

    assert committed(scene, partition=1) == 5
    assert committed(scene, partition=0) == NOTHING


def test_offsets_may_go_back() -> None:
    scene = Scene()
    commit(scene, 5)

    commit(scene, 3)

    assert committed(scene) == 3


def test_any_member_may_commit_for_any_partition() -> None:
    scene = Scene()
    members = stable_group(scene)

    codes = [commit(scene, 7, member=member, generation=1, partition=3) for member in members]

    assert codes == [ErrorCode.none] * 2


@pytest.mark.parametrize(("topic", "partition"), [("t", 4), ("t", -1), ("u", 0)])
def test_a_partition_that_does_not_exist_cannot_be_committed(topic: str, partition: int) -> None:
    scene = Scene()

    assert commit(scene, 5, topic=topic, partition=partition) == ErrorCode.unknown_topic_or_partition


def test_partitions_that_do_not_exist_fail_alone() -> None:
    scene = Scene()

    answer = begin_commits(scene, {("t", 0): 5, ("t", 9): 5, ("u", 0): 5})

    assert outcomes(answer) == {
        ("t", 0): ErrorCode.none,
        ("t", 9): ErrorCode.unknown_topic_or_partition,
        ("u", 0): ErrorCode.unknown_topic_or_partition,
    }
    assert committed(scene) == 5


def test_metadata_that_is_too_long_is_not_kept() -> None:
    scene = Scene(offset_metadata_max_bytes="4")

    codes = [commit_with(scene, 5, metadata) for metadata in ("four", "fives")]

    assert codes == [ErrorCode.none, ErrorCode.offset_metadata_too_large]


def test_metadata_is_measured_in_characters_of_java() -> None:
    scene = Scene(offset_metadata_max_bytes="4")

    codes = [commit_with(scene, 5, metadata) for metadata in ("\u00fc" * 4, "\U0001f600" * 3)]

    assert codes == [ErrorCode.none, ErrorCode.offset_metadata_too_large]


def test_metadata_comes_back_with_the_offset() -> None:
    scene = Scene()
    commit_with(scene, 5, "why")

    (topic,) = begin_fetch(scene).result().topics

    assert topic.partitions[0].metadata == "why"


def test_the_empty_group_id_may_commit_and_fetch() -> None:
    scene = Scene()

    code = commit(scene, 5, group="")

    assert code == ErrorCode.none
    assert committed(scene, group="") == 5


def test_a_commit_keeps_the_session_alive() -> None:
    scene = Scene()
    (member,) = stable_group(scene, 1, session_ms=10_000)
    for offset in range(5):
        scene.wait(9_999)
        commit(scene, offset, member=member, generation=1)

    assert heartbeat(scene, member, 1) == ErrorCode.none


def test_a_commit_that_is_refused_does_not_keep_the_session_alive() -> None:
    scene = Scene()
    members = [joined.member_id for joined in joined_group(scene, 1, session_ms=10_000)]
    for offset in range(2):
        scene.wait(6_000)
        commit(scene, offset, member=members[0], generation=1)

    assert heartbeat(scene, members[0], 1) == ErrorCode.unknown_member_id


def test_a_commit_makes_a_group_that_only_has_offsets() -> None:
    scene = Scene()
    commit(scene, 5)

    commit(scene, 6, member="anybody")

    assert committed(scene) == 6


def test_offsets_of_topics_that_are_deleted_are_deleted() -> None:
    scene = Scene({"t": 4, "u": 1})
    commit(scene, 5)
    commit(scene, 6, topic="u")

    scene.coordinator.topics_deleted(["t"])
    scene.settle()

    assert (committed(scene), committed(scene, topic="u")) == (NOTHING, 6)


def test_a_commit_that_is_not_kept_makes_a_group_all_the_same() -> None:
    scene = Scene(offset_metadata_max_bytes="4")
    commit_with(scene, 5, "fives")
    commit(scene, 5, group="other")

    assert {group.group_id for group in listed(scene).groups} == {"g", "other"}
