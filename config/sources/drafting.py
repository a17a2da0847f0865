"""Writes a pipeline file that names the files which settings come from, so that they are read anew each time."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import attrs
import tomlkit

from ackproof.config.pipeline import Setting
from ackproof.config.sources.part import Part
from ackproof.config.sources.reference import KEY, TABLES, Reference

ASSUMED: Mapping[str, Mapping[str, str]] = {
    "producer": {
        "on_send_failure": "what the application does when a send fails: stop, drop or resend",
        "on_restart": "what it does about sends whose outcome it did not see: forget or resend",
    },
    "consumer": {
        "commit_when": "after-processing or before-processing",
        "processing": "in-poll-loop, or handed-off to other threads",
        "instances": "how many members the group has",
        "sink": "plain, idempotent (absorbs repeats) or kafka",
        "on_processing_failure": "retry, skip, dead-letter, stop or crash",
        "on_revoke": "commit what is processed, or nothing",
        "close": "clean, or none if the process just ends",
    },
}
"""What nobody but the application knows, and what it may be; written down so that its user sees and corrects it."""

DEFAULTS: Mapping[str, Mapping[str, str]] = {
    "producer": {"on_send_failure": "stop", "on_restart": "forget"},
    "consumer": {
        "commit_when": "after-processing",
        "processing": "in-poll-loop",
        "instances": "1",
        "sink": "plain",
        "on_processing_failure": "retry",
        "on_revoke": "nothing",
        "close": "clean",
    },
}


Line = tuple[str, object, str]
"""A key, its value, and a comment."""


@attrs.frozen
class Named:
    """A file that a pipeline is to name, and the parts in it that are meant."""

    meant: Reference
    parts: tuple[Part, ...]


@attrs.frozen
class Told:
    """A value that stands in no file, with where it is from: a cluster."""

    setting: Setting
    origin: str


@attrs.frozen
class Draft:
    """
    What a pipeline file is to say.

    Attributes:
        sources: The files that each table names, by the names of the tables.
        told: Values that are written into the file itself, by the names of the tables; those of "" stand above them.
        folder: Where the file is to be.
    """

    name: str
    sources: Mapping[str, Sequence[Named]]
    told: Mapping[str, Sequence[Told]]
    folder: Path

    @property
    def sides(self) -> tuple[str, ...]:
        """The clients: those that files configure, else both, with what their library has by default."""
        found = tuple(side for side in TABLES[1:] if self.sources.get(side))
        return found or TABLES[1:]


def written(draft: Draft) -> str:
    """The file as text."""
    lines = _aligned([("name", draft.name, ""), *_told(draft, "")])
    for table in (TABLES[0], *draft.sides, "features"):
        body = _aligned(list(_body(draft, table)))
        lines += ["", f"[{table}]", *body] if body else []
    return "\n".join(lines) + "\n"


def _body(draft: Draft, table: str) -> Iterator[Line]:
    """The lines of a table."""
    named = draft.sources.get(table, ())
    if texts := [reference_text(each.meant, draft.folder) for each in named]:
        yield KEY, texts[0] if len(texts) == 1 else texts, ""
    elif table in ASSUMED:
        yield "client", "java", "no file configures it: as Kafka has it by default"
    yield from _told(draft, table)
    words = words_in(part for each in named for part in each.parts)
    for key, word in words.items():
        yield key, _typed(word.value or ""), _origin(word)
    for key, meaning in ASSUMED.get(table, {}).items():
        if key not in words:
            yield key, _typed(DEFAULTS[table][key]), f"assumed: {meaning}"


def words_in(parts: Iterable[Part]) -> dict[str, Setting]:
    """What *parts* say of the application: what a file says counts before what a framework does where nothing is."""
    words: dict[str, Setting] = {}
    for part in parts:
        for key, word in part.words.items():
            if word.file is not None or words.get(key, word).file is None:
                words[key] = word
    return words


def _told(draft: Draft, table: str) -> Iterator[Line]:
    for each in draft.told.get(table, ()):
        yield each.setting.key, _typed(each.setting.value or ""), each.origin


def _aligned(lines: Sequence[Line]) -> list[str]:
    """Lines of TOML, with their comments below each other."""
    codes = [f"{tomlkit.key(key).as_string()} = {_toml(value)}" for key, value, _ in lines]
    width = max((len(code) for code, (*_, comment) in zip(codes, lines, strict=True) if comment), default=0)
    pairs = zip(codes, lines, strict=True)
    return [f"{code:{width}}  # {comment}" if comment else code for code, (*_, comment) in pairs]


def _typed(value: str) -> str | int | bool:
    """The *value* as a number or a truth value where it reads like one."""
    return int(value) if value.isdigit() else {"true": True, "false": False}.get(value, value)


def _origin(word: Setting) -> str:
    """Where a word is from, as a comment says it."""
    return f"{Path(word.file).name}:{word.line}" if word.file else "the framework's default"


def _toml(value: object) -> str:
    return tomlkit.item(value).as_string()


def reference_text(meant: Reference, folder: Path) -> str:
    """How a file in *folder* names another one, and a part of it."""
    path = Path(os.path.relpath(meant.path, folder)).as_posix()
    return f"{path}#{meant.name}" if meant.name else path
