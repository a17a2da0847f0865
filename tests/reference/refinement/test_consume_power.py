"""Every step of a group is one of the model, also where the replicas of ``__consumer_offsets`` lose what they have."""

from collections import Counter

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ackproof.model.consume.auto_commit import AIOKAFKA, JAVA, LIBRDKAFKA
from ackproof.model.consume.rebalancing import EAGER, RECONCILING
from ackproof.model.consume.rules import ConsumerRules
from ackproof.reference.refinement.beside import NotRefinedError
from ackproof.reference.refinement.consume import beside
from ackproof.reference.refinement.consume.beside import run_beside_consume
from ackproof.reference.refinement.consume.faults import FAULTS
from ackproof.reference.refinement.consume.setting import ConsumeSetting
from ackproof.reference.refinement.produce.faults import Disturbance

RULES = st.builds(
    ConsumerRules,
    auto_commit=st.sampled_from([JAVA, LIBRDKAFKA, AIOKAFKA]),
    commit=st.sampled_from(["sync", "async", "auto", "with-sink"]),
    commit_when=st.sampled_from(["after-processing", "before-processing"]),
    processing=st.sampled_from(["in-poll-loop", "handed-off"]),
    reset=st.sampled_from(["earliest", "latest"]),
    instances=st.sampled_from([1, 2]),
    on_revoke=st.sampled_from(["nothing", "commit"]),
    rebalancing=st.sampled_from([EAGER, RECONCILING]),
    is_static=st.booleans(),
)


def as_client(rules: ConsumerRules) -> ConsumerRules:
    """The same with what a client does by its group's protocol."""
    if rules.auto_commit == AIOKAFKA:
        return attrs.evolve(
            rules, rebalancing=EAGER, rejoins_in_background=True, revokes_on_close=False, commits_as_nobody=True
        )
    is_nobody = rules.rebalancing.is_by_coordinator and rules.auto_commit == JAVA
    return attrs.evolve(rules, commits_as_nobody=is_nobody)


RUNS = st.builds(ConsumeSetting, RULES.map(as_client), records=st.integers(1, 6), at_once=st.integers(1, 3))
WHEN, CHOICES = st.integers(0, 400), st.integers(0, 99)
LAGS = st.builds(Disturbance, st.just("follower-lag"), WHEN, CHOICES)
LOSSES = st.builds(Disturbance, st.just("power-loss"), st.integers(0, 200), CHOICES)
ANY = st.builds(Disturbance, st.sampled_from(sorted(FAULTS)), WHEN, CHOICES)
DISTURBED = st.one_of(
    st.tuples(LAGS, LOSSES), st.tuples(LAGS, LOSSES, ANY), st.tuples(ANY, LAGS, LOSSES), st.tuples(LOSSES)
)


@pytest.mark.slow
@given(RUNS, st.integers(0, 2**32), DISTURBED)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_each_step_is_one_of_the_model(setting: ConsumeSetting, seed: int, disturbed: tuple[Disturbance, ...]) -> None:
    run_beside_consume(setting, seed, disturbed)


CLASSIC = ConsumeSetting(ConsumerRules(commit="async"), records=8, at_once=1)
MODERN = ConsumeSetting(
    attrs.evolve(CLASSIC.rules, auto_commit=LIBRDKAFKA, rebalancing=RECONCILING), records=8, at_once=1
)


def told_of_loss(setting: ConsumeSetting, choice: int, lag: int = 0) -> list[str]:
    """What a loss of power has come to in the model, where the leader of the offsets log is alone or has been."""
    disturbed = [Disturbance("follower-lag", 180, lag), Disturbance("power-loss", 120, choice)]
    trace = run_beside_consume(setting, 0, disturbed)
    assert "offsets follower lags" in {step.action.name for step in trace.steps}
    return [step.says.partition("; ")[2] for step in trace.steps if step.action.fault == "power-loss"]


def test_a_commit_comes_back() -> None:
    assert told_of_loss(CLASSIC, 1) == ["of all commits that of offset 3 is left"]


@pytest.mark.slow
@pytest.mark.parametrize("setting", [CLASSIC, MODERN])
def test_a_leader_that_is_alone_may_lose_all_that_it_has(setting: ConsumeSetting) -> None:
    told = {each for choice in range(1, 7) for each in told_of_loss(setting, choice)}

    assert told >= {
        "of all commits that of offset 3 is left",
        "of all commits that of offset 2 is left",
        "of all commits that of offset 1 is left",
        "all that was committed is gone",
        "the group and all that it committed are gone",
    }


AT_ONCE = [Disturbance("follower-lag", 180, 0), Disturbance("power-loss", 120, -1)]
"""All that the leader of the offsets log has is gone."""

AS_NOBODY = attrs.evolve(
    CLASSIC.rules, auto_commit=AIOKAFKA, rejoins_in_background=True, revokes_on_close=False, commits_as_nobody=True
)


@pytest.mark.slow
@pytest.mark.parametrize(
    "rules", [ConsumerRules(), ConsumerRules(commit="async"), AS_NOBODY, attrs.evolve(AS_NOBODY, on_revoke="commit")]
)
def test_a_group_may_be_forgotten_whoever_commits(rules: ConsumerRules) -> None:
    setting = attrs.evolve(CLASSIC, rules=rules)
    told = {each for choice in range(1, 7) for each in told_of_loss(setting, choice)}

    assert "the group and all that it committed are gone" in told


@pytest.mark.slow
def test_who_waits_for_a_commit_hears_that_its_group_is_lost() -> None:
    setting = ConsumeSetting(ConsumerRules(), records=8, at_once=1)
    lost = (run_beside_consume(setting, seed, AT_ONCE) for seed in range(6))

    assert any("hears that there is no such group" in step.says for trace in lost for step in trace.steps)


@pytest.mark.slow
def test_a_follower_that_has_caught_up_takes_over_with_all() -> None:
    assert told_of_loss(CLASSIC, 1, lag=1) == ["another takes over"]


@pytest.mark.slow
def test_a_loss_that_may_not_happen_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beside, "faults_of", lag_alone)

    with pytest.raises(NotRefinedError, match="is none of the model"):
        told_of_loss(CLASSIC, 1)


def lag_alone(setting: ConsumeSetting, kind: str) -> Counter[str]:
    """A disturbance that is no fault, unless a follower falls behind."""
    return Counter({kind: int(kind == "follower-lag")})
