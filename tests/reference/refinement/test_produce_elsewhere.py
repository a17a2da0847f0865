"""Steps of the model too: quick restarts, retention, other partitions, and applications that stop or send again."""

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ackproof.config.rules import brokers_of
from ackproof.config.versions import Version
from ackproof.model.produce.rules import BrokerRules, ProducerRules
from ackproof.reference.refinement.beside import NotRefinedError
from ackproof.reference.refinement.produce.beside import run_beside
from ackproof.reference.refinement.produce.faults import Disturbance
from ackproof.reference.refinement.produce.stage import ProduceSetting
from tests.reference.refinement.producing import (
    DEADLINES_MS,
    EARLIER_BROKERS,
    EARLIER_JAVA,
    JAVA_TODAY,
    OTHER_CLIENTS,
    SEEDS,
    TODAY,
    happening,
    rules_of,
    runs_of,
    taken_beside,
)

JAVA, FIRST_OF_FIVE = (rules_of(("java", version, True)) for version in ((4, 3), (1, 0)))
FORGET_WITH_RECORDS: tuple[Version, ...] = tuple(version for version in EARLIER_BROKERS if version < (2, 4))
FOR_RETENTION = (
    *("broker-crash", "follower-lag", "leader-change", "producer-crash", "producer-pause", "request-lost"),
    *("response-lost", "retention", "retention", "retention"),
)
LIBRDKAFKA = tuple(each for each in OTHER_CLIENTS if each[0] == "librdkafka")


def two(version: Version, min_insync_replicas: int = 1) -> BrokerRules:
    """Two brokers of some *version*."""
    return attrs.evolve(
        brokers_of(version),
        replication_factor=2,
        min_insync_replicas=min_insync_replicas,
        has_eligible_leader_replicas=False,
    )


def told(client: ProducerRules, brokers: BrokerRules, setting: tuple[int, int | None], *what: Disturbance) -> list[str]:
    """What happens in a run of so many records and this deadline, but for what followers do."""
    trace = run_beside(ProduceSetting(client, brokers, *setting), 1, what)
    return [step.says for step in trace.steps if step.action.name != "fetch"]


def test_a_process_that_dies_before_it_has_sent_anything_under_its_new_id_has_had_that() -> None:
    sends_again = attrs.evolve(rules_of(("java", (0, 11), True)), on_restart="resend")

    says = told(
        sends_again, two(TODAY), (1, None), Disturbance("elsewhere", 8, 87), Disturbance("producer-crash", 2, 56)
    )

    assert says[2:5] == [
        "a batch of another partition makes the producer ask for a new id",
        "the producer crashes and starts again",
        "producer sends r1 (sequence 0)",
    ]


def test_a_broker_that_is_back_before_that_is_noticed_may_register_once_it_is() -> None:
    down, later = Disturbance("quick-restart", 24, 91), Disturbance("response-lost", 1_700, 0)

    says = told(JAVA, two(TODAY), (4, None), down, later)

    assert [each for each in says if "broker 2" in each or "notices" in each] == [
        "broker 2 crashes",
        "the controller notices; in sync: broker 1",
        "broker 2 comes back with 2 records in its log",
        "broker 2 has caught up and the leader asks the controller to take it as in sync",
        "the controller agrees that broker 2 is in sync",
    ]


def test_before_2_2_a_follower_that_is_back_soon_keeps_its_place() -> None:
    trace = run_beside(ProduceSetting(JAVA, two((2, 0)), 4), 1, [Disturbance("quick-restart", 24, 1)])

    assert [step.says for step in trace.steps if "crashes" in step.says or "truncates" in step.says] == [
        "broker 2 crashes and is back before the controller notices",
        "broker 2 truncates nothing and follows broker 1, the leader",
    ]


def test_before_2_2_a_leader_that_is_back_soon_leads_on() -> None:
    says = told(JAVA, two((2, 0)), (4, None), Disturbance("quick-restart", 24, 0))

    back = says.index("broker 1, the leader, crashes, is back before the controller notices, and leads on")
    assert says[back + 1].startswith("producer notices that no answer comes for ")
    assert says[-1] == "producer gets the acknowledgement of r4"


def test_before_2_4_retention_makes_brokers_forget_a_producer() -> None:
    one_by_one = attrs.evolve(FIRST_OF_FIVE, max_in_flight=1)
    still, deleted = Disturbance("producer-pause", 22, 99), Disturbance("retention", 230, 98)

    assert told(one_by_one, two((2, 0)), (2, None), still, deleted)[3:] == [
        "producer sends r2 (sequence 1)",
        "lost on the way to the leader: r2 (sequence 1)",
        "producer notices that no answer comes for r2 (sequence 1)",
        "retention deletes what is below offset 1, which broker 2 still has",
        "producer sends r2 (sequence 1) again",
        "broker 1, the leader, refuses r2 (sequence 1): UNKNOWN_PRODUCER_ID",
        "producer hears UNKNOWN_PRODUCER_ID for r2 (sequence 1)",
        "producer sends r2 (sequence 0) again",
        "broker 1, the leader, appends r2 (sequence 0) at offset 1",
        "producer gets the acknowledgement of r2",
    ]


