"""What a coordinator makes of SyncGroups that it waits for in vain."""

from collections.abc import Iterable
from typing import cast

import attrs
import pytest

from ackproof.model.faults import Faults
from ackproof.model.groups.classic import ClassicGroup
from ackproof.model.groups.expiring import sync_expires
from ackproof.model.groups.half import group_half
from ackproof.model.groups.member import Member, Registration
from ackproof.model.groups.rules import EAGER
from ackproof.model.system import Next
from ackproof.search.explorer import explore

STATIC = attrs.evolve(EAGER, is_static=True)


@pytest.mark.parametrize("expires", [True, False])
def test_the_sync_group_of_a_former_process_is_missed_since_brokers_look_for_it(expires: bool) -> None:
    """KAFKA-12890."""
    rules = attrs.evolve(STATIC, expires_awaited_syncs=expires)
    kinds = frozenset({"consumer-crash"})
    found = explore(group_half(rules, members=2, partitions=1, faults=Faults(1), kinds=kinds))

    assert bool(found.fired["sync expires"]) == expires


def test_whose_process_is_gone_and_has_sent_none_is_removed_then() -> None:
    """``GroupMetadataManager.expirePendingSync`` removes all of ``allPendingSyncMembers``."""
    gone = Member("out", registration=Registration(is_static=True, awaits_sync=True))
    here = Member("member", generation=1, registration=Registration(is_leader=True, is_static=True))
    group = ClassicGroup((gone, here), 1, "stable", 1, 1, awaits_former=True)

    (expired,) = cast("Iterable[Next]", sync_expires.function(group))
    after = cast("ClassicGroup", expired.changes["group"])

    assert (after.registered, after.state) == ((1,), "preparing")
    assert expired.says.endswith("it removes consumer 1")


def test_nobody_is_given_up_while_somebody_who_runs_has_yet_to_send_it() -> None:
    """It has a rebalance timeout to do so in; to be too late for that it would have to stand still."""
    awaited = Member("syncing", generation=1, registration=Registration(is_static=True, awaits_sync=True))
    here = Member("member", generation=1, registration=Registration(is_leader=True, is_static=True))
    group = ClassicGroup((awaited, here), 1, "stable", 1, 1, awaits_former=True)

    assert not list(cast("Iterable[Next]", sync_expires.function(group)))
