"""Settings for tests: a Java consumer and producer as they are by default, and what was measured of them."""

from collections.abc import Mapping
from fractions import Fraction

import attrs
from hypothesis import strategies as st

from ackproof.proofs.timing.setting import Behaviour, Key, Range, Setting

CONSUMER: Mapping[str, Key] = {
    "records_per_poll": Key("max.poll.records", 500),
    "max_poll_interval_ms": Key("max.poll.interval.ms", 300_000),
    "rebalance_timeout_ms": Key("max.poll.interval.ms", 300_000),
    "session_timeout_ms": Key("session.timeout.ms", 45_000),
    "heartbeat_interval_ms": Key("heartbeat.interval.ms", 3_000),
    "retry_backoff_ms": Key("retry.backoff.ms", 100),
    "auto_commit_interval_ms": Key("auto.commit.interval.ms", 5_000),
    "instances": Key("consumer.instances", 3, most=12),
    "partitions": Key("timing.partitions", 12),
}
PRODUCER: Mapping[str, Key] = {
    "delivery_timeout_ms": Key("delivery.timeout.ms", 120_000),
    "linger_ms": Key("linger.ms", 5),
    "retry_backoff_ms": Key("retry.backoff.max.ms and a fifth", 1_200),
    "request_timeout_ms": Key("request.timeout.ms", 30_000),
    "retries": Key("retries", 2**31 - 1),
    "in_flight": Key("batches in flight that go first", 1),
    "buffer_memory": Key("buffer.memory", 33_554_432, most=2**63 - 1),
    "batch_size": Key("batch.size", 16_384),
    "max_block_ms": Key("max.block.ms", 60_000, most=2**63 - 1),
    "transaction_timeout_ms": Key("transaction.timeout.ms", 60_000, most=900_000),
    "records_per_transaction": Key("max.poll.records", 500),
    "queue_messages": Key("queue.buffering.max.messages", 100_000),
    "queue_kbytes": Key("queue.buffering.max.kbytes", 1_048_576),
    "partitions": Key("timing.partitions", 12),
}
MEASURED: Mapping[str, tuple[float, float]] = {
    "processing_ms": (2, 40),
    "arrival_per_s": (20, 60),
    "pause_ms": (0, 900),
    "outage_ms": (0, 20_000),
    "request_ms": (1, 250),
    "record_bytes": (200, 900),
}


def ranges(**changed: tuple[float, float] | None) -> dict[str, Range]:
    """What was measured, with some of it *changed*, or left out where that is None."""
    measured: dict[str, tuple[float, float] | None] = {**MEASURED, **changed}
    return {
        name: Range(Fraction(str(ends[0])), Fraction(str(ends[1])))
        for name, ends in measured.items()
        if ends is not None
    }


def consumer(
    *,
    behaviour: Behaviour | None = None,
    measured: Mapping[str, tuple[float, float] | None] | None = None,
    **values: int,
) -> Setting:
    """A consumer with some *values* of its keys."""
    return setting(CONSUMER, behaviour or Behaviour(), measured or {}, values)


def producer(
    *,
    behaviour: Behaviour | None = None,
    measured: Mapping[str, tuple[float, float] | None] | None = None,
    **values: int,
) -> Setting:
    """A producer with some *values* of its keys."""
    return setting(PRODUCER, behaviour or Behaviour(), measured or {}, values)


def setting(
    keys: Mapping[str, Key],
    behaviour: Behaviour,
    measured: Mapping[str, tuple[float, float] | None],
    values: Mapping[str, int],
) -> Setting:
    """The *keys* with other *values*, and what was *measured*."""
    changed = {name: attrs.evolve(keys[name], value=value) for name, value in values.items()}
    return Setting(keys={**keys, **changed}, ranges=ranges(**measured), behaviour=behaviour)


def between(least: int, most: int) -> st.SearchStrategy[tuple[float, float]]:
    """Ranges within these bounds."""
    return st.lists(st.integers(least, most), min_size=2, max_size=2).map(lambda ends: (min(ends), max(ends)))
