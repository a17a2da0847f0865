"""Every step of a group's members, their applications and the coordinator is one of the model's consume half."""

from collections import Counter

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ackproof.model.consume.auto_commit import (
    JAVA,
    JAVA_ON_ANOTHER_THREAD,
    LIBRDKAFKA,
    LIBRDKAFKA_WITHOUT_OFFSET_STORE,
)
from ackproof.model.consume.rebalancing import (
    COOPERATIVE,
    COOPERATIVE_LIBRDKAFKA,
    EAGER,
    EAGER_LIBRDKAFKA,
    RECONCILING,
    RECONCILING_WITH_EXACT_EPOCHS,
)
from ackproof.model.consume.rules import ConsumerRules
from ackproof.reference.refinement.beside import NotRefinedError
from ackproof.reference.refinement.consume import beside
from ackproof.reference.refinement.consume.beside import run_beside_consume
from ackproof.reference.refinement.consume.faults import FAULTS
from ackproof.reference.refinement.consume.setting import ConsumeSetting
from ackproof.reference.refinement.produce.faults import Disturbance


def as_client(rules: ConsumerRules) -> ConsumerRules:
    """The same with what a client does by its group's protocol; librdkafka sends commits while it rejoins, too."""
    of_librdkafka = {EAGER: EAGER_LIBRDKAFKA, COOPERATIVE: COOPERATIVE_LIBRDKAFKA}
    is_librdkafka = rules.auto_commit.stores != "nobody"
    return attrs.evolve(
        rules,
        rebalancing=of_librdkafka.get(rules.rebalancing, rules.rebalancing) if is_librdkafka else rules.rebalancing,
        commits_as_nobody=rules.rebalancing.is_by_coordinator,
    )


rules = st.builds(
    ConsumerRules,
    auto_commit=st.sampled_from([JAVA, JAVA_ON_ANOTHER_THREAD, LIBRDKAFKA, LIBRDKAFKA_WITHOUT_OFFSET_STORE]),
    commit=st.sampled_from(["sync", "async", "auto", "with-sink"]),
    commit_when=st.sampled_from(["after-processing", "before-processing"]),
    processing=st.sampled_from(["in-poll-loop", "handed-off"]),
    reset=st.sampled_from(["earliest", "latest", "none", "by_duration"]),
    instances=st.sampled_from([1, 2]),
    on_processing_failure=st.sampled_from(["retry", "skip", "dead-letter", "stop", "crash"]),
    on_revoke=st.sampled_from(["nothing", "commit"]),
    closes_cleanly=st.booleans(),
    rebalancing=st.sampled_from([EAGER, COOPERATIVE, RECONCILING, RECONCILING_WITH_EXACT_EPOCHS]),
    is_static=st.booleans(),
)
runs = st.builds(
    ConsumeSetting,
    rules.map(as_client),
    records=st.integers(1, 6),
    at_once=st.integers(1, 3),
    moves_key=st.booleans(),
)
LONG_MS = 1_200
"""Long enough for a session to expire, and for who has died to be back."""

WHEN = st.one_of(st.integers(0, 400), st.just(LONG_MS))
ONE_OF_ALL = st.builds(Disturbance, st.sampled_from(sorted(FAULTS)), WHEN, st.integers(0, 99))
disturbances = st.lists(ONE_OF_ALL, max_size=3)
SEEDS = st.integers(0, 2**32)
IN_ITS_OWN_TIME = [HealthCheck.too_slow]


@given(runs, SEEDS, disturbances)
@settings(max_examples=20, deadline=None, suppress_health_check=IN_ITS_OWN_TIME)
def test_each_step_is_one_of_the_model(setting: ConsumeSetting, seed: int, disturbed: list[Disturbance]) -> None:
    run_beside_consume(setting, seed, disturbed)


@pytest.mark.slow
@given(runs, SEEDS, disturbances)
@settings(max_examples=250, deadline=None, suppress_health_check=IN_ITS_OWN_TIME)
def test_each_step_is_one_of_the_model_in_many_runs(
    setting: ConsumeSetting, seed: int, disturbed: list[Disturbance]
) -> None:
    run_beside_consume(setting, seed, disturbed)


BOTH = ConsumerRules(instances=2)
STATIC = attrs.evolve(BOTH, is_static=True)
MODERN = ConsumerRules(rebalancing=RECONCILING, commits_as_nobody=True)
SHOWN = [
    (ConsumerRules(commit="auto"), "retention"),
    (attrs.evolve(BOTH, rebalancing=COOPERATIVE), "member-joins"),
    (attrs.evolve(BOTH, rebalancing=RECONCILING), "member-joins"),
    (BOTH, "consumer-pause"),
    (BOTH, "consumer-crash"),
    (BOTH, "member-leaves"),
    (attrs.evolve(BOTH, closes_cleanly=False), "member-leaves"),
    (ConsumerRules(commit="async", processing="handed-off"), "coordinator-failover"),
    (ConsumerRules(on_processing_failure="skip"), "processing-fails"),
    (ConsumerRules(on_processing_failure="crash"), "processing-fails"),
    (ConsumerRules(on_processing_failure="stop"), "processing-fails"),
    (ConsumerRules(commit="with-sink"), "consumer-pause"),
    (ConsumerRules(commit="async"), "request-lost"),
    (ConsumerRules(), "response-lost"),
    (ConsumerRules(), "offsets-expired"),
    (BOTH, "partitions-added"),
    (STATIC, "consumer-crash"),
    (attrs.evolve(MODERN, is_static=True), "consumer-pause"),
]


