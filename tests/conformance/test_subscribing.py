"""Whether all members of a consumer group subscribe to the same, which Kafka asks only now and then."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

import pytest

from ackproof.reference.groups.java import uuids_in_hash_order
from tests.conformance.grouping import MODERN, TIMEOUT_MS, ConsumerGroupHeartbeat, JoinGroup
from tests.conformance.playing import Pair
from tests.conformance.story import Step

Meet = Callable[[], AbstractContextManager[Pair]]

BOTH = "[01]"
ENOUGH, STORIES_MAX = 3, 200
"""How often ids have to share a place, as one pair in 16 does, and how many pairs are looked at for that."""


def joins(slot: int, *, topics: tuple[int, ...] | None = None, regex: str | None = None, instance: str = "") -> Step:
    """A member joins."""
    return ConsumerGroupHeartbeat(
        version=1,
        slot=slot,
        group=MODERN,
        instance=instance,
        epoch=0,
        topics=topics,
        regex=regex,
        owned=(),
        rebalance_timeout_ms=TIMEOUT_MS,
    )


def beats(slot: int, *, regex: str | None = None, topics: tuple[int, ...] | None = None) -> Step:
    """A member is there, and owns nothing; it may subscribe to something else."""
    return ConsumerGroupHeartbeat(version=1, slot=slot, group=MODERN, regex=regex, topics=topics, owned=())


def leaves(slot: int, *, instance: str = "", epoch: int = -1) -> Step:
    """A member leaves."""
    return ConsumerGroupHeartbeat(version=1, slot=slot, group=MODERN, instance=instance, epoch=epoch)


BY_REGEX, BY_NAME = joins(1, regex=BOTH), joins(3, topics=(0,))


@pytest.mark.slow
@pytest.mark.parametrize(
    "steps",
    [
        [BY_REGEX, BY_NAME, leaves(1), BY_REGEX],
        [BY_REGEX, BY_NAME, leaves(1), joins(2, regex=BOTH), beats(3), beats(2)],
        [BY_REGEX, BY_NAME, leaves(1), beats(3), joins(2, regex=BOTH)],
        [BY_REGEX, joins(3, topics=(0, 1)), leaves(1), joins(2, regex=BOTH), beats(3)],
        [BY_REGEX, joins(2, regex=BOTH), BY_NAME, leaves(3), joins(3, regex=BOTH), leaves(1), leaves(2), beats(3)],
        [BY_NAME, joins(2, topics=(0,)), leaves(2), BY_REGEX],
        [
            joins(1, regex=BOTH, instance="one"),
            BY_NAME,
            leaves(1, instance="one", epoch=-2),
            joins(2, topics=(0,), instance="one"),
        ],
        [
            joins(1, topics=(0, 1), instance="one"),
            joins(2, topics=(1,), instance="two"),
            BY_NAME,
            leaves(2, instance="two", epoch=-2),
            joins(1, topics=(0,), instance="two"),
        ],
        [joins(1, regex=BOTH, topics=(0,)), joins(2, regex=BOTH, topics=(0,)), leaves(1), BY_REGEX, beats(2)],
        [BY_REGEX, BY_NAME, beats(1, regex="", topics=(0,)), leaves(3), joins(2, regex=BOTH)],
        [BY_REGEX, joins(2, regex=BOTH), beats(1, regex="0"), leaves(2), joins(3, regex=BOTH)],
        [BY_REGEX, joins(2, regex="0.*"), leaves(1), joins(3, regex="0.*"), beats(2), leaves(2), joins(1, regex=BOTH)],
    ],
)
def test_members_by_name_and_by_expression_are_assigned_alike(meet: Meet, steps: Sequence[Step]) -> None:
    with meet() as pair:
        pair.play(steps)


FIRST_TWO: Sequence[Step] = [
    joins(1, topics=(0, 1)),
    joins(3, topics=(0, 1)),
    leaves(3),
    beats(1),
    joins(2, topics=(0, 1)),
    leaves(1),
    beats(2),
    joins(1, topics=(0, 1, 2)),
    joins(3, topics=(0,)),
    beats(2, topics=(0,)),
    beats(1, topics=(0,)),
    beats(3, topics=(0, 1)),
    beats(2, topics=(0, 1)),
    beats(1, topics=(0, 1)),
    leaves(3),
    joins(3, topics=(0, 1)),
]
"""Two topics, and members that get, lose and get again what is in them."""
DOWNGRADING: Sequence[Step] = [
    joins(1, topics=(0, 1), instance="one"),
    JoinGroup(version=9, slot=1, group=MODERN, instance="one"),
]
"""Its member returns with the classic protocol: the group becomes a classic one, which has assignments as bytes."""


@pytest.mark.slow
@pytest.mark.parametrize("steps", [FIRST_TWO, DOWNGRADING])
def test_topics_whose_ids_share_a_place_of_a_hash_table_are_assigned_alike(meet: Meet, steps: Sequence[Step]) -> None:
    played = 0
    for _ in range(STORIES_MAX):
        with meet() as pair:
            ids = pair.first.topic_ids[:2]
            # Topics that share one are met as they were put there.
            if uuids_in_hash_order(ids) == list(ids) and uuids_in_hash_order(ids[::-1]) == list(ids[::-1]):
                pair.play(steps)
                played += 1
        if played == ENOUGH:
            break

    assert played == ENOUGH
