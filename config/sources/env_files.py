"""
The files that a service of a compose file takes more variables from: its ``env_file``.

Source: the Compose Specification; ``WithServicesEnvironmentResolved`` of compose-go, which reads them in their order.
"""

from collections.abc import Iterator, Mapping
from io import StringIO
from pathlib import Path

import attrs
from dotenv.parser import parse_stream

from ackproof.config.files.problems import Remarks, bytes_of
from ackproof.config.pipeline import Place, Setting
from ackproof.config.sources.dotenv import line_of
from ackproof.config.sources.environment import Known, interpolated
from ackproof.config.sources.tree import Document

KEY = "env_file"


@attrs.frozen
class Assigned:
    """
    What a file says of a variable.

    Attributes:
        value: None if the shell has it.
        is_literal: Nothing in the value refers to other variables.
    """

    name: str
    value: str | None
    at: Place
    is_literal: bool


@attrs.frozen
class EnvFile:
    """A file as a service names it."""

    path: Path
    at: Place
    is_required: bool = True
    is_raw: bool = False


def named_by(document: Document, service: str, file: str, remarks: Remarks, known: Known) -> Iterator[EnvFile]:
    """The files in the order in which the last one counts, each relative to the compose *file*."""
    said: dict[str, dict[str, str]] = {}
    lines: dict[str, int] = {}
    for rest, leaf in document.under("services", service, KEY):
        place, part = (*rest, "", "path")[:2] if rest else ("", "path")
        said.setdefault(place, {})[part or "path"] = leaf.written
        lines.setdefault(place, leaf.line)
    for place, parts in said.items():
        at = Place(file, lines[place])
        path = interpolated(parts.get("path", ""), at, KEY, remarks, known)
        if path:
            is_required = parts.get("required", "true") != "false"
            yield EnvFile(Path(file).parent / path, at, is_required, parts.get("format") == "raw")


def assigned_in(named: EnvFile, remarks: Remarks, *, matters: bool) -> Iterator[Assigned]:
    """
    What one of them says.

    Args:
        matters: The service is known to have to do with Kafka, so that a file that is missing is a problem.
    """
    shown = str(named.path)
    if not named.path.exists() and named.path not in remarks.instead:
        if named.is_required and not matters:
            remarks.note(KEY, f"{shown} is not there; what it says of Kafka is not known", named.at)
        if not named.is_required or not matters:
            return
    data = bytes_of(named.path, shown, named.at, KEY, remarks)
    text = (data or b"").decode("utf-8-sig", "replace")
    yield from _raw(text, shown) if named.is_raw else _parsed(text, shown)


def settled(found: Mapping[str, Assigned]) -> Known:
    """What others may refer to: what itself refers to nothing."""
    return {
        name: Setting(name, said.value, said.at.file, said.at.line)
        for name, said in found.items()
        if said.value is not None and (said.is_literal or "$" not in said.value)
    }


def _raw(text: str, file: str) -> Iterator[Assigned]:
    """What ``docker run --env-file`` makes of it: quotes and dollars are part of the value."""
    for number, line in enumerate(text.splitlines(), 1):
        name, mark, value = line.lstrip().partition("=")
        if name and not name.startswith("#"):
            yield Assigned(name, value if mark else None, Place(file, number), is_literal=True)


def _parsed(text: str, file: str) -> Iterator[Assigned]:
    for each in parse_stream(StringIO(text)):
        if each.key:
            written = each.original.string.partition("=")[2].lstrip()
            yield Assigned(each.key, each.value, Place(file, line_of(each.original)), written.startswith("'"))
