"""OffsetFetch: who is told which committed offsets."""

import pytest
from kio.schema.errors import ErrorCode

from tests.reference.groups.classic_scene import begin_join, stable_group
from tests.reference.groups.consumer_scene import join
from tests.reference.groups.offset_scene import (
    NOTHING,
    begin_commits,
    begin_fetch,
    commit,
    committed,
    fetch_error,
    txn_commit,
)
from tests.reference.groups.scene import Scene


def test_partitions_without_an_offset_and_groups_that_nobody_knows_have_none() -> None:
    scene = Scene()
    commit(scene, 5)

    answer = begin_fetch(scene, partitions=(0, 1, 9)).result()

    offsets = {of.partition_index: of.committed_offset for of in answer.topics[0].partitions}
    assert offsets == {0: 5, 1: NOTHING, 9: NOTHING}
    assert committed(scene, group="other") == NOTHING


def test_all_offsets_of_a_group_are_told_if_no_topics_are_named() -> None:
    scene = Scene({"t": 4, "u": 1})
    begin_commits(scene, {("t", 0): 5, ("t", 3): 6, ("u", 0): 7})

    answer = begin_fetch(scene, partitions=None).result()

    offsets = {
        (topic.name, of.partition_index): of.committed_offset for topic in answer.topics for of in topic.partitions
    }
    assert offsets == {("t", 0): 5, ("t", 3): 6, ("u", 0): 7}


def test_anybody_is_told_the_offsets_of_a_classic_group() -> None:
    scene = Scene()
    stable_group(scene)

    assert fetch_error(scene, member="somebody", epoch=5) == ErrorCode.none


@pytest.mark.parametrize(
    ("member", "epoch", "code"),
    [
        (None, -1, ErrorCode.none),
        ("one", 2, ErrorCode.none),
        ("one", 1, ErrorCode.stale_member_epoch),
        ("one", 3, ErrorCode.stale_member_epoch),
        ("one", -1, ErrorCode.stale_member_epoch),
        ("two", 2, ErrorCode.unknown_member_id),
        (None, 0, ErrorCode.unknown_server_error),
    ],
)
def test_members_of_a_consumer_group_are_told_its_offsets_at_their_epoch(
    member: str | None, epoch: int, code: ErrorCode
) -> None:
    scene = Scene()
    join(scene, "one")

    assert fetch_error(scene, member=member, epoch=epoch) == code


def test_a_classic_member_of_a_consumer_group_hears_that_its_generation_is_illegal() -> None:
    scene = Scene(group_consumer_assignment_interval_ms="0")
    join(scene, "one")
    classic = begin_join(scene, instance="two").result()

    assert fetch_error(scene, member=classic.member_id, epoch=classic.generation_id) == ErrorCode.none
    assert fetch_error(scene, member=classic.member_id, epoch=9) == ErrorCode.illegal_generation


def test_an_offset_is_told_once_it_is_replicated() -> None:
    scene = Scene()
    scene.log.is_replicating = False
    begin_commits(scene, {("t", 0): 5})
    before = committed(scene)

    scene.log.replicate()
    scene.settle()

    assert (before, committed(scene)) == (NOTHING, 5)


def test_a_fetch_of_stable_offsets_waits_until_they_are_replicated() -> None:
    scene = Scene()
    scene.log.is_replicating = False
    begin_commits(scene, {("t", 0): 5})
    fetch = begin_fetch(scene, is_stable=True)
    is_early = fetch.is_done

    scene.log.replicate()
    scene.settle()

    assert not is_early
    assert fetch.result().topics[0].partitions[0].committed_offset == 5


def test_a_fetch_of_stable_offsets_that_waits_too_long_is_told_to_find_the_coordinator() -> None:
    scene = Scene(offsets_commit_timeout_ms="5000")
    scene.log.is_replicating = False
    begin_commits(scene, {("t", 0): 5})
    fetch = begin_fetch(scene, is_stable=True)

    scene.wait(5_000)

    assert fetch.result().error_code == ErrorCode.not_coordinator


def test_an_offset_that_an_open_transaction_may_change_is_not_stable() -> None:
    scene = Scene()
    commit(scene, 5)
    txn_commit(scene, 9)

    assert committed(scene, is_stable=True) == ErrorCode.unstable_offset_commit
    assert committed(scene, is_stable=False) == 5
    assert committed(scene, is_stable=True, partition=1) == NOTHING


@pytest.mark.parametrize(("version", "in_partitions"), [(1, True), (2, False)])
def test_before_version_2_partitions_tell_the_error_of_the_group(version: int, in_partitions: bool) -> None:
    scene = Scene()
    scene.coordinator.resigned(0)

    answer = begin_fetch(scene, version=version).result()

    codes = [of.error_code for topic in answer.topics for of in topic.partitions]
    assert codes == ([ErrorCode.not_coordinator] if in_partitions else [])
    assert (answer.error_code == ErrorCode.not_coordinator) != in_partitions
