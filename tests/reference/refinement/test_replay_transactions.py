"""Executions of the model's transactions are taken by clients, coordinators and logs, in markers and offsets."""

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ackproof.model.transactions.instance import Instances
from ackproof.model.transactions.rules import (
    TRANSACTION_VERSION_1,
    TRANSACTION_VERSION_2,
    ApplicationRules,
    TransactionRules,
)
from ackproof.properties.property import always
from ackproof.properties.transactions import (
    every_record_is_written_or_can_still_be,
    no_record_is_read_twice,
    no_transaction_hangs,
    nothing_of_an_aborted_transaction_is_read,
    transactions_are_atomic,
)
from ackproof.reference.refinement.replaying.transaction_outcome import outcome_of_transactions
from ackproof.reference.refinement.replaying.transactions import transacted
from tests.reference.refinement.transacting import (
    ALONE,
    PIPE,
    TWICE,
    UNVERIFIED,
    along,
    outcome,
    system,
    violation,
    walk,
)


@always(source="none")
def no_gap_stays_after_two_transactions(instances: Instances) -> bool:
    """Who has given up a second batch has another epoch, and so no gap."""
    return not any(each.phase == "idle" and each.has_gap and each.sequence < each.serial for each in instances)


def test_a_batch_that_is_refused_once_more_as_its_deadline_passes_leaves_its_sequence_to_the_next() -> None:
    """``Sender.completeBatch``."""
    rules = attrs.evolve(TRANSACTION_VERSION_1, reuses_sequences_after_deadline=False)
    of = system(attrs.evolve(ALONE, on_send_failure="drop"), rules, "send-timeout")
    trace = violation(of, no_gap_stays_after_two_transactions)

    assert "the producer sends r2; it times out as it is refused once more" in [step.says for step in trace.steps]
    assert transacted(of, trace).steps == len(trace.steps)


def test_a_batch_times_out_while_its_offsets_are_on_their_way() -> None:
    """The application commits meanwhile, so that no other epoch comes, and its next transaction is done at once."""
    of = system(PIPE, TRANSACTION_VERSION_1, "send-timeout", "request-delayed", records=1)
    begins = (
        "instance 1 begins a transaction with r1",
        "instance 1 asks to add the output partition to its transaction: done",
        "instance 1 asks to add the group's offsets to its transaction: done",
    )
    trace = along(
        of,
        "instance 1 starts at the earliest offset, 0",
        *begins,
        "instance 1 sends r1; it is appended, and times out",
        "instance 1 asks to abort its transaction: done",
        "instance 1 starts at the earliest offset, 0",
        "the abort marker of instance 1 is written to the offsets and the output",
        *begins,
        "instance 1 sends r1: done",
    )

    assert transacted(of, trace).steps == len(trace)


def test_a_batch_whose_connection_breaks_at_its_deadline_gives_its_sequence_to_the_next() -> None:
    """``Sender.completeBatch``: that one is taken for a repeat."""
    of = system(attrs.evolve(ALONE, on_send_failure="drop"), TRANSACTION_VERSION_1, "send-timeout")
    adds = "the producer asks to add the output partition to its transaction: done"
    trace = along(
        of,
        "the producer begins a transaction with r1",
        adds,
        "the producer sends r1; it is appended, and times out as its connection breaks",
        "the producer asks to abort its transaction: done",
        "the abort marker of the producer is written to the output",
        "the producer begins a transaction with r2",
        adds,
        "the producer sends r2: done",
        "the producer asks to commit its transaction: done",
    )

    assert transacted(of, trace).stage.instances[0].acknowledged == {1}


def test_a_commit_that_was_not_heard_is_done_again() -> None:
    resending = attrs.evolve(ALONE, on_restart="resend")

    found = outcome(system(resending, TRANSACTION_VERSION_2, "producer-crash", records=1), no_record_is_read_twice)

    assert found.findings("no-duplicates") == ("r1 is given to the reader twice (offsets 0 and 2)",)
    assert found.findings("no-aborted-reads") == found.findings("in-order") == found.findings("no-loss") == ()
    assert [row[0] for row in found.rows()] == ["0", "1", "2", "3"]


def test_what_is_aborted_is_read_by_who_does_not_ask() -> None:
    careless = attrs.evolve(ALONE, isolation="read_uncommitted")

    found = outcome(
        system(careless, TRANSACTION_VERSION_2, "producer-crash", records=1),
        nothing_of_an_aborted_transaction_is_read,
    )

    assert found.findings("no-aborted-reads") == (
        "r1 (offset 0) is given to the reader, and the marker at offset 1 aborts it",
    )


