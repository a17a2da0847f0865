"""
The properties of ``spring.kafka`` that a verdict can depend on, and what they are to Kafka.

Source: ``KafkaProperties``.
"""

from collections.abc import Collection, Mapping
from typing import Literal

import attrs

from ackproof.config.clients.definitions import table
from ackproof.config.clients.libraries import MATTERS
from ackproof.config.files.nearest import near_miss
from ackproof.config.files.problems import Remarks
from ackproof.config.sources.boot.entries import Entry
from ackproof.config.sources.boot.names import KAFKA, PROPERTIES, Name, uniform
from ackproof.config.sources.boot.values import (
    Convert,
    boolean,
    int_bytes,
    milliseconds,
    number,
    one_of,
    size_bytes,
    text,
)

ClientSide = Literal["producer", "consumer"]
SIDES: tuple[ClientSide, ...] = ("producer", "consumer")
TRANSACTION_ID_PREFIX = "transaction-id-prefix"


@attrs.frozen
class Typed:
    """A property with a type: the key of Kafka that it sets, and how its value becomes text."""

    key: str
    convert: Convert


COMMON: Mapping[str, Typed] = {"client-id": Typed("client.id", text)}
TYPED: Mapping[ClientSide, Mapping[str, Typed]] = {
    "producer": {
        "acks": Typed("acks", text),
        "batch-size": Typed("batch.size", int_bytes),
        "buffer-memory": Typed("buffer.memory", size_bytes),
        "client-id": Typed("client.id", text),
        "compression-type": Typed("compression.type", text),
        "retries": Typed("retries", number),
        TRANSACTION_ID_PREFIX: Typed("transactional.id", text),
    },
    "consumer": {
        "auto-commit-interval": Typed("auto.commit.interval.ms", milliseconds),
        "auto-offset-reset": Typed("auto.offset.reset", text),
        "client-id": Typed("client.id", text),
        "enable-auto-commit": Typed("enable.auto.commit", boolean),
        "fetch-max-wait": Typed("fetch.max.wait.ms", milliseconds),
        "fetch-min-size": Typed("fetch.min.bytes", int_bytes),
        "group-id": Typed("group.id", text),
        "heartbeat-interval": Typed("heartbeat.interval.ms", milliseconds),
        "isolation-level": Typed("isolation.level", one_of("read_uncommitted", "read_committed")),
        "max-poll-interval": Typed("max.poll.interval.ms", milliseconds),
        "max-poll-records": Typed("max.poll.records", number),
    },
}
"""
By property. ``transaction-id-prefix`` is not the whole ``transactional.id``: ``DefaultKafkaProducerFactory`` appends a
number from 0 on, one for each producer that is in use at a time. Two instances of an application with the same prefix
fence each other.
"""

LISTENER = ("ack-mode", "concurrency", "type")
"""Properties of the listeners' container."""

PASSED_OVER = (
    *("bootstrap-servers", "ssl", "security", PROPERTIES),
    *("key-serializer", "value-serializer", "key-deserializer", "value-deserializer"),
)
"""Further properties of a client, which no verdict depends on."""

SHARED = ("bootstrap-servers", "client-id", PROPERTIES)
"""What both clients have in common."""

WORDS_OF: Mapping[Name, Collection[str]] = {
    (): SHARED,
    ("listener",): LISTENER,
    **{(side,): (*TYPED[side], *PASSED_OVER) for side in SIDES},
}
"""The properties under ``spring.kafka``, by what stands between."""

JAVA_MATTERS: Mapping[ClientSide, tuple[str, ...]] = {
    side: tuple(key for key in MATTERS[side] if key in table(f"java-{side}").keys) for side in SIDES
}
PROPERTY_OF: Mapping[ClientSide, Mapping[str, str]] = {
    side: {typed.key: name for name, typed in TYPED[side].items()} for side in SIDES
}


def property_name(side: ClientSide, key: str) -> Name:
    """The property that sets a *key* of one client: the one with a type, if there is one."""
    typed = PROPERTY_OF[side].get(key)
    return (*KAFKA, side, typed) if typed else (*KAFKA, side, PROPERTIES, key)


def joined(name: Name) -> Name:
    """
    The *name* of an environment variable with the words of a property as one element.

    Spring Boot takes ``..._BATCH_SIZE`` for ``batch-size`` as well as ``..._BATCHSIZE``.
    """
    for length in (2, 3):
        behind = "-".join(name[length:])
        if name[:2] == KAFKA and behind in WORDS_OF.get(name[2:length], ()):
            return (*name[:length], behind)
    return name


def check_known(side: ClientSide, rest: Name, entry: Entry, remarks: Remarks) -> None:
    """
    Say so if an *entry* under ``spring.kafka.producer`` or ``.consumer`` is no property: Spring Boot passes it over.

    Args:
        rest: What is behind the side in its name.
    """
    if not rest or uniform(rest[0]) in map(uniform, (*TYPED[side], *PASSED_OVER)):
        return
    meant = near_miss(".".join(entry.name[3:]), JAVA_MATTERS[side])
    if meant is None:
        remarks.note(entry.key, "no property of Spring Boot, which passes it over", entry.place)
    else:
        spelt = ".".join(property_name(side, meant))
        remarks.refuse(entry.key, f"Spring Boot passes over {entry.key}; did you mean {spelt}?", entry.place)
