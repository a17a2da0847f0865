import pytest

from ackproof.reference.kernel.clock import VirtualClock
from ackproof.reference.kernel.future import spawn
from ackproof.reference.producer.batches.compression_ratio import CompressionRatios
from ackproof.reference.producer.batches.pool import BufferPool
from ackproof.reference.producer.batches.sizes import (
    content_size_bytes,
    record_size_bytes,
    upper_bound_bytes,
    varint_size_bytes,
)
from ackproof.reference.producer.errors import BufferExhaustedError, ProducerError
from ackproof.reference.producer.numbers.priority_queue import PriorityQueue
from ackproof.reference.records.batch import Header, Record, encode, new_batch
from ackproof.reference.records.varint import encoded
from tests.reference.producer.scene import Scene, errors, offsets


def test_a_batch_goes_out_when_it_is_full() -> None:
    scene = Scene(linger_ms=10_000, batch_size=200)
    scene.run(20)
    first = [scene.send(b"x" * 50) for _ in range(3)]
    scene.run(50)

    # The third record did not fit, and waits in a batch of its own.
    assert [future.is_done for future in first] == [True, True, False]


def test_a_batch_goes_out_when_it_has_lingered() -> None:
    scene = Scene(linger_ms=700)
    scene.send()
    scene.run(1_000)
    begun_ms = scene.clock.now_ms
    scene.send()
    scene.run(2_000)

    assert [at_ms - begun_ms for at_ms, _, _, _ in scene.kafka.produced][-1] == 701


def test_what_lingers_goes_along_with_what_is_due_on_the_same_node() -> None:
    scene = Scene({"t": {0: 1, 1: 1}}, linger_ms=10_000, batch_size=100)
    scene.run(20)
    lingering = scene.send(b"a", partition=1)
    scene.run(10)
    full, next_one = (scene.send(b"x" * 100) for _ in range(2))
    scene.run(50)

    assert offsets([full, lingering]) == [0, 0]
    assert not next_one.is_done
    assert len(scene.kafka.produced) == 1


def test_a_record_larger_than_a_batch_has_one_of_its_own() -> None:
    scene = Scene(linger_ms=0, batch_size=10)
    sent = [scene.send(b"x" * 500) for _ in range(2)]
    scene.run(50)

    assert offsets(sent) == [0, 1]
    assert len(scene.kafka.log().batches) == 2


def test_batch_size_0_means_one_record_in_each() -> None:
    scene = Scene(linger_ms=0, batch_size=0)
    sent = [scene.send(b"x" * 50) for _ in range(3)]
    scene.run(50)

    assert offsets(sent) == [0, 1, 2]
    assert len(scene.kafka.log().batches) == 3


def test_a_request_has_at_most_one_batch_of_a_partition() -> None:
    scene = Scene(linger_ms=10_000, batch_size=10)
    scene.run(20)
    for _ in range(3):
        scene.send(b"x" * 50)
    scene.run(50)

    assert [len(body.topic_data[0].partition_data) for _, _, body, _ in scene.kafka.produced] == [1, 1]


def test_a_request_is_no_larger_than_it_may_be() -> None:
    scene = Scene({"t": dict.fromkeys(range(4), 1)}, linger_ms=100, max_request_size=300)
    scene.run(20)
    sent = [scene.send(b"x" * 100, partition=partition) for partition in range(4)]
    scene.run(500)
    partitions = [
        [data.index for topic in body.topic_data for data in topic.partition_data]
        for _, _, body, _ in scene.kafka.produced
    ]

    assert offsets(sent) == [0] * 4
    # The next request begins where this one left off.
    assert [len(some) for some in partitions] == [1, 1, 1, 1]
    assert sorted(partition for some in partitions for partition in some) == [0, 1, 2, 3]


def test_memory_is_given_back() -> None:
    scene = Scene(buffer_memory=100_000)
    for _ in range(5):
        scene.send()
    scene.run(20)
    scene.run(100)

    assert scene.producer.available_bytes == 100_000


def test_a_batch_that_failed_on_the_wire_keeps_its_memory_until_nobody_reads_it_any_more() -> None:
    """KAFKA-19012: before, its bytes could become another batch's while they were being written."""
    scene = Scene(linger_ms=0, request_timeout_ms=1_000, delivery_timeout_ms=1_000, buffer_memory=100_000)
    scene.ready()
    scene.kafka.meets("lose-request")
    sent = scene.sends(b"a")
    scene.run(1_000)

    assert errors(sent) == ["KafkaTimeoutError"]
    assert scene.producer.available_bytes < 100_000

    scene.run(10)

    assert scene.producer.available_bytes == 100_000


