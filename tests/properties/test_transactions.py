"""Every property of transactions holds, has a broken variant that violates it, and is not empty."""

import attrs
import pytest

from ackproof.model.faults import Faults
from ackproof.model.system import System
from ackproof.model.transactions.client import Client
from ackproof.model.transactions.coordinator import Transaction
from ackproof.model.transactions.half import transactional
from ackproof.model.transactions.instance import Instance
from ackproof.model.transactions.log import Log
from ackproof.model.transactions.offsets import Commit, Offsets
from ackproof.model.transactions.output import Entry, Output
from ackproof.model.transactions.rules import (
    TRANSACTION_VERSION_1,
    TRANSACTION_VERSION_2,
    ApplicationRules,
    Detail,
    TransactionRules,
)
from ackproof.properties import transactions
from ackproof.properties.property import Property
from ackproof.search.explorer import explore
from ackproof.search.liveness import explore_fairly

TWO = ApplicationRules(instances=2)
ALONE = ApplicationRules(source="application")
RESENDING = attrs.evolve(ALONE, on_send_failure="resend")
UNVERIFIED = attrs.evolve(TRANSACTION_VERSION_1, verifies_partitions=False)
LATE = ("request-delayed", "send-timeout")


def system(rules: TransactionRules, application: ApplicationRules, *kinds: str, records: int = 1) -> System:
    """Transactions with each of these faults once."""
    faults = Faults(len(kinds), tuple(sorted((kind, 1) for kind in kinds)))
    return transactional(application, rules, records=records, faults=faults, kinds=frozenset(kinds))


@pytest.mark.parametrize(
    ("statement", "application", "kinds", "records", "safe", "broken"),
    [
        (
            transactions.no_record_is_read_twice,
            TWO,
            ("consumer-pause",),
            1,
            TRANSACTION_VERSION_2,
            attrs.evolve(TRANSACTION_VERSION_2, sends_group_metadata=False),
        ),
        (
            transactions.transactions_are_atomic,
            ApplicationRules(),
            ("request-delayed",),
            2,
            TRANSACTION_VERSION_2,
            TRANSACTION_VERSION_1,
        ),
        (
            transactions.every_record_is_written_or_can_still_be,
            ApplicationRules(),
            ("request-delayed",),
            2,
            TRANSACTION_VERSION_2,
            TRANSACTION_VERSION_1,
        ),
        (
            transactions.nothing_of_an_aborted_transaction_is_read,
            RESENDING,
            LATE,
            1,
            TRANSACTION_VERSION_2,
            TRANSACTION_VERSION_1,
        ),
        (
            transactions.records_are_read_in_order,
            ApplicationRules(),
            LATE,
            2,
            TRANSACTION_VERSION_2,
            TRANSACTION_VERSION_1,
        ),
        (transactions.no_transaction_hangs, ALONE, LATE, 1, TRANSACTION_VERSION_1, UNVERIFIED),
        (transactions.old_epochs_are_fenced, RESENDING, LATE, 1, TRANSACTION_VERSION_1, UNVERIFIED),
    ],
    ids=lambda value: value.name if isinstance(value, Property) else "",
)
def test_a_statement_holds_under_one_rule_and_is_violated_under_another(
    statement: Property,
    application: ApplicationRules,
    kinds: tuple[str, ...],
    records: int,
    safe: TransactionRules,
    broken: TransactionRules,
) -> None:
    assert explore(system(safe, application, *kinds, records=records), statement).ended == "exhausted"
    found = explore(system(broken, application, *kinds, records=records), statement)
    assert found.violation is not None
    assert set(found.violation.faults) == set(kinds)


def test_a_reader_of_uncommitted_records_reads_aborted_ones() -> None:
    statement = transactions.nothing_of_an_aborted_transaction_is_read
    uncommitted = attrs.evolve(ALONE, isolation="read_uncommitted")

    assert explore(system(TRANSACTION_VERSION_2, ALONE, "producer-crash"), statement).violation is None
    assert explore(system(TRANSACTION_VERSION_2, uncommitted, "producer-crash"), statement).violation is not None


def test_an_application_that_sends_again_after_a_crash_doubles_what_it_did_not_see_committed() -> None:
    again = attrs.evolve(ALONE, on_restart="resend")

    assert (
        explore(system(TRANSACTION_VERSION_2, again, "producer-crash"), transactions.no_record_is_read_twice).violation
        is not None
    )


