"""What a coordinator makes of SyncGroups that it waits for in vain."""

import attrs
import pytest

from ackproof.model.faults import Faults
from ackproof.model.groups.half import group_half
from ackproof.model.groups.rules import EAGER
from ackproof.search.explorer import explore

STATIC = attrs.evolve(EAGER, is_static=True)


@pytest.mark.parametrize("expires", [True, False])
def test_the_sync_group_of_a_former_process_is_missed_since_brokers_look_for_it(expires: bool) -> None:
    """KAFKA-12890."""
    rules = attrs.evolve(STATIC, expires_awaited_syncs=expires)
    kinds = frozenset({"consumer-crash"})
    found = explore(group_half(rules, members=2, partitions=1, faults=Faults(1), kinds=kinds))

    assert bool(found.fired["sync expires"]) == expires
