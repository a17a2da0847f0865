"""What happens at last, and with which configurations it does not."""

import attrs
import pytest

from ackproof.model.consume.auto_commit import AIOKAFKA, JAVA, LIBRDKAFKA
from ackproof.model.consume.half import consume_half
from ackproof.model.consume.log import Group, Log
from ackproof.model.consume.rebalancing import COOPERATIVE, COOPERATIVE_LIBRDKAFKA, RECONCILING
from ackproof.model.consume.rules import Commit, ConsumerRules
from ackproof.model.faults import Faults
from ackproof.model.produce import replicating
from ackproof.model.produce.half import KINDS, produce_half
from ackproof.model.produce.idempotence import AIOKAFKA_IDEMPOTENCE, KAFKA_PYTHON_IDEMPOTENCE, LIBRDKAFKA_IDEMPOTENCE
from ackproof.model.produce.rules import BrokerRules, ProducerRules, each_to_the_front
from ackproof.model.system import System
from ackproof.properties.liveness import (
    a_send_waits_for_its_outcome,
    every_send_is_resolved,
    the_group_lags,
    the_lag_is_zero,
    with_deadlines,
    with_polls,
)
from ackproof.search.exploration import Exploration
from ackproof.search.liveness import explore_fairly

RETRYING = ProducerRules(idempotence=None, requeue=each_to_the_front)
IDEMPOTENT = ProducerRules(on_send_failure="drop")
AIOKAFKA_SENDING = ProducerRules(idempotence=AIOKAFKA_IDEMPOTENCE, max_in_flight=1, expiry="in-queue")
LIBRDKAFKA_SENDING = ProducerRules(
    idempotence=LIBRDKAFKA_IDEMPOTENCE, deadline_closes_connection=True, on_send_failure="drop"
)
TWO_OF_TWO = BrokerRules(replication_factor=2, min_insync_replicas=2)
TWO_OF_ONE = BrokerRules(replication_factor=1, min_insync_replicas=2)


def sending(client: ProducerRules, brokers: BrokerRules, *kinds: str) -> System:
    """A fine produce half with one fault."""
    budget = Faults(1 if kinds else 0)
    return produce_half(client, brokers, records=2, faults=budget, kinds=frozenset(kinds), is_fine=True)


def completes(system: System) -> Exploration:
    """Whether every send is resolved at last."""
    return explore_fairly(system, every_send_is_resolved, looks_for=(a_send_waits_for_its_outcome,))


@pytest.mark.parametrize(
    "client",
    [
        RETRYING,
        attrs.evolve(RETRYING, retries=1),
        attrs.evolve(RETRYING, acks="1"),
        IDEMPOTENT,
        LIBRDKAFKA_SENDING,
        attrs.evolve(IDEMPOTENT, idempotence=KAFKA_PYTHON_IDEMPOTENCE, max_in_flight=1),
        AIOKAFKA_SENDING,
    ],
)
@pytest.mark.parametrize("kind", sorted(KINDS))
def test_sends_are_resolved_whatever_goes_wrong_once(client: ProducerRules, kind: str) -> None:
    found = completes(sending(client, BrokerRules(replication_factor=2, min_insync_replicas=1), kind))

    assert found.ended == "exhausted"
    assert found.seen["a_send_waits_for_its_outcome"]


def test_a_send_without_acknowledgement_never_waits() -> None:
    found = completes(sending(attrs.evolve(RETRYING, acks="0"), BrokerRules(), "broker-crash"))

    assert found.ended == "exhausted"
    assert not found.seen["a_send_waits_for_its_outcome"]


def repeated(found: Exploration) -> list[str]:
    """What happens for ever."""
    assert found.violation is not None
    return [step.says for step in found.violation.steps[found.violation.loop :]]


def test_without_enough_replicas_a_send_is_tried_until_its_deadline() -> None:
    system = sending(RETRYING, TWO_OF_ONE)

    assert repeated(completes(system)) == [
        "broker 1, the leader, refuses r1: NOT_ENOUGH_REPLICAS",
        "producer hears NOT_ENOUGH_REPLICAS for r1",
        "producer sends r1 again",
    ]
    assert completes(with_deadlines(system)).ended == "exhausted"


@pytest.mark.parametrize(
    "client",
    [AIOKAFKA_SENDING, attrs.evolve(IDEMPOTENT, expiry="in-queue"), attrs.evolve(LIBRDKAFKA_SENDING, expiry="never")],
    ids=["aiokafka", "Java before 2.1", "librdkafka with message.timeout.ms=0"],
)
def test_a_client_that_gives_up_only_what_waits_for_long_waits_for_enough_replicas_for_ever(
    client: ProducerRules,
) -> None:
    found = completes(with_deadlines(sending(client, TWO_OF_ONE)))

    assert "producer sends r1 (sequence 0) again" in repeated(found)


def test_librdkafka_gives_up_at_its_deadline() -> None:
    assert completes(with_deadlines(sending(LIBRDKAFKA_SENDING, TWO_OF_ONE))).ended == "exhausted"


def test_a_record_that_was_overtaken_in_an_empty_partition_is_out_of_order_until_its_deadline() -> None:
    """A partition that does not know a producer takes any first sequence, also that of the second batch."""
    system = sending(IDEMPOTENT, TWO_OF_TWO, "follower-lag")

    assert repeated(completes(system)) == [
        "producer sends r1 (sequence 0) again",
        "broker 1, the leader, refuses r1 (sequence 0): OUT_OF_ORDER_SEQUENCE_NUMBER",
        "producer hears OUT_OF_ORDER_SEQUENCE_NUMBER for r1 (sequence 0)",
    ]
    assert completes(with_deadlines(system)).ended == "exhausted"
    assert (
        completes(sending(attrs.evolve(IDEMPOTENT, max_in_flight=1), TWO_OF_TWO, "follower-lag")).ended == "exhausted"
    )


