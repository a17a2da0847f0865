"""What a leader refuses in a batch, whoever sends it (C.1, 9 and 10)."""

import attrs
import pytest
from kio.schema.errors import ErrorCode

from ackproof.reference.log.settings import LogSettings
from ackproof.reference.log.validation import RecordValidationError
from ackproof.reference.records.batch import Record, encode, new_batch
from ackproof.reference.records.control import marker
from ackproof.reference.records.header import HEADER_SIZE_BYTES
from tests.reference.log.logs import NOW_MS, append, batch, new_log, recoded, refusal, stored

COMPACTED = LogSettings(cleanup_policy=("compact",))


PLAIN = new_batch([Record(b"v", b"k", NOW_MS)])


def test_no_batch_is_refused() -> None:
    assert refusal(new_log(), b"") == ErrorCode.invalid_record


def test_two_batches_are_refused() -> None:
    assert refusal(new_log(), batch(b"a") + batch(b"b")) == ErrorCode.invalid_record


def test_a_batch_that_is_not_whole_counts_as_none() -> None:
    assert refusal(new_log(), batch(b"a")[:-1]) == ErrorCode.invalid_record


def test_what_follows_a_batch_and_is_no_whole_one_is_dropped() -> None:
    log = new_log()
    append(log, batch(b"a") + batch(b"b")[:-1])

    assert log.size_bytes == len(batch(b"a"))


@pytest.mark.parametrize("magic", [0, 1])
def test_an_old_format_is_refused(magic: int) -> None:
    data = batch(b"a")

    assert refusal(new_log(), data[:16] + bytes((magic,)) + data[17:]) == ErrorCode.invalid_record


def test_a_format_that_is_not_known_is_corrupt() -> None:
    data = batch(b"a")

    assert refusal(new_log(), data[:16] + b"\3" + data[17:]) == ErrorCode.corrupt_message


def test_zstd_below_version_7_is_not_supported() -> None:
    data = batch(b"a", compression="zstd")
    log = new_log()

    assert refusal(log, data, produce_version=6) == ErrorCode.unsupported_compression_type
    assert append(log, data, produce_version=7).base_offset == 0


def test_a_client_begins_at_offset_0() -> None:
    assert refusal(new_log(), batch(b"a", base_offset=1)) == ErrorCode.invalid_record


def test_a_wrong_checksum_is_corrupt() -> None:
    data = batch(b"a")

    assert refusal(new_log(), data[:-1] + b"\1") == ErrorCode.corrupt_message


def test_a_batch_may_be_as_large_as_max_message_bytes_and_no_larger() -> None:
    size_bytes = len(batch(b"value"))

    assert append(new_log(LogSettings(max_message_bytes=size_bytes)), batch(b"value")).base_offset == 0
    assert refusal(new_log(LogSettings(max_message_bytes=size_bytes - 1)), batch(b"value")) == (
        ErrorCode.message_too_large
    )


def test_size_is_looked_at_before_the_checksum_and_the_base_offset_before_both() -> None:
    settings = LogSettings(max_message_bytes=10)
    corrupt = batch(b"a", base_offset=0)[:-1] + b"\1"

    assert refusal(new_log(settings), corrupt) == ErrorCode.message_too_large
    assert refusal(new_log(settings), b"\0\0\0\0\0\0\0\1" + corrupt[8:]) == ErrorCode.invalid_record


def test_a_batch_that_does_not_fit_into_a_segment_is_refused() -> None:
    assert refusal(new_log(LogSettings(segment_bytes=60)), batch(b"a")) == ErrorCode.record_list_too_large


@pytest.mark.parametrize("delta", [-1, 1])
def test_as_many_records_as_offsets_are_expected(delta: int) -> None:
    assert refusal(new_log(), encode(attrs.evolve(PLAIN, last_offset_delta=delta))) == ErrorCode.invalid_record


def test_a_batch_without_records_is_refused() -> None:
    assert refusal(new_log(), encode(attrs.evolve(PLAIN, records=(), last_offset_delta=-1))) == ErrorCode.invalid_record


def test_clients_do_not_write_control_batches() -> None:
    assert refusal(new_log(), encode(marker("commit", 7, 0, 0, NOW_MS))) == ErrorCode.invalid_record


def test_a_producer_needs_a_sequence() -> None:
    assert refusal(new_log(), batch(b"a", producer_id=7, producer_epoch=0)) == ErrorCode.invalid_record


def test_without_a_producer_epoch_and_sequence_do_not_matter() -> None:
    log = new_log()
    for sequence in (5, -3, 5):
        append(log, batch(b"a", producer_id=-1, producer_epoch=9, base_sequence=sequence))

    assert log.log_end_offset == 3
    assert not log.producers.entries


def test_a_compacted_topic_needs_keys_and_names_the_records_without() -> None:
    records = [Record(b"a", b"k", NOW_MS), Record(b"b", None, NOW_MS), Record(b"c", None, NOW_MS)]
    log = new_log(COMPACTED)
    with pytest.raises(RecordValidationError) as caught:
        append(log, encode(new_batch(records)))

    assert caught.value.code == ErrorCode.invalid_record
    assert [error.index for error in caught.value.record_errors] == [1, 2]


def test_timestamps_have_bounds_and_the_records_beyond_are_named() -> None:
    settings = LogSettings(message_timestamp_before_max_ms=10, message_timestamp_after_max_ms=20)
    times = (NOW_MS - 11, NOW_MS - 10, NOW_MS, NOW_MS + 20, NOW_MS + 21)
    log = new_log(settings)
    with pytest.raises(RecordValidationError) as caught:
        append(log, encode(new_batch([Record(b"v", b"k", at_ms) for at_ms in times])))

    assert caught.value.code == ErrorCode.invalid_timestamp
    assert [error.index for error in caught.value.record_errors] == [0, 4]


def test_an_hour_ahead_is_the_most_by_default_and_any_time_ago_goes() -> None:
    log = new_log()
    append(log, batch(b"a", timestamp_ms=0))
    append(log, batch(b"a", timestamp_ms=NOW_MS + 3_600_000))

    assert refusal(log, batch(b"a", timestamp_ms=NOW_MS + 3_600_001)) == ErrorCode.invalid_timestamp


def test_no_timestamp_is_not_out_of_bounds() -> None:
    assert stored(batch(b"a", timestamp_ms=-1), LogSettings(message_timestamp_before_max_ms=0)).max_timestamp_ms == -1


def test_a_wrong_timestamp_prevails_over_a_missing_key() -> None:
    records = [Record(b"a", None, NOW_MS), Record(b"b", b"k", NOW_MS + 10**9)]

    assert refusal(new_log(COMPACTED), encode(new_batch(records))) == ErrorCode.invalid_timestamp


def test_a_codec_that_is_not_known_is_an_unknown_server_error() -> None:
    for data in (recoded(7, b"\0"), recoded(1, b"no gzip")):
        assert refusal(new_log(), data) == ErrorCode.unknown_server_error


def test_records_that_are_not_whole_are_refused() -> None:
    for body in (b"", b"\x10\0\0", batch(b"a")[HEADER_SIZE_BYTES:] + b"more"):
        assert refusal(new_log(), recoded(0, body)) == ErrorCode.invalid_record
