"""Every step of a group is one of the model, also with other clients, and clients and brokers of earlier versions."""

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ackproof.model.consume.auto_commit import (
    AIOKAFKA,
    JAVA,
    JAVA_ON_ANOTHER_THREAD,
    JAVA_THAT_STOPS_COMMITTING,
    KAFKA_PYTHON,
    LIBRDKAFKA,
    LIBRDKAFKA_THAT_COMMITS_IN_REBALANCES,
    LIBRDKAFKA_WITHOUT_OFFSET_STORE,
)
from ackproof.model.consume.keeping import Keeping
from ackproof.model.consume.rebalancing import (
    COOPERATIVE_LIBRDKAFKA,
    EAGER,
    RECONCILING,
    RECONCILING_WITH_EXACT_EPOCHS,
)
from ackproof.model.consume.rules import ConsumerRules
from ackproof.reference.refinement.beside import NotRefinedError
from ackproof.reference.refinement.consume.beside import run_beside_consume
from ackproof.reference.refinement.consume.faults import FAULTS
from ackproof.reference.refinement.consume.setting import ConsumeSetting
from ackproof.reference.refinement.produce.faults import Disturbance

MODERN = st.sampled_from([RECONCILING, RECONCILING_WITH_EXACT_EPOCHS])


def applications(**client: st.SearchStrategy[object]) -> st.SearchStrategy[ConsumerRules]:
    """Any application, around a *client*."""
    drawn: dict[str, st.SearchStrategy[object]] = {
        "commit": st.sampled_from(["sync", "async", "auto", "with-sink"]),
        "commit_when": st.sampled_from(["after-processing", "before-processing"]),
        "processing": st.sampled_from(["in-poll-loop", "handed-off"]),
        "reset": st.sampled_from(["earliest", "latest", "none", "by_duration"]),
        "instances": st.sampled_from([1, 2, 3]),
        "on_processing_failure": st.sampled_from(["retry", "skip", "dead-letter", "stop", "crash"]),
        "on_revoke": st.sampled_from(["nothing", "commit"]),
        "closes_cleanly": st.booleans(),
        "is_static": st.booleans(),
        **client,
    }
    return st.builds(ConsumerRules, **drawn)


