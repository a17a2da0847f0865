"""Transactions in a log: what is open, markers, what readers may see (C.2, 5 and 6; E.4)."""

import pytest
from kio.schema.errors import ErrorCode

from ackproof.model.produce.rules import BrokerRules
from ackproof.model.transactions.rules import TRANSACTION_VERSION_1, TransactionRules
from ackproof.reference.log.log import Isolation, PartitionLog
from ackproof.reference.log.producers.transaction_index import AbortedTransaction
from ackproof.reference.protocol.errors import KafkaError
from tests.reference.log.logs import append, batch, begin, end, new_log, numbered, refusal, transactional, values

OLD_EPOCH = ErrorCode.invalid_producer_epoch


def marker_refusal(
    log: PartitionLog, *, epoch: int = 0, coordinator_epoch: int = 0, transaction_version: int = 0
) -> ErrorCode:
    """The error code that a marker is refused with."""
    with pytest.raises(KafkaError) as caught:
        end(log, epoch=epoch, coordinator_epoch=coordinator_epoch, transaction_version=transaction_version)
    return caught.value.code


def test_without_transactions_everything_replicated_is_stable() -> None:
    log = new_log()
    append(log, numbered(0))
    log.append_as_leader(batch(b"x"), leader_epoch=0)

    assert (log.first_unstable_offset, log.last_stable_offset) == (None, 1)


def test_readers_stop_where_the_first_open_transaction_starts() -> None:
    log = new_log()
    append(log, batch(b"x"))
    begin(log)
    begin(log, producer_id=8)
    append(log, batch(b"y"))

    assert (log.first_unstable_offset, log.last_stable_offset) == (1, 1)
    assert log.has_ongoing_transaction(7)
    end(log)
    assert (log.first_unstable_offset, log.last_stable_offset) == (2, 2)
    end(log, producer_id=8)
    assert (log.first_unstable_offset, log.last_stable_offset) == (None, 6)


def test_a_transaction_is_unstable_until_its_marker_is_below_the_high_watermark() -> None:
    log = new_log()
    begin(log)
    end(log, is_replicated=False)
    before = (log.first_unstable_offset, log.last_stable_offset)
    log.high_watermark = 2

    assert before == (0, 0)
    assert (log.first_unstable_offset, log.last_stable_offset) == (None, 2)


def test_a_marker_at_the_high_watermark_is_not_replicated() -> None:
    log = new_log()
    begin(log)
    end(log, is_replicated=False)
    log.high_watermark = 1

    assert log.last_stable_offset == 0


def test_nothing_above_the_high_watermark_is_stable() -> None:
    log = new_log()
    append(log, batch(b"x"))
    begin(log)
    log.high_watermark = 1

    assert (log.first_unstable_offset, log.last_stable_offset) == (1, 1)


def test_a_producer_with_a_transaction_open_writes_nothing_else() -> None:
    log = new_log()
    begin(log)

    assert refusal(log, numbered(1)) == ErrorCode.invalid_txn_state
    assert append(log, transactional(1)).base_offset == 1


def test_an_aborted_transaction_is_in_the_index_and_a_committed_one_is_not() -> None:
    log = new_log()
    begin(log)
    end(log, "abort")
    begin(log, 1)
    end(log, "commit")

    assert log.aborted_transactions(0, 4) == [AbortedTransaction(7, 0, 1, 2)]


def test_an_aborted_transaction_says_what_was_stable_then() -> None:
    log = new_log()
    begin(log, producer_id=8)
    begin(log)
    end(log, "abort")

    assert log.aborted_transactions(0, 9) == [AbortedTransaction(7, 1, 2, 0)]


def test_readers_hear_of_aborted_transactions_that_overlap_what_they_read() -> None:
    log = new_log()
    for sequence in range(3):
        begin(log, sequence)
        end(log, "abort")

    assert [found.first_offset for found in log.aborted_transactions(2, 4)] == [2]
    assert [found.first_offset for found in log.aborted_transactions(1, 3)] == [0, 2]
    assert [found.first_offset for found in log.aborted_transactions(0, 6)] == [0, 2, 4]


def test_a_marker_without_a_transaction_is_appended_and_aborts_nothing() -> None:
    log = new_log()

    assert end(log, "abort").base_offset == 0
    assert (log.aborted_transactions(0, 9), log.last_stable_offset) == ([], 1)


def test_a_marker_makes_a_producer_known_whose_next_sequence_is_then_0() -> None:
    log = new_log()
    end(log, "abort", epoch=3)

    assert refusal(log, numbered(1, epoch=3)) == ErrorCode.out_of_order_sequence_number
    assert append(log, numbered(0, epoch=3)).base_offset == 1


def test_a_marker_of_the_same_epoch_leaves_sequence_and_batches() -> None:
    log = new_log()
    begin(log)
    end(log)

    assert append(log, transactional(0)).is_duplicate
    assert begin(log, 1).base_offset == 2


