"""Small systems have the states that they had, and nothing in them stands idle."""

import pytest

from ackproof.model.beliefs.callbacks import always, asynchronous_commits, never, unless_outdated
from ackproof.model.beliefs.commits import generation_alone, group_of_two
from ackproof.model.beliefs.keyed import keyed_topic
from ackproof.model.beliefs.partitioner import by_murmur2
from ackproof.model.system import System
from ackproof.search.explorer import explore

KEY, JAVA = b"order-7", ("Java", by_murmur2)


@pytest.mark.parametrize(
    ("system", "states"),
    [
        (keyed_topic(KEY, JAVA), 22),
        (keyed_topic(KEY, JAVA, waits_for_readers=True), 16),
        (group_of_two(faults=1), 65),
        (asynchronous_commits(always), 18),
        (asynchronous_commits(unless_outdated), 16),
        (asynchronous_commits(never), 14),
    ],
)
def test_distinct_states_and_no_action_that_never_happens(system: System, states: int) -> None:
    found = explore(system)

    assert found.distinct_states == states
    assert all(found.fired.values())


def test_only_the_generation_of_a_commit_is_compared() -> None:
    assert generation_alone(2, 2) is None
    assert generation_alone(2, 1) == "ILLEGAL_GENERATION"


def test_a_callback_may_commit_again_always_never_or_only_the_newest() -> None:
    assert [retry(1, 2) for retry in (always, never, unless_outdated)] == [True, False, False]
    assert unless_outdated(2, 2)
