"""What brokers forget with the records that retention deletes: before 2.4 at once, today as they begin anew."""

import attrs

from ackproof.config.producers import idempotence_of
from ackproof.model.faults import Faults
from ackproof.model.produce.append import Leader
from ackproof.model.produce.batch import Batch
from ackproof.model.produce.half import KINDS, kinds_of, produce_half
from ackproof.model.produce.replica import Replica, Replicas
from ackproof.model.produce.retention import forgets, forgotten, retention, retention_of_one
from ackproof.model.produce.rules import BrokerRules, ProducerRules
from ackproof.model.produce.stored import STORED
from ackproof.model.produce.truncation import common_prefix
from ackproof.model.produce.watermark import DERIVED, copied, has_equal_log
from ackproof.properties.claims import INVARIANTS
from ackproof.search.explorer import explore

OLD = BrokerRules(replication_factor=2, min_insync_replicas=1, forgets_producers_with_their_records=True)
TODAY = attrs.evolve(OLD, forgets_producers_with_their_records=False)
FIRST, SECOND = Batch(0, 0, 0, 0), Batch(1, 0, 0, 1)


def replicas(leader: tuple[Batch, ...], follower: tuple[Batch, ...]) -> Replicas:
    """Two replicas with these logs, both in sync."""
    return (Replica("leader", log=leader), Replica(log=follower))


def test_a_producer_is_forgotten_with_its_last_batch_and_not_before() -> None:
    log = (FIRST, SECOND)

    assert forgotten(log, 1) == log
    assert forgotten(log, 2) == (Batch(0), Batch(1))
    assert forgotten((FIRST, Batch(1, 1, 0, 0)), 1) == (Batch(0), Batch(1, 1, 0, 0))


def test_only_what_is_committed_is_deleted_be_it_that_a_follower_still_has_it() -> None:
    leader, later = Leader(OLD, DERIVED, "all"), Batch(1, 1, 0, 0)

    both, one = retention.outcomes(leader, replicas((FIRST, later), (FIRST,)))

    assert both.says == "retention deletes what is below offset 1"
    assert both.changes["replicas"] == replicas((Batch(0), later), (Batch(0),))
    assert one.says == "retention deletes what is below offset 1, which broker 2 still has"
    assert one.changes["replicas"] == replicas((Batch(0), later), (FIRST,))


def test_what_either_has_deleted_a_follower_knows_no_producers_by_once_it_has_copied_the_rest() -> None:
    other = Batch(1, 1, 0, 0)

    assert copied((Batch(0), other), (FIRST,)) == (Batch(0), other)
    assert copied((FIRST, other), (Batch(0),)) == (Batch(0), other)
    assert has_equal_log(Replica(log=(FIRST,)), Replica(log=(Batch(0),)))
    assert not has_equal_log(Replica(log=(FIRST, other)), Replica(log=(Batch(0),)))


def test_a_leader_that_has_forgotten_a_producer_and_one_that_has_not_lose_a_record() -> None:
    """Sequences begin from 0 again for the one; the other takes the first of them for what it still has."""
    client = ProducerRules(
        idempotence=idempotence_of("java", (2, 0), (2, 3)), expiry="in-queue", on_send_failure="drop"
    )
    brokers = attrs.evolve(
        OLD, has_eligible_leader_replicas=False, accepts_any_first_sequence=False, names_unknown_producers=True
    )
    kinds = frozenset({"leader-change", "retention"})

    found = explore(
        produce_half(client, brokers, records=2, faults=Faults(2), kinds=kinds), INVARIANTS["produce"]["no-loss"]
    )

    assert found.violation is not None
    assert [step.says for step in found.violation.steps][-2:] == [
        "broker 2, the leader, has r2 (sequence 0) already, at offset 0",
        "producer gets the acknowledgement of r2",
    ]


def test_what_a_replica_has_and_its_leader_does_not_is_not_deleted() -> None:
    leader, other = Leader(OLD, DERIVED, "all"), Batch(7, 3, 0, 0)
    behind = attrs.evolve(Replica(log=(other,)), role="out")

    (deleted,) = retention.outcomes(leader, (Replica("leader", log=(FIRST,)), behind))

    assert deleted.changes["replicas"] == (Replica("leader", log=(Batch(0),)), behind)


