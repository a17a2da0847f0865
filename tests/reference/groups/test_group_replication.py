"""What a coordinator writes counts at once, and is answered when it is replicated; or why it is not."""

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
from tests.reference.groups.consumer_scene import beat, join, refused
from tests.reference.groups.consumer_scene import described as described_consumer_group
from tests.reference.groups.describe_scene import described, listed
from tests.reference.groups.offset_scene import (
    NOTHING,
    begin_commits,
    commit,
    committed,
    fetch_error,
    outcomes,
    txn_commit,
)
from tests.reference.groups.scene import Scene

NOT_COORDINATOR = ErrorCode.not_coordinator
NOT_AVAILABLE = ErrorCode.coordinator_not_available
LOADING = ErrorCode.coordinator_load_in_progress
UNEXPECTED = ErrorCode.unknown_server_error
PARTITION = ("t", 0)
REFUSALS = [
    (ErrorCode.not_leader_or_follower, NOT_COORDINATOR),
    (ErrorCode.kafka_storage_error, NOT_COORDINATOR),
    (ErrorCode.not_enough_replicas, NOT_AVAILABLE),
    (ErrorCode.request_timed_out, NOT_AVAILABLE),
    (ErrorCode.unknown_topic_or_partition, NOT_AVAILABLE),
    (ErrorCode.message_too_large, UNEXPECTED),
    (ErrorCode.record_list_too_large, UNEXPECTED),
    (ErrorCode.invalid_producer_epoch, ErrorCode.invalid_producer_epoch),
]


@pytest.mark.parametrize(("refusal", "answered"), REFUSALS)
def test_what_the_log_refuses_is_told_as_an_error_of_the_coordinator(refusal: ErrorCode, answered: ErrorCode) -> None:
    scene = Scene()
    scene.log.refusal = refusal

    codes = {commit(scene, 5), txn_commit(scene, 5), refused(join(scene, "one", group="other"))}

    assert codes == {answered}


def test_what_the_log_refuses_has_not_happened() -> None:
    scene = Scene(group_consumer_assignment_interval_ms="0")
    commit(scene, 5)
    join(scene, "one", group="other")
    scene.log.refusal = ErrorCode.not_enough_replicas
    commit(scene, 6)
    join(scene, "two", group="other")
    join(scene, "one", group="third")

    scene.log.refusal = None

    assert committed(scene, is_stable=True) == 5
    assert len(described_consumer_group(scene, "other").members) == 1
    assert beat(scene, "one", 2, owned={"t": [0, 1, 2, 3]}, group="other").member_epoch == 2
    assert {group.group_id for group in listed(scene).groups} == {"g", "other"}


def test_a_commit_is_answered_once_it_is_replicated() -> None:
    scene = Scene()
    scene.log.is_replicating = False
    answer = begin_commits(scene, {PARTITION: 5})
    is_early = answer.is_done

    scene.log.replicate()
    scene.settle()

    assert not is_early
    assert outcomes(answer) == {PARTITION: ErrorCode.none}


def test_a_commit_that_is_not_replicated_in_time_is_not_available() -> None:
    scene = Scene(offsets_commit_timeout_ms="5000")
    scene.log.is_replicating = False
    answer = begin_commits(scene, {PARTITION: 5})

    scene.wait(4_999)
    is_early = answer.is_done
    scene.wait(1)

    assert not is_early
    assert outcomes(answer) == {PARTITION: NOT_AVAILABLE}


def test_what_is_replicated_late_counts_all_the_same() -> None:
    scene = Scene(offsets_commit_timeout_ms="5000")
    scene.log.is_replicating = False
    begin_commits(scene, {PARTITION: 5})
    scene.wait(5_000)

    scene.log.replicate()
    scene.settle()

    assert committed(scene) == 5


def test_a_leader_that_loses_what_it_wrote_says_that_it_is_not_the_coordinator() -> None:
    scene = Scene()
    scene.log.is_replicating = False
    answer = begin_commits(scene, {PARTITION: 5})

    scene.log.lose()
    scene.settle()

    assert outcomes(answer) == {PARTITION: NOT_COORDINATOR}


def test_what_waits_for_replicas_when_the_leader_resigns_hears_that_at_once() -> None:
    scene = Scene()
    scene.log.is_replicating = False
    answer = begin_commits(scene, {PARTITION: 5})

    scene.coordinator.resigned(0)
    scene.settle()

    assert outcomes(answer) == {PARTITION: NOT_COORDINATOR}


def test_members_that_wait_when_the_leader_resigns_hear_that_at_once() -> None:
    scene = Scene()
    _, follower = joined_group(scene, group="other")
    sync_answer = begin_sync(scene, follower.member_id, 1, group="other")
    join_answer = begin_first_join(scene)

    scene.coordinator.resigned(0)
    scene.settle()

    assert join_answer.result().error_code == sync_answer.result().error_code == NOT_COORDINATOR


def test_a_new_group_that_cannot_be_written_is_not_there() -> None:
    scene = Scene()
    scene.log.refusal = ErrorCode.not_enough_replicas

    answer = begin_join(scene, instance="one")
    scene.log.refusal = None

    assert answer.result().error_code == NOT_AVAILABLE
    assert described(scene).error_code == ErrorCode.group_id_not_found


def test_a_member_leaves_though_the_empty_group_cannot_be_written() -> None:
    scene = Scene()
    (member,) = stable_group(scene, 1)
    scene.log.refusal = ErrorCode.not_enough_replicas

    left = leave(scene, (member, None))

    assert left.error_code == NOT_AVAILABLE
    assert heartbeat(scene, member, 1) == ErrorCode.unknown_member_id


@pytest.mark.parametrize(("is_loading", "code"), [(True, LOADING), (False, NOT_COORDINATOR)])
def test_who_asks_somebody_who_does_not_lead_hears_so(is_loading: bool, code: ErrorCode) -> None:
    scene = Scene(loading_ms=50)
    scene.coordinator.resigned(0)
    if is_loading:
        scene.begin_loading()

    codes = {
        begin_join(scene).result().error_code,
        begin_sync(scene, "one", 1).result().error_code,
        leave(scene, ("one", None)).error_code,
        join(scene, "one").error_code,
        commit(scene, 5),
        txn_commit(scene, 5),
        fetch_error(scene),
        described(scene).error_code,
        described_consumer_group(scene).error_code,
    }

    assert codes == {code}
    assert heartbeat(scene, "one", 1) == (ErrorCode.none if is_loading else code)


def test_groups_of_partitions_that_are_not_led_are_not_listed() -> None:
    scene = Scene()
    commit(scene, 5)
    scene.coordinator.resigned(0)

    assert (listed(scene).error_code, listed(scene).groups) == (ErrorCode.none, ())


def test_a_leader_that_is_elected_again_goes_on_without_loading() -> None:
    scene = Scene(loading_ms=50)
    leader, _ = stable_group(scene)

    scene.coordinator.elected(0, scene.log)

    assert heartbeat(scene, leader, 1) == ErrorCode.none
    assert committed(scene) == NOTHING
