"""Every step of a producer, its brokers and the controller is one of the model's produce half."""

from collections import Counter

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ackproof.model.produce.idempotence import JAVA_IDEMPOTENCE
from ackproof.model.produce.rules import BrokerRules, ProducerRules, each_to_the_front, in_send_order
from ackproof.reference.log.producers.producer_entry import ProducerEntry
from ackproof.reference.records.batch import BatchHeader
from ackproof.reference.refinement.beside import NotRefinedError
from ackproof.reference.refinement.produce.beside import run_beside
from ackproof.reference.refinement.produce.faults import FAULTS, Disturbance
from ackproof.reference.refinement.produce.stage import ProduceSetting


@st.composite
def clients(draw: st.DrawFn) -> ProducerRules:
    """Java producers."""
    acks = draw(st.sampled_from(["all", "1", "0"]))
    is_idempotent = acks == "all" and draw(st.booleans())
    in_flight = draw(st.sampled_from([1, 2, 5]))
    return ProducerRules(
        acks=acks,  # type: ignore[arg-type]  # drawn from what there is
        idempotence=JAVA_IDEMPOTENCE if is_idempotent else None,
        requeue=in_send_order if is_idempotent else each_to_the_front,
        max_in_flight=in_flight,
        mutes_partition=in_flight == 1,
        on_send_failure=draw(st.sampled_from(["drop", "resend"])),
        on_restart=draw(st.sampled_from(["forget", "resend"])),
        most_resends=1,
    )


brokers = st.builds(
    BrokerRules,
    replication_factor=st.sampled_from([2, 3]),
    min_insync_replicas=st.sampled_from([1, 2]),
    has_eligible_leader_replicas=st.booleans(),
    keeps_high_watermark_below_min_isr=st.booleans(),
    elects_uncleanly=st.booleans(),
)
LONG_MS = 4_000
"""Long enough for the controller to notice, and for a broker to be back."""

WHEN = st.one_of(st.integers(0, 80), st.just(LONG_MS))
happenings = st.builds(Disturbance, st.sampled_from(sorted(FAULTS)), WHEN, st.integers(0, 99))
SEEDS = st.integers(0, 2**32)
IN_ITS_OWN_TIME = [HealthCheck.too_slow]


runs = st.builds(ProduceSetting, clients(), brokers, records=st.integers(1, 6))


@given(runs, SEEDS, st.lists(happenings, max_size=3))
@settings(max_examples=25, deadline=None, suppress_health_check=IN_ITS_OWN_TIME)
def test_each_step_is_one_of_the_model(setting: ProduceSetting, seed: int, disturbed: list[Disturbance]) -> None:
    run_beside(setting, seed, disturbed)


@pytest.mark.slow
@given(runs, SEEDS, st.lists(happenings, max_size=6))
@settings(max_examples=400, deadline=None, suppress_health_check=IN_ITS_OWN_TIME)
def test_each_step_is_one_of_the_model_in_many_runs(
    setting: ProduceSetting, seed: int, disturbed: list[Disturbance]
) -> None:
    run_beside(setting, seed, disturbed)


def test_a_broker_that_is_down_is_made_the_leader_before_that_is_noticed() -> None:
    rules = BrokerRules(replication_factor=2, min_insync_replicas=1)
    both = [Disturbance("broker-crash", after_ms, 0) for after_ms in (60, 0)]

    trace = run_beside(
        ProduceSetting(ProducerRules(on_send_failure="drop"), rules), 1, [*both, Disturbance("response-lost", 2_000, 0)]
    )

    assert [step.says for step in trace.steps if step.action.name in {"broker crash", "notice one"}] == [
        "broker 1, the leader, crashes",
        "broker 2 crashes",
        "the controller makes broker 2 the leader; in sync: broker 2",
        "the controller notices; in sync: nobody",
    ]