@pytest.mark.slow
def test_the_runs_take_all_that_the_stage_can_show() -> None:
    taken = Counter[str]()
    for member, kind in SHOWN:
        for seed in range(2):
            disturbed = [Disturbance(kind, 180 + 10 * seed, 21 * seed)]
            trace = run_beside_consume(ConsumeSetting(member, records=8), seed, disturbed)
            taken.update(step.action.name for step in trace.steps)

    assert set(taken) >= OF_MEMBERS | OF_COORDINATOR | OF_COMMITS | OF_FAULTS


OF_MEMBERS = {
    "append",
    "ask to join",
    "assign",
    "begin generation",
    "hear of removal",
    "learn",
    "learn what is kept",
    "locate",
    "poll",
    "process",
    "rejoin",
    "session expires",
}
OF_COORDINATOR = {"advance", "compute target", "hear epoch", "revoke"}
OF_COMMITS = {
    "ask to commit the processed prefix",
    "async commit arrives",
    "commit arrives",
    "hear answer",
    "send automatic commit",
}
OF_FAULTS = {
    "answer lost in steps",
    "consumer crash",
    "consumer pause",
    "commit lost in steps",
    "coordinator failover",
    "failure crashes in steps",
    "failure stops in steps",
    "member joins",
    "member leaves",
    "member stops",
    "offsets expired",
    "partitions added in steps",
    "process with offset",
    "processing fails",
    "restart in time",
    "retention",
}


@pytest.mark.parametrize(
    "wrong",
    [
        ConsumerRules(commit="async"),
        ConsumerRules(commit_when="before-processing"),
        ConsumerRules(reset="latest"),
    ],
)
def test_rules_that_differ_from_what_runs_are_noticed(wrong: ConsumerRules) -> None:
    with pytest.raises(NotRefinedError, match="is none of the model"):
        run_beside_consume(ConsumeSetting(), 1, [], model=ConsumeSetting(wrong))


def test_what_has_not_happened_explains_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beside, "faults_of", never)

    with pytest.raises(NotRefinedError, match="is none of the model"):
        run_beside_consume(ConsumeSetting(BOTH, records=8), 0, [Disturbance("consumer-crash", 180, 0)])


def never(setting: ConsumeSetting, kind: str) -> Counter[str]:
    """A disturbance that is no fault."""
    return Counter({kind: 0})


CLOSING = ConsumerRules(reset="latest", on_revoke="commit")
OF_LIBRDKAFKA = attrs.evolve(BOTH, auto_commit=LIBRDKAFKA, rebalancing=COOPERATIVE_LIBRDKAFKA)


@pytest.mark.parametrize(
    ("running", "wrong", "kind", "seed"),
    [
        (MODERN, attrs.evolve(MODERN, commits_as_nobody=False), "consumer-pause", 1),
        (CLOSING, attrs.evolve(CLOSING, revokes_on_close=False), "member-leaves", 2),
        (STATIC, BOTH, "consumer-crash", 5),
        (OF_LIBRDKAFKA, attrs.evolve(OF_LIBRDKAFKA, rebalancing=COOPERATIVE), "member-joins", 4),
        (ConsumerRules(commit="with-sink"), ConsumerRules(), "retention", 0),
    ],
)
def test_what_members_do_otherwise_is_noticed_once_it_matters(
    running: ConsumerRules, wrong: ConsumerRules, kind: str, seed: int
) -> None:
    disturbed = [Disturbance(kind, 190 + 10 * seed, 21 * seed)]
    run_beside_consume(ConsumeSetting(running, records=8), seed, disturbed)

    with pytest.raises(NotRefinedError, match="is none of the model"):
        run_beside_consume(ConsumeSetting(running, records=8), seed, disturbed, model=ConsumeSetting(wrong, records=8))


def test_a_run_tells_what_the_model_has_taken_part_in() -> None:
    with pytest.raises(NotRefinedError) as failure:
        run_beside_consume(ConsumeSetting(), 1, [], model=ConsumeSetting(ConsumerRules(commit="async")))

    assert "consumer 1 asks to join; the group prepares to rebalance" in str(failure.value)


def test_a_generation_begins_without_a_static_member_that_stands_still() -> None:
    """It stays in the group, and has to join that as it goes on."""
    disturbed = [Disturbance("member-joins", 250, 0), Disturbance("consumer-pause", 5, 0)]

    trace = run_beside_consume(ConsumeSetting(STATIC, records=4), 5, disturbed)

    taken = [step.action.name for step in trace.steps]
    assert "begin generation" in taken[taken.index("consumer pause") : taken.index("restart in time")]
