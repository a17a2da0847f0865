"""Followers: what the leader has, as it has it; and truncation."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ackproof.reference.log.leader_epochs import EpochEnd
from ackproof.reference.log.log import PartitionLog, UnexpectedOffsetError
from ackproof.reference.protocol.errors import KafkaError
from ackproof.reference.records.batch import decode
from tests.reference.log.logs import (
    FOLDER,
    SMALL_SEGMENTS,
    append,
    batch,
    begin,
    end,
    machine,
    new_log,
    numbered,
    offsets,
    refusal,
    transactional,
    values,
)

ALL = 10**6


def copy(leader: PartitionLog, follower: PartitionLog) -> None:
    """The follower fetches until it has everything."""
    while follower.log_end_offset < leader.log_end_offset:
        follower.append_as_follower(leader.read(follower.log_end_offset, ALL, leader.log_end_offset))
    follower.high_watermark = leader.high_watermark


def test_a_follower_has_the_same_bytes() -> None:
    leader, follower = new_log(), new_log(SMALL_SEGMENTS)
    for epoch in (0, 0, 4):
        append(leader, batch(b"a", b"b"), leader_epoch=epoch)
    copy(leader, follower)

    assert list(follower.batches()) == list(leader.batches())
    assert follower.epochs.entries == leader.epochs.entries


def test_a_follower_knows_producers_and_transactions_as_the_leader_does() -> None:
    leader, follower = new_log(), new_log()
    append(leader, numbered(0, producer_id=1))
    begin(leader)
    begin(leader, producer_id=8)
    end(leader, "abort")
    copy(leader, follower)

    assert follower.last_stable_offset == leader.last_stable_offset == 2
    assert follower.aborted_transactions(0, 9) == leader.aborted_transactions(0, 9)
    assert [entry.values for entry in follower.producers.entries.values()] == [
        entry.values for entry in leader.producers.entries.values()
    ]
    assert append(follower, numbered(0, producer_id=1)).is_duplicate


def test_a_follower_checks_neither_sequences_nor_epochs() -> None:
    log = new_log()
    for offset, (sequence, epoch) in enumerate([(5, 3), (9, 3), (0, 1)]):
        log.append_as_follower(numbered(sequence, epoch=epoch, base_offset=offset))

    assert log.log_end_offset == 3
    assert log.producers.entries[7].producer_epoch == 1


def test_a_follower_takes_several_batches_at_once_but_none_that_is_not_whole() -> None:
    log = new_log()
    data = batch(b"a") + batch(b"b", base_offset=1)
    log.append_as_follower(data + batch(b"c", base_offset=2)[:-1])

    assert values(log) == [b"a", b"b"]


def test_a_follower_takes_nothing_of_what_is_corrupt() -> None:
    log = new_log()
    with pytest.raises(KafkaError, match="CORRUPT_MESSAGE"):
        log.append_as_follower(batch(b"a") + batch(b"b", base_offset=1)[:-1] + b"\1")

    assert log.log_end_offset == 0


@pytest.mark.parametrize("later", [0, 1])
def test_a_follower_takes_nothing_that_does_not_come_after_what_it_has(later: int) -> None:
    log = new_log()
    log.append_as_follower(batch(b"a"))
    with pytest.raises(UnexpectedOffsetError) as caught:
        log.append_as_follower(batch(b"b", base_offset=later) + batch(b"c", base_offset=0))

    assert (caught.value.first_offset, caught.value.last_offset) == (later, 0)
    assert log.log_end_offset == 1


def test_a_follower_may_have_gaps() -> None:
    log = new_log()
    log.append_as_follower(batch(b"a"))
    log.append_as_follower(batch(b"b", base_offset=7))

    assert [offsets(log.read(start, ALL, 8)) for start in (0, 1, 7)] == [[0, 7], [7], [7]]


def test_batches_of_a_later_leader_than_was_asked_are_left_out() -> None:
    log = new_log()
    data = [batch(b"a", base_offset=n, partition_leader_epoch=epoch) for n, epoch in enumerate((1, 2, 1))]
    log.append_as_follower(b"".join(data), 1)

    assert values(log) == [b"a"]


def test_what_a_follower_gets_of_a_transaction_takes_the_proof_that_it_had_as_leader() -> None:
    log = new_log()
    guard = log.start_verification(7, 0, 0, produce_version=11)
    log.append_as_follower(transactional(0))
    end(log, "abort")

    assert refusal(log, transactional(1), verification=guard).name == "invalid_txn_state"


def test_a_batch_is_taken_whatever_its_size() -> None:
    log = new_log(SMALL_SEGMENTS)
    log.append_as_follower(batch(bytes(1000)))

    assert log.log_end_offset == 1


def test_truncating_drops_what_is_at_the_offset_and_above() -> None:
    log = new_log()
    for number in range(4):
        append(log, batch(f"{number}".encode()))

    assert log.truncate_to(2)
    assert (values(log), log.log_end_offset, log.high_watermark) == ([b"0", b"1"], 2, 2)


def test_truncating_at_the_end_changes_nothing_but_forgets_an_epoch_without_records() -> None:
    log = new_log()
    append(log, batch(b"0"))
    log.assign_epoch(4)

    assert not log.truncate_to(1)
    assert (log.log_end_offset, log.latest_epoch) == (1, 0)


def test_truncating_drops_a_batch_that_holds_the_offset() -> None:
    log = new_log()
    append(log, batch(b"a"))
    append(log, batch(b"b", b"c"))
    log.truncate_to(2)

    assert (values(log), log.log_end_offset) == ([b"a"], 2)


def test_truncating_below_the_log_start_takes_it_along() -> None:
    log = new_log()
    for _ in range(4):
        append(log, batch(b"x"))
    log.increase_log_start(3)
    log.truncate_to(2)

    assert (log.log_start_offset, log.log_end_offset) == (2, 2)


def test_truncating_goes_back_to_earlier_segments() -> None:
    place = machine(SMALL_SEGMENTS)
    for sequence in range(7):
        append(place.log, numbered(sequence))
    place.log.truncate_to(3)
    append(place.log, numbered(3))

    assert values(place.log) == [b"s0", b"s1", b"s2", b"s3"]
    assert [name for name in place.disk.names(FOLDER) if name.endswith(".log")] == [
        "00000000000000000000.log",
        "00000000000000000002.log",
    ]


def test_truncating_before_the_first_segment_empties_the_log() -> None:
    log = new_log()
    log.truncate_fully_and_start_at(10)
    append(log, batch(b"x"))
    log.truncate_to(4)

    assert (log.log_start_offset, log.log_end_offset, log.high_watermark, log.latest_epoch) == (4, 4, 4, None)


def test_truncating_to_a_negative_offset_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="-1"):
        new_log().truncate_to(-1)


def test_truncating_forgets_what_producers_wrote_above() -> None:
    log = new_log()
    for sequence in range(3):
        append(log, numbered(sequence))
    append(log, numbered(0, producer_id=8))
    log.truncate_to(2)

    assert list(log.producers.entries) == [7]
    assert append(log, numbered(1)).is_duplicate
    assert append(log, numbered(2)).base_offset == 2


def test_truncating_opens_a_transaction_whose_marker_is_gone() -> None:
    log = new_log()
    begin(log)
    end(log, "abort")
    log.truncate_to(1)

    assert log.has_ongoing_transaction(7)
    assert (log.last_stable_offset, log.aborted_transactions(0, 9)) == (0, [])


def test_truncating_forgets_a_transaction_that_began_above() -> None:
    log = new_log()
    append(log, batch(b"x"))
    begin(log)
    log.truncate_to(1)

    assert log.first_unstable_offset is None
    assert refusal(log, transactional(1)).name == "invalid_txn_state"


def test_truncating_above_the_high_watermark_shows_only_at_the_next_append_what_is_unstable() -> None:
    log = new_log()
    begin(log)
    end(log)
    append(log, batch(b"x"))
    append(log, batch(b"y"))
    log.high_watermark = 1
    log.truncate_to(3)
    before = log.last_stable_offset
    log.append_as_leader(batch(b"z"), leader_epoch=0)

    assert (before, log.last_stable_offset) == (1, 0)


def test_truncating_fully_starts_anew_at_the_offset() -> None:
    log = new_log()
    begin(log)
    log.truncate_fully_and_start_at(20)

    assert (log.log_start_offset, log.log_end_offset, log.high_watermark) == (20, 20, 20)
    assert (log.first_unstable_offset, dict(log.producers.entries), log.latest_epoch) == (None, {}, None)
    assert append(log, numbered(0)).base_offset == 20


def test_epochs_end_where_the_next_leader_began() -> None:
    log = new_log()
    append(log, batch(b"a"), leader_epoch=1)
    append(log, batch(b"b"), leader_epoch=4)
    found = [log.end_offset_for(epoch) for epoch in (0, 1, 2, 4, 5)]

    assert found == [EpochEnd(0, 0), EpochEnd(1, 1), EpochEnd(1, 1), EpochEnd(4, 2), EpochEnd(-1, -1)]


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(1, 3)), min_size=1, max_size=10), st.data())
def test_a_follower_that_truncates_and_copies_again_is_equal(steps: list[tuple[int, int]], data: st.DataObject) -> None:
    leader, follower = new_log(SMALL_SEGMENTS), new_log(SMALL_SEGMENTS)
    sequences = [0, 0, 0, 0]
    for producer, count in steps:
        append(leader, numbered(sequences[producer], count=count, producer_id=producer))
        sequences[producer] += count
    copy(leader, follower)
    follower.truncate_to(data.draw(st.sampled_from([decode(one).base_offset for one in leader.batches()])))
    copy(leader, follower)

    assert list(follower.batches()) == list(leader.batches())
    assert {entry.values for entry in follower.producers.entries.values()} == {
        entry.values for entry in leader.producers.entries.values()
    }