def test_two_followers_that_are_behind_at_once_are_both_eligible() -> None:
    behind = [Disturbance("follower-lag", after_ms, 0) for after_ms in (14, 0)]

    trace = run_beside(
        ProduceSetting(ProducerRules(on_send_failure="drop"), BrokerRules()),
        1,
        [*behind, Disturbance("response-lost", LONG_MS, 0)],
    )

    assert "broker 2 and broker 3 fall behind at once; in sync: broker 1" in [step.says for step in trace.steps]


def test_what_is_held_back_arrives_as_its_broker_leads_again() -> None:
    there_and_back = [Disturbance("leader-change", 0, 0), Disturbance("leader-change", 20, 0)]

    trace = run_beside(
        ProduceSetting(ProducerRules(on_send_failure="drop"), BrokerRules(2, 1)),
        1,
        [Disturbance("request-delayed", 4, 149), *there_and_back],
    )

    assert "late again" in {step.action.name for step in trace.steps}


def test_of_two_connections_that_are_held_back_the_later_one_may_deliver_first() -> None:
    both = [Disturbance("request-delayed", 6, 149), Disturbance("request-delayed", 8, 10)]

    trace = run_beside(ProduceSetting(ProducerRules(on_send_failure="drop"), BrokerRules(2, 1)), 1, both)

    told = [step.says.partition(":") for step in trace.steps if step.action.name in {"request delayed", "late"}]
    assert [before if before.startswith("the") else what.strip() for before, _, what in told] == [
        "r1 (sequence 0), r2 (sequence 1)",
        "r2 (sequence 1), r3 (sequence 2)",
        "the delayed r2 (sequence 1) arrives",
        "the delayed r3 (sequence 2) arrives",
        "the delayed r1 (sequence 0) arrives",
        "the delayed r2 (sequence 1) arrives",
    ]


def test_records_that_a_process_forgets_before_they_are_sent_are_none_of_the_model() -> None:
    one_by_one = ProducerRules(max_in_flight=1, mutes_partition=True, on_restart="forget")

    trace = run_beside(
        ProduceSetting(one_by_one, BrokerRules(2, 1), records=6), 1, [Disturbance("producer-crash", 21, 0)]
    )

    sent = [step.says for step in trace.steps if step.action.name == "send"]
    assert len(sent) < 6
    assert sent[-1].startswith(f"producer sends r{len(sent)} ")


def test_the_runs_take_all_that_the_stage_can_show() -> None:
    taken = Counter[str]()
    for seed, kind in enumerate(sorted(FAULTS)):
        trace = run_beside(
            ProduceSetting(ProducerRules(on_send_failure="drop"), BrokerRules()),
            seed,
            [
                Disturbance(kind, 12 + 3 * seed % 40, seed),
                Disturbance("broker-crash", 60, seed),
                Disturbance("response-lost", LONG_MS, seed),
            ],
        )
        taken.update(step.action.name for step in trace.steps)

    assert {"send", "append", "answer", "fetch", "expand", "alter partition", "notice one", "come back"} <= set(taken)
    assert {"disconnect", "broker crash", "leader change", "producer crash", "follower lag"} <= set(taken)


def test_rules_that_differ_from_what_runs_are_noticed() -> None:
    setting = ProduceSetting(ProducerRules(on_send_failure="drop"), BrokerRules(min_insync_replicas=2))
    wrong = attrs.evolve(setting, client=attrs.evolve(setting.client, max_in_flight=1, mutes_partition=True))

    with pytest.raises(NotRefinedError, match="is none of the model") as failure:
        run_beside(setting, 1, [], model=wrong)

    assert "producer sends r1 (sequence 0)" in str(failure.value)


def test_a_broker_that_takes_repeats_for_new_batches_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def knows_none(entry: ProducerEntry, header: BatchHeader) -> None: ...

    setting = ProduceSetting(ProducerRules(on_send_failure="drop"), BrokerRules())
    monkeypatch.setattr(ProducerEntry, "duplicate_of", knows_none)

    with pytest.raises(NotRefinedError, match="is none of the model"):
        run_beside(setting, 4, [Disturbance("response-lost", 9, 4)])
