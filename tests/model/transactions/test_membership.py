"""Who has the partition of the log, where a group rebalances some time after its members have come or gone."""

import attrs

from ackproof.model.faults import Faults
from ackproof.model.system import Action
from ackproof.model.transactions.client import Client
from ackproof.model.transactions.failing import consumer_pause, crashed, offsets_expired
from ackproof.model.transactions.half import transactional
from ackproof.model.transactions.instance import Instance, Instances, with_status
from ackproof.model.transactions.membership import enter, is_rebalancing, rebalance
from ackproof.model.transactions.offsets import Commit, Offsets
from ackproof.model.transactions.rules import TRANSACTION_VERSION_2, ApplicationRules, Detail
from ackproof.properties.property import always
from ackproof.search.explorer import explore

TWO = ApplicationRules(instances=2)
APART = Client(TWO, TRANSACTION_VERSION_2, Detail(sends_beside=True, rebalances_apart=True))
OWNER, MEMBER, OUT, STALE = Instance(generation=1, position=0), Instance("member"), Instance("out"), Instance("stale")


def after(act: Action, *arguments: object) -> list[object]:
    """What the instances may be after an action."""
    return [step.changes["instances"] for step in act.outcomes(*arguments)]


def test_the_group_waits_for_an_owner_that_works_once_another_has_joined() -> None:
    busy = attrs.evolve(OWNER, phase="committing")
    awaited = attrs.evolve(busy, is_to_rejoin=True)

    assert after(enter, (busy, OUT)) == [(awaited, MEMBER)]
    assert not is_rebalancing((awaited, MEMBER))
    assert is_rebalancing((attrs.evolve(awaited, phase="idle"), MEMBER))


def test_a_group_rebalances_once_after_a_member_has_gone() -> None:
    gone = (attrs.evolve(OWNER, is_to_rejoin=True), STALE)
    rebalanced = (attrs.evolve(OWNER, generation=2, position=None), STALE)

    assert gone in after(consumer_pause, APART, (OWNER, MEMBER))
    assert after(rebalance, gone) == [rebalanced]
    assert is_rebalancing(gone)
    assert not is_rebalancing(rebalanced)


def test_nobody_has_what_an_owner_had_that_died_until_the_group_rebalances() -> None:
    ((_, gone),) = crashed(APART, (OWNER, MEMBER), 0)

    assert with_status(gone, "owner") == []
    assert is_rebalancing(gone)
    assert after(rebalance, gone) == [(gone[0], attrs.evolve(MEMBER, status="owner", generation=1))]


def test_offsets_wait_to_expire_until_none_is_pending_in_the_new_coordinator() -> None:
    expires = attrs.evolve(APART, rules=attrs.evolve(TRANSACTION_VERSION_2, expires_beside_pending=True))
    pending = Offsets((Commit(1), Commit(2, is_pending=True)))

    assert after(offsets_expired, APART, (OWNER,), pending) == []
    assert len(after(offsets_expired, expires, (OWNER,), pending)) == 1
    assert len(after(offsets_expired, APART, (OWNER,), Offsets((Commit(1),)))) == 1


@always(source="GroupCoordinator")
def one_instance_at_most_has_the_partition(instances: Instances) -> bool:
    """One instance at most has the partition."""
    return len(with_status(instances, "owner")) <= 1


def test_one_instance_at_most_has_the_partition_however_members_come_and_go() -> None:
    kinds = frozenset({"consumer-pause", "consumer-crash"})
    system = transactional(TWO, TRANSACTION_VERSION_2, records=1, faults=Faults(1), kinds=kinds, is_fine=True)

    assert explore(system, one_instance_at_most_has_the_partition).ended == "exhausted"