@pytest.mark.parametrize(
    ("who", "happens"),
    [
        (0, ["1, which broker 2 still has", "broker 2, the leader, appends r2 (sequence 1) at offset 1"]),
        (1, ["1 on broker 2", "broker 2, the leader, refuses r2 (sequence 1): UNKNOWN_PRODUCER_ID"]),
    ],
)
def test_before_2_4_who_still_has_what_its_leader_has_deleted_knows_the_producer(who: int, happens: list[str]) -> None:
    one_by_one = attrs.evolve(FIRST_OF_FIVE, max_in_flight=1)
    still, deleted = Disturbance("producer-pause", 22, 99), Disturbance("retention", 200, who)

    says = told(one_by_one, two((2, 0)), (2, None), still, deleted, Disturbance("leader-change", 20, 0))

    assert {f"retention deletes what is below offset {happens[0]}", happens[1]} <= set(says)


def test_a_follower_that_begins_where_its_leader_does_knows_no_producer_of_before() -> None:
    behind, deleted = Disturbance("follower-lag", 14, 0), Disturbance("retention", 3_000, 98)

    says = told(JAVA, two(TODAY), (5, None), behind, deleted, Disturbance("response-lost", 4_000, 0))

    assert "retention deletes what is below offset 5 on broker 2, which begins there" in says
    assert not any("on broker 1" in each for each in says)


def test_what_is_deleted_is_noticed_if_nobody_is_to_forget() -> None:
    one_by_one = attrs.evolve(FIRST_OF_FIVE, max_in_flight=1)
    setting = ProduceSetting(one_by_one, two((2, 0)), 2)
    keeps = attrs.evolve(setting.brokers, forgets_producers_with_their_records=False)
    still, deleted = Disturbance("producer-pause", 22, 99), Disturbance("retention", 230, 98)

    with pytest.raises(NotRefinedError, match="is none of the model"):
        run_beside(setting, 1, [still, deleted], model=attrs.evolve(setting, brokers=keeps))


def test_another_partition_makes_sequences_begin_from_0_once_nothing_is_in_flight() -> None:
    says = told(JAVA, two(TODAY), (3, None), Disturbance("elsewhere", 8, 0))

    assert says[3:9] == [
        "a batch of another partition makes the producer take a new epoch",
        "producer gets the acknowledgement of r1",
        "broker 1, the leader, appends r2 (sequence 1) at offset 1",
        "producer gets the acknowledgement of r2",
        "sequences begin from 0 in the new epoch",
        "producer sends r3 (epoch 1, sequence 0)",
    ]


def test_an_application_that_stops_at_a_failed_send_sends_nothing_that_it_has_handed_over() -> None:
    stops = attrs.evolve(JAVA, on_send_failure="stop", retries=1, max_in_flight=2)
    lost = [Disturbance("request-lost", after_ms, 0) for after_ms in (12, 8)]

    says = told(stops, two(TODAY), (5, None), *lost)

    assert says[-1] == "the application closes its producer"
    assert "producer sends r1 (sequence 0) again" in says
    assert not any("sends r3" in each for each in says)


def test_an_application_sends_again_what_a_deadline_has_failed() -> None:
    again = attrs.evolve(JAVA, on_send_failure="resend", most_resends=1)

    says = told(again, two(TODAY, 2), (2, 60), Disturbance("broker-crash", 16, 1))

    assert [each for each in says if "r2" in each and not each.startswith("broker")][:3] == [
        "producer sends r2 (sequence 1)",
        "the send of r2 (sequence 1) fails: delivery.timeout.ms has passed",
        "producer sends r2 (sequence 2)",
    ]


ANYTHING = runs_of((*JAVA_TODAY, *EARLIER_JAVA, *OTHER_CLIENTS), (*EARLIER_BROKERS, TODAY), st.none() | DEADLINES_MS)


@given(ANYTHING, SEEDS, st.lists(happening(("elsewhere", "quick-restart", "retention")), min_size=1, max_size=3))
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_each_step_is_one_of_the_model_whatever_happens(
    setting: ProduceSetting, seed: int, disturbed: list[Disturbance]
) -> None:
    run_beside(setting, seed, disturbed)


@pytest.mark.slow
def test_each_step_is_one_of_the_model_whatever_happens_in_many_runs() -> None:
    taken = taken_beside(ANYTHING, 25)

    assert {"append", "notice one", "come back"} <= set(taken)


@pytest.mark.slow
def test_each_step_with_retention_is_one_of_the_model() -> None:
    taken = taken_beside(runs_of(EARLIER_JAVA, FORGET_WITH_RECORDS), 40, FOR_RETENTION) + taken_beside(
        runs_of(JAVA_TODAY), 20, FOR_RETENTION
    )

    assert {"retention of one", "answer"} <= set(taken)


@pytest.mark.slow
def test_each_step_of_quick_restarts_is_one_of_the_model() -> None:
    before_2_2 = tuple(version for version in EARLIER_BROKERS if version < (2, 2))
    taken = taken_beside(runs_of(JAVA_TODAY, before_2_2), 40, ("quick-restart", "quick-restart", "response-lost"))

    assert {"leader restarts quickly", "broker crash"} <= set(taken)


@pytest.mark.slow
def test_each_step_of_librdkafka_whose_application_sends_again_is_one_of_the_model() -> None:
    again = runs_of(LIBRDKAFKA, deadlines_ms=DEADLINES_MS).filter(lambda run: run.client.on_send_failure == "resend")
    taken = taken_beside(again, 25)

    assert {"message timeout", "resolve", "send"} <= set(taken)


@pytest.mark.slow
def test_each_step_with_other_partitions_is_one_of_the_model() -> None:
    clients = tuple(each for each in (*JAVA_TODAY, *EARLIER_JAVA, *OTHER_CLIENTS) if each[2])
    taken = taken_beside(runs_of(clients), 50, ("elsewhere", "elsewhere", "request-lost", "response-lost"))

    assert {"epoch elsewhere", "begin in it", "id elsewhere", "bump elsewhere"} <= set(taken)