OF_AIOKAFKA = applications(
    auto_commit=st.just(AIOKAFKA),
    rejoins_in_background=st.just(True),
    revokes_on_close=st.just(False),
    commits_as_nobody=st.just(True),
)
OF_JAVA_WITHOUT_LISTENER = applications(
    auto_commit=st.sampled_from([JAVA, JAVA_ON_ANOTHER_THREAD, JAVA_THAT_STOPS_COMMITTING]),
    commit=st.sampled_from(["sync", "async", "auto"]),
    on_revoke=st.just("nothing"),
    rebalancing=MODERN,
    rejoins_in_background=st.just(True),
    commits_as_nobody=st.just(True),
    awaits_commits_on_close=st.booleans(),
)
OF_LIBRDKAFKA_BY_COORDINATOR = applications(
    auto_commit=st.sampled_from([LIBRDKAFKA, LIBRDKAFKA_WITHOUT_OFFSET_STORE]), rebalancing=MODERN
)
OF_KAFKA_PYTHON_2_2 = applications(
    auto_commit=st.just(KAFKA_PYTHON), resets_without_answer=st.just(True), revokes_on_close=st.just(False)
)
OF_JAVA_BEFORE_2_4 = applications(auto_commit=st.just(JAVA), revokes_on_close=st.just(False))
LOSES_BY_LATE_COMMITS = attrs.evolve(COOPERATIVE_LIBRDKAFKA, survives_late_commits=False)
OF_LIBRDKAFKA_1_6 = applications(
    auto_commit=st.sampled_from(
        [
            LIBRDKAFKA_THAT_COMMITS_IN_REBALANCES,
            attrs.evolve(LIBRDKAFKA_THAT_COMMITS_IN_REBALANCES, stores="application"),
        ]
    ),
    commit=st.just("auto"),
    rebalancing=st.sampled_from([EAGER, LOSES_BY_LATE_COMMITS]),
)
OF_LIBRDKAFKA_2_0 = applications(
    auto_commit=st.just(attrs.evolve(LIBRDKAFKA, collects=True)),
    commit=st.just("auto"),
    rebalancing=st.sampled_from([EAGER, LOSES_BY_LATE_COMMITS]),
)
OF_LIBRDKAFKA_2_8 = applications(
    auto_commit=st.sampled_from([LIBRDKAFKA, LIBRDKAFKA_WITHOUT_OFFSET_STORE]),
    rebalancing=st.just(LOSES_BY_LATE_COMMITS),
)
JOINS_BEHIND_ITS_COMMIT = attrs.evolve(EAGER, awaits_commits=False)
OF_JAVA_3_2_0 = applications(
    auto_commit=st.just(JAVA), commit=st.just("auto"), rebalancing=st.just(JOINS_BEHIND_ITS_COMMIT)
)
BESIDE_BROKERS_0_11 = applications(keeping=st.just(Keeping(loads_older=True)))
BESIDE_BROKERS_2_6_0 = applications(
    keeping=st.just(Keeping(forgets_replacements=True)),
    is_static=st.just(True),
)
IN_BACKGROUND = st.one_of(OF_AIOKAFKA, OF_JAVA_WITHOUT_LISTENER)
EARLIER = st.one_of(
    OF_KAFKA_PYTHON_2_2,
    OF_JAVA_BEFORE_2_4,
    OF_JAVA_3_2_0,
    OF_LIBRDKAFKA_1_6,
    OF_LIBRDKAFKA_2_0,
    OF_LIBRDKAFKA_2_8,
    BESIDE_BROKERS_0_11,
    BESIDE_BROKERS_2_6_0,
)
OF_ALL = st.one_of(IN_BACKGROUND, OF_LIBRDKAFKA_BY_COORDINATOR, EARLIER)

KINDS = sorted(FAULTS.keys() - {"power-loss", "follower-lag"})
WHEN = st.one_of(st.integers(0, 400), st.just(1_200))
DISTURBED = st.lists(st.builds(Disturbance, st.sampled_from(KINDS), WHEN, st.integers(0, 99)), max_size=3)
SEEDS = st.integers(0, 2**32)
IN_ITS_OWN_TIME = [HealthCheck.too_slow]


def settings_with(rules: st.SearchStrategy[ConsumerRules]) -> st.SearchStrategy[ConsumeSetting]:
    """What runs, with clients of these *rules*."""
    return st.builds(ConsumeSetting, rules, records=st.integers(1, 6), at_once=st.integers(1, 3))


@given(settings_with(OF_ALL), SEEDS, DISTURBED)
@settings(max_examples=2, deadline=None, suppress_health_check=IN_ITS_OWN_TIME)
def test_each_step_is_one_of_the_model(setting: ConsumeSetting, seed: int, disturbed: list[Disturbance]) -> None:
    run_beside_consume(setting, seed, disturbed)


@pytest.mark.slow
@given(settings_with(IN_BACKGROUND), SEEDS, DISTURBED)
@settings(max_examples=60, deadline=None, suppress_health_check=IN_ITS_OWN_TIME)
def test_who_rejoins_while_the_application_is_processing(
    setting: ConsumeSetting, seed: int, disturbed: list[Disturbance]
) -> None:
    run_beside_consume(setting, seed, disturbed)


@pytest.mark.slow
@given(settings_with(OF_LIBRDKAFKA_BY_COORDINATOR), SEEDS, DISTURBED)
@settings(max_examples=60, deadline=None, suppress_health_check=IN_ITS_OWN_TIME)
def test_librdkafka_under_the_consumer_protocol(
    setting: ConsumeSetting, seed: int, disturbed: list[Disturbance]
) -> None:
    run_beside_consume(setting, seed, disturbed)


