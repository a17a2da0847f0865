"""What a leader changes in a batch that it takes, and what it leaves as it is (C.1, 10; KIP-467)."""

import attrs
import pytest
from kio.schema.errors import ErrorCode

from ackproof.reference.log.settings import CompressionType, LogSettings
from ackproof.reference.records.batch import Header, Record, decode, encode, has_valid_crc, new_batch
from ackproof.reference.records.compression import CODECS, Compression, compress
from ackproof.reference.records.control import marker
from ackproof.reference.records.header import HEADER_SIZE_BYTES
from tests.reference.log.logs import NOW_MS, append, batch, machine, new_log, offsets, recoded, refusal, stored

LOG_APPEND_TIME = LogSettings(message_timestamp_type="LogAppendTime")
PLAIN = new_batch([Record(b"v", b"k", NOW_MS)])


@pytest.mark.parametrize("deltas", [(1, 2, 3), (0, 2, 1)])
def test_offset_deltas_of_an_uncompressed_batch_are_stored_as_they_were_sent(deltas: tuple[int, ...]) -> None:
    records = tuple(Record(b"v", b"k", NOW_MS, offset_delta=delta) for delta in deltas)
    log = new_log()
    append(log, encode(attrs.evolve(new_batch(records), records=records)))
    append(log, batch(b"next"))

    assert offsets(log.read(0, 10_000, log.log_end_offset)) == [*deltas, 3]


def disordered(compression: Compression) -> bytes:
    """A batch whose offset deltas are 0, 2, 1."""
    records = tuple(Record(b"v", b"k", NOW_MS, offset_delta=delta) for delta in (0, 2, 1))
    made = new_batch(records, compression=compression)
    return encode(attrs.evolve(made, records=records))


def test_offset_deltas_of_a_batch_that_stays_compressed_have_to_be_in_order() -> None:
    assert refusal(new_log(), disordered("gzip")) == ErrorCode.unknown_server_error


def test_offset_deltas_of_a_batch_that_is_compressed_anew_are_put_in_order() -> None:
    found = stored(disordered("gzip"), LogSettings(compression_type="zstd"))

    assert [record.offset_delta for record in found.records] == [0, 1, 2]


def test_lengths_of_records_are_not_looked_at_in_a_batch_that_stays_compressed() -> None:
    records = b"\x7f" + batch(b"a")[HEADER_SIZE_BYTES + 1 :]

    assert append(new_log(), recoded(1, compress(records, "gzip"))).base_offset == 0
    assert refusal(new_log(), recoded(0, records)) == ErrorCode.invalid_record


@pytest.mark.parametrize("records", [b"", b"\0\0\0\0\x01\x02", batch(b"a")[HEADER_SIZE_BYTES:] + b"more"])
def test_records_that_are_not_whole_are_refused_in_a_batch_that_stays_compressed(records: bytes) -> None:
    assert refusal(new_log(), recoded(1, compress(records, "gzip"))) == ErrorCode.invalid_record


def test_headers_are_skipped_in_a_batch_that_stays_compressed() -> None:
    headers = (Header("a", b"1"), Header("b", None))
    records = [Record(None, None, NOW_MS, headers), Record(b"v", b"k", NOW_MS + 1)]
    found = stored(encode(new_batch(records, compression="lz4")))

    assert (found.max_timestamp_ms, found.records[0].headers) == (NOW_MS + 1, headers)


@pytest.mark.parametrize(
    "odd",
    [
        batch(b"a", producer_id=7, producer_epoch=-1, base_sequence=0),
        batch(b"a", is_transactional=True),
        batch(b"a", timestamp_ms=-5),
    ],
)
def test_what_is_too_odd_to_be_written_anew_is_an_unknown_server_error(odd: bytes) -> None:
    assert refusal(new_log(LogSettings(compression_type="gzip")), odd) == ErrorCode.unknown_server_error


def test_a_maximum_timestamp_is_never_below_minus_1() -> None:
    assert stored(batch(b"a", timestamp_ms=-5)).max_timestamp_ms == -1


def test_the_leader_stamps_offset_and_epoch_and_leaves_the_rest() -> None:
    log = new_log()
    append(log, batch(b"a", b"b"), leader_epoch=3)
    data = batch(b"c", compression="gzip")
    append(log, data, leader_epoch=4)
    found = log.read(2, 10_000, 3)

    assert (decode(found).base_offset, decode(found).partition_leader_epoch) == (2, 4)
    assert found[16:] == data[16:]


@pytest.mark.parametrize("compression", CODECS)
def test_compressed_batches_are_stored_as_they_came(compression: Compression) -> None:
    assert stored(batch(b"a", b"b", compression=compression)).compression == compression


@pytest.mark.parametrize("target", ["gzip", "snappy", "lz4", "zstd", "uncompressed"])
def test_a_topic_may_have_a_compression_of_its_own(target: CompressionType) -> None:
    settings = LogSettings(compression_type=target)
    data = batch(b"a", b"b", producer_id=7, producer_epoch=1, base_sequence=0, compression="gzip")
    found = stored(data, settings)

    assert found.compression == ("none" if target == "uncompressed" else target)
    assert [record.value for record in found.records] == [b"a", b"b"]
    assert (found.producer_id, found.producer_epoch, found.base_sequence) == (7, 1, 0)


def test_a_batch_that_becomes_too_large_is_refused() -> None:
    data = batch(bytes(500), compression="gzip")
    settings = LogSettings(compression_type="uncompressed", max_message_bytes=len(data))

    assert refusal(new_log(settings), data) == ErrorCode.message_too_large


def test_markers_are_not_compressed_whatever_the_topic_says() -> None:
    log = new_log(LogSettings(compression_type="gzip"))
    log.append_as_leader(encode(marker("commit", 7, 0, 0, NOW_MS)), leader_epoch=0, origin="coordinator")

    assert decode(log.read(0, 1000, 1)).compression == "none"


@pytest.mark.parametrize("compression", ["none", "gzip"])
def test_log_append_time_is_the_time_of_the_broker(compression: Compression) -> None:
    place = machine(LOG_APPEND_TIME)
    place.clock.run_until(NOW_MS + 5)
    appended = append(place.log, batch(b"a", timestamp_ms=3, compression=compression))
    data = place.log.read(0, 1000, 1)
    found = decode(data)

    assert (
        appended.log_append_time_ms == found.max_timestamp_ms == found.timestamp_ms_of(found.records[0]) == NOW_MS + 5
    )
    assert has_valid_crc(data)


def test_create_time_is_answered_with_no_time() -> None:
    assert append(new_log(), batch(b"a")).log_append_time_ms == -1


def test_producers_do_not_set_log_append_time() -> None:
    data = encode(attrs.evolve(PLAIN, is_log_append_time=True))

    assert refusal(new_log(LOG_APPEND_TIME), data) == ErrorCode.invalid_timestamp


def test_log_append_time_of_a_producer_becomes_create_time_if_it_is_in_bounds() -> None:
    found = stored(encode(attrs.evolve(PLAIN, is_log_append_time=True, max_timestamp_ms=NOW_MS - 1)))

    assert (found.is_log_append_time, found.max_timestamp_ms) == (False, NOW_MS - 1)


def test_a_maximum_timestamp_that_is_none_is_put_right() -> None:
    found = stored(encode(attrs.evolve(PLAIN, max_timestamp_ms=5)))

    assert found.max_timestamp_ms == NOW_MS
