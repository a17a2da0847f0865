"""Reads the files that a pipeline's settings come from, whatever their kind."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from ackproof.config.clients.definitions import ever_known
from ackproof.config.files.problems import NOWHERE, Remarks, bytes_of
from ackproof.config.files.properties import is_text, settings_of
from ackproof.config.files.section import Section, shown
from ackproof.config.pipeline import Place, Setting
from ackproof.config.sources import compose, describing, foreign, spring, strimzi
from ackproof.config.sources.boot.entries import Layer
from ackproof.config.sources.boot.names import key_of
from ackproof.config.sources.choosing import NotClearError, Sides, chosen
from ackproof.config.sources.dotenv import DOTENV, known_beside
from ackproof.config.sources.env_files import named_by
from ackproof.config.sources.environment import NOTHING, Known, Variable, broker_of
from ackproof.config.sources.part import Part, Side, Slot
from ackproof.config.sources.reference import KEY, Reference, reference, texts_of
from ackproof.config.sources.tree import Document, documents_in

YAML = (".yml", ".yaml")
JSON = ".json"
OTHERS = (JSON, ".toml", ".xml", ".py", ".js", ".ts", ".rb", ".go", ".rs", ".java", ".kt", ".scala", ".cs", ".sql")
"""Java would take any text for properties; of these nobody means that."""

VARIABLE = re.compile(r"(?:KAFKA|SPRING)_[A-Z0-9_]+")


def parts_of(section: Section, sides: Sides) -> tuple[Part, ...]:
    """The parts of *sides* in the files that a table names under ``properties``, relative to the pipeline's."""
    value = section.take(KEY)
    texts = () if value is None else texts_of(value)
    if texts is None:
        path = section.path_of(KEY)
        section.refuse(KEY, f"{path} must be text in quotes, or a list of such texts, not {shown(value)}")
    base = Path(section.file).parent if section.file else Path()
    at, key = section.place_of(KEY), section.path_of(KEY)
    found = [parts_at(reference(text, base), sides, section.remarks, at, key) for text in texts or ()]
    return tuple(part for parts in found for part in parts)


def parts_at(
    meant: Reference, sides: Sides, remarks: Remarks, at: Place = NOWHERE, key: str | None = None
) -> tuple[Part, ...]:
    """The parts of *sides* that a reference means; what is wrong goes to *remarks*."""
    before = len(remarks.problems)
    found = parts_in_file(meant.path, sides[0], remarks, at, key)
    if len(remarks.problems) > before:
        return ()
    try:
        taken = chosen(found, sides, meant.name)
        for side in sides:
            if {part.side for part in found} >= {side} and side not in {part.side for part in taken}:
                message = f"its {side}s differ, and none is taken: name one too, as in FILE#NAME"
                remarks.note(key or str(meant.path), f"{meant.path}: {message}", at)
        return taken
    except NotClearError as problem:
        remarks.refuse(key, f"{meant.path} {problem}", at)
        return ()


def parts_in_file(
    path: Path, side: Side, remarks: Remarks, at: Place = NOWHERE, key: str | None = None
) -> tuple[Part, ...]:
    """
    Every part that a file has.

    Args:
        side: What a properties file configures that does not say it itself.
        at: Where the file is named, if in another file.
        key: What names it there.
    """
    file = str(path)
    data = bytes_of(path, file, at, key, remarks)
    if data is None:
        return ()
    known = known_beside(path, remarks) if path.suffix in YAML else NOTHING
    return parts_in(data, file, side, remarks, _of_profiles(path, remarks), known)


def beside(path: Path) -> tuple[Path, ...]:
    """The files of single profiles beside a Spring application's own, in the order in which the last one counts."""
    if path.stem != spring.APPLICATION:
        return ()
    files = path.parent.glob(f"{spring.APPLICATION}-*.*")
    return tuple(
        sorted(
            (file for file in files if spring.profile_of(file.name)), key=lambda file: (file.suffix not in YAML, file)
        )
    )


def variables_beside(path: Path) -> tuple[Path, ...]:
    """The files of variables that the services of a compose file take values from, and what they depend on."""
    if path.suffix not in YAML:
        return ()
    remarks, file = Remarks(), str(path)
    known = known_beside(path, remarks)
    documents = documents_in(bytes_of(path, file, NOWHERE, None, remarks) or b"", file, remarks)
    services = [(document, service) for document in documents for service in compose.services_in(document)]
    named = [each.path for where in services for each in named_by(*where, file, remarks, known)]
    return (path.with_name(DOTENV), *named) if services else ()


def _of_profiles(path: Path, remarks: Remarks) -> tuple[Layer, ...]:
    """What they say."""
    found = [(file, spring.profile_of(file.name)) for file in beside(path)]
    return tuple(layer for file, name in found if name for layer in _layers(file, name, remarks))


