"""What becomes of commits when a coordinator loads a group, and when a group assembles again."""

import attrs
import pytest

from ackproof.model.consume.half import consume_half
from ackproof.model.consume.keeping import SOUND, Keeping, assembled, reloaded
from ackproof.model.consume.log import Group, with_committed
from ackproof.model.consume.rules import ConsumerRules
from ackproof.model.faults import Faults
from ackproof.properties.consume import no_record_is_processed_twice
from ackproof.search.explorer import explore

ALL_WRONG = Keeping(*(True for _ in attrs.fields(Keeping)))
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


def test_what_the_sink_keeps_does_not_expire_and_is_no_older_one() -> None:
    """A coordinator that keeps commits badly, and forgets the ids of static members, does just the latter."""
    rules = ConsumerRules(commit="with-sink", instances=2, keeping=ALL_WRONG)
    kinds = frozenset({"consumer-crash", "coordinator-failover"})
    half = consume_half(rules, records=1, faults=Faults(2), kinds=kinds)

    assert half.rules["consumer"] == attrs.evolve(rules, keeping=Keeping(forgets_replacements=True))
    assert explore(half, no_record_is_processed_twice).violation is None
