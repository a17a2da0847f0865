"""Groups under every protocol, as today's brokers and Java clients have them."""

from collections.abc import Mapping

import attrs

from ackproof.model.faults import Faults
from ackproof.model.groups.half import KINDS, group_half
from ackproof.model.groups.rules import CONSUMER, COOPERATIVE, EAGER, GroupRules
from ackproof.model.groups.watching import Watching
from ackproof.model.system import System

PROTOCOLS: Mapping[str, GroupRules] = {
    "eager": EAGER,
    "cooperative": COOPERATIVE,
    "consumer": CONSUMER,
    "eager, static": attrs.evolve(EAGER, is_static=True),
    "cooperative, static": attrs.evolve(COOPERATIVE, is_static=True),
    "consumer, static": attrs.evolve(CONSUMER, is_static=True),
}

SAW_ALL = Watching(1, 1, fails_over=False, moves_leaders=False)
"""A topic that stays as it is."""


def group_of_two(
    rules: GroupRules, faults: int, kinds: frozenset[str] = KINDS, *, partitions: int = 2, is_fine: bool = False
) -> System:
    """Two members, and whatever may happen to them."""
    return group_half(rules, members=2, partitions=partitions, faults=Faults(faults), kinds=kinds, is_fine=is_fine)