def _layers(path: Path, profile: str, remarks: Remarks) -> tuple[Layer, ...]:
    """What the file of a *profile* says."""
    file = str(path)
    data = bytes_of(path, file, NOWHERE, None, remarks) or b""
    if path.suffix in YAML:
        return spring.layers_of_documents(documents_in(data, file, remarks), file, profile)
    settings = settings_of(data, file, remarks) if is_text(data, file, remarks) else ()
    return spring.layers_of_settings(settings, file, spring.separators_in(data), profile)


def parts_in(
    data: bytes,
    file: str,
    side: Side,
    remarks: Remarks,
    of_profiles: tuple[Layer, ...] = (),
    known: Known = NOTHING,
) -> tuple[Part, ...]:
    """
    Every part in the *data* of a file.

    Args:
        of_profiles: What the files of single profiles say beside a Spring application's own.
        known: What is said beside a compose file.
    """
    if file.endswith(YAML):
        documents = documents_in(data, file, remarks)
        found = (
            *strimzi.parts_in(documents, file, remarks),
            *compose.parts_in(documents, file, remarks, known),
            *spring.from_documents(documents, file, remarks, of_profiles),
        )
        foreign.tell(_leaves(documents, file), found, remarks)
        return found
    text = data.decode("utf-8", "replace")
    if describing.is_output(text):
        return describing.parts_in(text, file, remarks)
    if Path(file).suffix in OTHERS:
        _refuse_others(data, file, remarks)
        return ()
    if not is_text(data, file, remarks):
        return ()
    settings = list(settings_of(data, file, remarks))
    if Path(file).stem.partition("-")[0] == spring.APPLICATION or _is_of_spring(settings):
        found = spring.from_settings(settings, file, remarks, spring.separators_in(data), of_profiles)
        foreign.tell(settings, found, remarks)
        return found
    return _of_properties(settings, file, side, remarks)


def _leaves(documents: Iterable[Document], file: str) -> Iterator[Setting]:
    """The values of *documents* as settings; an element ``NAME=VALUE`` of a list as if it stood in a mapping."""
    for document in documents:
        for leaf in document.leaves:
            *above, last = leaf.path or ("",)
            name, mark, value = leaf.written.partition("=")
            path, text = ((*above, name), value) if mark and last.startswith("[") else (leaf.path, leaf.written)
            yield Setting(key_of(path), text, file, leaf.line)


def _refuse_others(data: bytes, file: str, remarks: Remarks) -> None:
    """Say what a file is that is of no kind which is read; JSON is YAML to its reader, so that its lines are known."""
    documents = documents_in(data, file, Remarks()) if file.endswith(JSON) else ()
    if not foreign.tell(_leaves(documents, file), (), remarks):
        remarks.refuse(None, foreign.IS_NEITHER, Place(file))


def _is_of_spring(settings: Iterable[Setting]) -> bool:
    """Whether they are a Spring application's, and not a client's with a slip in them."""
    keys = {setting.key for setting in settings}
    return any(key.startswith("spring.") for key in keys) and not keys & ever_known(("java-producer", "java-consumer"))


def _of_properties(settings: list[Setting], file: str, side: Side, remarks: Remarks) -> tuple[Part, ...]:
    """The parts in a file of keys and values: of a client or a topic, or an environment."""
    variables = [
        Variable(setting.key, setting.value or "", setting.line or 0, _slot(setting))
        for setting in settings
        if VARIABLE.fullmatch(setting.key)
    ]
    if variables:
        broker = broker_of(variables, None, file, remarks)
        return (*([broker] if broker else []), *spring.from_environment(variables, None, file, remarks))
    if not foreign.tell(settings, (), remarks):
        foreign.check_client(settings, side, remarks)
    slots = {setting.key: _slot(setting) for setting in settings}
    return (Part(side, None, tuple(settings), slots=slots, new_slot=lambda key: Slot(0, (key,))),)


def _slot(setting: Setting) -> Slot:
    return Slot(0, (setting.key,))


def settings_in(parts: Iterable[Part]) -> list[Setting]:
    """
    The settings of *parts* in the order in which the last one counts.

    Those of topics stand behind those of brokers, and before all of them what nobody gave.
    """
    ordered = sorted(parts, key=lambda part: part.side == "topic")
    implied = [each for part in ordered for each in part.settings if each.key in part.implied]
    return [*implied, *(each for part in ordered for each in part.settings if each.key not in part.implied)]


def kafka_in(parts: Iterable[Part]) -> Setting | None:
    """The version of the brokers that *parts* say."""
    return next((part.kafka for part in parts if part.kafka is not None), None)
