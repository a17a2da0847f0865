from random import Random

import pytest
from kio.schema.errors import ErrorCode
from kio.schema.metadata.v12.request import MetadataRequest
from kio.schema.produce.v12.request import ProduceRequest

from ackproof.reference.client.cluster import Cluster
from ackproof.reference.kernel.clock import VirtualClock
from ackproof.reference.producer.errors import (
    IllegalStateError,
    InvalidTopicError,
    KafkaTimeoutError,
    RecordTooLargeError,
    SerializationError,
)
from ackproof.reference.producer.producer import Producer
from ackproof.reference.producer.record import ProducerRecord, RecordMetadata
from ackproof.reference.producer.serializers import of_integer, of_text
from ackproof.reference.records.batch import Header, decode
from ackproof.reference.records.compression import CODECS
from tests.reference.producer.fake_kafka import FakeKafka
from tests.reference.producer.scene import Scene, offsets


def test_records_get_the_offsets_that_the_broker_says() -> None:
    scene = Scene()
    sent = [scene.send(value) for value in (b"a", b"b", b"c")]
    scene.run(100)

    assert offsets(sent) == [0, 1, 2]
    assert scene.kafka.log().values == [b"a", b"b", b"c"]


def test_a_record_is_told_with_its_partition_its_timestamp_and_its_sizes() -> None:
    scene = Scene()
    sent = scene.producer.send(ProducerRecord("t", b"value", b"key", timestamp_ms=77, headers=(Header("h", b"x"),)))
    scene.run(100)

    assert sent.result() == RecordMetadata("t", 0, 0, 77, 3, 5)
    assert scene.kafka.log().batches[0].records[0].headers == (Header("h", b"x"),)


def test_null_is_sent_as_null() -> None:
    scene = Scene()
    sent = scene.producer.send(ProducerRecord("t", None))
    scene.run(100)

    assert sent.result().serialized_value_size_bytes == -1
    assert scene.kafka.log().values == [None]


def test_the_broker_s_timestamp_wins_where_it_says_one() -> None:
    scene = Scene()
    scene.kafka.log_append_time_ms = 123
    sent = scene.send()
    scene.run(100)

    assert sent.result().timestamp_ms == 123


def test_callbacks_come_in_order_with_the_same_outcome() -> None:
    scene = Scene()
    told = list[tuple[int, Exception | None]]()
    for number in range(3):
        scene.producer.send(ProducerRecord("t", b"%d" % number), lambda where, why: told.append((where.offset, why)))
    scene.run(100)

    assert told == [(0, None), (1, None), (2, None)]


def test_records_that_wait_for_metadata_keep_their_order() -> None:
    scene = Scene({"t": {0: 1}, "u": {0: 1}}, linger_ms=0)
    first = [scene.send(b"%d" % number) for number in range(3)]
    other = scene.send(topic="u")
    scene.run(200)

    assert scene.kafka.log().values == [b"0", b"1", b"2"]
    assert offsets([*first, other]) == [0, 1, 2, 0]


def test_new_topics_are_asked_for_by_themselves() -> None:
    scene = Scene({"t": {0: 1}, "u": {0: 1}})
    scene.ready()
    scene.send(topic="u")
    scene.run(100)
    bodies = [request.body for request in scene.kafka.servers[1].asked_for("metadata")]
    asked = [[topic.name for topic in body.topics or ()] for body in bodies if isinstance(body, MetadataRequest)]

    assert asked == [["t"], ["u"]]


def test_a_topic_that_is_not_there_is_waited_for_and_no_longer_than_max_block() -> None:
    scene = Scene({}, max_block_ms=3_000)
    told = list[str]()
    sent = scene.producer.send(ProducerRecord("t", b"v"), lambda _, why: told.append(type(why).__name__))
    begun_ms = scene.clock.now_ms
    while not sent.is_done:
        assert scene.clock.step()

    assert isinstance(sent.error, KafkaTimeoutError)
    assert "Topic t not present in metadata after 3000 ms." in str(sent.error)
    assert scene.clock.now_ms == begun_ms + 3_000
    assert told == ["KafkaTimeoutError"]


def test_a_topic_that_comes_to_be_is_found() -> None:
    scene = Scene({})
    sent = scene.send()
    scene.run(1_000)
    scene.kafka.leaders["t"] = {0: 1}
    scene.run(2_000)

    assert sent.result().offset == 0


