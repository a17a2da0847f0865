"""Transactions beside the model: groups whose brokers come and go, and batches that come late."""

from collections.abc import Iterator

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ackproof.model.transactions import output as partition
from ackproof.model.transactions.output import Output, Writer
from ackproof.model.transactions.request import Request
from ackproof.model.transactions.rules import (
    TRANSACTION_VERSION_1,
    TRANSACTION_VERSION_2,
    ApplicationRules,
    Detail,
    TransactionRules,
)
from ackproof.reference.refinement.beside import NotRefinedError
from ackproof.reference.refinement.produce.faults import Disturbance
from ackproof.reference.refinement.transactions.beside import OF_BROKERS, run_beside_transactions
from ackproof.reference.refinement.transactions.faults import FAULTS
from ackproof.reference.refinement.transactions.setting import TransactionSetting

SEEDS = st.integers(0, 2**32)
AFTER_MS, CHOICES = st.integers(0, 250), st.integers(0, 99)
RECORDS = st.integers(1, 4)
PROTOCOLS = st.sampled_from([TRANSACTION_VERSION_1, TRANSACTION_VERSION_2])
ANYTHING = st.builds(Disturbance, st.sampled_from(sorted(FAULTS)), AFTER_MS, CHOICES)


def some(*kinds: str) -> st.SearchStrategy[Disturbance]:
    """One of these kinds of disturbance."""
    return st.builds(Disturbance, st.sampled_from(sorted(kinds)), AFTER_MS, CHOICES)


def pipe(rules: TransactionRules, records: int = 4, *, instances: int = 1) -> TransactionSetting:
    """Records that so many instances work on."""
    return TransactionSetting(ApplicationRules(instances=instances, on_send_failure="drop"), rules, records)


@pytest.mark.slow
@given(PROTOCOLS, RECORDS, SEEDS, some(*OF_BROKERS), some("consumer-pause"), st.booleans())
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_each_step_of_two_instances_is_one_of_the_model_where_brokers_come_and_go(
    rules: TransactionRules, records: int, seed: int, of_brokers: Disturbance, pause: Disturbance, pauses_first: bool
) -> None:
    disturbed = [pause, of_brokers] if pauses_first else [of_brokers, pause]

    run_beside_transactions(pipe(rules, records, instances=2), seed, disturbed)


@pytest.mark.slow
@given(RECORDS, SEEDS, some("request-delayed"), st.lists(ANYTHING, max_size=2))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_each_step_is_one_of_the_model_where_batches_come_late(
    records: int, seed: int, late: Disturbance, others: list[Disturbance]
) -> None:
    run_beside_transactions(pipe(TRANSACTION_VERSION_1, records), seed, [late, *others])


COMES_LATE = [
    Disturbance("request-delayed", 75, 2),
    Disturbance("request-delayed", 111, 22),
    Disturbance("consumer-pause", 165, 72),
]


def test_a_batch_that_comes_late_has_the_first_one_of_the_next_transaction_refused() -> None:
    """``VerificationStateEntry``: a leader that has asked about the older one first stores that, or a marker."""
    says = [step.says for step in run_beside_transactions(pipe(TRANSACTION_VERSION_1), 1042, COMES_LATE).steps]

    refused = says.index("decided: instance 1 sends r3: OUT_OF_ORDER_SEQUENCE_NUMBER")
    assert "arrives late: instance 1 sends r2: TRANSACTION_ABORTABLE" in says[:refused]
    assert "decided: instance 1 asks to abort its transaction: done" in says[refused:]
    assert "decided: instance 1 sends r3: done" in says[refused:]


def test_another_leader_has_not_asked_about_a_batch_that_has_come_late() -> None:
    disturbed = [Disturbance("request-delayed", 182, 27), Disturbance("leader-change", 93, 25)]
    says = [step.says for step in run_beside_transactions(pipe(TRANSACTION_VERSION_1), 27, disturbed).steps]

    late = says.index("arrives late: instance 1 sends r2: done")
    assert "the leader moves and has asked about no batch" in says[late:]
    assert "decided: instance 1 sends r3: OUT_OF_ORDER_SEQUENCE_NUMBER" not in says


