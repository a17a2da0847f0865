"""What theorems say of a produce half is what the search says; and just outside they say nothing."""

from collections.abc import Mapping

import attrs
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from ackproof.model.faults import Faults
from ackproof.model.produce.half import KINDS, produce_half
from ackproof.model.produce.idempotence import (
    AIOKAFKA_IDEMPOTENCE,
    FIRST_JAVA_IDEMPOTENCE,
    JAVA_IDEMPOTENCE,
    KAFKA_PYTHON_IDEMPOTENCE,
    LIBRDKAFKA_IDEMPOTENCE,
)
from ackproof.model.produce.rules import BrokerRules, ProducerRules, each_to_the_front
from ackproof.model.produce.truncation import by_leader_epoch, to_own_high_watermark
from ackproof.model.system import System
from ackproof.proofs.coverage import NUMBERS, ONCE, ORDER, SURVIVAL, WATERMARK, case_of, lifts_faults, theorems_on
from ackproof.properties.claims import INVARIANTS
from ackproof.search.exploration import Budget
from ackproof.search.explorer import explore

NETWORK = frozenset({"request-lost", "response-lost", "request-delayed", "leader-change"})


def half(
    client: ProducerRules | None = None,
    brokers: BrokerRules | None = None,
    *,
    kinds: frozenset[str] = NETWORK,
    faults: Faults | None = None,
    records: int = 2,
) -> System:
    """By default a Java producer whose requests and answers may be lost."""
    return produce_half(
        client or ProducerRules(),
        brokers or BrokerRules(),
        records=records,
        faults=faults or Faults(2),
        kinds=kinds,
    )


def said(system: System, basic: str) -> tuple[str, ...]:
    return theorems_on(case_of(system), basic)


def test_a_java_producer_stores_once_and_in_order_while_it_never_gives_up() -> None:
    assert said(half(), "no-duplicates") == said(half(), "in-order") == (ONCE, ORDER, WATERMARK)
    assert not lifts_faults(case_of(half()), (ONCE, ORDER, WATERMARK))
    assert lifts_faults(case_of(half(kinds=NETWORK - {"leader-change"})), (ONCE, ORDER, WATERMARK))
    assert lifts_faults(case_of(half()), (WATERMARK,))


JAVA, BROKERS = ProducerRules(), BrokerRules()
OUTSIDE_ONCE: Mapping[str, System] = {
    "six in flight": half(attrs.evolve(JAVA, max_in_flight=6)),
    "not idempotent": half(attrs.evolve(JAVA, idempotence=None)),
    "retries end": half(attrs.evolve(JAVA, retries=3)),
    "batches that fail together are reversed": half(attrs.evolve(JAVA, requeue=each_to_the_front)),
    "librdkafka": half(attrs.evolve(JAVA, idempotence=LIBRDKAFKA_IDEMPOTENCE)),
    "deadlines": half(kinds=NETWORK | {"send-timeout"}),
    "pauses": half(kinds=NETWORK | {"producer-pause"}),
    "producer crashes": half(kinds=NETWORK | {"producer-crash"}),
    "in-sync replicas get too few": half(kinds=NETWORK | {"follower-lag"}),
    "one batch is remembered": half(brokers=attrs.evolve(BROKERS, remembered_batches=1)),
    "unclean election": half(brokers=attrs.evolve(BROKERS, elects_uncleanly=True)),
    "followers truncate to their high watermark": half(brokers=attrs.evolve(BROKERS, truncation=to_own_high_watermark)),
    "what is held back arrives once its broker leads again": half(faults=Faults(3)),
    "more in-sync replicas are asked for than there are": half(brokers=attrs.evolve(BROKERS, min_insync_replicas=4)),
}


@pytest.mark.parametrize("what", OUTSIDE_ONCE)
def test_just_outside_nothing_is_said_of_duplicates(what: str) -> None:
    assert said(OUTSIDE_ONCE[what], "no-duplicates") == ()
    assert said(OUTSIDE_ONCE[what], "in-order") == ()


def test_what_is_acknowledged_by_all_survives_whatever_the_producer_suffers() -> None:
    kinds = KINDS - {"power-loss", "retention"}

    assert said(half(kinds=kinds), "no-loss") == (NUMBERS, WATERMARK)
    assert said(half(attrs.evolve(JAVA, idempotence=None), kinds=kinds), "no-loss") == (WATERMARK,)
    assert said(half(), "no-loss") == (ONCE, ORDER, WATERMARK)


