"""Every step of a group is one of the model's consume half while an instance stands still, or its application."""

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ackproof.model.consume.auto_commit import JAVA, JAVA_ON_ANOTHER_THREAD, LIBRDKAFKA
from ackproof.model.consume.rebalancing import COOPERATIVE_LIBRDKAFKA, EAGER_LIBRDKAFKA, RECONCILING
from ackproof.model.consume.rules import ConsumerRules
from ackproof.reference.refinement.consume.beside import run_beside_consume
from ackproof.reference.refinement.consume.setting import ConsumeSetting
from ackproof.reference.refinement.produce.faults import Disturbance
from tests.reference.refinement.test_consume import IN_ITS_OWN_TIME, ONE_OF_ALL, SEEDS, runs

PAUSES = st.builds(Disturbance, st.just("consumer-pause"), st.integers(0, 400), st.integers(0, 99))
WITH_PAUSES = st.tuples(PAUSES, st.lists(st.one_of(PAUSES, ONE_OF_ALL), max_size=3)).map(lambda two: [two[0], *two[1]])


@pytest.mark.slow
@given(runs, SEEDS, WITH_PAUSES)
@settings(max_examples=100, deadline=None, suppress_health_check=IN_ITS_OWN_TIME)
def test_each_step_is_one_of_the_model(setting: ConsumeSetting, seed: int, disturbed: list[Disturbance]) -> None:
    run_beside_consume(setting, seed, disturbed)


STATIC = ConsumerRules(
    auto_commit=JAVA_ON_ANOTHER_THREAD, rebalancing=RECONCILING, is_static=True, commits_as_nobody=True
)


def says(rules: ConsumerRules, seed: int, *disturbed: tuple[str, int, int], records: int, at_once: int) -> list[str]:
    """What happens in a run."""
    setting = ConsumeSetting(rules, records=records, at_once=at_once)
    trace = run_beside_consume(setting, seed, [Disturbance(*each) for each in disturbed])
    return [step.says for step in trace.steps]


def test_what_is_on_its_way_to_who_stands_still_is_not_deleted() -> None:
    rules = attrs.evolve(STATIC, auto_commit=JAVA, commit="with-sink", reset="latest")
    told = says(
        rules,
        1164197294,
        ("consumer-pause", 107, 53),
        ("partitions-added", 229, 4),
        ("retention", 374, 2),
        records=6,
        at_once=3,
    )

    assert "consumer 1 pauses for too long and is put out of the group" in told


def test_who_hears_that_its_commit_is_refused_is_out_of_its_group_before_it_polls() -> None:
    rules = ConsumerRules(reset="by_duration", instances=2, on_processing_failure="crash", on_revoke="commit")
    told = says(
        attrs.evolve(rules, auto_commit=JAVA_ON_ANOTHER_THREAD),
        3890513157,
        ("consumer-pause", 358, 62),
        ("consumer-pause", 78, 13),
        ("consumer-crash", 397, 45),
        ("consumer-pause", 47, 52),
        records=6,
        at_once=1,
    )

    assert "consumer 1 hears CommitFailed" in told


def test_a_commit_that_is_fenced_is_the_end_of_a_client_of_librdkafka_and_the_next_one_gets_its_partition_back() -> (
    None
):
    rules = ConsumerRules(auto_commit=LIBRDKAFKA, instances=2, rebalancing=EAGER_LIBRDKAFKA, is_static=True)
    told = says(rules, 549438862, ("consumer-pause", 194, 26), records=2, at_once=1)

    after = told[
        told.index("the group coordinator refuses the commit of offset 1: consumer 1 is no longer in the group") :
    ]
    assert after[1:3] == ["consumer 1 hears CommitFailed", "consumer 1 is back before its session has expired"]


@pytest.mark.slow
def test_who_leaves_for_a_while_gives_up_what_it_was_told_to_revoke() -> None:
    rules = attrs.evolve(STATIC, commit="auto", commit_when="before-processing", processing="handed-off", instances=2)
    told = says(rules, 128381053, ("consumer-pause", 8, 40), ("consumer-crash", 172, 16), records=5, at_once=3)

    after = told[told.index("consumer 2 pauses for too long and stops its heartbeats") :]
    assert "consumer 1 is assigned the partition" in after


@pytest.mark.slow
def test_a_commit_waits_until_its_client_knows_its_coordinator() -> None:
    rules = ConsumerRules(
        auto_commit=LIBRDKAFKA,
        commit="async",
        commit_when="before-processing",
        processing="handed-off",
        instances=3,
        on_revoke="commit",
        closes_cleanly=False,
        rebalancing=attrs.evolve(COOPERATIVE_LIBRDKAFKA, survives_late_commits=False),
        is_static=True,
    )
    told = says(rules, 3169190214, ("consumer-crash", 197, 96), ("consumer-pause", 107, 87), records=5, at_once=2)

    refused = told.index("the group coordinator refuses the commit of offset 5: consumer 1 is no longer in the group")
    assert told.index("consumer 1 processes r5") < refused
