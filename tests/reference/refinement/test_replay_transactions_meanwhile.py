"""What happens to a transaction while something else does is taken as well: other batches, brokers that come back."""

import attrs

from ackproof.model.faults import Faults
from ackproof.model.system import System
from ackproof.model.transactions.half import transactional
from ackproof.model.transactions.rules import TRANSACTION_VERSION_1, TRANSACTION_VERSION_2
from ackproof.reference.refinement.replaying.transactions import transacted
from tests.reference.refinement.transacting import ALONE, PIPE, UNVERIFIED, along, system

TWO = attrs.evolve(PIPE, instances=2)
LOSES = attrs.evolve(TRANSACTION_VERSION_1, loses_completion=True)
STARTS = "instance 1 starts at the earliest offset, 0"
BEGINS = "instance 1 begins a transaction with r1"
ADDS_OUTPUT = "instance 1 asks to add the output partition to its transaction: done"
ADDS_OFFSETS = "instance 1 asks to add the group's offsets to its transaction: done"
SENDS = "instance 1 sends r1: done"
COMMITS_OFFSET = "instance 1 asks to commit offset 1 with its transaction"
MARKED = "the commit marker of instance 1 is written to the offsets and the output"
INITIALISES = "instance 1 initialises transactions"


def is_taken(of: System, *says: str) -> bool:
    return transacted(of, along(of, *says)).steps == len(says)


def in_steps(asked: str) -> tuple[str, str, str]:
    return asked, f"decided: {asked}: done", f"heard: {asked}: done"


def test_a_batch_is_stored_after_the_offsets_were_added_and_before_they_are_committed() -> None:
    """Java has sent it before it began with the offsets: ``Sender.maybeSendAndPollTransactionalRequest``."""
    assert is_taken(
        system(PIPE, TRANSACTION_VERSION_1, "consumer-pause", "request-delayed"),
        STARTS,
        "instance 1 pauses for too long and is put out of the group",
        BEGINS,
        ADDS_OFFSETS,
        ADDS_OUTPUT,
        SENDS,
        f"{COMMITS_OFFSET}: ILLEGAL_GENERATION",
    )


def test_offsets_that_were_not_committed_keep_nobody_waiting() -> None:
    assert is_taken(
        system(TWO, attrs.evolve(UNVERIFIED, sends_meanwhile=True), "consumer-crash", "request-delayed"),
        STARTS,
        BEGINS,
        ADDS_OFFSETS,
        ADDS_OUTPUT,
        SENDS,
        "the process of instance 1 dies and starts again; instance 2 is assigned the partition",
        "instance 2 starts at the earliest offset, 0",
        "instance 2 begins a transaction with r1",
    )


def test_that_markers_are_written_passes_unnoticed_as_often_as_it_has_to() -> None:
    """KAFKA-9777: who coordinates next has them written once more."""
    of_one = (
        ADDS_OUTPUT,
        SENDS,
        ADDS_OFFSETS,
        f"{COMMITS_OFFSET}: done",
        "instance 1 asks to commit its transaction: done",
        MARKED,
    )
    others = (each.replace("r1", "r2").replace("offset 1", "offset 2") for each in of_one)
    moves = "the transaction coordinator moves to another broker"

    assert is_taken(
        system(PIPE, LOSES, "coordinator-failover"),
        STARTS,
        BEGINS,
        *of_one,
        moves,
        "instance 1 begins a transaction with r2",
        *others,
        moves,
    )


def test_who_coordinated_when_it_died_does_so_again() -> None:
    assert is_taken(
        system(PIPE, TRANSACTION_VERSION_1, "broker-crash", "coordinator-failover"),
        STARTS,
        BEGINS,
        ADDS_OUTPUT,
        SENDS,
        ADDS_OFFSETS,
        f"{COMMITS_OFFSET}; the coordinator moves before it answers",
        f"{COMMITS_OFFSET}: done",
        "instance 1 asks to commit its transaction; the broker crashes before it answers",
        MARKED,
        "instance 1 asks to commit its transaction: done",
    )


