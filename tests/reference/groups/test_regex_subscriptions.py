"""Members that subscribe by a regular expression (KIP-848)."""

import pytest
from kio.schema.consumer_group_heartbeat.v1.response import ConsumerGroupHeartbeatResponse
from kio.schema.errors import ErrorCode

from ackproof.reference.groups.regex import matching, validate_regex
from ackproof.reference.protocol.errors import KafkaError
from tests.reference.groups.consumer_scene import assigned, beat, described, join, leave, refused, targets
from tests.reference.groups.scene import Scene

SECOND_MS = 1_000


def scene_of(**topics: int) -> Scene:
    return Scene(topics, group_consumer_assignment_interval_ms="0")


def join_by(scene: Scene, member: str, regex: str) -> ConsumerGroupHeartbeatResponse:
    return beat(scene, member, 0, owned={}, regex=regex, rebalance_ms=60_000)


def test_who_brings_an_expression_is_assigned_its_topics_once_it_is_resolved() -> None:
    scene = scene_of(ta=1, tb=1, u=1)

    first = join_by(scene, "one", "t.*")
    second = beat(scene, "one", 1)

    assert (first.member_epoch, assigned(first)) == (1, {})
    assert (second.member_epoch, assigned(second)) == (2, {"ta": [0], "tb": [0]})


def test_who_brings_an_expression_that_is_resolved_is_assigned_at_once() -> None:
    scene = scene_of(t=2)
    join_by(scene, "one", "t.*")
    beat(scene, "one", 1)

    joined = join_by(scene, "two", "t.*")
    beat(scene, "one", 2)
    beat(scene, "one", 2, owned={"t": [0]})

    assert joined.member_epoch == 3
    assert assigned(beat(scene, "two", 3)) == {"t": [1]}


def test_names_and_an_expression_add_up() -> None:
    scene = scene_of(t=1, u=1, v=1)
    beat(scene, "one", 0, owned={}, regex="t", topics=("u",), rebalance_ms=60_000)

    assert assigned(beat(scene, "one", 2)) == {"t": [0], "u": [0]}


@pytest.mark.parametrize(
    ("regex", "topics"),
    [
        ("t", {"t"}),
        ("T", set[str]()),
        ("(?i)T", {"t"}),
        ("t|ta", {"t", "ta"}),
        (r"\pL+", {"t", "ta"}),
        (r"t-\d{2}", {"t-12"}),
        (r"\Qt.1\E", {"t.1"}),
        (r"\\C", set[str]()),
        ("", set[str]()),
    ],
)
def test_an_expression_matches_names_as_a_whole(regex: str, topics: set[str]) -> None:
    assert matching(regex, ["t", "ta", "t-12", "t.1"]) == topics


@pytest.mark.parametrize("regex", ["(t", "[", "*", "(?=t)", r"(t)\1", "t**", "t{1001}", r"\C", r"\8", "(?P<n"])
def test_what_re2_cannot_read_is_no_expression(regex: str) -> None:
    with pytest.raises(KafkaError) as refusal:
        validate_regex(regex)

    assert refusal.value.code is ErrorCode.invalid_regular_expression
    assert matching(regex, ["t"]) == frozenset()


def test_a_member_with_an_invalid_expression_does_not_join() -> None:
    scene = scene_of(t=1)

    assert refused(join_by(scene, "one", "(t")) is ErrorCode.invalid_regular_expression
    assert described(scene).error_code is ErrorCode.group_id_not_found


def test_an_empty_expression_ends_the_subscription() -> None:
    scene = scene_of(t=1)
    join_by(scene, "one", "t")
    beat(scene, "one", 1)

    answer = beat(scene, "one", 2, regex="", owned={})

    assert (answer.member_epoch, assigned(answer)) == (3, {})


def test_another_expression_takes_its_partitions_away_at_once() -> None:
    scene = scene_of(t=1, u=1)
    join_by(scene, "one", "t")
    beat(scene, "one", 1)

    changed = beat(scene, "one", 2, regex="u", owned={"t": [0]})
    scene.wait(11 * SECOND_MS)
    beat(scene, "one", 2, owned={})

    assert (changed.member_epoch, assigned(changed)) == (2, {})
    assert assigned(beat(scene, "one", 2, owned={})) == {"u": [0]}


def test_topics_that_are_new_are_found_though_not_more_often_than_every_ten_seconds() -> None:
    scene = scene_of(ta=1)
    join_by(scene, "one", "t.*")
    beat(scene, "one", 1)
    scene.topics.counts["tb"] = 1
    scene.topics.version = scene.topics.newest_topic_version = 2

    scene.wait(10 * SECOND_MS)
    early = [beat(scene, "one", 2), beat(scene, "one", 2)]
    scene.wait(1)
    late = [beat(scene, "one", 2), beat(scene, "one", 2)]

    assert [assigned(each) for each in early] == [None, None]
    assert [assigned(each) for each in late] == [None, {"ta": [0], "tb": [0]}]


def test_an_expression_is_resolved_anew_after_ten_minutes() -> None:
    scene = scene_of(ta=1)
    join_by(scene, "one", "t.*")
    beat(scene, "one", 1)
    scene.topics.counts["tb"] = 1
    for _ in range(20):
        scene.wait(30 * SECOND_MS)
        assert assigned(beat(scene, "one", 2)) is None

    scene.wait(1)
    beat(scene, "one", 2)

    assert assigned(beat(scene, "one", 2)) == {"ta": [0], "tb": [0]}


def test_what_an_expression_stands_for_is_kept_when_the_coordinator_changes() -> None:
    scene = scene_of(t=1)
    join_by(scene, "one", "t")
    beat(scene, "one", 1)

    scene.fail_over()

    assert beat(scene, "one", 2).member_epoch == 2
    assert join_by(scene, "two", "t").member_epoch == 3


def test_an_expression_is_forgotten_with_its_last_subscriber() -> None:
    scene = scene_of(t=1)
    join(scene, "other", ("t",))
    join_by(scene, "one", "t")
    scene.wait(1)
    leave(scene, "one")

    again = join_by(scene, "one", "t")

    assert (described(scene).group_epoch, again.member_epoch) == (5, 4)


@pytest.mark.parametrize("again", ["one", "three", "four", "five"])
def test_an_expression_counts_after_its_last_subscriber_until_a_member_changes(again: str) -> None:
    scene = scene_of(t=2, u=2)
    join_by(scene, "one", "[tu]")
    join(scene, "two", ("t",))
    leave(scene, "one")

    joined = join_by(scene, again, "[tu]")

    # All but subscribe to the same then, so that who has no topics yet would get a share, or be asked for all of them.
    assert (joined.member_epoch, assigned(joined)) == (4, {})
    assert targets(scene) == {again: {}, "two": {"t": [0, 1]}}


def test_a_static_member_that_returns_may_have_another_subscription() -> None:
    scene = scene_of(t=1)
    beat(scene, "one", 0, owned={}, regex="t", rebalance_ms=60_000, instance="i")
    beat(scene, "one", -2, instance="i")

    beat(scene, "two", 0, owned={}, topics=("t",), regex="", rebalance_ms=60_000, instance="i")

    (member,) = described(scene).members
    assert (member.subscribed_topic_regex, member.subscribed_topic_names) == ("", ("t",))
