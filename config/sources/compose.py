"""
Compose files: the environment of each service, which configures brokers and Spring applications.

Source: the Compose Specification.
"""

import re
from collections.abc import Iterable, Iterator

import attrs

from ackproof.config.files.problems import Remarks
from ackproof.config.pipeline import Place, Setting
from ackproof.config.sources.environment import (
    KAFKA,
    NOTHING,
    Known,
    Variable,
    broker_of,
    interpolated,
    is_of_confluent,
    tell_unknown,
)
from ackproof.config.sources.part import Part, Slot
from ackproof.config.sources.spring import from_environment
from ackproof.config.sources.tree import Document, Leaf

FIRST_OF_CONFLUENT = {5: (2, 0), 6: (2, 6), 7: (3, 0), 8: (4, 0)}
"""Which Kafka the first minor release of a Confluent Platform holds; each further one holds the next."""

VERSION = re.compile(r"(\d+)\.(\d+)(\.\d+)*")


def parts_in(documents: Iterable[Document], file: str, remarks: Remarks, known: Known = NOTHING) -> Iterator[Part]:
    """What the services of a compose *file* say of brokers, and of Spring applications; *known* is said beside it."""
    for document in documents:
        for service in services_in(document):
            variables = tuple(environment(document, service, file, remarks, known))
            image = document.leaf("services", service, "image")
            broker = broker_of(variables, service, file, remarks, image.written if image else "")
            _note_files(document, service, file, remarks)
            if broker:
                yield attrs.evolve(broker, kafka=_kafka(image, file))
            yield from from_environment(variables, service, file, remarks)


def services_in(document: Document) -> tuple[str, ...]:
    """The names of the services."""
    return tuple(dict.fromkeys(rest[0] for rest, _ in document.under("services") if len(rest) > 1))


def environment(
    document: Document, service: str, file: str, remarks: Remarks, known: Known = NOTHING
) -> Iterator[Variable]:
    """The variables of a service, written as a mapping or as a list."""
    for rest, leaf in document.under("services", service, "environment"):
        name, before, value = _assignment(rest, leaf)
        at = Place(file, leaf.line)
        if name.lower().startswith(("spring_", "spring.")):
            # What it depends on, Spring's own placeholders say the same way.
            found = leaf.written if value is None else interpolated(value, at, name, Remarks(), known) or value
            yield Variable(name, found, leaf.line, Slot(document.number, leaf.path, before))
        elif name.startswith(KAFKA) and value is None:
            tell_unknown(name, at, name, remarks)
        elif name.startswith(KAFKA) and value is not None:
            meant = interpolated(value, at, name, remarks, known)
            if meant is not None:
                yield Variable(name, meant, leaf.line, Slot(document.number, leaf.path, before))


def _assignment(rest: tuple[str, ...], leaf: Leaf) -> tuple[str, str, str | None]:
    """The name of a variable, what stands before its value in the text, and the value; None if the shell has it."""
    if not rest or not rest[-1].startswith("["):
        return ".".join(rest), "", None if leaf.is_null else leaf.written
    name, mark, value = leaf.written.partition("=")
    return name, f"{name}=", value if mark else None


def _kafka(image: Leaf | None, file: str) -> Setting | None:
    """The version of the brokers, by the tag of the image."""
    release = release_of(image.written) if image else None
    return Setting("kafka", release, file, image.line) if image and release else None


def release_of(image: str) -> str | None:
    """The release of Kafka in an *image*, as far as its tag tells: ``apache/kafka:4.1.0``, ``cp-kafka:7.6.1``."""
    name, _, tag = image.rpartition("/")[2].partition("@")[0].partition(":")
    # Others have releases of their own, and may say Kafka's behind them.
    own = tag.rpartition("kafka-")[2] if "kafka-" in tag else "" if "strimzi" in image or "debezium" in image else tag
    found = VERSION.search(own.rpartition("-")[2] if own[:5] in ("2.12-", "2.13-") else own)
    if found is None or not name:
        return None
    if not is_of_confluent(image):
        return found[0]
    major, minor = int(found[1]), int(found[2])
    if major not in FIRST_OF_CONFLUENT:
        return None
    first = FIRST_OF_CONFLUENT[major]
    return f"{first[0]}.{first[1] + minor}"


def _note_files(document: Document, service: str, file: str, remarks: Remarks) -> None:
    """Say which files a service takes more variables from, as they are not read."""
    for rest, leaf in document.under("services", service, "env_file"):
        if rest and not rest[-1].startswith("[") and rest[-1] != "path":
            continue
        message = f"{leaf.written} is not read; name it beside this file if it configures the broker"
        remarks.note("env_file", message, Place(file, leaf.line))
