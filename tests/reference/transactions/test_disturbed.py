import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ackproof.model.transactions.rules import TRANSACTION_VERSION_1, TRANSACTION_VERSION_2, TransactionRules
from tests.reference.transactions.disturbed import FAULTS, REQUESTS, Disturbance, Disturbed

RULES = st.sampled_from([TRANSACTION_VERSION_1, TRANSACTION_VERSION_2])
RUNS = st.lists(REQUESTS | FAULTS, max_size=30)


def check_run(rules: TransactionRules, run: list[Disturbance]) -> None:
    scene = Disturbed(rules)
    for disturb in run:
        disturb(scene)
        scene.settle()
        scene.listen()
        scene.check()
    scene.heal()
    scene.check()
    metadata = scene.coordinator.states.find("t")[1]
    assert metadata.state.is_at_rest
    assert metadata.pending is None


@settings(max_examples=200)
@given(RULES, RUNS)
def test_a_transaction_ends_as_was_decided_whatever_happens(rules: TransactionRules, run: list[Disturbance]) -> None:
    """One kind of marker, no epoch that goes down, and an end for everything that was begun."""
    check_run(rules, run)


@pytest.mark.slow
@settings(max_examples=10_000)
@given(RULES, RUNS)
def test_a_transaction_ends_as_was_decided_in_many_runs(rules: TransactionRules, run: list[Disturbance]) -> None:
    check_run(rules, run)
