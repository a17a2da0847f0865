"""What brokers before 2.4 forget with the records that retention deletes."""

import attrs

from ackproof.model.faults import Faults
from ackproof.model.produce.append import Leader
from ackproof.model.produce.batch import Batch
from ackproof.model.produce.half import produce_half
from ackproof.model.produce.replica import Replica, Replicas
from ackproof.model.produce.retention import forgets, forgotten, retention
from ackproof.model.produce.rules import BrokerRules, ProducerRules
from ackproof.model.produce.watermark import DERIVED

OLD = BrokerRules(replication_factor=2, min_insync_replicas=1, forgets_producers_with_their_records=True)
FIRST, SECOND = Batch(0, 0, 0, 0), Batch(1, 0, 0, 1)


def replicas(leader: tuple[Batch, ...], follower: tuple[Batch, ...]) -> Replicas:
    """Two replicas with these logs, both in sync."""
    return (Replica("leader", log=leader), Replica(log=follower))


def test_a_producer_is_forgotten_with_its_last_batch_and_not_before() -> None:
    log = (FIRST, SECOND)

    assert forgotten(log, 1) == log
    assert forgotten(log, 2) == (Batch(0), Batch(1))
    assert forgotten((FIRST, Batch(1, 1, 0, 0)), 1) == (Batch(0), Batch(1, 1, 0, 0))


def test_only_what_is_committed_is_deleted_on_every_replica_that_has_it() -> None:
    leader = Leader(OLD, DERIVED, "all")

    (deleted,) = retention.outcomes(leader, replicas((FIRST, Batch(1, 1, 0, 0)), (FIRST,)))

    assert deleted.says == "retention deletes what is below offset 1"
    assert deleted.changes["replicas"] == replicas((Batch(0), Batch(1, 1, 0, 0)), (Batch(0),))


def test_what_a_replica_has_and_its_leader_does_not_is_not_deleted() -> None:
    leader, other = Leader(OLD, DERIVED, "all"), Batch(7, 3, 0, 0)
    behind = attrs.evolve(Replica(log=(other,)), role="out")

    (deleted,) = retention.outcomes(leader, (Replica("leader", log=(FIRST,)), behind))

    assert deleted.changes["replicas"] == (Replica("leader", log=(Batch(0),)), behind)


def test_brokers_that_keep_producer_state_do_not_suffer_it() -> None:
    rules = attrs.evolve(OLD, forgets_producers_with_their_records=False)
    system = produce_half(ProducerRules(), rules, records=1, faults=Faults(1), kinds=frozenset({"retention"}))

    assert not forgets(replicas((FIRST,), (FIRST,)), Leader(rules, DERIVED, "all"))
    assert retention not in system.actions


def test_a_producer_without_sequences_has_nothing_to_be_forgotten() -> None:
    assert list(retention.outcomes(Leader(OLD, DERIVED, "all"), replicas((Batch(0),), (Batch(0),)))) == []