def test_what_was_fetched_and_is_deleted_by_now_is_not_consumed() -> None:
    assert is_taken(
        system(PIPE, TRANSACTION_VERSION_1, "retention"),
        STARTS,
        BEGINS,
        ADDS_OUTPUT,
        SENDS,
        "retention deletes r1, r2",
        ADDS_OFFSETS,
        f"{COMMITS_OFFSET}: done",
        "instance 1 asks to commit its transaction: done",
        MARKED,
        "instance 1 starts at the earliest offset, 2",
    )


def test_who_has_left_initialises_another_producer_once_it_has_joined() -> None:
    assert is_taken(
        system(TWO, TRANSACTION_VERSION_1, "member-joins", "member-leaves"),
        "instance 1 leaves; instance 2 is assigned the partition",
        "instance 1 joins; instance 2 is assigned the partition",
        f"{INITIALISES}: done",
        "instance 2 starts at the earliest offset, 0",
    )


def test_what_a_process_had_sent_is_refused_once_its_session_has_ended() -> None:
    assert is_taken(
        system(PIPE, TRANSACTION_VERSION_1, "consumer-crash", "request-delayed", records=1),
        STARTS,
        BEGINS,
        ADDS_OUTPUT,
        SENDS,
        ADDS_OFFSETS,
        f"held back by the network: {COMMITS_OFFSET}",
        "the process of instance 1 dies and starts again",
        f"arrives late: {COMMITS_OFFSET}: ILLEGAL_GENERATION",
    )


def test_of_two_processes_that_ask_for_the_same_the_one_that_runs_is_answered() -> None:
    assert is_taken(
        transactional(
            PIPE, TRANSACTION_VERSION_1, records=1, faults=Faults(3), kinds=frozenset({"consumer-crash"}), is_fine=True
        ),
        "r1 is appended",
        "the process of instance 1 dies and starts again",
        INITIALISES,
        *("the process of instance 1 dies as it starts, and starts again",) * 2,
        *in_steps(INITIALISES),
        "instance 1 joins; instance 1 is assigned the partition",
        STARTS,
        BEGINS,
    )


def test_records_that_are_taken_together_are_there_when_retention_has_deleted_them() -> None:
    assert is_taken(
        system(PIPE, TRANSACTION_VERSION_2, "retention", is_fine=True),
        "r1 is appended",
        STARTS,
        "r2 is appended",
        "instance 1 begins a transaction with r1, r2",
        "retention deletes r1, r2",
        *in_steps("instance 1 sends r1"),
        *in_steps("instance 1 sends r2"),
    )


def test_a_batch_that_passed_its_deadline_keeps_no_other_one_waiting() -> None:
    adds, decided, heard = in_steps("instance 1 asks to add the output partition to its transaction")
    client = attrs.evolve(TRANSACTION_VERSION_1, sends_meanwhile=True, reuses_sequences_after_deadline=False)

    assert is_taken(
        system(PIPE, client, "consumer-pause", "send-timeout", records=1, is_fine=True),
        "r1 is appended",
        STARTS,
        BEGINS,
        adds,
        "instance 1 pauses for too long and is put out of the group",
        decided,
        heard,
        "instance 1 sends r1; it times out",
        *in_steps("instance 1 asks to abort its transaction"),
        "the abort marker of instance 1 is written to the output",
        *in_steps("instance 1 asks for the next producer epoch"),
        "instance 1 polls and learns that it is no longer in the group",
        "instance 1 joins; instance 1 is assigned the partition",
        STARTS,
        BEGINS,
        adds,
        decided,
        heard,
        *in_steps("instance 1 sends r1"),
    )


def test_markers_that_the_model_keeps_are_no_records() -> None:
    assert is_taken(
        system(ALONE, attrs.evolve(TRANSACTION_VERSION_2, reader_pops_any_abort=True), "producer-crash"),
        "the producer begins a transaction with r1",
        "the producer sends r1: done",
        "the producer asks to commit its transaction: done",
        "the commit marker of the producer is written to the output",
    )