def test_so_many_brokers_may_lose_power_as_in_sync_replicas_are_asked_for_less_one() -> None:
    one, two = Faults(2, (("power-loss", 1),)), Faults(2)
    kinds = frozenset({"power-loss", "follower-lag"})

    assert said(half(kinds=kinds, faults=one), "no-loss") == (NUMBERS, WATERMARK, SURVIVAL)
    assert not lifts_faults(case_of(half(kinds=kinds, faults=one)), (NUMBERS, WATERMARK, SURVIVAL))
    assert said(half(kinds=kinds, faults=two), "no-loss") == ()


OUTSIDE_SURVIVAL: Mapping[str, System] = {
    "acks=1": half(attrs.evolve(JAVA, acks="1", idempotence=None)),
    "unclean election": half(brokers=attrs.evolve(BROKERS, elects_uncleanly=True)),
    "KIP-101 asks once": half(brokers=attrs.evolve(BROKERS, truncation=by_leader_epoch)),
    "KAFKA-7128": half(brokers=attrs.evolve(BROKERS, joins_below_leader_epoch=True)),
    "the high watermark moves on below min.insync.replicas": half(
        brokers=attrs.evolve(BROKERS, keeps_high_watermark_below_min_isr=False)
    ),
    "no eligible leader replicas, and power is lost": half(
        brokers=attrs.evolve(BROKERS, has_eligible_leader_replicas=False),
        kinds=frozenset({"power-loss"}),
        faults=Faults(1),
    ),
    "the controller can not tell who restarted, and power is lost": half(
        brokers=attrs.evolve(BROKERS, checks_broker_epochs=False), kinds=frozenset({"power-loss"}), faults=Faults(1)
    ),
    "Java 0.11": half(attrs.evolve(JAVA, idempotence=FIRST_JAVA_IDEMPOTENCE)),
    "later sequences move down": half(
        attrs.evolve(JAVA, idempotence=attrs.evolve(JAVA_IDEMPOTENCE, on_late_failure="adjust")),
        kinds=NETWORK | {"send-timeout"},
    ),
}


@pytest.mark.parametrize("what", OUTSIDE_SURVIVAL)
def test_just_outside_nothing_is_said_of_loss(what: str) -> None:
    assert said(OUTSIDE_SURVIVAL[what], "no-loss") == ()


def test_where_no_fault_is_possible_none_is_proved_to_do_no_harm() -> None:
    assert said(half(faults=Faults(0)), "no-loss")
    assert not lifts_faults(case_of(half(faults=Faults(0))), (WATERMARK,))


def test_of_other_claims_nothing_is_said() -> None:
    assert said(half(), "completes") == ()


IDEMPOTENCE = (
    None,
    JAVA_IDEMPOTENCE,
    FIRST_JAVA_IDEMPOTENCE,
    KAFKA_PYTHON_IDEMPOTENCE,
    AIOKAFKA_IDEMPOTENCE,
    LIBRDKAFKA_IDEMPOTENCE,
)
CLIENTS = st.builds(
    ProducerRules,
    acks=st.sampled_from(("all", "all", "1")),
    idempotence=st.sampled_from(IDEMPOTENCE),
    max_in_flight=st.sampled_from((1, 2, 5)),
    retries=st.sampled_from((None, None, 1)),
    on_send_failure=st.sampled_from(("stop", "drop", "resend")),
    most_resends=st.just(1),
)
BROKER_RULES = st.builds(
    BrokerRules,
    replication_factor=st.integers(1, 3),
    min_insync_replicas=st.integers(1, 2),
    keeps_high_watermark_below_min_isr=st.booleans(),
    has_eligible_leader_replicas=st.booleans(),
    elects_uncleanly=st.sampled_from((False, False, True)),
    flushes_every_record=st.booleans(),
    accepts_any_first_sequence=st.booleans(),
    names_unknown_producers=st.booleans(),
    remembered_batches=st.sampled_from((5, 5, 1)),
    checks_broker_epochs=st.booleans(),
)
FAULTS = st.sets(st.sampled_from(sorted(KINDS - {"retention"})), min_size=1, max_size=3).map(frozenset)


@pytest.mark.slow
@pytest.mark.parametrize("basic", ["no-loss", "no-duplicates", "in-order"])
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
@given(client=CLIENTS, brokers=BROKER_RULES, kinds=FAULTS, faults=st.integers(1, 2))
def test_the_search_finds_nothing_against_what_theorems_say(
    basic: str, client: ProducerRules, brokers: BrokerRules, kinds: frozenset[str], faults: int
) -> None:
    system = half(client, brokers, kinds=kinds, faults=Faults(faults))
    assume(said(system, basic))

    found = explore(system, INVARIANTS["produce"][basic], budget=Budget(seconds=20))

    assert found.violation is None