def test_offsets_that_come_once_more_leave_their_transaction_whole() -> None:
    """Also where the offsets of another instance have replaced them meanwhile (``TxnOffsetCommit`` before 3)."""
    rules = attrs.evolve(UNVERIFIED, sends_group_metadata=False, requires_stable_offsets=False)
    latest = attrs.evolve(TWO, reset="latest")

    found = explore(system(rules, latest, "consumer-pause", "request-delayed"), transactions.transactions_are_atomic)

    assert (found.ended, found.violation) == ("exhausted", None)


@pytest.mark.parametrize(
    ("goal", "safe", "broken", "kinds"),
    [
        (
            transactions.every_transaction_ends,
            TRANSACTION_VERSION_1,
            attrs.evolve(TRANSACTION_VERSION_1, loses_completion=True),
            (),
        ),
        (transactions.what_was_written_can_be_read, TRANSACTION_VERSION_1, UNVERIFIED, LATE),
    ],
    ids=lambda value: value.name if isinstance(value, Property) else "",
)
def test_a_goal_is_reached_under_one_rule_and_missed_under_another(
    goal: Property, safe: TransactionRules, broken: TransactionRules, kinds: tuple[str, ...]
) -> None:
    assert explore_fairly(system(safe, ALONE, *kinds), goal).ended == "exhausted"
    assert explore_fairly(system(broken, ALONE, *kinds), goal).violation is not None


def test_who_has_left_keeps_no_transaction_from_ending() -> None:
    leaving = system(TRANSACTION_VERSION_2, TWO, "member-leaves")

    assert explore_fairly(leaving, transactions.every_transaction_ends).ended == "exhausted"


@pytest.mark.parametrize("rules", [TRANSACTION_VERSION_1, TRANSACTION_VERSION_2], ids=["first", "second"])
def test_a_new_coordinator_finds_what_the_old_one_has_lost(rules: TransactionRules) -> None:
    forgetful = attrs.evolve(rules, loses_completion=True)
    found = explore(system(forgetful, ALONE, "coordinator-failover"))

    assert found.fired["coordinator failover"] > 0


@pytest.mark.parametrize(
    "wanted",
    [
        transactions.a_record_can_be_read,
        transactions.two_records_can_be_read,
        transactions.a_transaction_is_open,
        transactions.an_offset_is_pending,
        transactions.a_transaction_is_aborted,
    ],
    ids=lambda wanted: wanted.name,
)
def test_what_makes_the_properties_interesting_is_reachable(wanted: Property) -> None:
    small = system(TRANSACTION_VERSION_2, ApplicationRules(), "consumer-crash", records=2)

    assert explore(small, looks_for=(wanted,)).seen == {wanted.name: True}


CLIENT = Client(ApplicationRules(), TRANSACTION_VERSION_1, Detail())
WITHOUT_RESET = Client(ApplicationRules(reset="none"), TRANSACTION_VERSION_1, Detail())
OUTPUT = Output((Entry(0, 0, 2, "committed", 2),))
OFFSETS = Offsets((Commit(1, 0, 0, 2, ended_by=2),))
WHOLE = {
    "client": CLIENT,
    "instances": (Instance(serial=2, upto=1, position=1),),
    "coordinator": (Transaction("CompleteCommit", ended_by=2),),
    "output": OUTPUT,
    "offsets": OFFSETS,
}
COMMITTING = (Transaction("PrepareCommit", partitions=frozenset({"output", "offsets"}), ended_by=2),)


