"""What a client of Java sends in another order than the model, and what its group does meanwhile, is taken as well."""

import attrs
import pytest

from ackproof.model.system import System
from ackproof.model.transactions.rules import TRANSACTION_VERSION_1, TRANSACTION_VERSION_2
from ackproof.reference.refinement.replaying.transactions import transacted
from tests.reference.refinement.transacting import ALONE, PIPE, TWICE, UNVERIFIED, along, system

STARTS = ("instance 1 starts at the earliest offset, 0", "instance 1 begins a transaction with r1")
ADDS_OUTPUT = "instance 1 asks to add the output partition to its transaction: done"
ADDS_OFFSETS = "instance 1 asks to add the group's offsets to its transaction: done"
HELD = "held back by the network: instance 1 "
PAUSES = "instance 1 pauses for too long; the coordinator aborts its transaction"
PUT_OUT = "instance 1 pauses for too long and is put out of the group"
REJOINS = "instance 1 joins; instance 1 is assigned the partition"


def is_taken(of: System, *says: str) -> bool:
    return transacted(of, along(of, *says)).steps == len(says)


def test_offsets_that_are_on_their_way_are_answered_before_a_batch_is_sent_again() -> None:
    """``Sender.maybeSendAndPollTransactionalRequest``."""
    assert is_taken(
        system(PIPE, TWICE, "request-delayed"),
        *STARTS,
        f"{HELD}sends r1",
        f"{HELD}asks to commit offset 1 with its transaction",
        "instance 1 sends r1: done",
        "instance 1 asks to commit offset 1 with its transaction: done",
    )


def test_a_partition_is_added_before_offsets_that_were_to_overtake_it() -> None:
    assert is_taken(
        system(PIPE, attrs.evolve(TRANSACTION_VERSION_1, adds_again_first=False), "request-delayed"),
        *STARTS,
        f"{HELD}asks to add the output partition to its transaction",
        f"{HELD}asks to add the group's offsets to its transaction",
        ADDS_OFFSETS,
        ADDS_OUTPUT,
    )


def test_batches_that_are_on_their_way_are_stored_while_offsets_are() -> None:
    """None is sent then, but several were: the offsets are refused behind them."""
    assert is_taken(
        system(PIPE, TRANSACTION_VERSION_1, "consumer-pause", "request-delayed"),
        STARTS[0],
        PUT_OUT,
        STARTS[1],
        ADDS_OUTPUT,
        ADDS_OFFSETS,
        "instance 1 sends r1: done",
        "instance 1 sends r2: done",
        "instance 1 asks to commit offset 2 with its transaction: ILLEGAL_GENERATION",
        "instance 1 asks to abort its transaction: done",
    )


def test_offsets_that_were_held_back_are_followed_by_others() -> None:
    assert is_taken(
        system(PIPE, TWICE, "request-delayed"),
        *STARTS,
        f"{HELD}asks to commit offset 1 with its transaction",
        "instance 1 sends r1: done",
        "instance 1 asks to commit offset 2 with its transaction: done",
        "instance 1 sends r2: done",
    )


def test_who_hears_beside_its_abort_that_it_is_fenced_initialises_another_producer() -> None:
    assert is_taken(
        system(PIPE, TRANSACTION_VERSION_1, "producer-pause", "request-delayed"),
        *STARTS,
        ADDS_OUTPUT,
        PAUSES,
        "the abort marker of instance 1 is written to the output",
        f"{HELD}asks to add the group's offsets to its transaction",
        "instance 1 sends r1: INVALID_PRODUCER_EPOCH",
        "instance 1 asks to abort its transaction: PRODUCER_FENCED",
        "instance 1 initialises transactions: done",
    )


def test_who_waits_for_no_batch_stays_in_its_group_as_its_transaction_times_out() -> None:
    assert is_taken(
        system(PIPE, TRANSACTION_VERSION_2, "producer-pause", "send-timeout"),
        *STARTS,
        "instance 1 sends r1: done",
        PAUSES,
        "instance 1 sends r2; it times out and is not appended",
    )


def test_what_was_handed_out_stays_in_hand_as_another_member_is_put_out() -> None:
    assert is_taken(
        system(attrs.evolve(PIPE, instances=2), TRANSACTION_VERSION_1, "consumer-pause"),
        *STARTS,
        "instance 2 pauses for too long and is put out of the group",
        ADDS_OUTPUT,
        "instance 1 sends r1: done",
        "instance 1 sends r2: done",
    )


