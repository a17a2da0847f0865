"""What nobody hears of is taken as well: coordinators that forget, timeouts, what is deleted, and who sends nothing."""

import attrs
import pytest

from ackproof.model.faults import Faults
from ackproof.model.system import System
from ackproof.model.transactions.half import transactional
from ackproof.model.transactions.rules import TRANSACTION_VERSION_1, TRANSACTION_VERSION_2
from ackproof.reference.refinement.replaying.transactions import transacted
from tests.reference.refinement.transacting import ALONE, PIPE, UNVERIFIED, along, system

STARTS = "instance 1 starts at the earliest offset, 0"
BEGINS = "instance 1 begins a transaction with r1"
ADDS_OUTPUT = "instance 1 asks to add the output partition to its transaction: done"
ADDS_OFFSETS = "instance 1 asks to add the group's offsets to its transaction: done"
SENDS = "instance 1 sends r1: done"
ABORTS, COMMITS = "instance 1 asks to abort its transaction", "instance 1 asks to commit its transaction"
PUT_OUT = "instance 1 pauses for too long and is put out of the group"
TWO = attrs.evolve(PIPE, instances=2)


def is_taken(of: System, *says: str) -> bool:
    return transacted(of, along(of, *says)).steps == len(says)


@pytest.mark.parametrize(
    ("fault", "why", "answer"),
    [
        ("response-lost", "the answer is lost", "done"),
        ("broker-crash", "the broker crashes before it answers", "PRODUCER_FENCED"),
        pytest.param(
            "coordinator-failover",
            "the coordinator moves before it answers",
            "PRODUCER_FENCED",
            marks=pytest.mark.slow,
        ),
    ],
)
def test_who_has_not_heard_of_its_next_epoch_is_fenced_by_a_coordinator_that_reads_its_log(
    fault: str, why: str, answer: str
) -> None:
    assert is_taken(
        system(PIPE, TRANSACTION_VERSION_1, "send-timeout", fault),
        STARTS,
        BEGINS,
        ADDS_OUTPUT,
        "instance 1 sends r1; it times out and is not appended",
        f"{ABORTS}: done",
        "the abort marker of instance 1 is written to the output",
        f"instance 1 asks for the next producer epoch; {why}",
        f"instance 1 asks for the next producer epoch: {answer}",
    )


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        ("broker-crash", "the broker crashes before it answers"),
        pytest.param("power-loss", "the broker loses power before it answers", marks=pytest.mark.slow),
    ],
)
def test_a_coordinator_that_dies_reads_its_log_be_it_that_the_network_holds_back_something_for_it(
    fault: str, why: str
) -> None:
    adds, asks = ADDS_OUTPUT.removesuffix(": done"), "instance 1 asks for the next producer epoch"
    kinds = frozenset({"send-timeout", "request-delayed", fault})
    assert is_taken(
        transactional(PIPE, TRANSACTION_VERSION_1, records=1, faults=Faults(3), kinds=kinds),
        STARTS,
        BEGINS,
        f"held back by the network: {adds}",
        ADDS_OUTPUT,
        "instance 1 sends r1; it times out and is not appended",
        f"{ABORTS}: done",
        "the abort marker of instance 1 is written to the output",
        f"{asks}; {why}",
        f"{asks}: PRODUCER_FENCED",
        f"arrives late: {adds}: PRODUCER_FENCED",
        "instance 1 initialises transactions: done",
    )


def test_a_completion_that_passed_unnoticed_is_found_as_the_coordinator_comes_back() -> None:
    """KAFKA-9777."""
    commits, marked = (
        "the producer asks to commit its transaction",
        "the commit marker of the producer is written to the output",
    )
    crashes = f"{commits}; the broker crashes before it answers"
    assert is_taken(
        system(ALONE, attrs.evolve(TRANSACTION_VERSION_1, loses_completion=True), "broker-crash"),
        "the producer begins a transaction with r1",
        "the producer asks to add the output partition to its transaction: done",
        "the producer sends r1: done",
        crashes,
        marked,
        crashes,
        f"{commits}: done",
    )


