"""Batches, to bytes and back."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ackproof.reference.protocol.errors import KafkaError
from ackproof.reference.records.batch import (
    Batch,
    CorruptBatchError,
    Header,
    InvalidRecordError,
    Record,
    decode,
    encode,
    has_valid_crc,
    new_batch,
    read_header,
    split,
    stamped,
)
from ackproof.reference.records.errors import UndecodableError
from tests.reference.records.bytes_of import resealed
from tests.reference.strategies import batches, odd_batches, records

ONE = encode(new_batch([Record(b"value", b"key", 1000)]))


@given(batches() | odd_batches())
def test_what_is_encoded_is_decoded(batch: Batch) -> None:
    assert decode(encode(batch)) == batch


@given(batches())
def test_what_is_decoded_is_encoded_to_the_same_bytes(batch: Batch) -> None:
    data = encode(batch)

    assert encode(decode(data)) == data


@given(odd_batches())
def test_the_header_says_what_the_batch_does(batch: Batch) -> None:
    data = encode(batch)
    header = read_header(b"in front" + data, 8)

    assert header.size_bytes == len(data)
    assert header.record_count == len(batch.records)
    for name in (
        "base_offset",
        "partition_leader_epoch",
        "compression",
        "is_log_append_time",
        "is_transactional",
        "is_control",
        "has_delete_horizon",
        "last_offset_delta",
        "base_timestamp_ms",
        "max_timestamp_ms",
        "producer_id",
        "producer_epoch",
        "base_sequence",
        "last_offset",
        "next_offset",
        "last_sequence",
    ):
        assert getattr(header, name) == getattr(batch, name), name


def test_the_bytes_are_those_of_the_format() -> None:
    batch = new_batch(
        [Record(b"v", b"k", 256, (Header("h", None),)), Record(None, timestamp_ms=255)],
        producer_id=1,
        producer_epoch=2,
        base_sequence=3,
        is_transactional=True,
    )

    assert encode(batch).hex(" ", -4) == (
        "00000000 00000000 00000044 ffffffff 02c197dc 10001000 00000100 00000000 "
        "00010000 00000000 00010000 00000000 00000100 02000000 03000000 02160000 "
        "00026b02 76020268 010c0001 02010100"
    )


def test_a_producer_numbers_its_records() -> None:
    batch = new_batch([Record(b"a", offset_delta=9), Record(b"b"), Record(b"c", offset_delta=2)])

    assert [record.offset_delta for record in batch.records] == [0, 1, 2]
    assert batch.last_offset_delta == 2


@given(st.lists(records, min_size=1))
def test_a_producer_starts_with_its_first_timestamp(made: list[Record]) -> None:
    batch = new_batch(made)

    assert batch.base_timestamp_ms == made[0].timestamp_ms
    assert batch.max_timestamp_ms == max(record.timestamp_ms for record in made)


def test_a_producer_makes_no_batch_without_records() -> None:
    with pytest.raises(ValueError, match="a batch needs a record"):
        new_batch([])


@pytest.mark.parametrize(
    ("base", "count", "last"), [(0, 1, 0), (5, 3, 7), (2**31 - 1, 2, 0), (2**31 - 2, 4, 1), (-1, 3, -1)]
)
def test_sequences_start_anew_after_the_largest(base: int, count: int, last: int) -> None:
    batch = new_batch([Record(b"v")] * count, producer_id=1, producer_epoch=0, base_sequence=base)

    assert batch.last_sequence == last


def test_with_log_append_time_all_records_have_the_time_of_the_batch() -> None:
    record = Record(b"v", timestamp_ms=5)

    assert Batch((record,), max_timestamp_ms=9, is_log_append_time=True).timestamp_ms_of(record) == 9
    assert Batch((record,), max_timestamp_ms=9).timestamp_ms_of(record) == 5


def test_compaction_may_leave_a_batch_without_records() -> None:
    batch = Batch((), base_offset=7, producer_id=1, producer_epoch=2, base_sequence=3, last_offset_delta=4)
    data = encode(batch)

    assert len(data) == 61
    assert decode(data) == batch
    assert batch.next_offset == 12


def test_a_header_key_keeps_bytes_that_are_not_text() -> None:
    data = resealed(
        encode(new_batch([Record(b"v", headers=(Header("h", b""),))])).replace(b"\x02h\x00", b"\x02\xff\x00")
    )

    assert encode(decode(data)) == data


@given(batch=batches(), base_offset=st.integers(0, 2**62), epoch=st.integers(-1, 2**31 - 1))
def test_a_broker_stamps_a_batch_without_touching_what_is_checked(batch: Batch, base_offset: int, epoch: int) -> None:
    data = stamped(encode(batch), base_offset, epoch)
    header = read_header(data)

    assert has_valid_crc(data)
    assert (header.base_offset, header.partition_leader_epoch) == (base_offset, epoch)
    assert decode(data).records == batch.records


@given(st.lists(odd_batches()), st.integers(0, 60))
def test_batches_follow_one_another_and_what_is_left_over_is_dropped(several: list[Batch], left_over: int) -> None:
    each = [encode(batch) for batch in several]

    assert split(b"".join(each)) == each
    assert split(b"".join(each) + ONE[:left_over]) == each


@pytest.mark.parametrize("length", [-1, 0, 13])
def test_a_batch_has_at_least_the_length_of_the_oldest_format(length: int) -> None:
    with pytest.raises(CorruptBatchError):
        split(ONE[:8] + length.to_bytes(4, signed=True) + ONE[12:])


@pytest.mark.parametrize("magic", [3, 127, 128, 255])
def test_a_format_that_is_not_known_is_corrupt(magic: int) -> None:
    data = ONE[:16] + bytes((magic,)) + ONE[17:]

    for read in (split, read_header, decode):
        with pytest.raises(CorruptBatchError):
            read(data)


@pytest.mark.parametrize("magic", [0, 1])
def test_an_old_format_is_no_valid_record(magic: int) -> None:
    data = ONE[:16] + bytes((magic,)) + ONE[17:]

    assert split(data) == [data]
    for read in (read_header, decode):
        with pytest.raises(InvalidRecordError):
            read(data)


def test_what_is_smaller_than_a_header_is_corrupt() -> None:
    for data in (b"", ONE[:60], ONE[:8] + (48).to_bytes(4) + ONE[12:60]):
        with pytest.raises(CorruptBatchError):
            decode(data)


@given(at=st.integers(21, len(ONE) - 1), bit=st.integers(0, 7))
def test_a_changed_bit_is_found_by_the_checksum(at: int, bit: int) -> None:
    data = bytearray(ONE)
    data[at] ^= 1 << bit

    assert not has_valid_crc(bytes(data))
    with pytest.raises(CorruptBatchError):
        decode(bytes(data))


@pytest.mark.parametrize("codec", [5, 6, 7])
def test_a_codec_that_is_not_known_cannot_be_decoded(codec: int) -> None:
    data = resealed(ONE[:22] + bytes((codec,)) + ONE[23:])

    with pytest.raises(UndecodableError):
        decode(data)


@pytest.mark.parametrize("count", [-1, 2, 2**31 - 1])
def test_a_batch_has_as_many_records_as_it_says(count: int) -> None:
    data = resealed(ONE[:57] + count.to_bytes(4, signed=True) + ONE[61:])

    with pytest.raises(InvalidRecordError):
        decode(data)


@given(batch=batches(), cut=st.integers(1, 30), junk=st.binary(max_size=30))
@example(batch=new_batch((Record(b"v", headers=(Header("k", b"one"),)),)), cut=3, junk=b"two")
def test_other_bytes_in_the_place_of_records_are_records_too_or_refused(batch: Batch, cut: int, junk: bytes) -> None:
    data = encode(batch)

    try:
        decoded = decode(resealed(data[: max(61, len(data) - cut)] + junk))
    except KafkaError:
        return
    assert len(decoded.records) == len(batch.records)
