"""What the network holds back while another broker leads."""

import attrs
import pytest

from ackproof.model.faults import Faults
from ackproof.model.produce.append import Leader
from ackproof.model.produce.batch import Batch
from ackproof.model.produce.failing import leader_restarts_quickly
from ackproof.model.produce.half import KINDS, produce_half
from ackproof.model.produce.held import late_in_vain, may_lead_again
from ackproof.model.produce.network import Connection, Request, arriving
from ackproof.model.produce.replica import Replica
from ackproof.model.produce.replicating import down
from ackproof.model.produce.rules import BrokerRules, ProducerRules
from ackproof.model.produce.stored import STORED
from ackproof.model.system import System
from ackproof.properties.claims import INVARIANTS
from ackproof.search.explorer import explore

HELD = frozenset({"request-delayed", "leader-change"})
CLUSTER = BrokerRules(replication_factor=2, min_insync_replicas=1)


def half(faults: Faults, *, records: int = 2, is_fine: bool = False, kinds: frozenset[str] = HELD) -> System:
    return produce_half(ProducerRules(), CLUSTER, records=records, faults=faults, kinds=kinds, is_fine=is_fine)


def broken_in(system: System, basic: str) -> int | None:
    """In how many steps a claim is broken, if it is."""
    found = explore(system, INVARIANTS["produce"][basic])
    return len(found.violation) if found.violation else None


@pytest.mark.parametrize(("basic", "steps"), [("no-duplicates", 18), ("in-order", 14)])
def test_what_was_held_back_is_taken_once_its_broker_leads_again(basic: str, steps: int) -> None:
    assert broken_in(half(Faults(3)), basic) == steps
    assert broken_in(half(Faults(3, (("leader-change", 1),))), basic) is None


@pytest.mark.parametrize("basic", ["no-duplicates", "in-order", "no-loss"])
def test_with_fewer_faults_nothing_of_it_arrives_so_that_it_may_be_forgotten(basic: str) -> None:
    forgets, keeps = half(Faults(2)), half(Faults(2), is_fine=True)

    assert broken_in(forgets, basic) == broken_in(keeps, basic) is None


@pytest.mark.slow
@pytest.mark.parametrize("basic", ["no-duplicates", "in-order", "no-loss"])
def test_with_more_it_is_the_same_in_as_few_steps_as_without_reductions(basic: str) -> None:
    reduced, fine = half(Faults(3)), half(Faults(3), is_fine=True)

    assert (broken_in(reduced, basic) is None) == (broken_in(fine, basic) is None)


def test_it_may_lead_again_as_the_other_one_crashes() -> None:
    system = half(Faults(3, (("leader-change", 1),)), kinds=HELD | {"broker-crash"})

    found = explore(system, INVARIANTS["produce"]["in-order"]).violation

    assert found is not None
    assert [step.action.name for step in found.steps if step.action.name.startswith("late")][-1] == "late again"


def test_what_reaches_a_broker_that_does_not_lead_is_refused() -> None:
    led_before = Replica("in-sync", held=((Batch(0), Batch(1)),))

    (refused,) = late_in_vain.outcomes((Replica("leader"), led_before))

    assert refused.changes == {"replicas": (Replica("leader"), Replica("in-sync", held=((Batch(1),),)))}
    assert list(late_in_vain.outcomes((Replica("leader", held=((Batch(0),),)), Replica()))) == []


def test_what_one_connection_holds_arrives_in_order_and_what_several_do_in_any() -> None:
    first, second, other = Batch(0), Batch(1), Batch(2)

    assert dict(arriving(((first, second), (other,)))) == {
        first: ((second,), (other,)),
        other: ((first, second),),
    }


def test_a_broker_that_crashes_loses_its_connections() -> None:
    led_before = Replica("in-sync", held=((Batch(0),),))

    after = down(CLUSTER, (Replica("leader"), led_before), 1, 0)

    assert after[1].held == ()


def test_a_leader_that_is_back_before_that_is_noticed_has_lost_connections_and_what_it_knew_of_followers() -> None:
    leads, follows = Replica("leader", log=(Batch(0),), held=((Batch(0),),)), Replica(log=(Batch(0),), fetched_to=1)
    waiting = Request(Batch(0), None, waits_for=1)

    (back,) = leader_restarts_quickly.outcomes(
        Leader(CLUSTER, STORED, "all"), (leads, follows), Connection((waiting,)), ((Batch(1),),)
    )

    assert back.changes == {
        "replicas": (attrs.evolve(leads, epoch_start=1, held=()), attrs.evolve(follows, fetched_to=0)),
        "connection": Connection((), (waiting,)),
        "delayed": (),
    }


@pytest.mark.parametrize(
    ("kinds", "faults", "may"),
    [
        (KINDS, None, True),
        (KINDS - {"request-delayed"}, None, False),
        (KINDS - {"leader-change"}, None, False),
        (HELD, Faults(2), False),
        (HELD, Faults(3), True),
        (HELD, Faults(5, (("leader-change", 1),)), False),
        (HELD | {"broker-crash"}, Faults(3, (("leader-change", 1),)), True),
        (HELD | {"power-loss"}, Faults(3, (("leader-change", 1), ("power-loss", 0))), False),
        (HELD, Faults(3, (("request-delayed", 0),)), False),
    ],
)
def test_it_takes_three_faults(kinds: frozenset[str], faults: Faults | None, may: bool) -> None:
    assert may_lead_again(kinds, faults) == may