@pytest.mark.slow
def test_a_coordinator_that_takes_over_does_not_know_the_epoch_before() -> None:
    application = ApplicationRules(source="application", on_send_failure="resend")
    alone = TransactionSetting(application, TRANSACTION_VERSION_1, 3)
    disturbed = [Disturbance("send-timeout", 143, 60), Disturbance("coordinator-failover", 1968, 2)]
    says = [step.says for step in run_beside_transactions(alone, 1042374722, disturbed).steps]

    given = says.index("decided: the producer asks for the next producer epoch: done")
    assert "the transaction coordinator moves to another broker" in says[given:]


LEAVES_AND_COMES_BACK = [
    Disturbance("request-delayed", 182, 27),
    Disturbance("leader-change", 93, 25),
    Disturbance("leader-change", 10, 0),
]


def test_a_leader_that_comes_back_remembers_what_it_has_asked_about() -> None:
    says = [step.says for step in run_beside_transactions(pipe(TRANSACTION_VERSION_1), 27, LEAVES_AND_COMES_BACK).steps]

    leaves = says.index("the leader moves and has asked about no batch")
    comes_back = says.index("the leader moves and has asked about an older batch as it led before")
    assert leaves < comes_back
    assert "decided: instance 1 sends r3: OUT_OF_ORDER_SEQUENCE_NUMBER" in says[comes_back:]


def never_asked(writer: Writer, *, forgets: bool) -> Iterator[Writer]:
    """Whoever leads has asked about nothing."""
    yield attrs.evolve(writer, asked_about_older=False, asked_elsewhere=writer.asked_elsewhere and not forgets)


@pytest.mark.slow
def test_a_model_whose_leaders_remember_nothing_as_they_come_back_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(partition, "led_anew", never_asked)

    with pytest.raises(NotRefinedError, match="output was"):
        run_beside_transactions(pipe(TRANSACTION_VERSION_1), 27, LEAVES_AND_COMES_BACK)


def not_asked_about(_: Detail, output: Output, __: Request) -> Output:
    """The leader does not remember what it has asked about."""
    return output


@pytest.mark.slow
def test_a_model_that_forgets_what_leaders_have_asked_about_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(partition, "asked_about", not_asked_about)

    with pytest.raises(NotRefinedError, match="output was"):
        run_beside_transactions(pipe(TRANSACTION_VERSION_1), 1042, COMES_LATE)


@pytest.mark.slow
@pytest.mark.parametrize("rules", [TRANSACTION_VERSION_1, TRANSACTION_VERSION_2])
def test_a_group_goes_on_where_a_broker_goes_and_a_member_is_put_out(rules: TransactionRules) -> None:
    disturbed = [Disturbance("broker-crash", 75, 0), Disturbance("consumer-pause", 40, 0)]
    trace = run_beside_transactions(pipe(rules, instances=2), 1, disturbed)

    taken = {step.action.name for step in trace.steps}
    assert taken >= {"broker crash", "consumer pause", "notice", "rebalance"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("setting", "seed", "disturbed"),
    [
        pytest.param(
            pipe(TRANSACTION_VERSION_2, 3, instances=2),
            501_957_312,
            [
                Disturbance("consumer-pause", 83, 85),
                Disturbance("leader-change", 20, 56),
                Disturbance("broker-crash", 146, 39),
            ],
            id="who takes over meanwhile commits as the owner that it is",
        ),
        pytest.param(
            pipe(TRANSACTION_VERSION_1, 3, instances=2),
            2_450_779_355,
            [
                Disturbance("consumer-pause", 77, 73),
                Disturbance("consumer-pause", 79, 86),
                Disturbance("broker-crash", 88, 32),
            ],
            id="who stood still sends to the broker that is gone",
        ),
        pytest.param(
            pipe(TRANSACTION_VERSION_1, 1),
            0,
            [Disturbance("broker-crash", 10, 1), Disturbance("request-delayed", 0, 0)],
            id="what comes late is not decided on before that",
        ),
    ],
)
def test_a_step_is_one_of_the_model_where_a_follower_is_missed(
    setting: TransactionSetting, seed: int, disturbed: list[Disturbance]
) -> None:
    names = {step.action.name for step in run_beside_transactions(setting, seed, disturbed).steps}

    assert names >= {"send", "mark output"}