def test_a_marker_of_a_higher_epoch_forgets_the_batches() -> None:
    log = new_log()
    begin(log)
    end(log, epoch=1)

    assert refusal(log, transactional(0)) == OLD_EPOCH
    assert refusal(log, numbered(1, epoch=1)) == ErrorCode.out_of_order_sequence_number
    assert begin(log, 0, epoch=1).base_offset == 2


def test_a_marker_of_an_older_epoch_is_refused() -> None:
    log = new_log()
    append(log, numbered(0, epoch=2))

    assert marker_refusal(log, epoch=1) == OLD_EPOCH


def test_a_marker_of_a_coordinator_that_was_replaced_is_refused() -> None:
    log = new_log()
    end(log, coordinator_epoch=5)

    assert marker_refusal(log, coordinator_epoch=4) == ErrorCode.transaction_coordinator_fenced
    assert end(log, coordinator_epoch=5).base_offset == 1


def test_the_epoch_of_a_producer_is_looked_at_before_that_of_the_coordinator() -> None:
    log = new_log()
    end(log, epoch=2, coordinator_epoch=5)

    assert marker_refusal(log, epoch=1, coordinator_epoch=4) == OLD_EPOCH


def test_a_marker_of_transaction_version_2_has_an_epoch_above_its_transaction() -> None:
    log = new_log()
    begin(log)

    assert marker_refusal(log, transaction_version=2) == OLD_EPOCH
    assert end(log, epoch=1, transaction_version=2).base_offset == 1


def test_a_marker_of_transaction_version_2_may_come_again_while_nothing_is_open() -> None:
    log = new_log()
    begin(log)
    end(log, epoch=1, transaction_version=2)

    assert end(log, epoch=1, transaction_version=2).base_offset == 2


def test_a_marker_of_the_highest_epoch_ends_what_began_there() -> None:
    log = new_log()
    begin(log, epoch=32767)

    assert end(log, epoch=32767, transaction_version=2).base_offset == 1


@pytest.mark.parametrize("rules", [TransactionRules(fences_late_markers=False), TRANSACTION_VERSION_1])
def test_before_4_3_a_late_marker_ended_the_next_transaction(rules: TransactionRules) -> None:
    log = new_log(transaction_rules=rules)
    begin(log)

    assert end(log, transaction_version=2).base_offset == 1
    assert not log.has_ongoing_transaction(7)


def test_a_transaction_open_in_another_epoch_is_not_that_of_this_one() -> None:
    log = new_log()
    begin(log)

    assert log.has_ongoing_transaction(7, 0)
    assert not log.has_ongoing_transaction(7, 1)


def test_a_log_start_inside_the_first_batch_of_a_transaction_leaves_it_unstable_from_there() -> None:
    log = new_log()
    begin(log, count=3)
    append(log, batch(b"x"))
    log.increase_log_start(2)

    assert (log.last_stable_offset, log.log_start_offset) == (0, 2)
    assert log.read(2, 1000, log.last_stable_offset) == b""


def test_a_log_start_between_batches_of_a_transaction_is_where_it_is_unstable_from() -> None:
    log = new_log()
    begin(log)
    append(log, transactional(1))
    log.increase_log_start(1)

    assert log.last_stable_offset == 1


def test_a_transaction_whose_first_record_was_deleted_is_still_aborted_from_there() -> None:
    log = new_log()
    begin(log, count=3)
    append(log, batch(b"x"))
    log.increase_log_start(2)
    end(log, "abort")

    assert log.last_stable_offset == 5
    assert [found.first_offset for found in log.aborted_transactions(2, 5)] == [0]


def test_a_producer_with_a_transaction_open_is_never_too_old() -> None:
    log = new_log(producer_id_expiration_ms=0)
    begin(log)
    log.remove_expired_producers()

    assert log.has_ongoing_transaction(7)


def test_a_batch_of_the_transaction_before_that_comes_again_is_answered_and_not_part_of_the_next() -> None:
    log = new_log()
    begin(log)
    end(log)
    again = append(log, transactional(0), verification=log.start_verification(7, 0, 0))
    end(log)

    assert (again.is_duplicate, again.base_offset) == (True, 0)
    assert values(log) == [b"s0"]


def test_reads_may_be_told_to_go_beyond_what_is_stable() -> None:
    log = new_log(transaction_rules=TransactionRules(reads_stop_at_last_stable_offset=False))
    begin(log)

    assert (log.last_stable_offset, log.visible_end("last_stable")) == (0, 1)


def test_reads_go_up_to_what_their_isolation_says() -> None:
    log = new_log()
    append(log, batch(b"x"))
    begin(log)
    append(log, batch(b"y"))
    log.append_as_leader(batch(b"z"), leader_epoch=0)
    racing = new_log(broker_rules=BrokerRules(shows_beyond_high_watermark=True))
    racing.append_as_leader(batch(b"z"), leader_epoch=0)

    isolations: tuple[Isolation, ...] = ("log_end", "high_watermark", "last_stable")
    assert [log.visible_end(isolation) for isolation in isolations] == [4, 3, 1]
    assert racing.visible_end("high_watermark") == 1
