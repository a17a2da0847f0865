"""Members of consumer groups move to their target: first they revoke, then they get what others released (KIP-848)."""

import pytest
from kio.schema.errors import ErrorCode

from tests.reference.groups.consumer_scene import assigned, beat, described, join, leave, targets
from tests.reference.groups.offset_scene import begin_commits, commit, outcomes, txn_commit
from tests.reference.groups.scene import Scene

ALL = {"t": [0, 1, 2, 3]}
STALE = ErrorCode.stale_member_epoch


def scene_at_once() -> Scene:
    """Targets are computed at once."""
    return Scene({"t": 4, "u": 2}, group_consumer_assignment_interval_ms="0")


def test_a_second_member_gets_nothing_before_the_first_has_revoked() -> None:
    scene = scene_at_once()
    join(scene, "one")

    second = join(scene, "two")

    assert (second.member_epoch, assigned(second)) == (3, {})


def test_a_member_is_told_what_to_keep_and_stays_at_its_epoch_until_it_has_revoked() -> None:
    scene = scene_at_once()
    join(scene, "one")
    join(scene, "two")

    asked = beat(scene, "one", 2, owned=ALL)
    again = beat(scene, "one", 2, owned=ALL)
    done = beat(scene, "one", 2, owned={"t": [0, 1]})

    assert (asked.member_epoch, assigned(asked)) == (2, {"t": [0, 1]})
    assert (again.member_epoch, assigned(again)) == (2, None)
    assert (done.member_epoch, assigned(done)) == (3, None)


def test_what_is_revoked_goes_to_its_next_owner() -> None:
    scene = scene_at_once()
    join(scene, "one")
    join(scene, "two")
    beat(scene, "one", 2, owned=ALL)
    before = assigned(beat(scene, "two", 3, owned={}))
    beat(scene, "one", 2, owned={"t": [0, 1]})

    after = beat(scene, "two", 3, owned={})

    assert before is None
    assert (after.member_epoch, assigned(after)) == (3, {"t": [2, 3]})


def test_who_says_nothing_of_what_it_owns_has_not_revoked() -> None:
    scene = scene_at_once()
    join(scene, "one")
    join(scene, "two")
    beat(scene, "one", 2, owned=ALL)

    assert beat(scene, "one", 2).member_epoch == 2


def test_what_a_member_left_behind_is_free_at_once() -> None:
    scene = scene_at_once()
    join(scene, "one")
    join(scene, "two")
    leave(scene, "one")

    response = beat(scene, "two", 3, owned={})

    assert (response.member_epoch, assigned(response)) == (4, ALL)


def test_who_unsubscribes_from_a_topic_gives_it_up_at_once() -> None:
    scene = scene_at_once()
    join(scene, "one", ("t", "u"))

    asked = beat(scene, "one", 2, topics=["t"], owned={**ALL, "u": [0, 1]})
    done = beat(scene, "one", 2, owned=ALL)

    assert (asked.member_epoch, assigned(asked)) == (2, ALL)
    assert (done.member_epoch, assigned(done)) == (3, None)


def test_a_member_that_joins_within_the_assignment_interval_gets_the_old_epoch_and_nothing() -> None:
    scene = Scene(group_consumer_assignment_interval_ms="1000")
    join(scene, "one")
    scene.wait(999)

    second = join(scene, "two")
    scene.wait(1)
    asked = beat(scene, "one", 2, owned=ALL)

    assert (second.member_epoch, assigned(second)) == (2, {})
    assert assigned(asked) == {"t": [0, 1]}
    assert described(scene).assignment_epoch == 3


def test_the_assignor_that_most_members_want_assigns() -> None:
    scene = scene_at_once()
    join(scene, "one")
    default = described(scene).assignor_name
    join(scene, "two", assignor="range")

    assert (default, described(scene).assignor_name) == ("uniform", "range")


def test_who_joins_without_a_subscription_after_another_left_is_assigned_what_the_others_subscribe_to() -> None:
    scene = scene_at_once()
    join(scene, "one")
    join(scene, "two")
    leave(scene, "two")

    response = join(scene, "three", ())

    target = next(member.target_assignment for member in described(scene).members if member.member_id == "three")
    assert assigned(response) == {}
    assert [len(of.partitions) for of in target.topic_partitions] == [2]


