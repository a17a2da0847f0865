"""
On which line of a TOML file each key stands.

``tomllib`` says no lines and ``tomlkit`` none either, so this cuts a valid file into statements and asks ``tomllib``
for the path of each. Keys within an inline table are found at the key that holds the table.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import cast

TOKEN = re.compile(
    r'"""(?:\\[\s\S]|[^\\])*?"{3,5}'  # texts of several lines
    r"|'''[\s\S]*?'{3,5}"
    r'|"(?:\\.|[^"\\\n])*"'  # texts of one line
    r"|'[^'\n]*'"
    r"|#[^\n]*"
    r"|[^\"'#\[\]{}\n]+"
    r"|[\s\S]"
)
KEY = re.compile(r'(?:"(?:\\.|[^"\\])*"|\'[^\']*\'|[^"\'=])+')


def lines_of(text: str) -> Mapping[str, int]:
    """The line of each key of a valid TOML *text*, by its path with dots, whatever its quotes: ``topic.flush.ms``."""
    found: dict[str, int] = {}
    table: tuple[str, ...] = ()
    for line, statement in _statements(text.replace("\r\n", "\n")):
        if statement.startswith("["):
            table = path = _path(statement.strip("[] \t"))
        else:
            key = KEY.match(statement)
            path = (*table, *_path(key[0])) if key else table
        for length in range(1, len(path) + 1):
            found.setdefault(".".join(path[:length]), line)
    return found


def headers_of(text: str) -> tuple[tuple[tuple[str, ...], int], ...]:
    """The headers of a valid TOML *text*, in order: the path of each table, and the line that it stands on."""
    found = _statements(text.replace("\r\n", "\n"))
    return tuple((_path(statement.strip("[] \t")), line) for line, statement in found if statement.startswith("["))


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """Headers and assignments without comments, each with its first line."""
    start = line = 1
    depth = 0
    code: list[str] = []
    for token in cast("list[str]", TOKEN.findall(f"{text}\n")):
        if token == "\n" and depth == 0:
            if statement := "".join(code).strip():
                yield start, statement
            code, start = [], line + 1
        elif not token.startswith("#"):
            code.append(token)
            depth += (token in ("[", "{")) - (token in ("]", "}"))
        line += token.count("\n")


def _path(key: str) -> tuple[str, ...]:
    """The parts of a TOML key."""
    value: object = tomllib.loads(f"{key} = 0")
    path: list[str] = []
    while isinstance(value, dict):
        ((part, value),) = cast("dict[str, object]", value).items()
        path.append(part)
    return tuple(path)
