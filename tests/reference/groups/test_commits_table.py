"""OffsetCommit: which commits are accepted, by the state of the group and what the committer says of itself."""

from collections.abc import Callable
from typing import Literal

import pytest
from kio.schema.errors import ErrorCode

from tests.reference.groups.classic_scene import begin_first_join, joined_group, leave, stable_group
from tests.reference.groups.offset_scene import commit, committed, txn_commit
from tests.reference.groups.scene import Scene

State = Literal["Unknown", "Empty", "PreparingRebalance", "CompletingRebalance", "Stable"]
Who = Literal["member", "nobody", "somebody"]

NONE = ErrorCode.none
ILLEGAL = ErrorCode.illegal_generation
UNKNOWN = ErrorCode.unknown_member_id
IN_PROGRESS = ErrorCode.rebalance_in_progress
NO_GROUP = ErrorCode.group_id_not_found

RIGHT, WRONG, NO_GENERATION = 1, 5, -1

OF_A_CONSUMER: list[tuple[State, Who, int, ErrorCode]] = [
    ("Unknown", "nobody", NO_GENERATION, NONE),
    ("Unknown", "somebody", NO_GENERATION, NONE),
    ("Unknown", "somebody", RIGHT, NO_GROUP),
    ("Empty", "nobody", NO_GENERATION, NONE),
    ("Empty", "somebody", NO_GENERATION, NONE),
    ("Empty", "somebody", 2, UNKNOWN),
    ("Empty", "nobody", 2, UNKNOWN),
    ("Stable", "member", RIGHT, NONE),
    ("Stable", "member", WRONG, ILLEGAL),
    ("Stable", "member", NO_GENERATION, ILLEGAL),
    ("Stable", "somebody", RIGHT, UNKNOWN),
    ("Stable", "somebody", NO_GENERATION, UNKNOWN),
    ("Stable", "nobody", RIGHT, UNKNOWN),
    ("Stable", "nobody", NO_GENERATION, UNKNOWN),
    ("PreparingRebalance", "member", RIGHT, NONE),
    ("PreparingRebalance", "member", WRONG, ILLEGAL),
    ("PreparingRebalance", "nobody", NO_GENERATION, UNKNOWN),
    ("CompletingRebalance", "member", RIGHT, IN_PROGRESS),
    ("CompletingRebalance", "member", WRONG, ILLEGAL),
    ("CompletingRebalance", "somebody", RIGHT, UNKNOWN),
    ("CompletingRebalance", "nobody", NO_GENERATION, UNKNOWN),
]
IN_A_TRANSACTION: list[tuple[State, Who, int, ErrorCode]] = [
    ("Unknown", "nobody", NO_GENERATION, NONE),
    ("Unknown", "somebody", RIGHT, ILLEGAL),
    ("Empty", "nobody", NO_GENERATION, NONE),
    ("Empty", "somebody", 2, UNKNOWN),
    ("Stable", "member", RIGHT, NONE),
    ("Stable", "member", WRONG, ILLEGAL),
    ("Stable", "member", NO_GENERATION, ILLEGAL),
    ("Stable", "somebody", RIGHT, UNKNOWN),
    ("Stable", "nobody", NO_GENERATION, NONE),
    ("PreparingRebalance", "member", RIGHT, NONE),
    ("PreparingRebalance", "nobody", NO_GENERATION, NONE),
    ("CompletingRebalance", "member", RIGHT, NONE),
    ("CompletingRebalance", "member", WRONG, ILLEGAL),
    ("CompletingRebalance", "nobody", NO_GENERATION, NONE),
]


def brought_to(scene: Scene, state: State) -> str:
    """A group in *state*, and one of its members."""
    if state == "Unknown":
        return "nobody is in it"
    if state == "CompletingRebalance":
        return joined_group(scene)[0].member_id
    leader, follower = stable_group(scene)
    if state == "Empty":
        leave(scene, (leader, None), (follower, None))
        scene.wait(0)
    if state == "PreparingRebalance":
        begin_first_join(scene)
    return leader


def committing(commits: Callable[..., ErrorCode], scene: Scene, state: State, who: Who, generation: int) -> ErrorCode:
    """What comes of a commit."""
    member = brought_to(scene, state)
    said = {"member": member, "nobody": "", "somebody": "somebody"}[who]
    return commits(scene, 5, member=said, generation=generation)


@pytest.mark.parametrize(("state", "who", "generation", "code"), OF_A_CONSUMER)
def test_whether_a_consumer_may_commit(state: State, who: Who, generation: int, code: ErrorCode) -> None:
    scene = Scene()

    assert committing(commit, scene, state, who, generation) == code
    assert committed(scene) == (5 if code == NONE else -1)


@pytest.mark.parametrize(("state", "who", "generation", "code"), IN_A_TRANSACTION)
def test_whether_a_producer_may_commit(state: State, who: Who, generation: int, code: ErrorCode) -> None:
    scene = Scene()

    assert committing(txn_commit, scene, state, who, generation) == code
    scene.end_transaction(7, is_commit=True)
    assert committed(scene) == (5 if code == NONE else -1)


@pytest.mark.parametrize(("version", "code"), [(2, ILLEGAL), (8, ILLEGAL), (9, NO_GROUP)])
def test_from_version_9_on_a_group_with_generations_has_to_be_known(version: int, code: ErrorCode) -> None:
    assert commit(Scene(), 5, member="somebody", generation=1, version=version) == code


@pytest.mark.parametrize(
    ("member", "instance", "code"),
    [
        (None, "one", NONE),
        (None, None, NONE),
        ("somebody", "one", ErrorCode.fenced_instance_id),
        ("", "one", ErrorCode.fenced_instance_id),
        (None, "two", UNKNOWN),
    ],
)
def test_the_instance_id_of_a_committer_belongs_to_its_member_id(
    member: str | None, instance: str | None, code: ErrorCode
) -> None:
    scene = Scene()
    leader, _ = stable_group(scene, instances=["one", None])
    said = leader if member is None else member

    assert commit(scene, 5, member=said, generation=1, instance=instance) == code
    assert txn_commit(scene, 5, member=said, generation=1, instance=instance) == code