def actions_of(brokers: BrokerRules, client: ProducerRules | None = None, *, is_fine: bool = False) -> set[str]:
    """What the system does whose only fault is retention."""
    kinds, faults = frozenset({"retention"}), Faults(3)
    system = produce_half(client or ProducerRules(), brokers, records=1, faults=faults, kinds=kinds, is_fine=is_fine)
    return {act.name for act in system.actions}


def test_brokers_that_keep_producer_state_suffer_it_one_by_one() -> None:
    assert not forgets(replicas((FIRST,), (FIRST,)), Leader(TODAY, DERIVED, "all"))
    assert {"retention", "retention of one"} & actions_of(TODAY) == {"retention of one"}
    assert {"retention", "retention of one"} <= actions_of(OLD)


def test_who_has_begun_anew_leads_after_a_third_fault_unless_it_is_alone() -> None:
    client, alone = ProducerRules(), attrs.evolve(TODAY, replication_factor=1)

    assert "retention" in kinds_of(client, TODAY, Faults(3))
    assert "retention" not in kinds_of(client, TODAY, Faults(2))
    assert "retention" in kinds_of(client, alone, Faults(2))
    assert "retention" not in kinds_of(client, alone, Faults(1))


def test_a_producer_that_numbers_nothing_does_not_suffer_it() -> None:
    plain = ProducerRules(idempotence=None)

    assert kinds_of(plain, OLD, Faults(3)) == KINDS - {"retention"}
    assert kinds_of(ProducerRules(), OLD, Faults(1)) == KINDS
    assert "retention of one" not in actions_of(TODAY, plain)
    assert "retention of one" in actions_of(TODAY, plain, is_fine=True)


def test_a_producer_without_sequences_has_nothing_to_be_forgotten() -> None:
    assert list(retention.outcomes(Leader(OLD, DERIVED, "all"), replicas((Batch(0),), (Batch(0),)))) == []


def test_without_reductions_one_replica_deletes_what_it_knows_to_be_committed() -> None:
    known, unknown = Replica("leader", log=(FIRST,), high_watermark=1), Replica(log=(FIRST,))

    (deleted,) = retention_of_one.outcomes(Leader(OLD, STORED, "all"), (known, unknown))

    assert deleted.says == "retention deletes what is below offset 1 on broker 1"
    assert deleted.changes["replicas"] == (attrs.evolve(known, log=(Batch(0),)), unknown)


def test_a_broker_that_starts_again_knows_a_producer_by_what_is_left() -> None:
    log = (FIRST, SECOND)
    leader, down = Replica("leader", log=log), Replica(is_up=False, log=log, high_watermark=1)

    (again,) = retention_of_one.outcomes(Leader(TODAY, STORED, "all"), (leader, down))

    assert again.says == "retention deletes what is below offset 1 on broker 2, which reads again what is left"
    assert again.changes["replicas"] == (leader, attrs.evolve(down, log=(Batch(0), SECOND)))
    assert common_prefix(log, (Batch(0), SECOND)) == 2


def test_a_follower_begins_where_its_leader_has_deleted_what_it_lacks() -> None:
    leader, behind = Replica("leader", log=(FIRST, SECOND), high_watermark=2), Replica("out", log=(FIRST,))

    (anew,) = retention_of_one.outcomes(Leader(TODAY, STORED, "all"), (leader, behind))

    assert anew.says == "retention deletes what is below offset 2 on broker 2, which begins there"
    assert anew.changes["replicas"] == (leader, attrs.evolve(behind, log=(Batch(0), Batch(1)), high_watermark=2))


def test_a_follower_that_has_begun_anew_stores_a_record_once_more_when_it_leads() -> None:
    kinds = frozenset({"retention", "follower-lag", "broker-crash"})
    system = produce_half(ProducerRules(), BrokerRules(), records=1, faults=Faults(3), kinds=kinds)

    found = explore(system, INVARIANTS["produce"]["no-duplicates"])

    assert found.violation is not None
    says = [step.says for step in found.violation.steps]
    assert "retention deletes what is below offset 1 on broker 3, which begins there" in says
    assert says[-1] == "broker 3, the leader, appends r1 (sequence 0) at offset 1"
