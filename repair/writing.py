"""Changes written back into the files that they come from: all of them or none, and nothing else in these files."""

import difflib
import os
import shutil
import tempfile
import tomllib
from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import cast

import attrs

from ackproof.config.pipeline import Pipeline, Setting
from ackproof.repair.change import CanNotWriteError, Change, Value
from ackproof.repair.in_properties import ENCODING, with_property
from ackproof.repair.in_toml import with_value

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
        encoding = "utf-8-sig" if self.path.suffix == ".toml" else ENCODING
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
    contents = {own: _read(own)}
    properties = _properties(own, contents[own])
    now = dict(contents)
    for change in changes:
        path = _file_of(pipeline, change, properties) or own
        before = contents.setdefault(path, _read(path))
        now[path] = _changed(path, now.get(path, before), change, is_own=path == own)
    return tuple(Edit(path, contents[path], now[path]) for path in now if now[path] != contents[path])


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as problem:
        raise CanNotWriteError(f"can not read {path}: {problem.strerror}") from None


def _properties(own: Path, content: bytes) -> Mapping[str, Path]:
    """The properties file of each side that has one."""
    document = tomllib.loads(content.decode("utf-8-sig"))
    tables = {side: cast("Mapping[str, object]", document.get(side, {})) for side in ("producer", "consumer")}
    return {side: own.parent / str(table["properties"]) for side, table in tables.items() if "properties" in table}


def _file_of(pipeline: Pipeline, change: Change, properties: Mapping[str, Path]) -> Path | None:
    """The properties file in which the key stands or belongs; None for the pipeline's own."""
    side = change.path[0]
    if change.path[1:2] != ("config",) or side not in properties:
        return None
    given = _setting(pipeline, change)
    return None if given and given.file == pipeline.file else properties[side]


def _setting(pipeline: Pipeline, change: Change) -> Setting | None:
    """What was given under the key of a client's setting."""
    client = pipeline.producer if change.path[0] == "producer" else pipeline.consumer
    found = client.settings.values() if client else ()
    return next((one for one in found if one.file is not None and one.key == change.path[-1]), None)


def _changed(path: Path, content: bytes, change: Change, *, is_own: bool) -> bytes:
    try:
        if not is_own:
            return with_property(content, change.path[-1], str(change.value))
        return _changed_toml(content, change.path, change.value)
    except CanNotWriteError as problem:
        raise CanNotWriteError(f"{path}: {problem}") from None


def _changed_toml(content: bytes, path: tuple[str, ...], value: Value) -> bytes:
    mark = BOM_UTF8 if content.startswith(BOM_UTF8) else b""
    return mark + with_value(content.removeprefix(mark).decode(), path, value).encode()


def copied(pipeline: Pipeline, found: Sequence[Edit], folder: Path) -> Path:
    """
    A copy of the pipeline's file in *folder* as it is to be, which names copies of its properties files.

    Raises:
        CanNotWriteError: It can not be made.
    """
    assert pipeline.file is not None
    own = Path(pipeline.file)
    after = {edit.path: edit.after for edit in found}
    content = after.get(own) or _read(own)
    for side, path in _properties(own, content).items():
        copy = folder / f"{side}.properties"
        copy.write_bytes(after.get(path) or _read(path))
        content = _changed_toml(content, (side, "properties"), str(copy))
    (folder / own.name).write_bytes(content)
    return folder / own.name


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