def test_who_has_sent_nothing_and_aborts_has_just_begun_to() -> None:
    """``TransactionManager.nextRequest``: without anything sent no broker would hear of it."""
    assert is_taken(
        system(PIPE, TRANSACTION_VERSION_2, "consumer-pause", "broker-crash"),
        STARTS,
        BEGINS,
        PUT_OUT,
        f"{ABORTS}; the broker crashes before it answers",
        f"{ABORTS}: done",
    )


@pytest.mark.parametrize(
    ("fault", "why"),
    [("response-lost", "the answer is lost"), ("power-loss", "the broker loses power before it answers")],
)
def test_who_is_put_out_aborts_what_it_has_begun_unheard_and_begins_another(fault: str, why: str) -> None:
    """``TransactionManager.nextRequest``: its client asks again before the end, and then there is one to ask for."""
    assert is_taken(
        system(PIPE, TRANSACTION_VERSION_1, "consumer-pause", fault),
        STARTS,
        BEGINS,
        f"{ADDS_OUTPUT.removesuffix(': done')}; {why}",
        PUT_OUT,
        f"{ABORTS}: done",
        "the abort marker of instance 1 is written to the output",
        "instance 1 joins; instance 1 is assigned the partition",
        STARTS,
        BEGINS,
        ADDS_OUTPUT,
        SENDS,
    )


def test_the_output_is_added_once_more_before_the_offsets_where_a_batch_is_stored_before_them() -> None:
    client = attrs.evolve(TRANSACTION_VERSION_1, adds_again_first=False)
    assert is_taken(
        system(PIPE, client, "request-delayed", "response-lost"),
        STARTS,
        BEGINS,
        f"held back by the network: {ADDS_OUTPUT.removesuffix(': done')}",
        ADDS_OFFSETS,
        ADDS_OUTPUT,
        "instance 1 asks to commit offset 1 with its transaction; the answer is lost",
        SENDS,
    )


def test_what_is_deleted_within_a_transaction_is_in_hand() -> None:
    assert is_taken(
        system(PIPE, TRANSACTION_VERSION_1, "retention"),
        STARTS,
        BEGINS,
        "retention deletes r1, r2",
        ADDS_OUTPUT,
        SENDS,
        "instance 1 sends r2: done",
    )


def test_a_transaction_outlives_one_that_began_later() -> None:
    assert is_taken(
        system(TWO, attrs.evolve(TRANSACTION_VERSION_1, sends_meanwhile=True), "consumer-crash", "producer-pause"),
        STARTS,
        BEGINS,
        ADDS_OUTPUT,
        "instance 1 sends r1; the process of instance 1 dies and starts again; instance 2 is assigned the partition",
        "instance 2 starts at the earliest offset, 0",
        "instance 2 begins a transaction with r1",
        "instance 2 asks to add the output partition to its transaction: done",
        "instance 2 pauses for too long; the coordinator aborts its transaction",
        "instance 1 initialises transactions: CONCURRENT_TRANSACTIONS",
    )


def test_offsets_expire_beside_those_that_are_pending() -> None:
    rules = attrs.evolve(TRANSACTION_VERSION_1, requires_stable_offsets=False, expires_beside_pending=True)
    expires = "all instances stop; after offsets.retention.minutes the committed offset is gone; they start again; "
    again = f"{expires}instance 1 is assigned the partition"
    adds_and_commits = (
        ADDS_OUTPUT,
        SENDS,
        ADDS_OFFSETS,
        "instance 1 asks to commit offset 1 with its transaction: done",
        f"{COMMITS}: done",
    )
    marked = "the commit marker of instance 1 is written to the offsets and the output"
    assert is_taken(
        system(PIPE, rules, "offsets-expired", records=1),
        STARTS,
        BEGINS,
        *adds_and_commits,
        marked,
        again,
        "instance 1 initialises transactions: done",
        STARTS,
        BEGINS,
        *adds_and_commits,
        again,
        marked,
    )


