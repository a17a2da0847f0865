"""
The batches that librdkafka sends, taken from its connection to a broker that keeps them.

It compresses with libraries of its own, so that of a compressed batch only the header and the records are compared.
"""

from collections.abc import Mapping, Sequence

import attrs
import pytest
from confluent_kafka import Producer

from ackproof.reference.records.batch import Batch, Header, Record, decode, encode, has_valid_crc, split, stamped
from ackproof.reference.records.compression import CODECS, Compression, decompress
from ackproof.reference.records.record import encode_records
from ackproof.reference.records.snappy import MAGIC
from tests.reference.records.capturing import capturing
from tests.reference.strategies import NOW_MS

SENT = tuple(
    Record(
        value=None if number == 1 else b"value %d " % number * 30,
        key=None if number == 2 else b"key",
        timestamp_ms=NOW_MS - number,
        headers=(Header("trace", b"1"), Header("empty", b""), Header("null", None))[:number],
        offset_delta=number,
    )
    for number in range(5)
)


def captured(settings: Mapping[str, str | bool], records: Sequence[Record] = SENT) -> list[bytes]:
    """The batches that a producer with these *settings* sends for *records*."""
    with capturing() as broker:
        producer = Producer({"bootstrap.servers": f"127.0.0.1:{broker.port}", "linger.ms": 100} | dict(settings))
        if "transactional.id" in settings:
            producer.init_transactions(10)
            producer.begin_transaction()
        for record in records:
            headers: list[tuple[str, str | bytes | None]] = [(header.key, header.value) for header in record.headers]
            producer.produce("topic", record.value, record.key, timestamp=record.timestamp_ms, headers=headers)
        producer.flush(10)
        if "transactional.id" in settings:
            producer.commit_transaction(10)
        del producer
    return [batch for data in broker.batches for batch in split(data)]


def one(batches: list[bytes]) -> Batch:
    """The batch that is all there is, unchanged but for what a broker writes."""
    (data,) = batches
    decoded = decode(data)
    assert has_valid_crc(data)
    assert stamped(data, 0, decoded.partition_leader_epoch) == data
    assert encode(attrs.evolve(decoded, compression="none"))[23:61] == data[23:61]
    return decoded


def test_a_batch_is_read_and_written_again() -> None:
    batches = captured({})

    assert encode(one(batches)) == batches[0]
    assert one(batches).records == SENT


@pytest.mark.parametrize("compression", CODECS)
def test_a_compressed_batch_has_the_same_records(compression: Compression) -> None:
    batches = captured({"compression.type": compression})
    batch = one(batches)

    assert batch.compression == compression
    assert batch.records == SENT
    assert decompress(batches[0][61:], compression) == encode_records(SENT, batch.base_timestamp_ms)


@pytest.mark.parametrize("compression", CODECS)
def test_many_records_are_read_in_order(compression: Compression) -> None:
    many = [Record(b"value %d " % number * 10, b"key", NOW_MS + number % 7) for number in range(5000)]

    batches = captured({"compression.type": compression}, many)

    read = [record for data in batches for record in decode(data).records]
    assert [attrs.evolve(record, offset_delta=0) for record in read] == many
    for data in batches:
        batch = decode(data)
        assert decompress(data[61:], compression) == encode_records(batch.records, batch.base_timestamp_ms)


def test_snappy_is_one_raw_block() -> None:
    (data,) = captured({"compression.type": "snappy"})

    assert not data[61:].startswith(MAGIC)


def test_an_idempotent_producer_says_who_it_is() -> None:
    batch = one(captured({"enable.idempotence": True}))

    assert (batch.producer_id, batch.producer_epoch, batch.base_sequence) == (7, 3, 0)
    assert batch.last_sequence == len(SENT) - 1
    assert not batch.is_transactional


def test_a_transactional_producer_says_that_it_is() -> None:
    batches = captured({"transactional.id": "t"})

    assert one(batches).is_transactional
    assert one(batches).producer_id == 7
    assert encode(one(batches)) == batches[0]
