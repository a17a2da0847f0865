"""Producers, their epochs and sequences (C.2, 1 to 4)."""

import pytest
from kio.schema.errors import ErrorCode

from ackproof.model.produce.rules import BrokerRules
from ackproof.reference.log.log import Appended
from ackproof.reference.protocol.errors import KafkaError
from tests.reference.log.logs import NOW_MS, append, batch, machine, new_log, numbered, refusal, values

OUT_OF_ORDER = ErrorCode.out_of_order_sequence_number
OLD_EPOCH = ErrorCode.invalid_producer_epoch
SEQUENCE_MAX = 2**31 - 1


def test_batches_in_sequence_are_appended() -> None:
    log = new_log()
    for sequence, count in ((0, 2), (2, 1), (3, 4)):
        append(log, numbered(sequence, count=count))

    assert log.log_end_offset == 7


def test_a_repeat_is_answered_with_the_offsets_and_the_timestamp_of_its_first_copy() -> None:
    log = new_log()
    append(log, batch(b"before"))
    append(log, numbered(0, count=3, timestamp_ms=NOW_MS - 5))

    assert append(log, numbered(0, count=3)) == Appended(1, 3, True, NOW_MS - 5, 0)
    assert log.log_end_offset == 4


def test_the_last_five_batches_are_known_again() -> None:
    log = new_log()
    for sequence in range(6):
        append(log, numbered(sequence))

    assert [append(log, numbered(sequence)).base_offset for sequence in range(1, 6)] == [1, 2, 3, 4, 5]
    assert refusal(log, numbered(0)) == OUT_OF_ORDER


def test_records_of_a_repeat_are_not_compared() -> None:
    log = new_log()
    append(log, numbered(0))
    appended = append(log, batch(b"other", producer_id=7, producer_epoch=0, base_sequence=0))

    assert appended.is_duplicate
    assert values(log) == [b"s0"]


def test_an_answered_repeat_does_not_move_up_in_the_window() -> None:
    log = new_log()
    for sequence in range(5):
        append(log, numbered(sequence))
    append(log, numbered(0))
    append(log, numbered(5))

    assert refusal(log, numbered(0)) == OUT_OF_ORDER


def test_a_repeat_from_below_the_log_start_is_answered() -> None:
    log = new_log()
    append(log, numbered(0))
    append(log, numbered(1))
    log.increase_log_start(2)

    assert append(log, numbered(0)) == Appended(0, 0, True, NOW_MS, 2)


def test_part_of_a_batch_is_no_repeat() -> None:
    log = new_log()
    append(log, numbered(0, count=3))

    assert refusal(log, numbered(0, count=2)) == OUT_OF_ORDER
    assert refusal(log, numbered(1, count=2)) == OUT_OF_ORDER


@pytest.mark.parametrize("sequence", [0, 2, 3])
def test_only_the_next_sequence_is_taken(sequence: int) -> None:
    log = new_log()
    append(log, numbered(4))
    append(log, numbered(5))

    assert refusal(log, numbered(sequence)) == OUT_OF_ORDER
    assert append(log, numbered(6)).base_offset == 2


def test_sequences_go_on_with_0_after_2147483647() -> None:
    log = new_log()
    append(log, numbered(SEQUENCE_MAX - 1, count=2))

    assert append(log, numbered(0)).base_offset == 2


def test_a_batch_may_hold_the_wrap_and_is_known_again() -> None:
    log = new_log()
    append(log, numbered(SEQUENCE_MAX, count=3))

    assert append(log, numbered(SEQUENCE_MAX, count=3)).is_duplicate
    assert append(log, numbered(2)).base_offset == 3


@pytest.mark.parametrize("epoch", [0, 5, 32767])
def test_who_is_not_known_may_start_with_any_sequence_in_any_epoch(epoch: int) -> None:
    empty, other = new_log(), new_log()
    append(other, numbered(0, producer_id=1))
    for log in (empty, other):
        start = log.log_end_offset

        assert append(log, numbered(9, epoch=epoch)).base_offset == start


def test_an_older_epoch_is_refused() -> None:
    log = new_log()
    append(log, numbered(0, epoch=3))

    assert refusal(log, numbered(1, epoch=2)) == OLD_EPOCH


def test_a_new_epoch_starts_with_sequence_0() -> None:
    log = new_log()
    append(log, numbered(0))

    assert refusal(log, numbered(1, epoch=1)) == OUT_OF_ORDER
    assert append(log, numbered(0, epoch=1)).base_offset == 1


def test_a_new_epoch_forgets_the_batches_of_the_old_one_which_are_then_fenced() -> None:
    log = new_log()
    append(log, numbered(0))
    append(log, numbered(0, epoch=1))

    assert refusal(log, numbered(0)) == OLD_EPOCH
    assert append(log, numbered(0, epoch=1)).is_duplicate


def test_a_refused_batch_uses_up_neither_sequence_nor_epoch() -> None:
    log = new_log()
    append(log, numbered(0))
    refusal(log, numbered(5))
    refusal(log, numbered(3, epoch=1))

    assert append(log, numbered(1)).base_offset == 1


