"""Every step of a group is one of the model, also where the key moves to a partition that is added."""

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ackproof.model.consume.auto_commit import AIOKAFKA, JAVA, LIBRDKAFKA
from ackproof.model.consume.rebalancing import COOPERATIVE, EAGER, RECONCILING, Rebalancing
from ackproof.model.consume.rules import ConsumerRules, Reset
from ackproof.reference.refinement.beside import NotRefinedError
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
    reset=st.sampled_from(["earliest", "latest", "none", "by_duration"]),
    instances=st.sampled_from([1, 2, 3]),
    on_revoke=st.sampled_from(["nothing", "commit"]),
    closes_cleanly=st.booleans(),
    rebalancing=st.sampled_from([EAGER, COOPERATIVE, RECONCILING]),
    is_static=st.booleans(),
)


def as_client(rules: ConsumerRules) -> ConsumerRules:
    """The same with what a client does by its group's protocol."""
    is_of_aiokafka, is_by_coordinator = rules.auto_commit == AIOKAFKA, rules.rebalancing.is_by_coordinator
    return attrs.evolve(
        rules,
        rebalancing=EAGER if is_of_aiokafka or rules.auto_commit == LIBRDKAFKA else rules.rebalancing,
        rejoins_in_background=is_of_aiokafka,
        revokes_on_close=not is_of_aiokafka,
        commits_as_nobody=is_of_aiokafka or is_by_coordinator,
    )


RUNS = st.builds(
    ConsumeSetting,
    RULES.map(as_client),
    records=st.integers(2, 8),
    at_once=st.integers(1, 3),
    moves_key=st.just(True),
)
WHEN, CHOICES = st.integers(0, 300), st.integers(0, 99)
MOVES = st.builds(Disturbance, st.just("partitions-added"), WHEN, CHOICES)
ANY = st.builds(Disturbance, st.sampled_from(sorted(FAULTS)), st.one_of(WHEN, st.just(1_200)), CHOICES)
DISTURBED = st.one_of(st.tuples(MOVES), st.tuples(MOVES, ANY), st.tuples(ANY, MOVES), st.tuples(ANY, MOVES, ANY))


@pytest.mark.slow
@given(RUNS, st.integers(0, 2**32), DISTURBED)
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_each_step_is_one_of_the_model(setting: ConsumeSetting, seed: int, disturbed: tuple[Disturbance, ...]) -> None:
    run_beside_consume(setting, seed, disturbed)


def moving(rules: ConsumerRules, seed: int, model: ConsumeSetting | None = None) -> list[str]:
    """What becomes of a partition that is added as the group reads."""
    setting = ConsumeSetting(rules, records=8, moves_key=True)
    trace = run_beside_consume(setting, seed, [Disturbance("partitions-added", 150, 5)], model=model)
    return [step.says for step in trace.steps if "the new partition" in step.says]


@pytest.mark.parametrize(
    ("protocol", "reset", "start"),
    [
        (EAGER, "earliest", 0),
        (RECONCILING, "latest", 1),
        pytest.param(COOPERATIVE, "earliest", 0, marks=pytest.mark.slow),
    ],
    ids=["eager", "new", "cooperative"],
)
def test_its_records_are_read_from_where_a_member_starts(protocol: Rebalancing, reset: Reset, start: int) -> None:
    told = moving(ConsumerRules(rebalancing=protocol, reset=reset, commits_as_nobody=protocol == RECONCILING), 2)

    assert f"the group discovers the new partition and starts there at offset {start}" in told
    assert told[-1] == "r8 is processed from the new partition"


@pytest.mark.slow
def test_a_key_that_stays_does_not_explain_one_that_moves() -> None:
    with pytest.raises(NotRefinedError, match="is none of the model"):
        moving(ConsumerRules(), 0, model=ConsumeSetting(records=8))


@pytest.mark.slow
def test_who_starts_at_the_end_does_not_read_what_was_before() -> None:
    setting = ConsumeSetting(ConsumerRules(reset="latest"), records=8, moves_key=True)

    with pytest.raises(NotRefinedError, match="is none of the model"):
        moving(ConsumerRules(), 0, model=setting)
