"""Changes written back into the files that they come from: all of them or none, and nothing else in these files."""

import difflib
import os
import shutil
import tempfile
import tomllib
from codecs import BOM_UTF8
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import attrs

from ackproof.config.files.problems import Remarks
from ackproof.config.pipeline import Pipeline, Setting
from ackproof.config.sources.broker_keys import is_of_topic
from ackproof.config.sources.describing import command
from ackproof.config.sources.part import Part, Side
from ackproof.config.sources.reading import YAML, parts_at
from ackproof.config.sources.reference import TABLES, Reference, references_in
from ackproof.config.topic import SYNONYMS
from ackproof.repair.change import CanNotWriteError, Change
from ackproof.repair.in_properties import ENCODING, with_property
from ackproof.repair.in_toml import with_value
from ackproof.repair.in_yaml import with_scalar

Place = tuple[Path, Callable[[bytes], bytes]]
"""A file, and what becomes of its content."""

SIDES: Mapping[str, tuple[Side, ...]] = {
    "topic": ("broker", "topic"),
    "producer": ("producer",),
    "consumer": ("consumer",),
}
"""What each table is about."""

CONTEXT = 2
"""How many lines around a change its difference shows."""


@attrs.frozen
class Edit:
    """A file as it is, and as it is to be."""

    path: Path
    before: bytes
    after: bytes

    @property
    def diff(self) -> str:
        """The difference, as ``diff -u`` writes it."""
        encoding = "utf-8-sig" if self.path.suffix in (".toml", *YAML) else ENCODING
        before, after = (text.decode(encoding).splitlines(keepends=True) for text in (self.before, self.after))
        found = difflib.unified_diff(before, after, str(self.path), str(self.path), n=CONTEXT)
        return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in found)


def edits(pipeline: Pipeline, changes: Iterable[Change]) -> tuple[Edit, ...]:
    """
    What each file of *pipeline* has to become so that it says what the *changes* do.

    Raises:
        CanNotWriteError: A file can not be changed so.
    """
    if pipeline.file is None:
        raise CanNotWriteError("there is no pipeline file")
    own = Path(pipeline.file)
    before = {own: _read(own)}
    named = _named(own, before[own])
    now = dict(before)
    for change in changes:
        path, change_in = _place(pipeline, change, named) or (own, partial(_changed_toml, change=change))
        content = before.setdefault(path, _read(path))
        try:
            now[path] = change_in(now.get(path, content))
        except CanNotWriteError as problem:
            raise CanNotWriteError(f"{path}: {problem}") from None
    return tuple(Edit(path, before[path], now[path]) for path in now if now[path] != before[path])


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as problem:
        raise CanNotWriteError(f"can not read {path}: {problem.strerror}") from None


def _named(own: Path, content: bytes) -> Mapping[str, tuple[Reference, ...]]:
    """The files that each table of a pipeline file names."""
    found = tuple(references_in(tomllib.loads(content.decode("utf-8-sig")), own.parent))
    return {table: tuple(meant for name, meant in found if name == table) for table in TABLES}


def _place(pipeline: Pipeline, change: Change, named: Mapping[str, tuple[Reference, ...]]) -> Place | None:
    """The file in which a setting stands or belongs, and how it is changed there; None for the pipeline's own."""
    table, key = change.path[0], change.path[-1]
    is_setting = change.path[1:2] == ("config",) or table == "topic"
    given = _given(pipeline, change)
    if not is_setting or not named.get(table) or (given and given.file == pipeline.file):
        return None
    found = [(meant.path, part) for meant in named[table] for part in parts_at(meant, SIDES[table], Remarks())]
    parts = [(path, part) for path, part in found if table != "topic" or part.side == "broker" or is_of_topic(key)]
    if not parts:
        return None
    there = [each for each in parts if given and str(each[0]) == given.file and _key_in(each[1], key) in each[1].slots]
    path, first = max(there or parts, key=lambda each: each[1].side == table)
    # Brokers that are alike are changed alike.
    alike = [part for file, part in parts if file == path and part.side == first.side]
    return path, partial(_changed_in, path, alike, key, str(change.value))


def _given(pipeline: Pipeline, change: Change) -> Setting | None:
    """What was given under the key of a setting."""
    sides = {"topic": pipeline.topic, "producer": pipeline.producer, "consumer": pipeline.consumer}
    side = sides.get(change.path[0])
    found = side.settings.values() if side else ()
    return next((one for one in found if one.file is not None and one.key == change.path[-1]), None)


def _key_in(part: Part, key: str) -> str:
    """The key of a topic as a part calls it, which may be about brokers."""
    return SYNONYMS.get(key, key) if part.side == "broker" else key


def _changed_in(path: Path, parts: Iterable[Part], key: str, value: str, content: bytes) -> bytes:
    """The *content* of a file that somebody else's tool reads, with another *value* of a setting."""
    for part in parts:
        name = _key_in(part, key)
        slot = part.slot(name)
        if slot is None:
            if part.instead is None:
                raise CanNotWriteError(f"{name} has no place there that is sure to count")
            raise CanNotWriteError(f"is what a tool printed; change it with {command(part.instead, name, value)}")
        if path.suffix in YAML:
            content = with_scalar(content, slot, value)
        else:
            content = with_property(content, slot.path[-1], f"{slot.before}{value}")
    return content


def _changed_toml(content: bytes, change: Change) -> bytes:
    mark = BOM_UTF8 if content.startswith(BOM_UTF8) else b""
    return mark + with_value(content.removeprefix(mark).decode(), change.path, change.value).encode()


def write(found: Sequence[Edit]) -> None:
    """
    Write all edits, or none.

    Raises:
        CanNotWriteError: A file can not be written, or has changed since it was read; all are as they were.
    """
    for edit in found:
        if _read(edit.path) != edit.before:
            raise CanNotWriteError(f"{edit.path} has changed meanwhile")
    with ExitStack() as left_over:
        try:
            new = [(edit, _beside(edit.path, edit.after, left_over)) for edit in found]
            old = {edit.path: _beside(edit.path, edit.before, left_over) for edit in found}
            _replace(new, old)
        except OSError as problem:
            raise CanNotWriteError(f"can not write {problem.filename}: {problem.strerror}") from None


def _beside(path: Path, content: bytes, left_over: ExitStack) -> Path:
    """A new file beside that at *path*, with the same permissions; it is removed unless it has been moved."""
    target = path.resolve()
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    left_over.callback(Path(name).unlink, missing_ok=True)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    shutil.copymode(target, name)
    return Path(name)


def _replace(new: Sequence[tuple[Edit, Path]], old: Mapping[Path, Path]) -> None:
    """Move the *new* files into place, one after the other; if one can not be, the *old* ones back."""
    done: list[Path] = []
    try:
        for edit, file in new:
            file.replace(edit.path.resolve())
            done.append(edit.path)
    except OSError:
        for path in done:
            old[path].replace(path.resolve())
        raise


def diffs(found: Sequence[Edit]) -> Iterator[Mapping[str, str]]:
    """Each file that changes, and how."""
    for edit in found:
        yield {"file": str(edit.path), "diff": edit.diff}