@pytest.mark.slow
@given(settings_with(EARLIER), SEEDS, DISTURBED)
@settings(max_examples=60, deadline=None, suppress_health_check=IN_ITS_OWN_TIME)
def test_clients_of_earlier_versions(setting: ConsumeSetting, seed: int, disturbed: list[Disturbance]) -> None:
    run_beside_consume(setting, seed, disturbed)


AIOKAFKA_S = ConsumerRules(
    instances=2, auto_commit=AIOKAFKA, rejoins_in_background=True, revokes_on_close=False, commits_as_nobody=True
)
AIOKAFKA_BY_ITSELF = attrs.evolve(AIOKAFKA_S, commit="auto")
WITHOUT_LISTENER = ConsumerRules(
    instances=2, rebalancing=RECONCILING, rejoins_in_background=True, commits_as_nobody=True
)
KAFKA_PYTHON_S = ConsumerRules(auto_commit=KAFKA_PYTHON, resets_without_answer=True, revokes_on_close=False)
LIBRDKAFKA_S = ConsumerRules(
    instances=2,
    commit="auto",
    auto_commit=LIBRDKAFKA_THAT_COMMITS_IN_REBALANCES,
    rebalancing=COOPERATIVE_LIBRDKAFKA,
)
JAVA_S = ConsumerRules(reset="latest", on_revoke="commit", revokes_on_close=False)
COLLECTOR = ConsumerRules(commit="auto", auto_commit=attrs.evolve(LIBRDKAFKA, collects=True))
JAVA_3_2_0 = ConsumerRules(instances=2, commit="auto", rebalancing=JOINS_BEHIND_ITS_COMMIT)
TOLD_BY_AIOKAFKA = attrs.evolve(AIOKAFKA_S, instances=1, commit="async", on_revoke="commit")
LIBRDKAFKA_2_8 = attrs.evolve(LIBRDKAFKA_S, rebalancing=LOSES_BY_LATE_COMMITS)
FORGOTTEN = ConsumerRules(instances=2, is_static=True, keeping=Keeping(forgets_replacements=True))
OLD_BROKERS = ConsumerRules(keeping=Keeping(loads_older=True))


def disturbance(kind: str, seed: int) -> list[Disturbance]:
    """One disturbance, while the group reads."""
    return [Disturbance(kind, 190 + 10 * seed, 21 * seed)]


def while_asked(seed: int) -> list[Disturbance]:
    """The coordinator moves while a member that was put out, and is back, asks what is committed."""
    return [Disturbance("consumer-pause", 190 + 10 * seed, 0), Disturbance("coordinator-failover", 1_000, 1)]


def once_it_is_back(seed: int) -> list[Disturbance]:
    """The coordinator moves once a static member that has died is back."""
    return [Disturbance("consumer-crash", 190 + 10 * seed, 21 * seed), Disturbance("coordinator-failover", 60, 0)]