def test_what_is_committed_after_its_commit_was_refused_is_of_an_aborted_transaction() -> None:
    both = attrs.evolve(PIPE, instances=2)
    of = system(both, UNVERIFIED, "request-delayed", "consumer-pause", records=1)
    abort = "instance 1 asks to abort its transaction"
    anew = ("instance 1 starts at the earliest offset, 0", "instance 1 begins a transaction with r1")
    adds_output = "instance 1 asks to add the output partition to its transaction: done"
    adds_offsets = "instance 1 asks to add the group's offsets to its transaction: done"
    commits_offset = "instance 1 asks to commit offset 1 with its transaction: done"
    trace = along(
        of,
        *(*anew, adds_offsets),
        "instance 1 pauses for too long and is put out of the group; instance 2 is assigned the partition",
        "instance 1 asks to commit offset 1 with its transaction: ILLEGAL_GENERATION",
        *(f"held back by the network: {abort}", f"{abort}: done"),
        "instance 1 polls and learns that it is no longer in the group",
        *("instance 1 joins; instance 1 is assigned the partition", anew[0]),
        "the abort marker of instance 1 is written to the offsets",
        *(anew[1], adds_output, adds_offsets, f"arrives late: {abort}: done", commits_offset),
        "the abort marker of instance 1 is written to the offsets and the output",
        *("instance 1 sends r1: done", "instance 1 asks to commit its transaction: INVALID_TXN_STATE"),
        "instance 1 initialises transactions: done",
        *(*anew, adds_output, adds_offsets, "instance 1 sends r1: done", commits_offset),
        "instance 1 asks to commit its transaction: done",
        "the commit marker of instance 1 is written to the offsets and the output",
    )
    found = outcome_of_transactions(transacted(of, trace), waits=False)

    assert found.findings("no-aborted-reads") == (
        "r1 (offset 1) of instance-1-t2, whose commit was refused, is given to the reader with instance-1-t3",
    )


def test_a_marker_that_comes_twice_tears_the_next_transaction() -> None:
    found = outcome(system(PIPE, TRANSACTION_VERSION_1, "request-delayed"), transactions_are_atomic)

    (torn,) = found.findings("atomic")
    assert torn.startswith("r2 (offset 2) of instance-1-t2 is committed by the marker at offset 3, while")
    assert found.committed == 1


def test_a_transaction_that_nobody_knows_of_stays_open() -> None:
    found = outcome(system(ALONE, UNVERIFIED, "request-delayed"), no_transaction_hangs, waits=True)

    (stuck,) = found.findings("drains")
    assert stuck.startswith("the last stable offset stays at ")
    assert found.last_stable_offset < found.high_watermark


applications = st.builds(
    ApplicationRules,
    source=st.just("application"),
    on_send_failure=st.sampled_from(["stop", "drop", "resend"]),
    on_restart=st.sampled_from(["forget", "resend"]),
)
PROTOCOLS = st.sampled_from([TRANSACTION_VERSION_1, TRANSACTION_VERSION_2, UNVERIFIED, TWICE])
KINDS = st.sets(
    st.sampled_from(["response-lost", "request-delayed", "producer-crash", "producer-pause"]), min_size=1, max_size=2
)
IN_ITS_OWN_TIME = [HealthCheck.too_slow]


@given(applications, PROTOCOLS, KINDS, st.integers(0, 2**32))
@settings(max_examples=8, deadline=None, suppress_health_check=IN_ITS_OWN_TIME)
def test_whatever_the_model_of_a_producer_does_is_taken(
    application: ApplicationRules, rules: TransactionRules, kinds: set[str], seed: int
) -> None:
    of = system(application, rules, *kinds)
    trace = walk(of, seed)

    assert transacted(of, trace).steps == len(trace)


@pytest.mark.slow
@given(applications, PROTOCOLS, KINDS, st.integers(0, 2**32))
@settings(max_examples=100, deadline=None, suppress_health_check=IN_ITS_OWN_TIME)
def test_whatever_the_model_of_a_producer_does_is_taken_in_many_walks(
    application: ApplicationRules, rules: TransactionRules, kinds: set[str], seed: int
) -> None:
    of = system(application, rules, *kinds)
    trace = walk(of, seed)

    assert transacted(of, trace).steps == len(trace)


@pytest.mark.parametrize("rules", [TRANSACTION_VERSION_1, TRANSACTION_VERSION_2])
@pytest.mark.parametrize("kind", ["send-timeout", "broker-crash", "producer-crash", "response-lost"])
def test_a_walk_of_consume_process_produce_is_taken(rules: TransactionRules, kind: str) -> None:
    of = system(PIPE, rules, kind)
    trace = next(each for each in (walk(of, seed) for seed in range(100)) if each.faults)

    assert transacted(of, trace).steps == len(trace)


@pytest.mark.parametrize("kind", ["leader-change", "coordinator-failover", "offsets-expired", "retention"])
def test_a_walk_in_which_brokers_or_the_group_lose_their_place_is_taken(kind: str) -> None:
    of = system(PIPE, TRANSACTION_VERSION_1, kind)
    trace = next(each for each in (walk(of, seed) for seed in range(100)) if each.faults)

    assert transacted(of, trace).steps == len(trace)


def test_what_the_group_starts_behind_is_skipped() -> None:
    late = attrs.evolve(PIPE, reset="latest")

    found = outcome(system(late, TRANSACTION_VERSION_2, records=1), every_record_is_written_or_can_still_be)

    assert found.findings("no-loss") == ("r1 (offset 0) is skipped: nothing is committed, the owner reads on from 1",)


def test_what_retention_deletes_gives_no_output() -> None:
    found = outcome(
        system(PIPE, TRANSACTION_VERSION_2, "retention", records=1), every_record_is_written_or_can_still_be
    )

    assert found.findings("no-loss") == ("r1 (offset 0) is deleted, and no output is made of it",)


@pytest.mark.parametrize("kind", ["consumer-pause", "member-joins", "member-leaves"])
def test_a_walk_of_two_instances_is_taken(kind: str) -> None:
    both = system(attrs.evolve(PIPE, instances=2), TRANSACTION_VERSION_1, kind)
    trace = next(each for each in (walk(both, seed) for seed in range(100)) if each.faults)

    assert transacted(both, trace).steps == len(trace)