def test_a_broker_that_stays_down_leaves_a_send_waiting() -> None:
    system = sending(AIOKAFKA_SENDING, BrokerRules(replication_factor=1, min_insync_replicas=1), "broker-crash")
    back = replicating.come_back
    down = [attrs.evolve(act, is_fair=False) if act == back else act for act in system.actions]

    assert completes(system).ended == "exhausted"
    assert repeated(completes(attrs.evolve(system, actions=tuple(down)))) == []


def reading(rules: ConsumerRules, kind: str | None, records: int = 2) -> System:
    """A fine consume half with one fault."""
    kinds = frozenset({kind} if kind else ())
    return consume_half(
        rules,
        records=records,
        faults=Faults(len(kinds)),
        kinds=kinds,
        counts_repeats=False,
        notes_order=False,
        is_fine=True,
    )


def drains(system: System) -> Exploration:
    """Whether the lag returns to zero at last."""
    return explore_fairly(system, the_lag_is_zero, looks_for=(the_group_lags,))


@pytest.mark.parametrize(
    "rules",
    [
        ConsumerRules(),
        ConsumerRules(instances=2),
        ConsumerRules(reset="latest"),
        ConsumerRules(commit_when="before-processing"),
        ConsumerRules(processing="handed-off"),
        ConsumerRules(commit="async", processing="handed-off"),
        ConsumerRules(JAVA, commit="auto"),
        ConsumerRules(LIBRDKAFKA, commit="auto", reset="latest"),
        ConsumerRules(AIOKAFKA, commit="auto", rejoins_in_background=True),
    ],
)
@pytest.mark.parametrize(
    "kind",
    [None, "consumer-crash", "consumer-pause", "member-joins", "member-leaves", "retention", "offsets-expired"],
)
def test_the_lag_returns_to_zero_whatever_goes_wrong_once(rules: ConsumerRules, kind: str | None) -> None:
    found = drains(reading(rules, kind))

    assert found.ended == "exhausted"
    assert found.seen["the_group_lags"]


@pytest.mark.parametrize(
    "rules", [ConsumerRules(instances=2), ConsumerRules(reset="latest"), ConsumerRules(processing="handed-off")]
)
def test_a_consumer_that_was_put_out_of_the_group_joins_again(rules: ConsumerRules) -> None:
    assert drains(reading(rules, "consumer-pause")).ended == "exhausted"


@pytest.mark.slow
@pytest.mark.parametrize("commit", ["sync", "async"])
def test_of_two_that_commit_in_turn_one_hears_in_poll_that_it_is_to_give_up_the_partition(commit: Commit) -> None:
    keeps = attrs.evolve(COOPERATIVE_LIBRDKAFKA, keeps_what_it_lost=True)
    rules = ConsumerRules(LIBRDKAFKA, commit, processing="handed-off", instances=2, rebalancing=keeps, is_static=True)

    assert drains(reading(rules, "consumer-pause")).ended == "exhausted"


@pytest.mark.parametrize(
    "rules",
    [
        ConsumerRules(commit="async"),
        ConsumerRules(commit="async", commit_when="before-processing"),
        ConsumerRules(commit="async", commit_when="before-processing", processing="handed-off"),
    ],
)
def test_the_last_asynchronous_commit_may_be_lost_and_nobody_sends_it_again(rules: ConsumerRules) -> None:
    found = drains(reading(rules, "coordinator-failover"))

    assert repeated(found) == []
    assert found.violation is not None
    assert found.violation.faults == ("coordinator-failover",)


@pytest.mark.parametrize("rules", [ConsumerRules(), ConsumerRules(commit="async", processing="handed-off")])
def test_a_lost_commit_is_sent_again_by_who_waits_for_it_or_commits_between_polls(rules: ConsumerRules) -> None:
    assert drains(reading(rules, "coordinator-failover")).ended == "exhausted"


def test_a_group_that_has_committed_nothing_does_not_start_without_a_reset() -> None:
    found = drains(reading(ConsumerRules(reset="none"), None))

    assert repeated(found) == []


def test_who_starts_by_age_does_not_lag_behind_what_is_deleted() -> None:
    assert drains(reading(ConsumerRules(reset="by_duration"), "retention")).ended == "exhausted"


def test_a_group_whose_offset_expired_does_not_start_again_without_a_reset() -> None:
    system = reading(ConsumerRules(reset="none"), "offsets-expired")
    started = {"group": Group(0), "log": Log(0, (0,))}

    found = drains(attrs.evolve(system, initial={**system.initial, **started}))

    assert repeated(found) == []
    assert found.violation is not None
    assert found.violation.faults == ("offsets-expired",)


@pytest.mark.parametrize(
    ("rules", "kind"),
    [
        (ConsumerRules(processing="handed-off", rebalancing=COOPERATIVE), "member-joins"),
        (ConsumerRules(JAVA, commit="auto", rebalancing=RECONCILING, commits_as_nobody=True), "consumer-pause"),
    ],
)
def test_commits_that_come_to_nothing_keep_nobody_from_polling(rules: ConsumerRules, kind: str) -> None:
    system = reading(rules, kind)
    weakly = attrs.evolve(system, actions=tuple(attrs.evolve(act, is_strongly_fair=False) for act in system.actions))

    assert drains(weakly).violation is not None
    assert drains(with_polls(weakly)).ended == "exhausted"
    assert drains(system).ended == "exhausted"