def test_a_partition_that_is_not_there_is_waited_for_as_well() -> None:
    scene = Scene(max_block_ms=2_000)
    sent = scene.send(partition=5)
    scene.run(3_000)

    assert isinstance(sent.error, KafkaTimeoutError)
    assert "Partition 5 of topic t with partition count 1" in str(sent.error)


def test_a_topic_that_can_not_be_fails_at_once() -> None:
    scene = Scene({})
    scene.kafka.leaders["t"] = ErrorCode.invalid_topic_exception
    first, second = scene.send(), scene.send()
    scene.run(100)

    assert isinstance(first.error, InvalidTopicError)
    assert isinstance(second.error, InvalidTopicError)


def test_a_record_larger_than_a_request_may_be_fails_and_calls_back() -> None:
    scene = Scene(max_request_size=1_000)
    told = list[Exception | None]()
    sent = scene.producer.send(ProducerRecord("t", b"v" * 1_000), lambda _, why: told.append(why))
    scene.run(100)

    assert isinstance(sent.error, RecordTooLargeError)
    assert told == [sent.error]
    assert not scene.kafka.produced


def test_a_record_larger_than_the_memory_fails() -> None:
    scene = Scene(buffer_memory=20_000)
    sent = scene.send(b"v" * 20_000)
    scene.run(100)

    assert isinstance(sent.error, RecordTooLargeError)
    assert "buffer.memory" in str(sent.error)


def test_what_the_serializer_does_not_take_fails_without_a_callback() -> None:
    kafka = FakeKafka(VirtualClock(1_000_000), {"t": {0: 1}})
    scene = Scene(kafka=kafka)
    told = list[object]()
    producer = Producer(
        scene.clock, kafka.network, scene.settings, scene_rng(), key_serializer=of_text, value_serializer=of_integer
    )
    good = producer.send(ProducerRecord("t", 258, "k"))
    bad = producer.send(ProducerRecord("t", 2**40, "k"), lambda where, why: told.append((where, why)))
    scene.run(100)

    assert good.result().offset == 0
    assert kafka.log().values == [b"\0\0\1\2"]
    assert isinstance(bad.error, SerializationError)
    assert not told


def scene_rng() -> Random:
    return Random(3)


def test_a_partitioner_that_answers_nonsense_is_told_so() -> None:
    def wrong(topic: str, key: bytes | None, cluster: Cluster) -> int:
        del topic, key, cluster
        return -2

    scene = Scene(partitioner=wrong)
    sent = scene.send(partition=None)
    scene.run(100)

    assert isinstance(sent.error, ValueError)


def test_transactions_need_a_transactional_id() -> None:
    scene = Scene()

    with pytest.raises(IllegalStateError):
        scene.done(scene.producer.init_transactions())
    with pytest.raises(IllegalStateError):
        scene.done(Scene(enable_idempotence=False).producer.begin_transaction())


def test_every_codec_reaches_the_broker() -> None:
    for codec in CODECS:
        scene = Scene(compression_type=codec)
        scene.send(b"v" * 500)
        scene.run(100)
        body = scene.kafka.produced[0][2]
        assert isinstance(body, ProduceRequest)
        data = body.topic_data[0].partition_data[0].records

        assert decode(bytes(data or b"")).compression == codec
        assert scene.kafka.log().values == [b"v" * 500]


def test_a_producer_without_idempotence_asks_for_no_id_and_numbers_nothing() -> None:
    scene = Scene(enable_idempotence=False, acks="1")
    scene.ready()
    batch = scene.kafka.log().batches[0]

    assert not scene.kafka.servers[1].asked_for("init_producer_id")
    assert (batch.producer_id, batch.producer_epoch, batch.base_sequence) == (-1, -1, -1)
    assert scene.kafka.produced[0][2].acks == 1


def test_the_same_seed_sends_the_same_bytes() -> None:
    def bytes_sent() -> list[tuple[int, ProduceRequest]]:
        scene = Scene({"t": {0: 1, 1: 1, 2: 1}}, compression_type="zstd", batch_size=200)
        for number in range(50):
            scene.send(b"%d" % number * 20, partition=None)
        scene.run(500)
        return [(at_ms, body) for at_ms, _, body, _ in scene.kafka.produced]

    assert bytes_sent() == bytes_sent()


@pytest.mark.parametrize(("partition", "timestamp_ms"), [(-1, None), (None, -5)])
def test_no_record_has_a_partition_or_a_timestamp_below_zero(partition: int | None, timestamp_ms: int | None) -> None:
    with pytest.raises(ValueError, match="Invalid"):
        ProducerRecord("t", b"v", partition=partition, timestamp_ms=timestamp_ms)
