"""What becomes of commits when a coordinator loads a group, and when a group assembles again."""

import pytest

from ackproof.model.consume.keeping import SOUND, Keeping, assembled, reloaded
from ackproof.model.consume.log import Group, with_committed

COMMITTED = Group(2, earlier=frozenset({1}))


def test_a_sound_coordinator_finds_what_was_committed() -> None:
    assert [group for _, group in reloaded(SOUND, COMMITTED)] == [COMMITTED]
    assert [group for _, group in assembled(SOUND, COMMITTED)] == [COMMITTED]


def test_one_that_loads_older_commits_may_go_back() -> None:
    found = [group.committed for _, group in reloaded(Keeping(loads_older=True), COMMITTED)]

    assert found == [2, 1]


@pytest.mark.parametrize(
    ("keeping", "group"),
    [(Keeping(expires_on_return=True), Group(2)), (SOUND, Group(2, is_expired=True))],
)
def test_a_commit_may_expire_while_a_group_assembles(keeping: Keeping, group: Group) -> None:
    assert [found.committed for _, found in assembled(keeping, group)] == [2, None]


def test_what_was_loaded_as_expired_is_saved_by_the_next_commit() -> None:
    ((_, loaded),) = reloaded(Keeping(loads_expired=True), Group(1))

    assert loaded.is_expired
    assert not with_committed(loaded, 2).is_expired


def test_without_a_commit_nothing_expires() -> None:
    assert [found for _, found in assembled(Keeping(expires_on_return=True), Group())] == [Group()]
