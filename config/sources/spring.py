"""
Spring Boot's applications: ``application.yml``, ``application.properties`` and environment variables.

Source: ``KafkaProperties`` and ``KafkaAnnotationDrivenConfiguration`` of Spring Boot, the containers of spring-kafka.
What an application sets up in its code instead (beans, annotations) stands in none of them.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import PurePath

from ackproof.config.files.problems import Remarks
from ackproof.config.pipeline import Place, Setting
from ackproof.config.sources.boot.entries import Entry, Layer
from ackproof.config.sources.boot.keys import joined
from ackproof.config.sources.boot.names import Name, identity, key_of, name_of, of_variable, variable_of
from ackproof.config.sources.boot.parts import parts_in
from ackproof.config.sources.environment import Variable, next_to
from ackproof.config.sources.part import Part, Slot
from ackproof.config.sources.tree import Document

APPLICATION = "application"
"""How the files of an application are called, before ``.yml`` or before ``-PROFILE.yml``."""

OF_PROFILE = re.compile(rf"{APPLICATION}-(.+)\.(?:ya?ml|properties)")
SEPARATOR = re.compile(rb"([#!])---\s*")


def from_documents(
    documents: tuple[Document, ...], file: str, remarks: Remarks, beside: Iterable[Layer] = ()
) -> tuple[Part, ...]:
    """
    The parts of an application that the documents of a YAML *file* configure; none if it says nothing of Kafka.

    Args:
        beside: What the files of single profiles say, which counts before this one.
    """
    return parts_in((*layers_of_documents(documents, file), *beside), None, remarks)


def from_settings(
    settings: list[Setting], file: str, remarks: Remarks, separators: Sequence[int] = (), beside: Iterable[Layer] = ()
) -> tuple[Part, ...]:
    """
    The parts of an application that a properties *file* configures.

    Args:
        separators: The lines that end one document and begin the next.
        beside: What the files of single profiles say, which counts before this one.
    """
    return parts_in((*layers_of_settings(settings, file, separators), *beside), None, remarks)


def layers_of_documents(documents: tuple[Document, ...], file: str, profile: str | None = None) -> tuple[Layer, ...]:
    """What the documents of a YAML *file* say; one of a *profile* is there to be read, not to be changed."""
    return tuple(_of_document(document, file, profile) for document in documents)


def layers_of_settings(
    settings: Iterable[Setting], file: str, separators: Sequence[int] = (), profile: str | None = None
) -> tuple[Layer, ...]:
    """What the documents of a properties *file* say; one of a *profile* is there to be read, not to be changed."""
    found = list(settings)
    occurrences = Counter(setting.key for setting in found)
    documents: list[list[Entry]] = [[] for _ in range(len(separators) + 1)]
    for setting in found:
        number = sum(line < (setting.line or 0) for line in separators)
        is_clear = profile is None and (not separators or occurrences[setting.key] == 1)
        slot = Slot(0, (setting.key,)) if is_clear else None
        place = Place(file, setting.line)
        documents[number].append(Entry(setting.key, name_of(setting.key), setting.value or "", place, slot))
    new_slot = _none if separators or profile is not None else _at_end
    return tuple(Layer(tuple(entries), new_slot, profile) for entries in documents)


def profile_of(file: str) -> str | None:
    """The profile that a *file* is of by its name: ``application-prod.yml``."""
    found = OF_PROFILE.fullmatch(PurePath(file).name)
    return found[1] if found else None


def separators_in(data: bytes) -> tuple[int, ...]:
    """
    The lines of a properties file that separate documents: ``#---`` by itself, with no comment of the kind before it.

    Source: ``OriginTrackedPropertiesLoader``.
    """
    lines = [b"", *data.splitlines()]
    found = ((number, SEPARATOR.fullmatch(line)) for number, line in enumerate(lines))
    return tuple(number for number, mark in found if mark and not lines[number - 1].lstrip().startswith(mark[1]))


def from_environment(variables: Iterable[Variable], name: str | None, file: str, remarks: Remarks) -> tuple[Part, ...]:
    """
    The parts of an application that environment variables configure.

    Args:
        name: What the application is called, if the file has several.
    """
    found = [(each, joined(of_variable(each.name))) for each in variables]
    entries = [Entry(each.name, name, each.value, each.at(file), each.slot) for each, name in found]
    of_kafka = tuple(entry for entry in entries if entry.is_of_kafka)

    def new_slot(wanted: Name) -> Slot | None:
        variable, beside = variable_of(wanted), of_kafka[-1].slot
        return next_to(beside, variable) if variable and beside else None

    return parts_in((Layer(of_kafka, new_slot),), name, remarks)


def _of_document(document: Document, file: str, profile: str | None) -> Layer:
    def slot(path: Name) -> Slot | None:
        return Slot(document.number, path) if profile is None else None

    entries = tuple(
        Entry(key, name_of(key), leaf.value, Place(file, leaf.line), slot(leaf.path))
        for leaf in document.leaves
        if (key := key_of(leaf.path))
    )
    return Layer(entries, lambda wanted: slot(_path(document, wanted)), profile)


def _path(document: Document, wanted: Name) -> Name:
    """The path of a property that is not there yet: under what is there of it, in its spelling."""
    above = {leaf.path[:length] for leaf in document.leaves for length in range(1, len(leaf.path))}
    shared = [path for path in above if _leads_to(path, wanted)]
    nearest = max(shared, key=lambda path: (len(name_of(key_of(path))), path), default=())
    return (*nearest, *wanted[len(name_of(key_of(nearest))) :])


def _leads_to(path: Name, wanted: Name) -> bool:
    """Whether a mapping at *path* can hold a property."""
    plain = identity(name_of(key_of(path)))
    return plain == identity(wanted)[: len(plain)]


def _at_end(wanted: Name) -> Slot:
    return Slot(0, (".".join(wanted),))


def _none(_wanted: Name) -> None:
    """A file of several documents has no place at its end that is sure to count."""
