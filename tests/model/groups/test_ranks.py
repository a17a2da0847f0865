"""The coordinator's assignor meets the members of a consumer group in one order, as long as they have their ids."""

import attrs
import pytest

from ackproof.model.groups.assignors import ranges
from ackproof.model.groups.claims import Partitions
from ackproof.model.groups.consumer import Consumer, ConsumerGroup, Status, retargeted, with_new_epoch, without_member
from ackproof.model.groups.epochs import Assigned
from ackproof.model.groups.heartbeats import return_as_the_same
from ackproof.model.groups.rules import CONSUMER, ConsumerRules

RANGES = attrs.evolve(CONSUMER, assign=ranges)
STATIC = attrs.evolve(CONSUMER, is_static=True)
TWO = with_new_epoch(ConsumerGroup((Consumer("member", registration=Assigned()),) * 2, 3))


def drawn(group: ConsumerGroup, rules: ConsumerRules = RANGES) -> list[tuple[int, ...]]:
    """The places of members for each of the next targets."""
    return [tuple(member.rank for member in each.members) for each in retargeted(group, rules)]


def targets(group: ConsumerGroup) -> list[Partitions]:
    """What members are to have."""
    return [member.registration.target for member in group.members if member.registration]


def test_an_order_is_drawn_where_it_makes_a_difference_and_stays() -> None:
    assert drawn(TWO) == [(1, 2), (2, 1)]
    assert [drawn(each) for each in retargeted(TWO, RANGES)] == [[(1, 2)], [(2, 1)]]


def test_where_it_makes_none_it_is_not_drawn() -> None:
    (alone,) = retargeted(attrs.evolve(TWO, members=TWO.members[:1]), RANGES)

    assert alone.members[0].rank == 0
    assert targets(alone) == [frozenset({0, 1, 2})]


@pytest.mark.parametrize(("status", "rank"), [("member", 1), ("out", 0)])
def test_a_process_that_goes_on_keeps_its_id_and_another_one_has_a_new_one(status: Status, rank: int) -> None:
    first = next(retargeted(TWO, RANGES))
    members = (attrs.evolve(first.members[0], status=status), first.members[1])

    assert without_member(attrs.evolve(first, members=members), 0, RANGES).members[0].rank == rank


@pytest.mark.parametrize(("rules", "rank"), [(STATIC, 0), (attrs.evolve(STATIC, assign=ranges), 2)])
def test_ranges_go_by_instance_ids_which_stay(rules: ConsumerRules, rank: int) -> None:
    known = Assigned(1, target=frozenset({1}), has_stopped=True)
    stopped = Consumer("out", rank=2, registration=known)
    other = Consumer("member", 1, rank=1, registration=Assigned(1, target=frozenset({0})))
    group = ConsumerGroup((stopped, other), 2, epoch=1, target_epoch=1, seen_partitions=2)

    (back,) = return_as_the_same.outcomes(group, rules)

    after = back.changes["group"]
    assert isinstance(after, ConsumerGroup)
    assert after.members[0].rank == rank
