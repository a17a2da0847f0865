"""The client libraries, and which one a pipeline names."""

from collections.abc import Callable, Mapping

from ackproof.config.clients import aiokafka, java, java_consumer, java_producer, kafka_python, librdkafka
from ackproof.config.clients.definitions import table
from ackproof.config.clients.library import Library, Side
from ackproof.config.files.nearest import SLIP, nearest
from ackproof.config.files.section import Section, text
from ackproof.config.pipeline import Client
from ackproof.config.versions import (
    KAFKA_RELEASES,
    Version,
    dotted,
    is_too_new,
    is_too_old,
    listed_for,
    newest_patch,
    parts,
)

MATTERS: Mapping[Side, tuple[str, ...]] = {
    "producer": (
        *("acks", "request.required.acks", "enable.idempotence", "retries", "message.send.max.retries"),
        *("max.in.flight.requests.per.connection", "max.in.flight", "transactional.id", "transaction.timeout.ms"),
        *("delivery.timeout.ms", "message.timeout.ms", "request.timeout.ms", "linger.ms"),
    ),
    "consumer": (
        *("group.id", "group.instance.id", "group.protocol", "group.remote.assignor", "partition.assignment.strategy"),
        *("enable.auto.commit", "auto.commit.interval.ms", "enable.auto.offset.store", "auto.offset.reset"),
        *("isolation.level", "session.timeout.ms", "heartbeat.interval.ms", "max.poll.interval.ms", "max.poll.records"),
    ),
}
"""The keys on which a verdict can depend, with dots."""


def _with_dots(key: str) -> str:
    return key


def _with_underscores(key: str) -> str:
    return key.replace(".", "_")


def _spelt(spell: Callable[[str], str]) -> Mapping[Side, tuple[str, ...]]:
    return {side: tuple(map(spell, keys)) for side, keys in MATTERS.items()}


JAVA = Library(
    name="java",
    releases=KAFKA_RELEASES,
    tables={"producer": "java-producer", "consumer": "java-consumer"},
    matters=MATTERS,
    refused_value=java.refused_value,
    refused_key=java.refused_key,
    spell=_with_dots,
    delivery=java_producer.delivery,
    membership=java_consumer.membership,
)
LIBRDKAFKA = Library(
    name="librdkafka",
    releases=table("librdkafka").versions,
    tables={"producer": "librdkafka", "consumer": "librdkafka"},
    matters=MATTERS,
    refused_value=librdkafka.refused_value,
    refused_key=librdkafka.refused_key,
    spell=_with_dots,
    delivery=librdkafka.delivery,
    membership=librdkafka.membership,
    known_since=librdkafka.KNOWN_SINCE,
    wrappers=librdkafka.WRAPPERS,
)
KAFKA_PYTHON = Library(
    name="kafka-python",
    releases=table("kafka-python-producer").versions,
    tables={"producer": "kafka-python-producer", "consumer": "kafka-python-consumer"},
    matters=_spelt(_with_underscores),
    refused_value=kafka_python.refused_value,
    refused_key=kafka_python.refused_key,
    spell=_with_underscores,
    delivery=kafka_python.delivery,
    membership=kafka_python.membership,
)
AIOKAFKA = Library(
    name="aiokafka",
    releases=table("aiokafka-producer").versions,
    tables={"producer": "aiokafka-producer", "consumer": "aiokafka-consumer"},
    matters=_spelt(_with_underscores),
    refused_value=aiokafka.refused_value,
    refused_key=aiokafka.refused_key,
    spell=_with_underscores,
    delivery=aiokafka.delivery,
    membership=aiokafka.membership,
)
LIBRARIES: Mapping[str, Library] = {library.name: library for library in (JAVA, LIBRDKAFKA, KAFKA_PYTHON, AIOKAFKA)}


def library_in(section: Section, kafka: Version) -> tuple[Library, Client]:
    """The library that ``client`` names; without a version Java is that of the brokers, another its newest."""
    name, _, version = (text(section, "client") or JAVA.name).strip().partition(" ")
    if name not in LIBRARIES:
        section.refuse("client", f"there is no client {name!r}; {_hint(name)}")
        return JAVA, Client(JAVA.name, dotted(kafka), is_default=True)
    library = LIBRARIES[name]
    newest = kafka if library is JAVA else parts(library.releases[-1])
    found = _release(section, library, version.strip()) if version.strip() else newest
    return library, Client(name, dotted(found), is_default=not version.strip())


def _hint(name: str) -> str:
    """The library that was probably meant; confluent-kafka is a name for librdkafka in Python."""
    meant = LIBRDKAFKA.name if "confluent" in name.lower() else nearest(name, LIBRARIES, SLIP)
    return f"did you mean {meant}?" if meant else f"known are {', '.join(LIBRARIES)}"


def _release(section: Section, library: Library, given: str) -> Version:
    """The release of a client that is *given*."""
    newest = parts(library.releases[-1])
    try:
        version = newest_patch(parts(given), library.releases)
    except ValueError:
        section.refuse("client", f"{given!r} is no version of {library.name}")
        return newest
    if is_too_new(version, library.releases):
        known = f"the newest that is known, {dotted(newest)}"
        section.refuse("client", f"{library.name} {given} is newer than {known}")
        return newest
    if library is JAVA and is_too_old(version, library.releases):
        section.refuse(
            "client", f"{library.name} {given} is older than the oldest that is known, {library.releases[0]}"
        )
        return newest
    stand_in = listed_for(version, library.releases)
    if parts(stand_in) != version:
        section.remarks.note(
            "client", f"settings and defaults are those of {library.name} {stand_in}", section.place_of("client")
        )
    return version
