"""How much a producer holds that it can not send yet."""

from fractions import Fraction

from ackproof.proofs.logic import Number
from ackproof.proofs.timing.disturbances import in_outage, outage, round_trips
from ackproof.proofs.timing.quantity import known, times
from ackproof.proofs.timing.question import question
from ackproof.proofs.timing.scene import Scenario, Scene
from ackproof.proofs.timing.sending import KEEPS_UP

BATCH_OVERHEAD, RECORD_OVERHEAD = 61, 21
"""Bytes of a batch and of a record beside key, value and headers, at most (DefaultRecordBatch, DefaultRecord)."""

ONE_OUTAGE = "one outage at a time, and all of the buffer is free before it"
BYTES = "record_bytes is what a record takes, compressed if it is, without 21 bytes of its own"
SOURCE = "BufferPool.allocate, RecordAccumulator.append, KafkaProducer.doSend"
QUEUE_SOURCE = "rd_kafka_curr_msgs_add, rd_kafka_produce"


def held_up(scene: Scene) -> Number:
    """How long batches are kept: until they are sent, or given up."""
    disturbance = outage(scene) + round_trips(scene)
    backs_off = scene.up_to("backoff_ms", scene.key("retry_backoff_ms"), "")
    scene.only_if(backs_off, in_outage())
    lingers = scene.up_to("linger_ms", scene.key("linger_ms"), "")
    kept = scene.up_to("kept_ms", disturbance + backs_off + lingers, "")
    if scene.has("delivery_timeout_ms"):
        scene.conditions.append(kept <= scene.key("delivery_timeout_ms"))
    return kept


def in_buffer(scene: Scene, kept: Number) -> Number:
    """How many bytes what has come meanwhile takes, in full batches and one that is begun for each partition."""
    _, largest = scene.range("record_bytes")
    size, partitions = scene.value("batch_size"), scene.value("partitions")
    fit = max(1, int((size - BATCH_OVERHEAD) // (largest + RECORD_OVERHEAD)))
    taken = max(size, int(largest) + RECORD_OVERHEAD + BATCH_OVERHEAD)
    records = scene.arrivals("records", kept, "{} records that wait")
    return times(records, Fraction(taken, fit)) + known(partitions * taken)


@question(
    of="buffer_memory", source=SOURCE, decided_by={"buffer_memory": "from"}, assumes=(ONE_OUTAGE, BYTES, KEEPS_UP)
)
def buffer_blocks(scene: Scene) -> Scenario:
    """
    Can buffer.memory be full, so that send() blocks?

    What comes in an outage is kept in batches, each of which takes batch.size however full it is.
    """
    needed = in_buffer(scene, held_up(scene))
    return Scenario(quantity=needed, unit="bytes of buffer", limit="buffer_memory", is_late_at_limit=False)


@question(
    of="buffer_memory",
    source=SOURCE,
    decided_by={"buffer_memory": "from", "max_block_ms": "from"},
    assumes=(ONE_OUTAGE, BYTES, KEEPS_UP),
)
def buffer_overflows(scene: Scene) -> Scenario:
    """
    Can a send fail because buffer.memory has been full for max.block.ms (BufferExhaustedException)?

    The record of that send is not in the buffer, and nobody but the application tries it again.
    """
    kept = held_up(scene)
    full_after = scene.up_to("full_after_ms", kept, "full after {} ms")
    scene.conditions.append(in_buffer(scene, full_after) > scene.key("buffer_memory"))
    return Scenario(
        quantity=kept - full_after,
        unit="ms that a send waits for buffer",
        limit="max_block_ms",
        never="the buffer is never full",
    )


@question(
    of="queue_messages", source=QUEUE_SOURCE, decided_by={"queue_messages": "from"}, assumes=(ONE_OUTAGE, KEEPS_UP)
)
def queue_overflows(scene: Scene) -> Scenario:
    """
    Can produce() fail because there are queue.buffering.max.messages already (QUEUE_FULL)?

    It does not block: nobody but the application tries the record again.
    """
    records = scene.arrivals("records", held_up(scene), "{} records that wait")
    return Scenario(
        quantity=records,
        unit="records in the queue",
        limit="queue_messages",
        is_late_at_limit=False,
        is_whole=True,
    )


@question(
    of="queue_kbytes", source=QUEUE_SOURCE, decided_by={"queue_kbytes": "from"}, assumes=(ONE_OUTAGE, BYTES, KEEPS_UP)
)
def queue_bytes_overflow(scene: Scene) -> Scenario:
    """
    Can produce() fail because there are queue.buffering.max.kbytes already (QUEUE_FULL)?

    It does not block: nobody but the application tries the record again.
    """
    records = scene.arrivals("records", held_up(scene), "{} records that wait")
    _, largest = scene.range("record_bytes")
    kilobytes = times(records, largest / 1024)
    return Scenario(quantity=kilobytes, unit="KiB in the queue", limit="queue_kbytes", is_late_at_limit=False)