def test_epoch_minus_1_is_accepted_and_known_again() -> None:
    log = new_log()
    append(log, numbered(0, epoch=-1))

    assert append(log, numbered(0, epoch=-1)).is_duplicate
    assert append(log, numbered(7, epoch=-1)).base_offset == 1


def test_epoch_minus_2_is_too_old_for_anybody() -> None:
    assert refusal(new_log(), numbered(0, epoch=-2)) == OLD_EPOCH


def test_producers_do_not_see_each_other() -> None:
    log = new_log()
    append(log, numbered(0, producer_id=1))
    append(log, numbered(0, producer_id=2))
    append(log, numbered(1, producer_id=1))

    assert append(log, numbered(0, producer_id=2)).base_offset == 1


def test_a_coordinator_is_not_asked_for_a_sequence_but_its_epoch_counts() -> None:
    log = new_log()
    for epoch in (1, 1, 2):
        log.append_as_leader(
            batch(b"offsets", producer_id=7, producer_epoch=epoch), leader_epoch=0, origin="coordinator"
        )

    with pytest.raises(KafkaError, match="INVALID_PRODUCER_EPOCH"):
        log.append_as_leader(batch(b"o", producer_id=7, producer_epoch=1), leader_epoch=0, origin="coordinator")
    assert log.log_end_offset == 3


def test_a_producer_is_forgotten_when_its_last_timestamp_is_too_old() -> None:
    place = machine(producer_id_expiration_ms=1000)
    append(place.log, numbered(0, producer_id=1, timestamp_ms=NOW_MS - 999))
    append(place.log, numbered(0, producer_id=2, timestamp_ms=NOW_MS))
    append(place.log, numbered(0, producer_id=3, timestamp_ms=NOW_MS - 5000))
    place.log.remove_expired_producers()
    known_now = list(place.log.producers.entries)
    place.clock.run_until(NOW_MS + 1)
    place.log.remove_expired_producers()

    assert (known_now, list(place.log.producers.entries)) == ([1, 2], [2])
    assert not append(place.log, numbered(0, producer_id=3)).is_duplicate


def test_a_producer_with_old_timestamps_is_forgotten_at_the_next_restart() -> None:
    place = machine(producer_id_expiration_ms=1000)
    append(place.log, numbered(0, timestamp_ms=NOW_MS - 5000))
    place.log.close()
    repeated = append(place.log, numbered(0)).is_duplicate
    log = place.restart(is_clean=True)

    assert repeated
    assert not append(log, numbered(0)).is_duplicate


def test_producers_stay_known_when_their_records_are_deleted() -> None:
    log = new_log()
    append(log, numbered(0))
    log.increase_log_start(1)

    assert refusal(log, numbered(5)) == OUT_OF_ORDER
    assert append(log, numbered(1)).base_offset == 1


def test_before_2_4_producers_were_forgotten_with_their_records() -> None:
    log = new_log(broker_rules=BrokerRules(forgets_producers_with_their_records=True))
    append(log, numbered(0))
    append(log, numbered(0, producer_id=8))
    log.increase_log_start(1)

    assert list(log.producers.entries) == [8]
    assert append(log, numbered(5)).base_offset == 2


def test_before_2_4_all_was_known_of_a_producer_that_had_records_left() -> None:
    log = new_log(broker_rules=BrokerRules(forgets_producers_with_their_records=True))
    append(log, numbered(0))
    append(log, numbered(1))
    log.increase_log_start(1)

    assert append(log, numbered(0)).is_duplicate


def test_before_2_5_a_first_sequence_was_0() -> None:
    named = BrokerRules(accepts_any_first_sequence=False, names_unknown_producers=True)
    unnamed = BrokerRules(accepts_any_first_sequence=False)

    assert refusal(new_log(broker_rules=named), numbered(1)) == ErrorCode.unknown_producer_id
    assert refusal(new_log(broker_rules=unnamed), numbered(1)) == OUT_OF_ORDER
    assert append(new_log(broker_rules=named), numbered(0)).base_offset == 0


def test_from_4_5_a_partition_that_never_held_a_record_wants_sequence_0() -> None:
    log = new_log(broker_rules=BrokerRules(refuses_gap_in_empty_partition=True))

    assert refusal(log, numbered(1)) == OUT_OF_ORDER
    append(log, batch(b"x"))
    assert append(log, numbered(1)).base_offset == 1


def test_before_1_0_only_the_last_batch_was_known_again() -> None:
    log = new_log(broker_rules=BrokerRules(remembered_batches=1))
    append(log, numbered(0))
    append(log, numbered(1))

    assert append(log, numbered(1)).is_duplicate
    assert refusal(log, numbered(0)) == OUT_OF_ORDER


@pytest.mark.parametrize(("log_start", "written"), [(0, 2), (2, None)])
def test_nothing_is_written_down_of_a_log_that_starts_at_its_end(log_start: int, written: int | None) -> None:
    """Source: ``ProducerStateManager.onLogStartOffsetIncremented``, ``takeSnapshot``."""
    log = new_log()
    append(log, numbered(0))
    append(log, numbered(1))
    log.increase_log_start(log_start)

    log.producers.take_snapshot()

    assert log.producers.snapshots.latest == written
