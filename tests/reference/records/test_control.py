"""Control batches."""

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ackproof.reference.records.batch import Batch, Record, decode, encode, new_batch
from ackproof.reference.records.control import KINDS, Kind, Marker, control_type_of, marker, marker_of
from ackproof.reference.records.errors import InvalidRecordError

MARKER = marker("commit", producer_id=7, producer_epoch=2, coordinator_epoch=3, timestamp_ms=1000)


def with_record(key: bytes | None, value: bytes | None) -> Batch:
    return attrs.evolve(MARKER, records=(Record(value, key),))


@given(
    kind=st.sampled_from(KINDS),
    producer_id=st.integers(0, 2**63 - 1),
    producer_epoch=st.integers(0, 2**15 - 1),
    coordinator_epoch=st.integers(-1, 2**31 - 1),
)
def test_a_marker_says_how_whose_transaction_ended(
    kind: Kind, producer_id: int, producer_epoch: int, coordinator_epoch: int
) -> None:
    batch = marker(kind, producer_id, producer_epoch, coordinator_epoch, timestamp_ms=5)

    assert marker_of(decode(encode(batch))) == Marker(kind, producer_id, producer_epoch, coordinator_epoch)


def test_a_marker_is_transactional_and_has_no_sequence() -> None:
    assert MARKER.is_transactional
    assert MARKER.is_control
    assert MARKER.base_sequence == -1
    assert MARKER.last_sequence == -1
    assert MARKER.max_timestamp_ms == 1000


def test_the_bytes_of_a_marker_are_those_of_kafka() -> None:
    (record,) = MARKER.records

    assert record.key == bytes.fromhex("00000001")
    assert record.value == bytes.fromhex("000000000003")


def test_later_versions_are_read_as_far_as_they_are_known() -> None:
    batch = with_record(bytes.fromhex("0007000099"), bytes.fromhex("00070000000599"))

    assert marker_of(batch) == Marker("abort", 7, 2, 5)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        (None, bytes(6)),
        (b"\0\0\0", bytes(6)),
        (b"\xff\xff\0\0", bytes(6)),
        (bytes(4), None),
        (bytes(4), bytes(5)),
        (bytes(4), b"\xff\xff" + bytes(4)),
        (b"\0\0\0\2", bytes(6)),
        (b"\0\0\xff\xff", bytes(6)),
    ],
)
def test_what_is_no_marker_is_refused(key: bytes | None, value: bytes | None) -> None:
    with pytest.raises(InvalidRecordError):
        marker_of(with_record(key, value))


def test_a_batch_of_data_is_no_marker() -> None:
    with pytest.raises(InvalidRecordError):
        marker_of(new_batch(MARKER.records))


def test_an_empty_control_batch_is_no_marker() -> None:
    with pytest.raises(InvalidRecordError):
        marker_of(attrs.evolve(MARKER, records=()))


def test_other_control_records_have_other_types() -> None:
    assert control_type_of(Record(None, b"\0\0\0\2")) == 2
