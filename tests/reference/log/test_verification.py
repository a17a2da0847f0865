"""Verified transactions: the guard that an append shows (KIP-890)."""

import pytest
from kio.schema.errors import ErrorCode

from ackproof.model.transactions.rules import TransactionRules
from ackproof.reference.log.producers.verification import VerificationGuard
from ackproof.reference.protocol.errors import KafkaError
from tests.reference.log.logs import append, begin, end, machine, new_log, numbered, refusal, transactional, verified

INVALID_STATE = ErrorCode.invalid_txn_state
OUT_OF_ORDER = ErrorCode.out_of_order_sequence_number


def test_a_transaction_that_was_not_verified_is_refused() -> None:
    assert refusal(new_log(), transactional(0)) == INVALID_STATE


def test_a_verified_transaction_is_appended() -> None:
    log = new_log()

    assert append(log, transactional(0), verification=verified(log, 0)).base_offset == 0


def test_a_guard_of_another_producer_is_no_proof() -> None:
    log = new_log()
    guard = verified(log, 0)
    verified(log, 0, producer_id=8)

    assert refusal(log, transactional(0, producer_id=8), verification=guard) == INVALID_STATE


def test_a_guard_that_was_not_given_is_no_proof() -> None:
    assert refusal(new_log(), transactional(0), verification=VerificationGuard(1)) == INVALID_STATE


def test_who_waits_already_gets_the_same_guard() -> None:
    log = new_log()

    assert verified(log, 0) == verified(log, 1)


def test_a_transaction_that_is_open_needs_no_guard() -> None:
    log = new_log()
    begin(log)

    assert log.start_verification(7, 1, 0) is None
    assert append(log, transactional(1)).base_offset == 1


def test_a_guard_is_good_for_one_transaction() -> None:
    log = new_log()
    guard = verified(log, 0)
    append(log, transactional(0), verification=guard)
    end(log, "abort")

    assert refusal(log, transactional(1), verification=guard) == INVALID_STATE


def test_a_marker_takes_the_proof_from_a_batch_that_is_late() -> None:
    log = new_log()
    guard = verified(log, 0)
    end(log, "abort")

    assert refusal(log, transactional(0), verification=guard) == INVALID_STATE


def test_a_marker_of_the_new_protocol_leaves_the_proof_of_the_next_transaction() -> None:
    log = new_log()
    begin(log, produce_version=12)
    guard = verified(log, 0, epoch=1, produce_version=12)
    end(log, epoch=1, transaction_version=2)

    assert append(log, transactional(0, epoch=1), verification=guard).base_offset == 2


def test_a_marker_of_another_epoch_takes_the_proof_in_the_new_protocol_too() -> None:
    log = new_log()
    guard = verified(log, 0, epoch=1, produce_version=12)
    end(log, "abort", epoch=0)

    assert refusal(log, transactional(0, epoch=1), verification=guard) == INVALID_STATE


def test_nothing_above_the_lowest_sequence_that_waits_is_appended_first() -> None:
    log = new_log()
    guard = verified(log, 3)
    verified(log, 2)

    assert refusal(log, transactional(3), verification=guard) == OUT_OF_ORDER
    assert append(log, transactional(2), verification=guard).base_offset == 0


def test_a_higher_epoch_that_waits_starts_anew() -> None:
    log = new_log()
    verified(log, 2)
    guard = verified(log, 4, epoch=1)

    assert append(log, transactional(4, epoch=1), verification=guard).base_offset == 0


def test_a_lower_epoch_that_waits_changes_nothing() -> None:
    log = new_log()
    guard = verified(log, 4, epoch=1)
    verified(log, 2, epoch=0)

    assert append(log, transactional(4, epoch=1), verification=guard).base_offset == 0


def test_in_the_new_protocol_who_is_not_known_starts_with_sequence_0() -> None:
    log = new_log()
    guard = verified(log, 1, produce_version=12)

    assert refusal(log, transactional(1), verification=guard) == OUT_OF_ORDER
    guard = verified(log, 0, produce_version=12)
    assert append(log, transactional(0), verification=guard).base_offset == 0


def test_in_the_old_protocol_who_is_not_known_starts_with_any_sequence() -> None:
    log = new_log()
    guard = verified(log, 1, produce_version=11)

    assert append(log, transactional(1), verification=guard).base_offset == 0


def test_in_the_new_protocol_who_has_only_a_marker_starts_with_sequence_0() -> None:
    log = new_log()
    end(log, epoch=1)
    guard = verified(log, 1, epoch=1, produce_version=12)

    assert refusal(log, transactional(1, epoch=1), verification=guard) == OUT_OF_ORDER


def test_an_older_epoch_is_refused_before_anything_is_asked() -> None:
    log = new_log()
    append(log, numbered(0, epoch=2))

    with pytest.raises(KafkaError, match="INVALID_PRODUCER_EPOCH"):
        log.start_verification(7, 0, 1)
    assert refusal(log, transactional(0, epoch=1)) == ErrorCode.invalid_producer_epoch


def test_a_higher_epoch_than_that_of_the_open_transaction_is_verified() -> None:
    log = new_log()
    begin(log)

    assert log.start_verification(7, 0, 1) is not None
    assert refusal(log, transactional(0, epoch=1)) == INVALID_STATE


def test_a_repeat_is_answered_without_proof() -> None:
    log = new_log()
    begin(log)
    end(log)

    assert append(log, transactional(0)).is_duplicate


def test_offset_commits_of_a_transaction_are_verified_too() -> None:
    log = new_log()

    assert refusal(log, transactional(-1), origin="coordinator") == INVALID_STATE
    guard = verified(log, -1)
    assert append(log, transactional(-1), origin="coordinator", verification=guard).base_offset == 0


def test_before_3_6_nothing_was_verified() -> None:
    log = new_log(transaction_rules=TransactionRules(verifies_partitions=False))

    assert append(log, transactional(5)).base_offset == 0


def test_who_has_waited_too_long_waits_no_more() -> None:
    place = machine(producer_id_expiration_ms=1000)
    guard = verified(place.log, 0)
    place.clock.run_until(place.clock.now_ms + 1000)
    place.log.remove_expired_producers()

    assert refusal(place.log, transactional(0), verification=guard) == INVALID_STATE
