"""Levers: the keys whose change can repair a claim, the values that may help, and what each costs."""

from collections.abc import Iterator
from typing import Literal

import attrs

from ackproof.config.clients.definitions import definitions
from ackproof.config.clients.libraries import LIBRARIES
from ackproof.config.clients.library import Side
from ackproof.config.document import as_document
from ackproof.config.pipeline import Pipeline
from ackproof.config.versions import version_of
from ackproof.repair.change import Change, Value, value_at

Where = Literal["configuration", "application"]


@attrs.frozen
class Cost:
    """What a change costs, and why."""

    of: Literal["latency", "throughput", "availability", "storage", "work"]
    why: str


@attrs.frozen
class Lever:
    """
    One value of one key that may repair something.

    Attributes:
        key: As in a pipeline file; of a client's configuration in Java's words.
        where: Whether it is a setting of Kafka and its clients, or how the application is written.
    """

    key: str
    value: Value
    cost: Cost
    where: Where = "configuration"


def _work(key: str, value: str, what: str) -> Lever:
    return Lever(key, value, Cost("work", what), "application")


LEVERS = (
    Lever("producer.config.acks", "all", Cost("latency", "a send waits for all in-sync replicas")),
    Lever("producer.config.enable.idempotence", "true", Cost("latency", "one more round trip before the first send")),
    Lever(
        "producer.config.max.in.flight.requests.per.connection",
        "1",
        Cost("throughput", "one request at a time is on its way to each broker"),
    ),
    Lever("producer.config.retries", "2147483647", Cost("latency", "a send may take delivery.timeout.ms to fail")),
    Lever("topic.min.insync.replicas", "2", Cost("availability", "sends fail while fewer than 2 replicas are in sync")),
    Lever("topic.min.insync.replicas", "3", Cost("availability", "sends fail while fewer than 3 replicas are in sync")),
    Lever("topic.replication.factor", "3", Cost("storage", "each record is kept three times")),
    Lever(
        "topic.unclean.leader.election.enable",
        "false",
        Cost("availability", "without an in-sync replica nobody leads until one is back"),
    ),
    Lever("topic.flush.messages", "1", Cost("throughput", "every record is flushed to disk by itself")),
    Lever("consumer.config.auto.offset.reset", "earliest", Cost("work", "a new group reads all that the topic holds")),
    Lever(
        "consumer.config.isolation.level",
        "read_committed",
        Cost("latency", "records are read once their transaction has ended"),
    ),
    Lever(
        "consumer.config.enable.auto.offset.store",
        "false",
        Cost("work", "the application stores the offset of what it has processed"),
    ),
    Lever("consumer.config.group.protocol", "classic", Cost("availability", "members stop while the group rebalances")),
    Lever("features.transaction.version", 2, Cost("work", "all brokers are upgraded and the feature is finalized")),
    Lever(
        "features.eligible.leader.replicas.version",
        1,
        Cost("work", "all brokers are upgraded and the feature is finalized"),
    ),
    _work("producer.on_send_failure", "stop", "the application stops when a send fails"),
    _work("producer.on_send_failure", "resend", "the application sends again what failed"),
    _work("producer.on_restart", "resend", "the application sends again what it had no answer for"),
    _work("producer.on_restart", "forget", "the application sends nothing again after a restart"),
    _work("consumer.commit", "sync", "the application commits by itself, and waits for it"),
    _work("consumer.commit", "with-sink", "results and offsets are kept in one transaction of the sink"),
    _work("consumer.commit_when", "after-processing", "the application commits what it has processed"),
    _work("consumer.commit_when", "before-processing", "what is committed and then not done is lost"),
    _work("consumer.processing", "in-poll-loop", "records are processed in the poll loop, not in other threads"),
    _work("consumer.on_processing_failure", "retry", "the application tries again what it could not process"),
    _work("consumer.on_revoke", "commit", "the application commits as partitions are revoked"),
    _work("consumer.sink", "idempotent", "the sink absorbs what comes twice: an upsert, or a key that it has seen"),
)
"""From the cheapest to the dearest of each part."""


@attrs.frozen
class Option:
    """A lever as one pipeline can be changed by it."""

    change: Change
    lever: Lever


def options(pipeline: Pipeline) -> Iterator[Option]:
    """What of all levers this pipeline does not have yet."""
    document = as_document(pipeline)
    for lever in LEVERS:
        key = spelt(pipeline, lever.key)
        if key is not None and not _is(value_at(document, Change(key, lever.value)), lever.value):
            yield Option(Change(key, lever.value), lever)


def spelt(pipeline: Pipeline, key: str) -> str | None:
    """The key as it stands in this pipeline, or as its client calls it; None if it has no such part or key."""
    part, _, rest = key.partition(".")
    if part not in {"producer", "consumer"}:
        return key
    side: Side = "producer" if part == "producer" else "consumer"
    client = pipeline.producer if side == "producer" else pipeline.consumer
    if client is None or not rest.startswith("config."):
        return key if client else None
    name = rest.removeprefix("config.")
    library = LIBRARIES[client.client.name]
    known = definitions(library.tables[side], version_of(client.client.version))
    definition = known.get(library.spell(name))
    if definition is None:
        return None
    given = client.settings[definition.alias_of or definition.key]
    return f"{part}.config.{given.key if given.file else definition.key}"


def _is(given: object, value: Value) -> bool:
    return str(given).lower() == str(value).lower()


def known_key(pipeline: Pipeline, key: str) -> str | None:
    """What is wrong with *key* as one of this pipeline's; None if nothing is."""
    part, _, rest = key.partition(".")
    if part not in {"producer", "consumer", "topic", "features", "kafka"}:
        return "a key begins with producer, consumer, topic, features, or is kafka"
    if part in {"producer", "consumer"} and getattr(pipeline, part) is None:
        return f"this pipeline has no {part}"
    return None if rest or part == "kafka" else f"which key of {part}?"
