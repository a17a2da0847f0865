"""ConsumerGroupHeartbeat: what it must say, and how a group's epochs begin (KIP-848)."""

import re
from collections.abc import Callable, Mapping, Sequence

import pytest
from kio.schema.errors import ErrorCode

from tests.reference.groups.consumer_scene import assigned, beat, described, join, leave, refused
from tests.reference.groups.offset_scene import commit, committed
from tests.reference.groups.scene import Scene

AT_ONCE = "0"


@pytest.mark.parametrize(
    ("topics", "owned", "rebalance_ms"),
    [
        (None, {}, 60_000),
        (("t",), None, 60_000),
        (("t",), {"t": [0]}, 60_000),
        (("t",), {}, -1),
    ],
)
def test_who_joins_says_all_and_owns_nothing(
    topics: Sequence[str] | None, owned: Mapping[str, Sequence[int]] | None, rebalance_ms: int
) -> None:
    response = beat(Scene(), "one", 0, topics=topics, owned=owned, rebalance_ms=rebalance_ms)

    assert refused(response) == ErrorCode.invalid_request


def test_empty_names_are_invalid() -> None:
    scene = Scene()

    codes = {
        refused(join(scene, "")),
        refused(join(scene, " ")),
        refused(join(scene, "one", group="")),
        refused(join(scene, "one", instance=" ")),
        refused(join(scene, "one", instance="\x0f")),
    }

    assert codes == {ErrorCode.invalid_request}
    assert join(scene, "one", instance="\u2003").error_code is ErrorCode.none


@pytest.mark.parametrize(("epoch", "instance"), [(-2, None), (-3, None), (-3, "i")])
def test_epochs_that_nobody_is_at_are_invalid(epoch: int, instance: str | None) -> None:
    scene = Scene()
    join(scene, "one", instance=instance)

    assert refused(beat(scene, "one", epoch, instance=instance)) == ErrorCode.invalid_request


def test_an_assignor_that_the_broker_does_not_have_is_unsupported() -> None:
    assert refused(join(Scene(), "one", assignor="sticky")) == ErrorCode.unsupported_assignor


def test_only_who_joins_makes_a_group() -> None:
    scene = Scene()

    assert refused(beat(scene, "one", 1)) == ErrorCode.group_id_not_found
    assert refused(leave(scene, "one")) == ErrorCode.group_id_not_found
    assert described(scene).error_code == ErrorCode.group_id_not_found


def test_the_first_member_gets_epoch_2_and_everything() -> None:
    response = join(Scene(), "one")

    assert (response.error_code, response.member_id, response.member_epoch) == (ErrorCode.none, "one", 2)
    assert assigned(response) == {"t": [0, 1, 2, 3]}
    assert response.heartbeat_interval.total_seconds() == 5


def test_a_first_member_that_subscribes_to_nothing_gets_epoch_1() -> None:
    response = join(Scene(), "one", ())

    assert (response.member_epoch, assigned(response)) == (1, {})


def test_a_member_of_version_0_is_given_an_id() -> None:
    response = beat(Scene(), "", 0, owned={}, topics=["t"], rebalance_ms=60_000, version=0)

    assert re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_-]{21}", response.member_id or "")


def test_a_member_that_has_everything_is_told_nothing_new() -> None:
    scene = Scene()
    join(scene, "one")

    response = beat(scene, "one", 2, owned={"t": [0, 1, 2, 3]})

    assert (response.member_epoch, assigned(response)) == (2, None)


def test_who_says_everything_is_told_its_assignment() -> None:
    scene = Scene()
    join(scene, "one")

    response = beat(scene, "one", 2, owned={"t": [0, 1, 2, 3]}, topics=["t"], rebalance_ms=60_000)

    assert assigned(response) == {"t": [0, 1, 2, 3]}


def test_a_member_that_joins_again_has_its_assignment_and_epoch_unchanged() -> None:
    scene = Scene()
    join(scene, "one")

    response = join(scene, "one")

    assert (response.member_epoch, assigned(response)) == (2, {"t": [0, 1, 2, 3]})
    assert described(scene).group_epoch == 2


def test_joining_leaving_and_subscribing_begin_new_epochs() -> None:
    scene = Scene({"t": 4, "u": 1}, group_consumer_assignment_interval_ms=AT_ONCE)
    steps: list[Callable[[], object]] = [
        lambda: join(scene, "one"),
        lambda: join(scene, "two"),
        lambda: beat(scene, "one", 2, topics=["t", "u"], owned={"t": [0, 1, 2, 3]}),
        lambda: leave(scene, "two"),
    ]

    epochs = [described(scene).group_epoch for step in steps if step()]

    assert epochs == [2, 3, 4, 5]


def test_a_topic_that_grows_begins_a_new_epoch() -> None:
    scene = Scene(group_consumer_assignment_interval_ms=AT_ONCE)
    join(scene, "one")
    scene.topics.counts["t"] = 5

    response = beat(scene, "one", 2, owned={"t": [0, 1, 2, 3]})

    assert (response.member_epoch, assigned(response)) == (3, {"t": [0, 1, 2, 3, 4]})


def test_a_topic_that_comes_later_begins_a_new_epoch() -> None:
    scene = Scene(group_consumer_assignment_interval_ms=AT_ONCE)
    join(scene, "one", ["t", "u"])
    scene.topics.counts["u"] = 1

    response = beat(scene, "one", 2, owned={"t": [0, 1, 2, 3]})

    assert (response.member_epoch, assigned(response)) == (3, {"t": [0, 1, 2, 3], "u": [0]})


def test_a_group_does_not_grow_beyond_its_maximal_size() -> None:
    scene = Scene(group_consumer_max_size="1")
    join(scene, "one")

    assert refused(join(scene, "two")) == ErrorCode.group_max_size_reached
    assert join(scene, "one").error_code == ErrorCode.none


def test_an_empty_classic_group_becomes_a_consumer_group() -> None:
    scene = Scene()
    commit(scene, 5)

    response = join(scene, "one")

    assert response.member_epoch == 2
    assert committed(scene) == 5


def test_states_of_a_group() -> None:
    scene = Scene(group_consumer_assignment_interval_ms="1000")
    steps: list[tuple[Callable[[], object], str]] = [
        (lambda: join(scene, "one"), "Stable"),
        (lambda: join(scene, "two"), "Assigning"),
        (lambda: scene.wait(1_000), "Assigning"),
        (lambda: beat(scene, "one", 2, owned={"t": [0, 1, 2, 3]}), "Reconciling"),
        (lambda: beat(scene, "one", 2, owned={"t": [0, 1]}), "Reconciling"),
        (lambda: beat(scene, "two", 2, owned={}), "Stable"),
        (lambda: leave(scene, "one"), "Assigning"),
        (lambda: leave(scene, "two"), "Empty"),
    ]

    for step, state in steps:
        step()
        assert described(scene).group_state == state