def while_it_joins(seed: int) -> list[Disturbance]:
    """The last commit of who gives the partition up, as another one joins, is lost."""
    return [Disturbance("member-joins", 190 + 10 * seed, 0), Disturbance("request-lost", 0, 0)]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("running", "wrong", "disturbed", "seed"),
    [
        (AIOKAFKA_S, attrs.evolve(AIOKAFKA_S, rejoins_in_background=False), disturbance("member-joins", 4), 4),
        (AIOKAFKA_BY_ITSELF, attrs.evolve(AIOKAFKA_BY_ITSELF, auto_commit=JAVA), disturbance("consumer-pause", 0), 0),
        (
            WITHOUT_LISTENER,
            attrs.evolve(WITHOUT_LISTENER, rejoins_in_background=False),
            disturbance("member-joins", 3),
            3,
        ),
        (KAFKA_PYTHON_S, attrs.evolve(KAFKA_PYTHON_S, resets_without_answer=False), while_asked(0), 0),
        (LIBRDKAFKA_S, attrs.evolve(LIBRDKAFKA_S, auto_commit=LIBRDKAFKA), disturbance("member-joins", 4), 4),
        (JAVA_S, attrs.evolve(JAVA_S, revokes_on_close=True), disturbance("member-leaves", 2), 2),
        (JAVA_3_2_0, attrs.evolve(JAVA_3_2_0, rebalancing=EAGER), while_it_joins(4), 4),
        (COLLECTOR, attrs.evolve(COLLECTOR, auto_commit=LIBRDKAFKA), disturbance("retention", 0), 0),
        (TOLD_BY_AIOKAFKA, attrs.evolve(TOLD_BY_AIOKAFKA, on_revoke="nothing"), disturbance("consumer-pause", 1), 1),
        (OLD_BROKERS, ConsumerRules(), disturbance("coordinator-failover", 0), 0),
        (LIBRDKAFKA_2_8, LIBRDKAFKA_S, disturbance("partitions-added", 0), 0),
        (FORGOTTEN, attrs.evolve(FORGOTTEN, keeping=Keeping()), once_it_is_back(3), 3),
    ],
    ids=[
        "aiokafka",
        "aiokafka-auto",
        "java-without-listener",
        "kafka-python-2.2",
        "librdkafka-1.6",
        "java-2.3",
        "java-3.2.0",
        "librdkafka-2.0",
        "aiokafka-revoked",
        "0.11",
        "librdkafka-2.8",
        "2.6.0",
    ],
)
def test_what_they_do_otherwise_is_noticed_once_it_matters(
    running: ConsumerRules, wrong: ConsumerRules, disturbed: list[Disturbance], seed: int
) -> None:
    run_beside_consume(ConsumeSetting(running, records=8), seed, disturbed)

    with pytest.raises(NotRefinedError, match="is none of the model"):
        run_beside_consume(ConsumeSetting(running, records=8), seed, disturbed, model=ConsumeSetting(wrong, records=8))


def test_a_member_that_is_not_told_what_is_committed_starts_over() -> None:
    trace = run_beside_consume(ConsumeSetting(KAFKA_PYTHON_S, records=8), 0, while_asked(0))

    assert "locate without answer" in {step.action.name for step in trace.steps}


@pytest.mark.slow
def test_who_gives_up_the_partition_before_its_last_commit_has_arrived_may_lose_that() -> None:
    trace = run_beside_consume(ConsumeSetting(JAVA_3_2_0, records=8), 4, while_it_joins(4))

    assert any("gives up the partition and asks to commit" in step.says for step in trace.steps)


@pytest.mark.slow
@pytest.mark.parametrize(("as_nobody", "refused"), [(True, False), (False, True)])
def test_only_who_commits_as_nobody_commits_out_of_its_group(*, as_nobody: bool, refused: bool) -> None:
    member = ConsumerRules(auto_commit=LIBRDKAFKA, rebalancing=RECONCILING, commits_as_nobody=as_nobody)

    trace = run_beside_consume(ConsumeSetting(member, records=8), 1, disturbance("consumer-pause", 1))

    assert any("refuses the commit" in step.says for step in trace.steps) == refused


@pytest.mark.slow
@pytest.mark.parametrize(
    ("rules", "disturbed", "seed", "told"),
    [
        (LIBRDKAFKA_2_8, disturbance("partitions-added", 0), 0, "hears that it has no generation"),
        (FORGOTTEN, once_it_is_back(3), 3, "hears that it is fenced"),
    ],
    ids=["librdkafka-2.8", "2.6.0"],
)
def test_what_a_member_is_told_that_names_another_generation_or_id(
    rules: ConsumerRules, disturbed: list[Disturbance], seed: int, told: str
) -> None:
    trace = run_beside_consume(ConsumeSetting(rules, records=8), seed, disturbed)

    assert any(told in step.says for step in trace.steps)
