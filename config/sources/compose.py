"""
Compose files: the environment of each service, which configures brokers and Spring applications.

Source: the Compose Specification.
"""

import re
from collections.abc import Iterable, Iterator

from ackproof.config.files.problems import Remarks
from ackproof.config.pipeline import Place, Setting
from ackproof.config.sources.environment import Variable, broker_of, interpolated
from ackproof.config.sources.part import Part, Slot
from ackproof.config.sources.spring import from_environment
from ackproof.config.sources.tree import Document, Leaf

CONFLUENT = "confluentinc/"
FIRST_OF_CONFLUENT = {5: (2, 0), 6: (2, 6), 7: (3, 0), 8: (4, 0)}
"""Which Kafka the first minor release of a Confluent Platform holds; each further one holds the next."""

VERSION = re.compile(r"(\d+)\.(\d+)(\.\d+)*")


def parts_in(documents: Iterable[Document], file: str, remarks: Remarks) -> Iterator[Part]:
    """What the services of a compose *file* say of brokers, and of Spring applications."""
    for document in documents:
        for service in services_in(document):
            variables = tuple(environment(document, service, file, remarks))
            if broker := broker_of(variables, service, file, _kafka(document, service, file)):
                _note_files(document, service, file, remarks)
                yield broker
            yield from from_environment(variables, service, file, remarks)


def services_in(document: Document) -> tuple[str, ...]:
    """The names of the services."""
    return tuple(dict.fromkeys(rest[0] for rest, _ in document.under("services") if len(rest) > 1))


def environment(document: Document, service: str, file: str, remarks: Remarks) -> Iterator[Variable]:
    """The variables of a service, written as a mapping or as a list."""
    for rest, leaf in document.under("services", service, "environment"):
        name, before, value = _assignment(rest, leaf)
        if name.startswith(("KAFKA_", "SPRING_")):
            found = interpolated(value, Place(file, leaf.line), name, remarks)
            if found is not None:
                yield Variable(name, found, leaf.line, Slot(document.number, leaf.path, before))


def _assignment(rest: tuple[str, ...], leaf: Leaf) -> tuple[str, str, str]:
    """The name of a variable, what stands before its value in the same text, and the value."""
    if not rest or not rest[-1].startswith("["):
        return ".".join(rest), "", leaf.written
    name, _, value = leaf.written.partition("=")
    return name, f"{name}=", value


def _kafka(document: Document, service: str, file: str) -> Setting | None:
    """The version of the brokers, by the tag of the image."""
    image = document.leaf("services", service, "image")
    release = release_of(image.written) if image else None
    return Setting("kafka", release, file, image.line) if image and release else None


def release_of(image: str) -> str | None:
    """The release of Kafka in an *image*, as far as its tag tells: ``apache/kafka:4.1.0``, ``cp-kafka:7.6.1``."""
    name, _, tag = image.rpartition("/")[2].partition("@")[0].partition(":")
    found = VERSION.search(tag.rpartition("-")[2] if tag[:5] in ("2.12-", "2.13-") else tag)
    if found is None or not name:
        return None
    if CONFLUENT not in image:
        return found[0]
    major, minor = int(found[1]), int(found[2])
    if major not in FIRST_OF_CONFLUENT:
        return None
    first = FIRST_OF_CONFLUENT[major]
    return f"{first[0]}.{first[1] + minor}"


def _note_files(document: Document, service: str, file: str, remarks: Remarks) -> None:
    """Say which files a service takes more variables from, as they are not read."""
    for _, leaf in document.under("services", service, "env_file"):
        message = f"{leaf.written} is not read; name it beside this file if it configures the broker"
        remarks.note("env_file", message, Place(file, leaf.line))
