"""Every step of a group is one of the model while members go on that are told as they join that they are put out."""

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ackproof.model.consume.auto_commit import (
    LIBRDKAFKA,
    LIBRDKAFKA_THAT_COMMITS_IN_REBALANCES,
    LIBRDKAFKA_WITHOUT_OFFSET_STORE,
)
from ackproof.model.consume.rebalancing import COOPERATIVE_LIBRDKAFKA
from ackproof.model.consume.rules import ConsumerRules
from ackproof.reference.refinement.beside import NotRefinedError
from ackproof.reference.refinement.consume.beside import run_beside_consume
from ackproof.reference.refinement.consume.setting import ConsumeSetting
from ackproof.reference.refinement.produce.faults import Disturbance
from tests.reference.refinement.test_consume_clients import (
    IN_ITS_OWN_TIME,
    LOSES_BY_LATE_COMMITS,
    SEEDS,
    WHEN,
    applications,
    settings_with,
)

KEEPS = attrs.evolve(COOPERATIVE_LIBRDKAFKA, keeps_what_it_lost=True)
AUTO_COMMITS = st.sampled_from(
    [
        LIBRDKAFKA,
        LIBRDKAFKA_WITHOUT_OFFSET_STORE,
        LIBRDKAFKA_THAT_COMMITS_IN_REBALANCES,
        attrs.evolve(LIBRDKAFKA_THAT_COMMITS_IN_REBALANCES, stores="application"),
    ]
)
RUNNING = applications(
    auto_commit=AUTO_COMMITS,
    rebalancing=st.sampled_from([KEEPS, attrs.evolve(LOSES_BY_LATE_COMMITS, keeps_what_it_lost=True)]),
    is_static=st.just(True),
)
CHOICES = st.integers(0, 99)
CHANGES = st.builds(Disturbance, st.sampled_from(["member-joins", "partitions-added"]), st.integers(150, 400), CHOICES)
PAUSES = st.builds(Disturbance, st.just("consumer-pause"), st.integers(0, 40), CHOICES)
OTHERS = st.builds(
    Disturbance, st.sampled_from(["consumer-crash", "consumer-pause", "member-leaves", "member-joins"]), WHEN, CHOICES
)
DISTURBED = st.tuples(CHANGES, PAUSES, st.lists(OTHERS, max_size=2)).map(lambda all_: [*all_[:2], *all_[2]])


@pytest.mark.slow
@given(settings_with(RUNNING), SEEDS, DISTURBED)
@settings(max_examples=60, deadline=None, suppress_health_check=IN_ITS_OWN_TIME)
def test_each_step_is_one_of_the_model(setting: ConsumeSetting, seed: int, disturbed: list[Disturbance]) -> None:
    run_beside_consume(setting, seed, disturbed)


ALONE = ConsumerRules(
    auto_commit=LIBRDKAFKA,
    commit="auto",
    processing="handed-off",
    reset="latest",
    on_processing_failure="dead-letter",
    rebalancing=KEEPS,
    is_static=True,
)
SETTING = ConsumeSetting(ALONE, records=4, at_once=3)
LINGERS = [
    Disturbance(*each)
    for each in (
        ("partitions-added", 264, 21),
        ("consumer-pause", 0, 35),
        ("response-lost", 1, 16),
        ("member-joins", 224, 76),
    )
]


ONE_AND_ANOTHER = applications(
    auto_commit=AUTO_COMMITS,
    reset=st.sampled_from(["earliest", "latest"]),
    instances=st.just(1),
    on_processing_failure=st.just("dead-letter"),
    on_revoke=st.just("nothing"),
    closes_cleanly=st.just(True),
    rebalancing=st.just(KEEPS),
    is_static=st.just(True),
)


@pytest.mark.slow
@given(ONE_AND_ANOTHER, SEEDS)
@settings(max_examples=60, deadline=None, suppress_health_check=IN_ITS_OWN_TIME)
def test_each_step_is_one_of_the_model_where_another_one_has_joined(rules: ConsumerRules, seed: int) -> None:
    run_beside_consume(attrs.evolve(SETTING, rules=rules), seed, LINGERS)


HANDED_OFF = attrs.evolve(ALONE, commit="sync", reset="earliest", auto_commit=LIBRDKAFKA)
OF_THREE = attrs.evolve(
    HANDED_OFF, commit_when="before-processing", processing="in-poll-loop", reset="by_duration", instances=3
)
ASKS = attrs.evolve(HANDED_OFF, commit="async", reset="by_duration", closes_cleanly=False)
ADDED = [Disturbance("partitions-added", 371, 49), Disturbance("consumer-pause", 33, 57)]
MOVED = [Disturbance("coordinator-failover", 393, 28), Disturbance("coordinator-failover", 35, 0)]
TWICE = [Disturbance("consumer-pause", 400, 28), Disturbance("consumer-pause", 351, 6)]
LOSES = [Disturbance("partitions-added", 150, 76), Disturbance("consumer-pause", 15, 1)]


@pytest.mark.parametrize(
    ("setting", "seed", "disturbed", "says"),
    [
        (ConsumeSetting(OF_THREE, 1, at_once=1), 455, [*ADDED, *MOVED], "joins again with the partition"),
        (attrs.evolve(SETTING, rules=HANDED_OFF), 4_001_907, [*LINGERS, *TWICE], "stops its heartbeats"),
        (ConsumeSetting(ASKS, 3, at_once=1), 2_606_076, LOSES, "does not hear that its commit is refused"),
    ],
    ids=[
        "waits for its assignment as connections break",
        "has lost another assignment",
        "commits behind its JoinGroup",
    ],
)
def test_what_is_told_late_is_told_in_the_model_too(
    setting: ConsumeSetting, seed: int, disturbed: list[Disturbance], says: str
) -> None:
    assert any(says in step.says for step in run_beside_consume(setting, seed, disturbed).steps)


def told(setting: ConsumeSetting) -> list[str]:
    return [step.says for step in run_beside_consume(setting, 74, LINGERS).steps]


def test_it_joins_again_with_the_partition_that_is_another_one_s() -> None:
    says = told(attrs.evolve(SETTING, rules=attrs.evolve(ALONE, commit="with-sink")))

    assert "consumer 1 joins again with the partition" in says
    assert any("learns that the partition is to move" in each for each in says)


def test_it_gives_that_up_by_a_commit_behind_its_request_to_join() -> None:
    says = told(SETTING)

    assert "consumer 1 joins again with the partition" in says
    assert any("hears that its commit is refused, and gives up the partition as lost" in each for each in says)


def test_that_others_give_it_up_is_noticed() -> None:
    gives_up = attrs.evolve(SETTING, rules=attrs.evolve(ALONE, rebalancing=COOPERATIVE_LIBRDKAFKA))

    with pytest.raises(NotRefinedError, match="is none of the model"):
        run_beside_consume(SETTING, 74, LINGERS, model=gives_up)
