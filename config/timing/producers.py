"""A producer's part in questions of timing."""

from collections.abc import Iterator

from ackproof.config.pipeline import Consumer, Pipeline, Producer, Timing
from ackproof.config.producers import producer_rules
from ackproof.config.timing.consumers import records_per_poll
from ackproof.config.timing.numbers import LARGEST_LONG, Numbers
from ackproof.config.versions import version_of
from ackproof.model.produce.rules import Expiry
from ackproof.proofs.timing.setting import Behaviour, Key, Setting

LINGER = {"librdkafka": "queue.buffering.max.ms"}
ATTEMPT = {"librdkafka": "socket.timeout.ms"}
TWO_PHASE = "transaction.two.phase.commit.enable"


def producer_setting(pipeline: Pipeline, producer: Producer, timing: Timing) -> Setting:
    """The numbers of the producer, what was measured, and what it does."""
    numbers = Numbers.of(producer.client, producer.settings, timing)
    expiry = producer_rules(producer, 0, version_of(pipeline.kafka)).expiry
    is_strict = expiry == "in-queue" or producer.client.name == "aiokafka"
    consumer = pipeline.consumer
    behaviour = Behaviour(
        processes_in_loop=consumer is not None and consumer.commit == "transaction",
        may_succeed_at_deadline=is_strict,
    )
    keys = {
        **dict(keys_of(producer, numbers, expiry)),
        **dict(keys_of_transactions(pipeline, producer, numbers)),
        **dict(keys_of_buffer(producer, numbers)),
    }
    return Setting(keys=keys, ranges=timing.ranges, behaviour=behaviour)


def keys_of(producer: Producer, numbers: Numbers, expiry: Expiry) -> Iterator[tuple[str, Key]]:
    """How long a record may take, and what it waits for."""
    linger = LINGER.get(producer.client.name, "linger.ms")
    attempt = ATTEMPT.get(producer.client.name, "request.timeout.ms")
    yield "linger_ms", numbers.key(linger)
    yield "request_timeout_ms", numbers.key(attempt)
    yield "retries", Key("retries", producer.retries)
    yield "in_flight", Key("batches in flight that go first", producer.max_in_flight if producer.is_idempotent else 1)
    backoff = numbers.first("retry.backoff.max.ms", "retry.backoff.ms")
    # Java, librdkafka and kafka-python draw a fifth more or less.
    longest = numbers.number(backoff) * 6 // 5
    yield "retry_backoff_ms", Key(f"{numbers.name(backoff)} and a fifth", longest)
    if expiry != "never":
        yield "delivery_timeout_ms", deadline(producer, numbers, linger, expiry)


def deadline(producer: Producer, numbers: Numbers, linger: str, expiry: Expiry) -> Key:
    """What ends a send without an answer, as it is in force where it adapts to other settings."""
    if producer.client.name == "librdkafka":
        given = producer.transactional_id is None or numbers.is_given("message.timeout.ms")
        return numbers.key("message.timeout.ms", None if given else numbers.number("transaction.timeout.ms"))
    if expiry == "in-queue" or not numbers.has("delivery.timeout.ms"):
        return numbers.key("request.timeout.ms")
    least = numbers.number(linger) + numbers.number("request.timeout.ms")
    return numbers.key("delivery.timeout.ms", max(numbers.number("delivery.timeout.ms"), least))


def keys_of_transactions(pipeline: Pipeline, producer: Producer, numbers: Numbers) -> Iterator[tuple[str, Key]]:
    """How long a transaction may take, and how many records it holds: those of a poll, unless somebody says more."""
    if producer.transactional_id is None or numbers.settings.flag(TWO_PHASE):
        return
    most = pipeline.topic.settings["transaction.max.timeout.ms"].value
    yield "transaction_timeout_ms", numbers.key("transaction.timeout.ms", most=int(most or 0))
    measured = dict(numbers.measured("records_per_transaction"))
    if measured or pipeline.consumer is None or pipeline.consumer.commit != "transaction":
        yield from measured.items()
    else:
        yield from (("records_per_transaction", key) for key in of_one_poll(pipeline.consumer, numbers.timing))


def of_one_poll(consumer: Consumer, timing: Timing) -> Iterator[Key]:
    """How many records a transaction holds that is as long as a poll."""
    numbers = Numbers.of(consumer.client, consumer.settings, timing)
    yield from (key for _, key in records_per_poll(consumer, numbers))


def keys_of_buffer(producer: Producer, numbers: Numbers) -> Iterator[tuple[str, Key]]:
    """What a producer can hold; kafka-python from 2.1 on has no limit, and aiokafka one batch of each partition."""
    yield from numbers.measured("partitions")
    if producer.client.name == "librdkafka":
        # 0 is no limit (``rd_kafka_curr_msgs_add``).
        if numbers.number("queue.buffering.max.messages"):
            yield "queue_messages", numbers.key("queue.buffering.max.messages")
        yield "queue_kbytes", numbers.key("queue.buffering.max.kbytes")
    elif numbers.has("buffer.memory"):
        yield "buffer_memory", numbers.key("buffer.memory", most=LARGEST_LONG)
        yield "batch_size", numbers.key("batch.size")
        yield "max_block_ms", numbers.key("max.block.ms", most=LARGEST_LONG)