def test_who_is_put_out_before_it_has_sent_a_batch_aborts() -> None:
    assert is_taken(
        system(PIPE, TRANSACTION_VERSION_1, "consumer-pause"),
        *STARTS,
        ADDS_OUTPUT,
        PUT_OUT,
        "instance 1 asks to abort its transaction: done",
        REJOINS,
    )


def test_who_is_put_out_as_it_commits_offsets_has_sent_no_batch_before() -> None:
    assert is_taken(
        system(PIPE, UNVERIFIED, "consumer-pause", "request-delayed"),
        *STARTS,
        ADDS_OUTPUT,
        ADDS_OFFSETS,
        PUT_OUT,
        "instance 1 asks to commit offset 1 with its transaction: ILLEGAL_GENERATION",
        "instance 1 asks to abort its transaction: done",
    )


def test_who_is_put_out_aborts_once_its_batch_is_answered() -> None:
    assert is_taken(
        system(PIPE, TRANSACTION_VERSION_2, "consumer-pause", "request-delayed"),
        *STARTS,
        "instance 1 sends r1: done",
        f"{HELD}sends r2",
        PUT_OUT,
        "arrives late: instance 1 sends r2: done",
        "instance 1 asks to abort its transaction: done",
        REJOINS,
    )


def test_of_two_ends_that_look_the_same_the_last_one_is_still_on_its_way() -> None:
    end, marker = (
        "the producer asks to commit its transaction",
        "the commit marker of the producer is written to the output",
    )
    assert is_taken(
        system(ALONE, TRANSACTION_VERSION_2, "request-delayed"),
        "the producer begins a transaction with r1",
        "the producer sends r1: done",
        f"held back by the network: {end}",
        f"{end}: done",
        marker,
        "the producer begins a transaction with r2",
        "the producer sends r2: done",
        f"held back by the network: {end}",
        f"arrives late: {end}: done",
        marker,
    )


def test_a_late_request_of_a_transaction_that_is_over_is_refused_for_its_epoch_or_for_another_that_ends() -> None:
    assert is_taken(
        system(PIPE, TWICE, "request-delayed", "send-timeout"),
        *STARTS,
        f"{HELD}asks to commit offset 1 with its transaction",
        "instance 1 sends r1; it times out and is not appended",
        "instance 1 asks to abort its transaction: done",
        *STARTS,
        "instance 1 sends r1: done",
        "instance 1 asks to commit offset 1 with its transaction: done",
        "instance 1 asks to commit its transaction: done",
        "arrives late: instance 1 asks to commit offset 1 with its transaction: CONCURRENT_TRANSACTIONS",
    )


@pytest.mark.slow
def test_a_partition_is_added_before_offsets_whose_addition_was_lost_with_the_coordinator() -> None:
    """``TransactionManager.nextRequest``: what is wanted meanwhile overtakes in the heap what is asked again."""
    adds_output, adds_offsets = ADDS_OUTPUT.removesuffix(": done"), ADDS_OFFSETS.removesuffix(": done")
    client = attrs.evolve(TRANSACTION_VERSION_1, sends_meanwhile=True)
    assert is_taken(
        system(PIPE, client, "coordinator-failover", "producer-pause", records=1, is_fine=True),
        "r1 is appended",
        *STARTS,
        adds_offsets,
        f"the request is lost: {adds_offsets}",
        adds_output,
        f"decided: {ADDS_OUTPUT}",
        f"heard: {ADDS_OUTPUT}",
        adds_offsets,
        PAUSES,
        "the abort marker of instance 1 is written to the output",
        f"decided: {adds_offsets}: PRODUCER_FENCED",
        f"heard: {adds_offsets}: PRODUCER_FENCED",
    )


def test_a_partition_is_added_before_offsets_that_are_added_again_would_be_refused() -> None:
    """``TransactionManager``: TxnOffsetCommit is enqueued as AddOffsetsToTxn is answered."""
    adds_output, adds_offsets = ADDS_OUTPUT.removesuffix(": done"), ADDS_OFFSETS.removesuffix(": done")
    assert is_taken(
        system(PIPE, TRANSACTION_VERSION_1, "consumer-pause", "response-lost", records=1, is_fine=True),
        "r1 is appended",
        *STARTS,
        adds_offsets,
        PUT_OUT,
        f"decided: {ADDS_OFFSETS}",
        f"the answer is lost: {adds_offsets}",
        adds_offsets,
        f"decided: {ADDS_OFFSETS}",
        f"heard: {ADDS_OFFSETS}",
        adds_output,
        f"decided: {ADDS_OUTPUT}",
        f"heard: {ADDS_OUTPUT}",
    )
