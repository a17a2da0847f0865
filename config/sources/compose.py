"""
Compose files: the environment of each service, which configures brokers and Spring applications.

Source: the Compose Specification.
"""

import re
from collections.abc import Iterable, Iterator, Mapping

import attrs

from ackproof.config.files.problems import Remarks
from ackproof.config.pipeline import Place, Setting
from ackproof.config.sources.env_files import Assigned, assigned_in, named_by, settled
from ackproof.config.sources.environment import (
    KAFKA,
    NOTHING,
    Known,
    Variable,
    broker_of,
    interpolated,
    is_of_confluent,
    next_to,
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
            if broker:
                yield attrs.evolve(broker, kafka=_kafka(image, file))
            yield from from_environment(variables, service, file, remarks)


def services_in(document: Document) -> tuple[str, ...]:
    """The names of the services."""
    return tuple(dict.fromkeys(rest[0] for rest, _ in document.under("services") if len(rest) > 1))


def environment(
    document: Document, service: str, file: str, remarks: Remarks, known: Known = NOTHING
) -> Iterator[Variable]:
    """The variables of a service, written as a mapping or as a list; then those of its files that it leaves alone."""
    own: dict[str, Slot] = {}
    for rest, leaf in document.under("services", service, "environment"):
        name, before, value = _assignment(rest, leaf)
        own[name] = Slot(document.number, leaf.path, before)
        said = Assigned(name, value, Place(file, leaf.line), is_literal=False)
        yield from _variable(said, own[name], remarks, known)
    image = document.leaf("services", service, "image")
    matters = any(map(is_of_kafka, own)) or (image is not None and "kafka" in image.written)
    beside = next(iter(own.values()), Slot(document.number, ("services", service, "environment", "")))
    in_files = _in_files(document, service, file, remarks, known, matters=matters)
    for said in in_files.values():
        if said.name not in own:
            found = _variable(said, next_to(beside, said.name), remarks, {**known, **settled(in_files)})
            yield from (attrs.evolve(each, file=said.at.file) for each in found)


def is_of_kafka(name: str) -> bool:
    """Whether a variable may configure a broker or a Spring application."""
    return name.startswith(KAFKA) or is_of_spring(name)


def is_of_spring(name: str) -> bool:
    """Whether a variable may configure a Spring application."""
    return name.lower().startswith(("spring_", "spring."))


def _in_files(
    document: Document, service: str, file: str, remarks: Remarks, known: Known, *, matters: bool
) -> Mapping[str, Assigned]:
    """What the files of a service say at last."""
    found: dict[str, Assigned] = {}
    for named in named_by(document, service, file, remarks, known):
        for said in assigned_in(named, remarks, matters=matters):
            found[said.name] = said
    return found


def _variable(said: Assigned, slot: Slot, remarks: Remarks, known: Known) -> Iterator[Variable]:
    """A variable as it is set, if it may be of Kafka and its value is known."""
    name, value, at = said.name, said.value, said.at
    line = at.line or 0
    if is_of_spring(name):
        # What it depends on, Spring's own placeholders say the same way.
        if value is not None and not said.is_literal:
            value = interpolated(value, at, name, Remarks(), known) or value
        yield Variable(name, value or "", line, slot)
    elif name.startswith(KAFKA) and value is None:
        tell_unknown(name, at, name, remarks)
    elif name.startswith(KAFKA) and value is not None:
        meant = value if said.is_literal else interpolated(value, at, name, remarks, known)
        if meant is not None:
            yield Variable(name, meant, line, slot)


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
