"""
Batches of kafka-python and aiokafka are ours, and ours are theirs.

A compressed batch is the same bytes only where the compressor is the same: both clients put a time in front of gzip,
which Java does not, and aiokafka adds checksums to the blocks of LZ4 and a size to the frames of zstd. There, what is
the same are the header and the records before they are compressed, and the bytes of a stored batch go through
untouched.
"""

import attrs
import pytest
from hypothesis import given

from ackproof.reference.records.batch import Batch, Header, Record, decode, encode, new_batch, stamped
from ackproof.reference.records.compression import Compression, decompress
from ackproof.reference.records.control import Kind, marker
from ackproof.reference.records.record import encode_records
from tests.reference.records.clients import AIOKAFKA, KAFKA_PYTHON, Client
from tests.reference.strategies import NOW_MS, batches, records

WITH_EACH_CODEC: list[tuple[Client, Compression]] = [
    (KAFKA_PYTHON, "none"),
    (KAFKA_PYTHON, "gzip"),
    (KAFKA_PYTHON, "snappy"),
    (KAFKA_PYTHON, "lz4"),
    (KAFKA_PYTHON, "zstd"),
    (AIOKAFKA, "none"),
    (AIOKAFKA, "gzip"),
    (AIOKAFKA, "snappy"),
    (AIOKAFKA, "lz4"),
    (AIOKAFKA, "zstd"),
]
each_codec_of_each_client = pytest.mark.parametrize(("client", "compression"), WITH_EACH_CODEC)
BIG = new_batch(
    [
        Record(b"value %d " % number * 20, b"key" if number % 3 else None, NOW_MS + number, (Header("h", b"x"),))
        for number in range(2000)
    ],
    producer_id=7,
    producer_epoch=1,
    base_sequence=2**31 - 1000,
    is_transactional=True,
)


timed = records.map(lambda record: attrs.evolve(record, timestamp_ms=abs(record.timestamp_ms)))
"""Records with a timestamp: for aiokafka -1 is not one."""


def sent(batch: Batch) -> Batch:
    """*batch* as a producer sends it: what a broker is to fill in is left open."""
    return attrs.evolve(batch, base_offset=0, partition_leader_epoch=-1)


def check_reading(client: Client, batch: Batch) -> None:
    data = client.written(batch)
    decoded = decode(data)

    assert attrs.evolve(decoded, partition_leader_epoch=-1) == attrs.evolve(batch, compression=decoded.compression)
    uncompressed = decompress(data[61:], decoded.compression)
    assert uncompressed == encode_records(decoded.records, decoded.base_timestamp_ms)
    if decoded.compression in {"none", "snappy"}:
        assert encode(decoded) == data
    assert encode(attrs.evolve(decoded, compression="none"))[23:61] == data[23:61]
    assert stamped(data, 5, 6)[16:] == data[16:]


@each_codec_of_each_client
@given(batch=batches(timed))
def test_batches_of_clients_are_read_and_written_again(client: Client, compression: Compression, batch: Batch) -> None:
    check_reading(client, sent(attrs.evolve(batch, compression=compression)))


@each_codec_of_each_client
def test_big_batches_of_clients_are_read_and_written_again(client: Client, compression: Compression) -> None:
    check_reading(client, attrs.evolve(BIG, compression=compression))


@each_codec_of_each_client
@given(batch=batches())
def test_clients_read_our_batches(client: Client, compression: Compression, batch: Batch) -> None:
    batch = attrs.evolve(batch, compression=compression)

    assert client.read(encode(batch)) == attrs.evolve(batch, partition_leader_epoch=-1)


@each_codec_of_each_client
def test_clients_read_our_big_batches(client: Client, compression: Compression) -> None:
    batch = attrs.evolve(BIG, compression=compression)

    assert client.read(encode(batch)) == batch


@pytest.mark.parametrize("client", [KAFKA_PYTHON, AIOKAFKA])
def test_clients_get_the_time_of_appending(client: Client) -> None:
    batch = Batch((Record(b"v", timestamp_ms=5),), base_timestamp_ms=5, max_timestamp_ms=9, is_log_append_time=True)

    assert [record.timestamp_ms for record in client.read(encode(batch)).records] == [9]


@pytest.mark.parametrize("client", [KAFKA_PYTHON, AIOKAFKA])
@pytest.mark.parametrize("kind", ["abort", "commit"])
def test_clients_read_our_markers(client: Client, kind: Kind) -> None:
    batch = marker(kind, producer_id=7, producer_epoch=2, coordinator_epoch=3, timestamp_ms=NOW_MS)

    read = client.read(encode(batch))

    assert read == batch
    assert read.records[0].key == (b"\0\0\0\0" if kind == "abort" else b"\0\0\0\1")
