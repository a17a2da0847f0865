"""DescribeGroups and ListGroups."""

import pytest
from kio.schema.errors import ErrorCode

from tests.reference.groups.classic_scene import SUBSCRIPTION, begin_first_join, joined_group, stable_group
from tests.reference.groups.consumer_scene import described as described_consumer_group
from tests.reference.groups.consumer_scene import join, leave
from tests.reference.groups.describe_scene import described, listed
from tests.reference.groups.offset_scene import begin_commits, commit
from tests.reference.groups.scene import Scene


def test_a_stable_group_shows_its_protocol_and_what_its_members_say_and_have() -> None:
    scene = Scene()
    leader, _ = stable_group(scene, instances=["one", None])

    group = described(scene)

    member = next(member for member in group.members if member.member_id == leader)
    assert (group.group_state, group.protocol_type, group.protocol_data) == ("Stable", "consumer", "range")
    assert (member.group_instance_id, member.client_id, member.client_host) == ("one", "client", "/127.0.0.1")
    assert (member.member_metadata, member.member_assignment) == (SUBSCRIPTION, b"share 0")


def test_a_group_that_rebalances_shows_no_protocol() -> None:
    scene = Scene()
    stable_group(scene)
    begin_first_join(scene)

    group = described(scene)

    assert (group.group_state, group.protocol_data) == ("PreparingRebalance", "")
    assert {member.member_metadata for member in group.members} == {b""}


def test_a_group_without_an_assignment_shows_its_protocol_all_the_same() -> None:
    scene = Scene()
    joined_group(scene)

    assert (described(scene).group_state, described(scene).protocol_data) == ("CompletingRebalance", "")


@pytest.mark.parametrize(("version", "code"), [(5, ErrorCode.none), (6, ErrorCode.group_id_not_found)])
def test_a_group_that_nobody_knows_is_dead(version: int, code: ErrorCode) -> None:
    group = described(Scene(), version=version)

    assert (group.group_state, group.error_code) == ("Dead", code)


def test_a_consumer_group_is_described_by_its_own_request_only() -> None:
    scene = Scene()
    join(scene, "one")

    assert described(scene).error_code == ErrorCode.group_id_not_found
    assert described_consumer_group(scene).group_state == "Stable"


def test_a_classic_group_is_not_described_as_a_consumer_group() -> None:
    scene = Scene()
    stable_group(scene)

    assert described_consumer_group(scene).error_code == ErrorCode.group_id_not_found


def test_groups_are_listed_with_their_states_and_types() -> None:
    scene = Scene()
    stable_group(scene, group="classic")
    join(scene, "one", group="consumer")
    commit(scene, 5, group="simple")

    groups = {
        group.group_id: (group.protocol_type, group.group_state, group.group_type) for group in listed(scene).groups
    }

    assert groups == {
        "classic": ("consumer", "Stable", "classic"),
        "consumer": ("consumer", "Stable", "consumer"),
        "simple": ("", "Empty", "classic"),
    }


@pytest.mark.parametrize(
    ("states", "types", "found"),
    [
        (["stable"], [], {"classic", "consumer"}),
        (["Empty"], [], {"simple"}),
        ([], ["Consumer"], {"consumer"}),
        (["Stable"], ["classic"], {"classic"}),
        (["Nonsense"], [], set[str]()),
        ([], ["share"], set[str]()),
    ],
)
def test_groups_are_listed_by_state_and_type_whatever_the_case(
    states: list[str], types: list[str], found: set[str]
) -> None:
    scene = Scene()
    stable_group(scene, group="classic")
    join(scene, "one", group="consumer")
    commit(scene, 5, group="simple")

    assert {group.group_id for group in listed(scene, states=states, types=types).groups} == found


def test_a_group_is_not_shown_before_it_is_replicated() -> None:
    scene = Scene()
    scene.log.is_replicating = False
    begin_commits(scene, {("t", 0): 5})
    before = listed(scene).groups

    scene.log.replicate()
    scene.settle()

    assert before == ()
    assert [group.group_id for group in listed(scene).groups] == ["g"]


def test_while_a_partition_is_loaded_no_groups_are_listed() -> None:
    scene = Scene(loading_ms=50)
    commit(scene, 5)
    scene.begin_loading()

    answer = listed(scene)

    assert (answer.error_code, answer.groups) == (ErrorCode.coordinator_load_in_progress, ())


def test_a_consumer_group_shows_its_members_and_their_assignments() -> None:
    scene = Scene()
    join(scene, "one", assignor="range")

    group = described_consumer_group(scene)

    (member,) = group.members
    assert (group.group_epoch, group.assignment_epoch, group.assignor_name) == (2, 2, "range")
    assert (member.member_id, member.member_epoch, member.member_type) == ("one", 2, 1)
    assert member.subscribed_topic_names == ("t",)
    assert member.assignment == member.target_assignment
    assert [of.partitions for of in member.assignment.topic_partitions] == [(0, 1, 2, 3)]


def test_a_consumer_group_whose_members_have_left_is_empty() -> None:
    scene = Scene()
    join(scene, "one")
    leave(scene, "one")

    assert (described_consumer_group(scene).group_state, described_consumer_group(scene).group_epoch) == ("Empty", 3)
