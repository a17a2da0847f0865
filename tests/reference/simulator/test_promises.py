"""What consuming applications are promised, as runs with many seeds keep or break it."""

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ackproof.model.consume.rules import ConsumerRules, OnProcessingFailure
from ackproof.reference.simulator.checking import broken, is_through
from ackproof.reference.simulator.run import run
from ackproof.reference.simulator.scenario import ConsumerPlan, FaultName, ProducerPlan, Scenario, TopicPlan
from tests.reference.simulator.scenarios import MIN_ISR_2, QUICK, SAFE, with_faults, without_deliveries

MEMBER = {"session.timeout.ms": "6000", "heartbeat.interval.ms": "1000", "max.poll.records": "5"}
NEW_PROTOCOL = {"group.protocol": "consumer", "max.poll.records": "5"}
NEW_PROTOCOL_BROKERS = {
    "group.consumer.heartbeat.interval.ms": "1000",
    "group.consumer.min.heartbeat.interval.ms": "1000",
    "group.consumer.min.session.timeout.ms": "5000",
    "group.consumer.session.timeout.ms": "5000",
}
OUTPUT = TopicPlan("output", settings=MIN_ISR_2.settings)
DISTURBANCES: tuple[FaultName, ...] = (
    "request-lost",
    "response-lost",
    "request-delayed",
    "broker-crash",
    "leader-change",
    "coordinator-failover",
    "consumer-crash",
    "consumer-pause",
    "member-joins",
    "member-leaves",
)


def consuming(rules: ConsumerRules, properties: dict[str, str] | None = None) -> Scenario:
    plan = ConsumerPlan(properties=properties or MEMBER, rules=rules, processing_ms=25)
    return without_deliveries(
        attrs.evolve(SAFE, consumers=(plan,), settling_ms=90_000, broker_properties=NEW_PROTOCOL_BROKERS)
    )


def piping(transactional_id: str | None) -> Scenario:
    properties = {} if transactional_id is None else {"transactional.id": transactional_id}
    plan = ConsumerPlan(
        output="output",
        producer_properties=properties,
        properties={**MEMBER, "isolation.level": "read_committed"},
        rules=ConsumerRules(instances=2),
    )
    topics = (attrs.evolve(MIN_ISR_2, partitions=2), OUTPUT)
    producers = (attrs.evolve(SAFE.producers[0], keys=3),)
    return without_deliveries(
        attrs.evolve(SAFE, topics=topics, producers=producers, consumers=(plan,), settling_ms=90_000)
    )


def transacting(isolation: str) -> Scenario:
    """A producer whose transactions abort now and then, as their records are given up."""
    properties = {**QUICK, "transactional.id": "tx", "linger.ms": "0", "delivery.timeout.ms": "1500"}
    producer = ProducerPlan(
        records=30,
        interval_ms=30,
        on_send_failure="resend",
        on_restart="resend",
        properties={**properties, "request.timeout.ms": "1000"},
    )
    consumer = ConsumerPlan(properties={**MEMBER, "isolation.level": isolation})
    return without_deliveries(
        Scenario(topics=(MIN_ISR_2,), producers=(producer,), consumers=(consumer,), duration_ms=2_500)
    )


def claims(scenario: Scenario, seeds: range) -> set[str]:
    """The claims that are broken by one of the *seeds*."""
    return {each.claim for seed in seeds for each in broken(run(scenario, seed))}


AFTER = ConsumerRules(instances=2)
BEFORE = ConsumerRules(instances=2, commit_when="before-processing")
CRASHES: tuple[FaultName, ...] = ("consumer-crash", "consumer-crash", "consumer-crash")


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    faults=st.lists(st.sampled_from(DISTURBANCES), min_size=1, max_size=6),
    properties=st.sampled_from([MEMBER, NEW_PROTOCOL]),
)
def test_who_commits_after_processing_loses_nothing(
    seed: int, faults: list[FaultName], properties: dict[str, str]
) -> None:
    history = run(with_faults(consuming(AFTER, properties), *faults), seed)

    assert is_through(history)
    assert "no-loss" not in {each.claim for each in broken(history)}


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32), faults=st.lists(st.sampled_from(DISTURBANCES), min_size=1, max_size=6))
def test_who_commits_before_processing_repeats_nothing(seed: int, faults: list[FaultName]) -> None:
    history = run(with_faults(consuming(BEFORE), *faults), seed)

    assert "no-duplicates" not in {each.claim for each in broken(history)}


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32), faults=st.lists(st.sampled_from(DISTURBANCES), min_size=1, max_size=6))
def test_offsets_and_output_in_one_transaction_are_exactly_once(seed: int, faults: list[FaultName]) -> None:
    history = run(with_faults(piping("pipe"), *faults), seed)

    assert is_through(history)
    assert broken(history) == ()


def test_who_commits_after_processing_may_repeat() -> None:
    assert claims(with_faults(consuming(AFTER), *CRASHES), range(5)) == {"no-duplicates"}


def test_an_idempotent_sink_absorbs_repeats() -> None:
    idempotent = attrs.evolve(AFTER, sink="idempotent")

    assert claims(with_faults(consuming(idempotent), *CRASHES), range(5)) == set()


def test_who_commits_before_processing_may_lose() -> None:
    assert claims(with_faults(consuming(BEFORE), *CRASHES), range(5)) == {"no-loss"}


def test_who_writes_outside_of_transactions_may_repeat() -> None:
    assert "no-duplicates" in claims(with_faults(piping(None), *CRASHES), range(5))


def test_offsets_that_expire_make_a_group_start_over() -> None:
    scenario = with_faults(consuming(ConsumerRules()), "offsets-expired")
    scenario = attrs.evolve(scenario, broker_properties={"offsets.retention.minutes": "1"})
    scenario = attrs.evolve(
        scenario, broker_properties={**scenario.broker_properties, "offsets.retention.check.interval.ms": "5000"}
    )

    assert claims(scenario, range(1)) == {"no-duplicates"}


@pytest.mark.parametrize(
    ("isolation", "broken_claims"),
    [("read_uncommitted", {"no-aborted-reads", "no-duplicates"}), ("read_committed", set[str]())],
)
def test_only_read_committed_keeps_aborted_records_away(isolation: str, broken_claims: set[str]) -> None:
    scenario = with_faults(transacting(isolation), "send-timeout", "send-timeout")

    assert claims(scenario, range(4)) == broken_claims


@pytest.mark.parametrize("on_failure", ["retry", "skip", "dead-letter", "crash"])
def test_a_record_that_fails_is_dealt_with_as_the_application_says(on_failure: OnProcessingFailure) -> None:
    rules = attrs.evolve(ConsumerRules(), on_processing_failure=on_failure)
    scenario = with_faults(consuming(rules), "processing-fails")

    allowed = {"skip": {"no-loss"}}.get(on_failure, {"no-duplicates"})
    assert claims(scenario, range(4)) <= allowed


@pytest.mark.parametrize("rules", [ConsumerRules(processing="handed-off"), ConsumerRules(commit="with-sink")])
def test_what_is_not_simulated_is_a_mistake(rules: ConsumerRules) -> None:
    with pytest.raises(ValueError, match="simulated"):
        run(consuming(rules), 0)
