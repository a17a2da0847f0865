"""Every step of a group is one of the model, also with brokers that do not keep commits as they should."""

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ackproof.model.consume.auto_commit import JAVA, LIBRDKAFKA
from ackproof.model.consume.keeping import Keeping
from ackproof.model.consume.rebalancing import COOPERATIVE, EAGER
from ackproof.model.consume.rules import ConsumerRules
from ackproof.reference.refinement.beside import NotRefinedError
from ackproof.reference.refinement.consume.beside import run_beside_consume
from ackproof.reference.refinement.consume.faults import FAULTS
from ackproof.reference.refinement.consume.setting import ConsumeSetting
from ackproof.reference.refinement.produce.faults import Disturbance

IN_USE = Keeping(expires_in_use=True)
ON_RETURN = Keeping(expires_on_return=True)
AS_LOADED = Keeping(loads_expired=True)

RULES = st.builds(
    ConsumerRules,
    auto_commit=st.sampled_from([JAVA, LIBRDKAFKA]),
    commit=st.sampled_from(["sync", "async", "auto"]),
    commit_when=st.sampled_from(["after-processing", "before-processing"]),
    processing=st.sampled_from(["in-poll-loop", "handed-off"]),
    reset=st.sampled_from(["earliest", "latest"]),
    instances=st.sampled_from([1, 2]),
    on_revoke=st.sampled_from(["nothing", "commit"]),
    closes_cleanly=st.booleans(),
    keeping=st.sampled_from([IN_USE, ON_RETURN, AS_LOADED]),
    is_static=st.booleans(),
)


def as_member(rules: ConsumerRules) -> ConsumerRules:
    """Members of Java that read on as they rejoin; those that no threads work for rejoin with nothing."""
    return attrs.evolve(rules, rebalancing=COOPERATIVE if rules.auto_commit == JAVA and rules.is_handed_off else EAGER)


RUNS = st.builds(ConsumeSetting, RULES.map(as_member), records=st.integers(1, 6), at_once=st.integers(1, 3))
WHEN, CHOICES = st.integers(0, 300), st.integers(0, 99)
EXPIRES = st.builds(Disturbance, st.just("offsets-expired"), WHEN, CHOICES)
MOVES = st.builds(Disturbance, st.just("coordinator-failover"), WHEN, CHOICES)
ENDS = st.builds(Disturbance, st.sampled_from(["consumer-crash", "consumer-pause", "member-leaves"]), WHEN, CHOICES)
ANY = st.builds(Disturbance, st.sampled_from(sorted(FAULTS)), WHEN, CHOICES)
DISTURBED = st.one_of(st.tuples(EXPIRES, ENDS, ENDS), st.tuples(MOVES, EXPIRES, ENDS, ENDS), st.tuples(EXPIRES, ANY))


@pytest.mark.slow
@given(RUNS, st.integers(0, 2**32), DISTURBED)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_each_step_is_one_of_the_model(setting: ConsumeSetting, seed: int, disturbed: tuple[Disturbance, ...]) -> None:
    run_beside_consume(setting, seed, disturbed)


USED = [Disturbance("offsets-expired", 250, 1)]
RETURNED = [*USED, Disturbance("consumer-crash", 100, 0)]
LOADED = [Disturbance("coordinator-failover", 1_200, 0), Disturbance("offsets-expired", 10, 1), RETURNED[-1]]
EACH = pytest.mark.parametrize(
    ("keeping", "disturbed"),
    [
        (IN_USE, USED),
        pytest.param(ON_RETURN, RETURNED, marks=pytest.mark.slow),
        pytest.param(AS_LOADED, LOADED, marks=pytest.mark.slow),
    ],
    ids=["in-use", "on-return", "as-loaded"],
)


def told(keeping: Keeping, disturbed: list[Disturbance], model: Keeping | None = None) -> str:
    """What becomes of a group beside brokers of that kind."""
    setting = ConsumeSetting(ConsumerRules(keeping=keeping), records=6)
    assumed = attrs.evolve(setting, rules=ConsumerRules(keeping=keeping if model is None else model))
    trace = run_beside_consume(setting, 0, disturbed, model=assumed)
    return "\n".join(step.says for step in trace.steps)


@EACH
def test_the_committed_offset_expires_where_it_should_not(keeping: Keeping, disturbed: list[Disturbance]) -> None:
    says = told(keeping, disturbed)

    assert "though the group reads" in says or "the committed offset has expired meanwhile" in says


@pytest.mark.slow
@EACH
def test_brokers_that_keep_it_do_not_explain_that(keeping: Keeping, disturbed: list[Disturbance]) -> None:
    with pytest.raises(NotRefinedError, match="is none of the model"):
        told(keeping, disturbed, model=Keeping())