# Commits.


def revoked_scene() -> Scene:
    """One had everything at epoch 2, and has partitions 0 and 1 at epoch 3."""
    scene = scene_at_once()
    join(scene, "one")
    join(scene, "two")
    beat(scene, "one", 2, owned=ALL)
    beat(scene, "one", 2, owned={"t": [0, 1]})
    return scene


def test_a_member_commits_at_its_epoch_whatever_it_owns() -> None:
    scene = revoked_scene()

    assert commit(scene, 5, member="one", generation=3, partition=0) == ErrorCode.none
    assert commit(scene, 5, member="one", generation=3, partition=3) == ErrorCode.none


def test_a_lower_epoch_commits_what_has_been_the_members_since_then() -> None:
    scene = revoked_scene()

    assert commit(scene, 5, member="one", generation=2, partition=0) == ErrorCode.none
    assert commit(scene, 5, member="one", generation=1, partition=0) == STALE
    assert commit(scene, 5, member="one", generation=2, partition=3) == STALE


def test_a_lower_epoch_commits_all_or_nothing() -> None:
    scene = revoked_scene()

    answer = begin_commits(scene, {("t", 0): 5, ("t", 3): 5}, member="one", generation=2)

    assert outcomes(answer) == {("t", 0): STALE, ("t", 3): STALE}


def test_a_lower_epoch_commits_what_the_member_has_yet_to_revoke() -> None:
    scene = scene_at_once()
    join(scene, "one", ("t", "u"))
    beat(scene, "one", 2, owned={**ALL, "u": [0, 1]}, topics=["t"])
    join(scene, "two")
    beat(scene, "one", 2, owned={**ALL, "u": [0, 1]})

    assert commit(scene, 5, member="one", generation=2, topic="u") == ErrorCode.none


def test_a_higher_epoch_is_stale() -> None:
    assert commit(revoked_scene(), 5, member="one", generation=4) == STALE


def test_members_of_consumer_groups_commit_since_version_9() -> None:
    scene = revoked_scene()

    assert commit(scene, 5, member="one", generation=3, version=8) == ErrorCode.unsupported_version


def test_only_members_commit_to_a_group_that_has_some() -> None:
    scene = revoked_scene()

    assert commit(scene, 5, member="three", generation=3) == ErrorCode.unknown_member_id
    assert commit(scene, 5) == ErrorCode.unknown_member_id


def test_anybody_commits_to_an_empty_consumer_group() -> None:
    scene = scene_at_once()
    join(scene, "one")
    leave(scene, "one")

    assert commit(scene, 5) == ErrorCode.none
    assert commit(scene, 5, member="one", generation=3) == ErrorCode.unknown_member_id


def test_in_a_transaction_another_epoch_is_an_illegal_generation() -> None:
    scene = revoked_scene()

    codes = [txn_commit(scene, 5, member="one", generation=epoch, partition=3) for epoch in (3, 2, 4)]

    assert codes == [ErrorCode.none, ErrorCode.illegal_generation, ErrorCode.illegal_generation]
    assert txn_commit(scene, 5) == ErrorCode.none


@pytest.mark.parametrize(("topics", "kept", "given"), [("ab", "b", "a"), ("pa", "a", "p")])
def test_the_last_topic_that_was_assigned_is_kept_where_ids_share_a_place(topics: str, kept: str, given: str) -> None:
    scene = Scene(dict.fromkeys(topics, 2), group_consumer_assignment_interval_ms="0")
    join(scene, "one", topics)

    join(scene, "two", topics)
    first = targets(scene)
    leave(scene, "two")
    beat(scene, "one", 2)
    join(scene, "three", topics)

    # What "one" had given up and got again comes first then, so that it is kept.
    assert first == {"one": {kept: [0, 1]}, "two": {given: [0, 1]}}
    assert targets(scene) == {"one": {given: [0, 1]}, "three": {kept: [0, 1]}}
