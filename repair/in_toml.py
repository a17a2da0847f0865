"""Changes of a pipeline file that leave every other byte as it is: comments, order, blanks, ends of lines."""

import tomllib
from collections.abc import Mapping, MutableMapping
from typing import cast

import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import Item

from ackproof.config.files.lines import headers_of
from ackproof.config.files.section import flat, setting_text
from ackproof.repair.change import CanNotWriteError, Value

Table = MutableMapping[str, object]
Path = tuple[str, ...]


def with_value(text: str, path: Path, value: Value) -> str:
    """
    The valid TOML *text* with *value* at *path*, in its place or else in a new line of its table.

    Raises:
        CanNotWriteError: That can not be done without touching something else.
    """
    is_crlf = "\r\n" in text and text.count("\r\n") == text.count("\n")
    plain = text.replace("\r\n", "\n") if is_crlf else text
    after = _with_value(plain, path, value)
    _check(plain, after, path, value)
    return after.replace("\n", "\r\n") if is_crlf else after


def _with_value(text: str, path: Path, value: Value) -> str:
    try:
        document = tomlkit.parse(text)
    except TOMLKitError as problem:
        raise CanNotWriteError(f"can not edit it: {problem}") from None
    if document.as_string() != text:
        raise CanNotWriteError("can not edit it without touching other lines")
    if found := _place(cast("Table", document), ".".join(path)):
        table, key = found
        table[key] = _like(table[key], value)
        return document.as_string()
    if _has_lines(text, document, path[:-1]):
        return _with_line(text, path, value)
    _put(cast("Table", document), path, value)
    return document.as_string()


def _has_lines(text: str, document: Mapping[str, object], table: Path) -> bool:
    """Whether the keys of *table* stand in lines of their own, or can: it is not a part of some other line."""
    headers = {path for path, _ in headers_of(text)}
    if not table or table in headers:
        return True
    return table[0] not in document or (table[:-1] in headers and _table(document, table) is None)


def _place(table: Table, dotted: str) -> tuple[Table, str] | None:
    """The table that holds the key that is *dotted*, and its name there, however much of it is a table."""
    for key, inner in table.items():
        if key == dotted:
            return table, key
        is_within = isinstance(inner, MutableMapping) and dotted.startswith(f"{key}.")
        if is_within and (found := _place(cast("Table", inner), dotted.removeprefix(f"{key}."))):
            return found
    return None


def _table(table: Mapping[str, object], path: Path) -> Mapping[str, object] | None:
    """The table at *path*, if there is one."""
    for name in path:
        inner = table.get(name)
        if not isinstance(inner, Mapping):
            return None
        table = cast("Mapping[str, object]", inner)
    return table


def _put(table: Table, path: Path, value: Value) -> None:
    """Put *value* into a table that stands in a line of another one."""
    *names, key = path
    for name in names:
        if name not in table:
            table[name] = tomlkit.inline_table()
        if not isinstance(table[name], MutableMapping):
            raise CanNotWriteError(f"{name} is no table")
        table = cast("Table", table[name])
    table[key] = _typed(value)


def _with_line(text: str, path: Path, value: Value) -> str:
    """The *text* with a line for *value* behind the last one of its table, or of the one that is to hold a new one."""
    lines = text.split("\n")
    if text.endswith("\n") or not text:
        lines.pop()
    headers = headers_of(text)
    known = [table for table, _ in headers]
    table, header = path[:-1], list[str]()
    owner = table
    if table and table not in known:
        header = ["", f"[{'.'.join(tomlkit.key(name).as_string() for name in table)}]"]
        owner = table[:-1] if table[:-1] in known else ("", *table)
    place, indent = _end(lines, headers, owner)
    new = [*header, f"{'' if header else indent}{tomlkit.key(path[-1]).as_string()} = {_as_toml(_typed(value))}"]
    if place == 0 and header:
        new = new[1:]
    return "\n".join([*lines[:place], *new, *lines[place:]]) + ("\n" if text.endswith("\n") or not text else "")


def _end(lines: list[str], headers: tuple[tuple[Path, int], ...], table: Path) -> tuple[int, str]:
    """After how many *lines* the last one of *table* stands, and how it is indented; after all if there is no such."""
    starts = [0, *(line for _, line in headers)]
    tables = [(), *(name for name, _ in headers)]
    if table not in tables:
        return len(lines), ""
    place = tables.index(table)
    start = starts[place]
    end = starts[place + 1] - 1 if place + 1 < len(starts) else len(lines)
    while end > start and (not lines[end - 1].strip() or lines[end - 1].lstrip().startswith("#")):
        end -= 1
    last = lines[end - 1] if end > start else ""
    return end, last[: len(last) - len(last.lstrip())] if "=" in last else ""


def _like(old: object, value: Value) -> object:
    """The *value* as the file writes what it has there."""
    was = old.unwrap() if isinstance(old, Item) else old
    if isinstance(was, list):
        return [str(value)]
    if isinstance(was, str):
        quoted = old.as_string() if isinstance(old, Item) else ""
        return tomlkit.string(str(value), literal=quoted.startswith("'") and "'" not in str(value))
    return _typed(value)


def _typed(value: Value) -> str | int | bool:
    """The *value* as a number or a truth value where it reads like one."""
    if isinstance(value, int):
        return value
    if value in {"true", "false"}:
        return value == "true"
    return int(value) if value.isascii() and value.isdigit() else value


def _as_toml(value: str | int | bool) -> str:
    return tomlkit.item(value).as_string()


def _check(before: str, after: str, path: Path, value: Value) -> None:
    """
    Check that nothing but *value* has changed.

    Raises:
        CanNotWriteError: Something else has.
    """
    told = dict(flat(tomllib.loads(before)))
    try:
        found = dict(flat(tomllib.loads(after)))
    except tomllib.TOMLDecodeError as problem:
        raise CanNotWriteError(f"can not edit it: {problem}") from None
    key = ".".join(path)
    is_there = setting_text(found.pop(key, None)) == str(value)
    told.pop(key, None)
    if found != told or not is_there:
        raise CanNotWriteError(f"can not write {key} without touching something else")