def test_what_lingers_goes_out_if_somebody_waits_for_memory_as_soon_as_the_sender_looks() -> None:
    scene = Scene({"t": {0: 1, 1: 1}}, linger_ms=10_000, buffer_memory=20_000, batch_size=16_000)
    scene.run(20)
    first = scene.send(b"a")
    scene.run(10)
    second = scene.send(b"b", partition=1)
    scene.run(100)

    # As in Kafka, nobody wakes the sender.
    assert not first.is_done

    scene.producer._sender.wake()  # pyright: ignore[reportPrivateUsage]  # as any answer would
    scene.run(100)

    assert offsets([first]) == [0]
    assert not second.is_done
    assert scene.producer.queue(("t", 1))


def test_without_memory_a_record_fails_after_max_block() -> None:
    scene = Scene({"t": {0: 1, 1: 1}}, linger_ms=0, buffer_memory=20_000, batch_size=16_000, max_block_ms=500)
    scene.send(b"first")
    scene.run(100)
    scene.kafka.meets("hold-answer")
    first = scene.send(b"a")
    begun_ms = scene.clock.now_ms
    second = scene.send(b"b", partition=1)
    while not second.is_done:
        assert scene.clock.step()

    assert isinstance(second.error, BufferExhaustedError)
    assert scene.clock.now_ms == begun_ms + 500
    assert not first.is_done


def test_compression_that_is_worse_than_hoped_makes_the_next_batches_smaller() -> None:
    ratios = CompressionRatios()
    ratios.observed("t", 0.5)

    assert ratios.of("t") == 0.995
    assert ratios.of("u") == 1.0

    ratios.observed("t", 1.0)

    assert ratios.of("t") == pytest.approx(1.045)

    ratios.start_at("t", 2.0)

    assert ratios.of("t") == 2.0


def test_compressed_batches_hold_more_once_it_is_known_how_well_they_compress() -> None:
    scene = Scene(compression_type="gzip", batch_size=2_000, linger_ms=0)
    counts = list[int]()
    for _ in range(60):
        for _ in range(40):
            scene.send(b"x" * 100)
        scene.run(50)
    counts = [len(batch.records) for batch in scene.kafka.log().batches]

    assert max(counts[-10:]) > max(counts[1:5])


@pytest.mark.parametrize("value", [0, 1, -1, 63, 64, -64, -65, 2**31, -(2**40), 2**62])
def test_numbers_take_as_many_bytes_as_they_are_written_in(value: int) -> None:
    assert varint_size_bytes(value) == len(encoded(value))


def test_records_are_as_large_as_they_are_written() -> None:
    headers = (Header("h", b"1"), Header("é", None))
    records = [
        Record(b"v" * 200, b"key", 1_000, headers),
        Record(None, None, 5_000),
        Record(b"", b"", 900),
    ]
    batch = new_batch(records)
    sizes = [
        record_size_bytes(at, record.timestamp_ms - 1_000, content_size_bytes(record.key, record.value, record.headers))
        for at, record in enumerate(records)
    ]

    assert len(encode(batch)) == 61 + sum(sizes)
    for record in records:
        assert len(encode(new_batch([record]))) <= upper_bound_bytes(
            content_size_bytes(record.key, record.value, record.headers)
        )


def test_who_waits_longest_gets_memory_first() -> None:
    clock = VirtualClock()
    pool, order = BufferPool(clock, 100), list[str]()
    assert pool.take(80)

    async def want(name: str, size_bytes: int) -> None:
        await pool.wait_for(size_bytes, 1_000)
        order.append(name)

    for name, size_bytes in (("large", 60), ("small", 10)):
        spawn(clock, want(name, size_bytes))

    assert pool.waiting_count == 2
    assert not pool.take(10)

    pool.give_back(80)
    clock.run_until(10)

    assert order == ["large", "small"]
    assert pool.available_bytes == 30


def test_a_closed_pool_gives_nothing() -> None:
    clock = VirtualClock()
    pool = BufferPool(clock, 100)
    pool.take(100)
    waiting = spawn(clock, pool.wait_for(10, 1_000))
    waiting.then(lambda: None)
    pool.close()
    clock.run_until(10)

    assert isinstance(waiting.error, ProducerError)
    with pytest.raises(ProducerError):
        pool.take(1)


def test_more_than_there_is_can_not_be_had() -> None:
    with pytest.raises(ValueError, match="101"):
        BufferPool(VirtualClock(), 100).take(101)


def test_java_s_queue_is_a_heap() -> None:
    queue = PriorityQueue[tuple[int, str]](lambda item: item[:1])
    items = [(3, "a"), (1, "b"), (2, "c"), (1, "d"), (2, "e")]
    for item in items:
        queue.add(item)

    assert list(queue) == [(1, "b"), (1, "d"), (2, "c"), (3, "a"), (2, "e")]
    assert [queue.poll() for _ in range(5)] == [(1, "b"), (1, "d"), (2, "e"), (2, "c"), (3, "a")]
    assert queue.poll() is None

    queue.add(items[0])
    queue.remove((9, "not there"))

    assert queue.peek() == items[0]
    assert len(queue) == 1
