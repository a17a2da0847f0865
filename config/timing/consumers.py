"""A consumer's part in questions of timing."""

from collections.abc import Iterator

from ackproof.config.clients.library import Settings
from ackproof.config.pipeline import Consumer, Pipeline, Timing
from ackproof.config.timing.numbers import Numbers
from ackproof.proofs.timing.setting import Behaviour, Key, Setting
from ackproof.proofs.timing.transacting import ROUND_TRIPS

BLOCKS_HEARTBEATS = frozenset({"aiokafka"})
"""Clients that process, poll and send heartbeats on one event loop."""

MAY_POLL_AT_LIMIT = frozenset({"librdkafka", "kafka-python"})
"""Clients whose ``max.poll.interval.ms`` has to be passed, not only reached."""

COMMITS_IN_POLL = frozenset({("java", "classic"), ("kafka-python", "classic")})
"""Clients that commit automatically when they are polled; the others do in the background."""

MAIN_LOOP = Key("the main loop's second (rd_kafka_thread_main)", 1_000)
"""How late librdkafka's heartbeats may be."""


def consumer_setting(pipeline: Pipeline, consumer: Consumer, timing: Timing) -> Setting:
    """The numbers of the consumers, what was measured, and what they do."""
    numbers = Numbers.of(consumer.client, consumer.settings, timing)
    name = consumer.client.name
    behaviour = Behaviour(
        processes_in_loop=consumer.processing == "in-poll-loop",
        round_trips=round_trips(consumer),
        blocks_heartbeats=name in BLOCKS_HEARTBEATS,
        may_poll_at_limit=name in MAY_POLL_AT_LIMIT,
        commits_in_poll=(name, consumer.group_protocol) in COMMITS_IN_POLL,
    )
    keys = dict(keys_of(pipeline, consumer, numbers))
    return Setting(keys=keys, ranges=timing.ranges, behaviour=behaviour)


def round_trips(consumer: Consumer) -> int:
    """How many answers of the brokers the application waits for between two polls, or in a callback."""
    if consumer.commit == "transaction":
        return ROUND_TRIPS
    is_synchronous = consumer.commit == "sync" or consumer.on_revoke == "commit"
    return int(is_synchronous or consumer.sink == "kafka" or consumer.on_processing_failure == "dead-letter")


def keys_of(pipeline: Pipeline, consumer: Consumer, numbers: Numbers) -> Iterator[tuple[str, Key]]:
    """The numbers, by what they are."""
    yield "max_poll_interval_ms", numbers.key("max.poll.interval.ms")
    is_aiokafka = consumer.client.name == "aiokafka"
    rebalance = numbers.first("rebalance.timeout.ms", "session.timeout.ms") if is_aiokafka else "max.poll.interval.ms"
    yield "rebalance_timeout_ms", numbers.key(rebalance)
    yield from keys_of_membership(pipeline, consumer, numbers)
    yield "retry_backoff_ms", MAIN_LOOP if consumer.client.name == "librdkafka" else numbers.key("retry.backoff.ms")
    yield from records_per_poll(consumer, numbers)
    if consumer.commit == "auto":
        yield "auto_commit_interval_ms", numbers.key("auto.commit.interval.ms")
    partitions = dict(numbers.measured("partitions"))
    yield from partitions.items()
    yield from numbers.measured("threads")
    most = max([consumer.instances, *(key.value for key in partitions.values())])
    yield "instances", Key("consumer.instances", consumer.instances, most=most)


def keys_of_membership(pipeline: Pipeline, consumer: Consumer, numbers: Numbers) -> Iterator[tuple[str, Key]]:
    """How often heartbeats are due, and how long a coordinator waits for one: under the new protocol brokers say so."""
    brokers = Settings(pipeline.topic.settings)
    if consumer.group_protocol == "classic":
        least, most = (brokers.number(f"group.{end}.session.timeout.ms") for end in ("min", "max"))
        yield "session_timeout_ms", numbers.key("session.timeout.ms", least=least, most=most)
        yield "heartbeat_interval_ms", numbers.key("heartbeat.interval.ms")
        return
    for name, default in (("session.timeout.ms", 45_000), ("heartbeat.interval.ms", 5_000)):
        value, least, most = (
            brokers.number(key) if brokers.text(key) else default
            for key in (f"group.consumer.{name}", f"group.consumer.min.{name}", f"group.consumer.max.{name}")
        )
        yield name.replace(".", "_"), Key(f"group.consumer.{name}", value, least, most)


def records_per_poll(consumer: Consumer, numbers: Numbers) -> Iterator[tuple[str, Key]]:
    """
    How many records a poll returns at most.

    librdkafka's returns one, unless the application asks for several; aiokafka has no limit by default. The
    ``max.poll.records`` of librdkafka is that of share consumers.
    """
    measured = dict(numbers.measured("records_per_poll"))
    if consumer.client.name == "librdkafka":
        yield "records_per_poll", measured.get("records_per_poll", Key("timing.records_per_poll", 1))
    elif numbers.has("max.poll.records"):
        yield "records_per_poll", numbers.key("max.poll.records")
    else:
        yield from measured.items()
