"""
The reduced system of transactions gives the verdicts of the one without reductions.

That one has requests and answers under way, batches beside offsets, a marker for each partition, zombies that go on, a
log that fills, and forgets nothing.
"""

from collections.abc import Iterable, Iterator
from itertools import combinations, product

import attrs
import pytest

from ackproof.model.faults import ON_REQUEST_ONLY, Faults
from ackproof.model.transactions.half import KINDS, OF_LOG, transactional
from ackproof.model.transactions.rules import (
    TRANSACTION_VERSION_1,
    TRANSACTION_VERSION_2,
    ApplicationRules,
    TransactionRules,
)
from ackproof.properties.claims import BASIC, IN_TRANSACTIONS
from ackproof.properties.property import Property
from ackproof.properties.transactions import no_transaction_hangs, old_epochs_are_fenced
from ackproof.search.explorer import explore

UNVERIFIED = attrs.evolve(TRANSACTION_VERSION_1, verifies_partitions=False)
PROTOCOLS: dict[str, TransactionRules] = {
    "second": TRANSACTION_VERSION_2,
    "first": TRANSACTION_VERSION_1,
    "before 3.6": UNVERIFIED,
    "before 2.5": attrs.evolve(
        UNVERIFIED,
        bumps_epoch_after_failed_batch=False,
        ends_where_unresolved=True,
        fenced_by_timeout_is_abortable=False,
        sends_group_metadata=False,
        requires_stable_offsets=False,
    ),
    "librdkafka before 2.5": attrs.evolve(
        UNVERIFIED,
        bumps_epoch_after_failed_batch=False,
        ends_after_failed_batch=True,
        bumps_epoch_while_committing=True,
        reuses_sequences_after_deadline=False,
        reuses_sequences_after_abort=True,
        fenced_by_timeout_is_abortable=False,
        sends_meanwhile=True,
        sends_group_metadata=False,
        requires_stable_offsets=False,
    ),
}
LOG = ApplicationRules()
ALONE = [
    ApplicationRules(source="application", on_send_failure="stop", on_restart="forget"),
    ApplicationRules(source="application", on_send_failure="resend", on_restart="resend"),
    ApplicationRules(source="application", on_send_failure="drop", isolation="read_uncommitted"),
]
STATEMENTS: dict[str, Property] = {
    **{claim: IN_TRANSACTIONS[claim][0] for claim in BASIC},
    **{statement.name: statement for statement in (no_transaction_hangs, old_epochs_are_fenced)},
}
SAME_AS_OTHERS = {"power-loss", "leader-change"}
"""These lose answers as a broker crash does."""
OF_GROUP = KINDS - SAME_AS_OTHERS - {"producer-crash"} | {"request-lost"}
OF_PRODUCER = KINDS - SAME_AS_OTHERS - OF_LOG | {"request-lost"}
DEFAULT = OF_GROUP - ON_REQUEST_ONLY

each_protocol = pytest.mark.parametrize("rules", PROTOCOLS.values(), ids=PROTOCOLS.keys())


def subsets(kinds: Iterable[str], size: int) -> Iterator[frozenset[str]]:
    """Every choice of that many *kinds*."""
    return map(frozenset, combinations(sorted(kinds), size))


def verdict(
    rules: TransactionRules,
    application: ApplicationRules,
    records: int,
    kinds: frozenset[str],
    claim: str,
    *,
    is_fine: bool,
    most: int = 1,
) -> str:
    """How the search for a violation ends, where each of these faults happens so often at *most*."""
    system = transactional(
        application,
        rules,
        records=records,
        faults=Faults(len(kinds) * most),
        kinds=kinds,
        tells_transactions_apart=claim in {"atomic", "no-aborted-reads"},
        keeps_order=claim == "in-order",
        is_fine=is_fine,
    )
    return explore(system, STATEMENTS[claim]).ended


def differing(
    rules: TransactionRules,
    application: ApplicationRules,
    records: int,
    faults: Iterable[frozenset[str]],
    *,
    most: int = 1,
) -> list[tuple[list[str], str]]:
    """Every choice of faults and every claim on which the two systems disagree."""
    return [
        (sorted(kinds), claim)
        for kinds, claim in product(faults, STATEMENTS)
        if verdict(rules, application, records, kinds, claim, is_fine=False, most=most)
        != verdict(rules, application, records, kinds, claim, is_fine=True, most=most)
    ]


@each_protocol
def test_one_record_one_fault(rules: TransactionRules) -> None:
    assert differing(rules, LOG, 1, subsets(OF_GROUP, 1)) == []


@each_protocol
@pytest.mark.parametrize("application", ALONE, ids=lambda rules: rules.on_send_failure)
def test_two_records_one_fault_of_a_producer_by_itself(rules: TransactionRules, application: ApplicationRules) -> None:
    assert differing(rules, application, 2, subsets(OF_PRODUCER, 1)) == []


@pytest.mark.parametrize("application", [ApplicationRules(reset="latest"), ApplicationRules(reset="none")], ids=str)
def test_resets(application: ApplicationRules) -> None:
    assert differing(TRANSACTION_VERSION_2, application, 1, subsets(OF_GROUP, 1)) == []


@pytest.mark.slow
@each_protocol
def test_two_records_one_fault(rules: TransactionRules) -> None:
    assert differing(rules, LOG, 2, subsets(DEFAULT, 1)) == []


@pytest.mark.slow
@each_protocol
def test_one_record_one_fault_two_instances(rules: TransactionRules) -> None:
    assert differing(rules, ApplicationRules(instances=2), 1, subsets(DEFAULT, 1)) == []


@pytest.mark.slow
@each_protocol
@pytest.mark.parametrize("application", ALONE, ids=lambda rules: rules.on_send_failure)
def test_two_records_two_faults_of_a_producer_by_itself(rules: TransactionRules, application: ApplicationRules) -> None:
    assert differing(rules, application, 2, subsets(OF_PRODUCER, 2)) == []


@pytest.mark.slow
@each_protocol
def test_one_record_two_faults(rules: TransactionRules) -> None:
    assert differing(rules, LOG, 1, subsets(DEFAULT, 2)) == []


@pytest.mark.slow
@pytest.mark.parametrize("application", ALONE, ids=lambda rules: rules.on_send_failure)
@pytest.mark.parametrize(
    "kinds", [{"leader-change", "request-delayed"}, {"send-timeout"}], ids=["leaders come back", "deadlines"]
)
def test_two_records_and_faults_that_happen_twice(application: ApplicationRules, kinds: set[str]) -> None:
    """A leader comes back to what it has asked about; a batch behind a gap passes its deadline."""
    assert differing(TRANSACTION_VERSION_1, application, 2, [frozenset(kinds)], most=2) == []
