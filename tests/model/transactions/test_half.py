"""Transactions as a whole: sizes, verdicts without faults, what can happen, and the oracle."""

import pytest

from ackproof.model.faults import ON_REQUEST_ONLY, Faults
from ackproof.model.system import System
from ackproof.model.transactions.half import KINDS, transactional
from ackproof.model.transactions.rules import (
    TRANSACTION_VERSION_1,
    TRANSACTION_VERSION_2,
    ApplicationRules,
    TransactionRules,
)
from ackproof.properties.claims import BASIC, IN_TRANSACTIONS
from ackproof.search.explorer import explore
from tests import oracle

DEFAULT = KINDS - ON_REQUEST_ONLY
LOG = ApplicationRules()
ALONE = ApplicationRules(source="application")
CLAIMS = {claim: IN_TRANSACTIONS[claim][0] for claim in BASIC}
PROTOCOLS = pytest.mark.parametrize("rules", [TRANSACTION_VERSION_1, TRANSACTION_VERSION_2], ids=["first", "second"])


def system(
    rules: TransactionRules,
    application: ApplicationRules = LOG,
    *,
    records: int = 2,
    faults: int = 1,
    kinds: frozenset[str] = DEFAULT,
    tells_apart: bool = False,
    is_fine: bool = False,
) -> System:
    """Transactions with just what is asked for."""
    return transactional(
        application,
        rules,
        records=records,
        faults=Faults(faults),
        kinds=kinds,
        tells_transactions_apart=tells_apart,
        keeps_order=False,
        is_fine=is_fine,
    )


@PROTOCOLS
@pytest.mark.parametrize("application", [LOG, ALONE, ApplicationRules(reset="none")], ids=lambda rules: rules.source)
def test_every_claim_holds_without_faults(rules: TransactionRules, application: ApplicationRules) -> None:
    for statement in CLAIMS.values():
        assert explore(system(rules, application, faults=0, tells_apart=True), statement).ended == "exhausted"


@PROTOCOLS
def test_a_group_that_starts_at_the_latest_offset_passes_over_records(rules: TransactionRules) -> None:
    late = system(rules, ApplicationRules(reset="latest"), faults=0)

    assert explore(late, CLAIMS["no-loss"]).violation is not None
    assert explore(late, CLAIMS["no-duplicates"]).violation is None


@pytest.mark.parametrize(
    ("rules", "application", "states"),
    [
        (TRANSACTION_VERSION_2, LOG, (29, 466, 8_551)),
        (TRANSACTION_VERSION_2, ALONE, (22, 263, 1_704)),
        (TRANSACTION_VERSION_2, ApplicationRules(instances=2), (29, 1_895)),
        pytest.param(TRANSACTION_VERSION_1, LOG, (56, 2_455, 87_696), marks=pytest.mark.slow),
        (TRANSACTION_VERSION_1, ALONE, (25, 585, 5_702)),
    ],
    ids=["second, log", "second, application", "second, two instances", "first, log", "first, application"],
)
def test_the_number_of_states_of_three_records(
    rules: TransactionRules, application: ApplicationRules, states: tuple[int, ...]
) -> None:
    found = tuple(
        explore(system(rules, application, records=3, faults=faults)).distinct_states for faults in range(len(states))
    )

    assert found == states


def test_telling_transactions_apart_costs_half_as_much_again() -> None:
    apart = system(TRANSACTION_VERSION_2, records=3, faults=2, tells_apart=True)

    assert explore(apart).distinct_states == 12_739


@PROTOCOLS
def test_the_oracle_meets_the_same_states(rules: TransactionRules) -> None:
    small = system(rules, ApplicationRules(instances=2), kinds=frozenset({"request-delayed", "consumer-pause"}))

    assert len(oracle.explore(small).states) == explore(small).distinct_states


@PROTOCOLS
@pytest.mark.parametrize("is_fine", [False, True], ids=["reduced", "fine"])
@pytest.mark.parametrize("application", [LOG, ALONE, ApplicationRules(reset="latest")], ids=lambda rules: rules.reset)
def test_each_action_of_a_system_can_happen(
    rules: TransactionRules, application: ApplicationRules, is_fine: bool
) -> None:
    kinds = KINDS | {"request-lost"} if is_fine else KINDS
    fired = explore(system(rules, application, kinds=kinds, is_fine=is_fine)).fired

    assert [name for name, count in fired.items() if count == 0] == []


def test_a_producer_by_itself_does_not_suffer_what_groups_do() -> None:
    kinds = {act.fault for act in system(TRANSACTION_VERSION_2, ALONE, kinds=KINDS).actions if act.fault}

    assert kinds == {
        "response-lost",
        "broker-crash",
        "power-loss",
        "leader-change",
        "coordinator-failover",
        "request-delayed",
        "send-timeout",
        "producer-crash",
        "producer-pause",
    }
