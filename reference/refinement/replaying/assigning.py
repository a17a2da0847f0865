"""How a group may come to the assignments of a trace: which assignor, and which instance is which consumer."""

from collections.abc import Iterator, Sequence
from itertools import permutations
from typing import cast

import attrs

from ackproof.model.consume.coordinator import Coordinator
from ackproof.model.consume.rules import ConsumerRules
from ackproof.reference.refinement.directing.round import Round

MOST_BESIDE = 5
"""With so many topics less one, in turn before the partition, each of two members and of three may have it."""


@attrs.frozen
class Assigning:
    """
    How a group decides who has the partition.

    Attributes:
        order: Which instance of the stage is which consumer of the model.
        is_sticky: Who has the partition keeps it as another instance joins.
        beside: How many other topics all read as well.
        grows: One of those gets a partition as the topic does, so that it is another one's turn from then on.
    """

    order: tuple[int, ...]
    is_sticky: bool = True
    beside: int = 0
    grows: bool = False

    def of_instances(self, values: Sequence[int]) -> tuple[int, ...]:
        """What each instance has of *values*, one for each consumer of the model."""
        return tuple(values[self.order.index(number)] for number in range(len(values)))


def ways_to_assign(rules: ConsumerRules, instances: int, turns: Sequence[Round]) -> Iterator[Assigning]:
    """How the group may decide, the most likely and simplest first."""
    orders = tuple(permutations(range(instances)))
    if rules.rebalancing.is_by_coordinator or rules.rebalancing.keeps_reading:
        beside = 0 if rules.rebalancing.is_by_coordinator else 1
        yield from (Assigning(order) for order in orders)
        yield from (Assigning(order, is_sticky=False, beside=beside) for order in orders)
        return
    numbers = range(MOST_BESIDE + 1 if instances > 2 else 1)
    ways = [Assigning(order, beside=beside) for beside in numbers for order in orders]
    if any(turn.log_after.added is not None for turn in turns):
        ways += [Assigning(order, beside=each, grows=True) for each in (numbers[1:] or (1,)) for order in orders]
    likely = [way for way in ways if all(is_taken(way, turn) for turn in turns)]
    yield from (*likely, *(way for way in ways if way not in likely and not way.beside))


def is_taken(assigning: Assigning, turn: Round) -> bool:
    """
    Whether an eager group assigns as in a step: its topics go to its members in turn, in the order of their ids.

    Source: ``RoundRobinAssignor``.
    """
    members, owner = assigned(turn)
    in_order = sorted(members, key=assigning.order.__getitem__)
    before = assigning.beside + (assigning.grows and turn.log_after.added is not None)
    return owner is None or in_order[before % len(in_order)] == owner


def assigned(turn: Round) -> tuple[frozenset[int], int | None]:
    """The members of a group that assigns in a step, and to whom the partition goes; None where it does not assign."""
    if turn.has_generations:
        group = cast("Coordinator", turn.after["coordinator"])
        return group.members, group.owner if turn.action == "assign" else None
    members = frozenset(index for index, _, after in turn.pairs() if after.status in ("member", "owner", "silent"))
    owners = (index for index, _, after in turn.pairs() if after.status == "owner")
    is_changed = any(before.status != after.status for _, before, after in turn.pairs())
    return members, next(owners, None) if is_changed else None
