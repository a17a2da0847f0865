"""
What Kafka's own classes make of one batch, and of markers: ``MemoryRecords`` of kafka-clients 4.3.1 on Java 17.

Ours are the same bytes where zlib, LZ4 and zstd are the usual ones; since others may do as well, only what is not
compressed is compared byte by byte.
"""

import attrs
import pytest

from ackproof.reference.records.batch import Header, Record, decode, encode, new_batch
from ackproof.reference.records.compression import Compression, decompress
from ackproof.reference.records.control import Kind, marker
from ackproof.reference.records.record import encode_records

TEXT = b"hello, Kafka; hello, log; hello, Kafka"
BATCH = new_batch(
    [
        Record(TEXT, b"key", 1_700_000_000_000, (Header("trace", b"1"), Header("none", None))),
        Record(None, None, 1_700_000_000_007),
        Record(TEXT, b"key", 1_699_999_999_999),
    ],
    base_offset=5,
    partition_leader_epoch=3,
    producer_id=7,
    producer_epoch=1,
    base_sequence=2**31 - 2,
    is_transactional=True,
)
WRITTEN: dict[Compression, str] = {
    "none": (
        "0000000000000005000000a600000003023d6bbeb60010000000020000018bcfe568000000018bcfe5680700000000000000"
        "0700017ffffffe000000037a000000066b65794c68656c6c6f2c204b61666b613b2068656c6c6f2c206c6f673b2068656c6c"
        "6f2c204b61666b61040a74726163650231086e6f6e65010c000e020101005e000104066b65794c68656c6c6f2c204b61666b"
        "613b2068656c6c6f2c206c6f673b2068656c6c6f2c204b61666b6100"
    ),
    "gzip": (
        "0000000000000005000000820000000302287e9d100011000000020000018bcfe568000000018bcfe5680700000000000000"
        "0700017ffffffe000000031f8b08000000000000ffab62606060cb4eadf4c948cdc9c9d751f04e4ccb4eb45680f272f2d3e1"
        "6cb00c0b57495162722a9321475e7e5e2a230f031f132323431c03230b098630000012d8520b75000000"
    ),
    "snappy": (
        "0000000000000005000000880000000302e1fdf43f0012000000020000018bcfe568000000018bcfe5680700000000000000"
        "0700017ffffffe0000000382534e415050590000000001000000010000004375587a000000066b65794c68656c6c6f2c204b"
        "61666b613b200d0e086c6f67150c051a64040a74726163650231086e6f6e65010c000e020101005e000104aa45000000"
    ),
    "lz4": (
        "000000000000000500000089000000030293dbfe560013000000020000018bcfe568000000018bcfe5680700000000000000"
        "0700017ffffffe0000000304224d1860408249000000f3087a000000066b65794c68656c6c6f2c204b61666b613b200e0035"
        "6c6f670c00011a00ff0b040a74726163650231086e6f6e65010c000e020101005e0001044500145061666b610000000000"
    ),
    "zstd": (
        "000000000000000500000081000000030245eb818a0014000000020000018bcfe568000000018bcfe5680700000000000000"
        "0700017ffffffe0000000328b52ffd005824020054037a000000066b65794c68656c6c6f2c204b61666b613b206c6f67040a"
        "74726163650231086e6f6e65010c000e020101005e0001040004008204333d857d296364b309010000"
    ),
}


@pytest.mark.parametrize("compression", WRITTEN)
def test_what_kafka_writes_is_read(compression: Compression) -> None:
    data = bytes.fromhex(WRITTEN[compression])

    assert decode(data) == attrs.evolve(BATCH, compression=compression)
    assert decompress(data[61:], compression) == encode_records(BATCH.records, BATCH.base_timestamp_ms)


def test_what_kafka_writes_is_written() -> None:
    assert encode(BATCH).hex() == WRITTEN["none"]


@pytest.mark.parametrize("compression", WRITTEN)
def test_what_is_compressed_looks_like_what_kafka_compresses(compression: Compression) -> None:
    data = encode(attrs.evolve(BATCH, compression=compression))

    assert data[61:68].hex() == WRITTEN[compression][122:136]
    assert data[23:61].hex() == WRITTEN[compression][46:122]


@pytest.mark.parametrize(
    ("kind", "written"),
    [
        (
            "abort",
            "000000000000000000000042ffffffff026474e6f100300000000000000000000003e800000000000003e8"
            "00000000000000070002ffffffff000000012000000008000000000c00000000000300",
        ),
        (
            "commit",
            "000000000000000000000042ffffffff02904a30b900300000000000000000000003e800000000000003e8"
            "00000000000000070002ffffffff000000012000000008000000010c00000000000300",
        ),
    ],
)
def test_markers_are_those_of_kafka(kind: Kind, written: str) -> None:
    batch = marker(kind, producer_id=7, producer_epoch=2, coordinator_epoch=3, timestamp_ms=1000)

    assert encode(batch).hex() == written
    assert decode(bytes.fromhex(written)) == batch