def in_steps(asked: str) -> tuple[str, str, str]:
    return asked, f"decided: {asked}: done", f"heard: {asked}: done"


def test_an_answer_comes_while_a_producer_stands_still() -> None:
    rules = attrs.evolve(TRANSACTION_VERSION_1, bumps_epoch_after_failed_batch=False)
    adds, sends = "the producer asks to add the output partition to its transaction", "the producer sends r1"
    asked, decided, heard = in_steps(adds)
    assert is_taken(
        system(ALONE, rules, "producer-pause", "send-timeout", is_fine=True),
        "the producer begins a transaction with r1",
        asked,
        decided,
        "the producer pauses for too long; the coordinator aborts its transaction",
        heard,
        sends,
        f"{sends}; it times out",
        "the producer asks to abort its transaction",
        "the abort marker of the producer is written to the output",
        "decided: the producer asks to abort its transaction: PRODUCER_FENCED",
    )


def test_a_batch_that_was_sent_again_is_stored_after_it_has_failed() -> None:
    sends = "the producer sends r1"
    assert is_taken(
        system(ALONE, TRANSACTION_VERSION_2, "request-lost", "send-timeout", is_fine=True),
        "the producer begins a transaction with r1",
        sends,
        f"the request is lost: {sends}",
        f"{sends}; it times out as its connection breaks",
        f"decided: {sends}: done",
        *in_steps("the producer asks to abort its transaction"),
    )


def test_offsets_that_were_held_back_do_not_keep_batches_waiting() -> None:
    """``Sender.maybeSendAndPollTransactionalRequest``: they were not sent before these."""
    kinds = frozenset({"consumer-pause", "request-delayed"})
    of = transactional(PIPE, TRANSACTION_VERSION_1, records=2, faults=Faults(3), kinds=kinds)
    assert is_taken(
        of,
        STARTS,
        BEGINS,
        ADDS_OUTPUT,
        f"held back by the network: {ADDS_OFFSETS.removesuffix(': done')}",
        "held back by the network: instance 1 sends r1",
        SENDS,
        "instance 1 sends r2: done",
        f"arrives late: {SENDS}",
        PUT_OUT,
        ADDS_OFFSETS,
        "instance 1 asks to commit offset 2 with its transaction: ILLEGAL_GENERATION",
        f"arrives late: {ADDS_OFFSETS}",
        f"{ABORTS}: done",
    )


def test_a_batch_outlives_its_transaction() -> None:
    adds, sends = "the producer asks to add the output partition to its transaction", "the producer sends r1"
    asked, decided, heard = in_steps(adds)
    assert is_taken(
        system(ALONE, UNVERIFIED, "producer-pause", "send-timeout", is_fine=True),
        "the producer begins a transaction with r1",
        asked,
        decided,
        "the producer pauses for too long; the coordinator aborts its transaction",
        heard,
        sends,
        f"decided: {sends}: done",
        f"{sends}; it times out as its connection breaks",
        "the abort marker of the producer is written to the output",
    )


def test_a_batch_is_sent_again_behind_offsets_that_are_on_their_way() -> None:
    """``Sender.maybeSendAndPollTransactionalRequest``: they are answered first."""
    old = attrs.evolve(UNVERIFIED, bumps_epoch_after_failed_batch=False, ends_where_unresolved=True)
    commits, sends = "instance 1 asks to commit offset 1 with its transaction", "instance 1 sends r1"
    assert is_taken(
        system(PIPE, old, "send-timeout", records=1, is_fine=True),
        "r1 is appended",
        STARTS,
        BEGINS,
        *in_steps("instance 1 asks to add the group's offsets to its transaction"),
        *in_steps("instance 1 asks to add the output partition to its transaction"),
        commits,
        sends,
        f"{sends}; it times out after it was sent again",
        f"decided: {commits}: done",
        f"decided: {sends}: done",
    )