@pytest.mark.parametrize(
    ("changes", "holds"),
    [
        ({}, True),
        ({"offsets": Offsets()}, False),
        ({"output": Output()}, False),
        ({"output": Output((Entry(0),))}, True),
        ({"output": Output((Entry(0, 0, 2, "committed", 1),))}, False),
        (
            {
                "output": Output((Entry(0, 0, 2, "committed", 3),)),
                "offsets": Offsets((Commit(1, 0, 0, 2, ended_by=3),)),
            },
            False,
        ),
        ({"offsets": Offsets((Commit(1, 0, 0, 2, is_pending=True),))}, False),
        ({"offsets": Offsets((Commit(1, 0, 0, 2, is_pending=True),)), "coordinator": COMMITTING}, True),
        ({"output": Output((Entry(0, 0, 2, "open"),)), "coordinator": COMMITTING}, True),
        ({"output": Output((Entry(0, 0, 2, "open"),))}, False),
        ({"offsets": Offsets((*OFFSETS.commits, Commit(1, 0, 0, 2, is_pending=True)))}, True),
        ({"offsets": Offsets((Commit(None, 0, 0, 2, ended_by=2),))}, True),
        ({"instances": (Instance(phase="in-transaction", serial=2, upto=2),)}, False),
        ({"instances": (Instance(phase="in-transaction", serial=3, upto=2),)}, True),
    ],
)
def test_a_transaction_is_whole_if_one_end_commits_all_of_it(changes: dict[str, object], holds: bool) -> None:
    assert transactions.transactions_are_atomic({**WHOLE, **changes}) == holds


@pytest.mark.parametrize(
    ("changes", "holds"),
    [
        ({}, True),
        ({"offsets": Offsets()}, False),
        ({"offsets": Offsets(), "client": WITHOUT_RESET}, False),
        ({"offsets": Offsets(), "client": WITHOUT_RESET, "log": Log(1, 1)}, True),
        ({"offsets": Offsets(), "client": attrs.evolve(CLIENT, application=ALONE)}, True),
        ({"output": Output((Entry(0, 0, 2, "open"),))}, False),
    ],
)
def test_what_was_written_can_be_read_once_the_group_is_at_the_end_and_nothing_is_open(
    changes: dict[str, object], holds: bool
) -> None:
    state = {"client": CLIENT, "log": Log(0, 1), "output": OUTPUT, "offsets": OFFSETS}

    assert transactions.what_was_written_can_be_read({**state, **changes}) == holds


@pytest.mark.parametrize(
    ("entry", "phase", "holds"),
    [
        (Entry(0, 0, 1, "committed", 1), "aborting", True),
        (Entry(0, 0, 1, "committed", 2), "idle", False),
        (Entry(0, 0, 1, "committed", 2, is_promised=True), "idle", True),
        (Entry(0, 0, 2, "committed", 1), "in-transaction", True),
        (Entry(0, 0, 2, "committed", 1), "aborting", False),
        (Entry(0), "aborting", True),
        (Entry(0, 0, 2, "open"), "aborting", True),
    ],
)
def test_a_record_that_another_transaction_commits_may_be_an_aborted_one(entry: Entry, phase: str, holds: bool) -> None:
    state = {"client": CLIENT, "instances": (Instance(phase=phase, serial=2),), "output": Output((entry,))}  # type: ignore[arg-type]  # one of the phases

    assert transactions.nothing_of_an_aborted_transaction_is_read(state) == holds


@pytest.mark.parametrize(
    ("instance", "committed", "holds"),
    [
        (Instance(position=1), 1, False),
        (Instance(position=1), None, True),
        (Instance("stale", position=1), 1, True),
        (Instance(phase="in-transaction", next=0, upto=1), 1, True),
        (Instance(phase="in-transaction", next=1, upto=1), 1, False),
        (Instance(), 1, True),
    ],
)
def test_a_record_is_lost_once_the_group_is_past_it_and_nothing_of_it_is_written(
    instance: Instance, committed: int | None, holds: bool
) -> None:
    offsets = Offsets((Commit(committed),)) if committed else Offsets()
    state = {"client": CLIENT, "log": Log(0, 1), "instances": (instance,), "output": Output(), "offsets": offsets}

    assert transactions.every_record_is_written_or_can_still_be(state) == holds
    written = {**state, "output": Output((Entry(0),))}
    assert transactions.every_record_is_written_or_can_still_be(written)


def test_what_an_application_saw_committed_is_written() -> None:
    alone = attrs.evolve(CLIENT, application=ALONE)
    state = {"client": alone, "log": Log(0, 1), "offsets": Offsets(), "output": Output()}
    seen = Instance(acknowledged=frozenset({0}))

    assert not transactions.every_record_is_written_or_can_still_be({**state, "instances": (seen,)})
    assert transactions.every_record_is_written_or_can_still_be({**state, "instances": (Instance(position=1),)})
