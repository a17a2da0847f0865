"""What each configuration class and client library says about its keys, by version: data printed by the releases."""

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import attrs

from ackproof.config.versions import Version, listed_for, parts


@attrs.frozen
class Definition:
    """
    One key in one release.

    Attributes:
        type: In the words of the source: ``INT``, ``integer``, ``int``.
        default: None where there is none.
        valid: The validator as the source prints it; None if any value of the type goes.
        alias_of: The key that this is another name of.
        used_by: ``producer`` or ``consumer``; None for both.
    """

    key: str
    type: str
    default: str | None = None
    valid: str | None = None
    alias_of: str | None = None
    used_by: str | None = None


@attrs.frozen
class Run:
    """Consecutive listed releases in which a key has the same definition."""

    first: Version
    last: Version
    definition: Definition


@attrs.frozen
class Table:
    """The keys of one configuration class: for each its runs, oldest first, and the releases that were asked."""

    versions: tuple[str, ...]
    keys: Mapping[str, tuple[Run, ...]]


@cache
def table(name: str) -> Table:
    """The table in ``data/NAME.json``."""
    document = json.loads((files("ackproof.config") / "data" / f"{name}.json").read_text(encoding="utf-8"))
    keys = {key: tuple(_run(key, run) for run in runs) for key, runs in document["keys"].items()}
    return Table(tuple(document["versions"]), keys)


def _run(key: str, run: Mapping[str, Any]) -> Run:
    said = {name: run[name] for name in ("default", "valid", "alias_of", "used_by") if name in run}
    return Run(parts(run["from"]), parts(run["to"]), Definition(key, run["type"], **said))


@cache
def definitions(name: str, version: Version) -> Mapping[str, Definition]:
    """The keys that the table *name* has in *version*."""
    keys = table(name)
    release = parts(listed_for(version, keys.versions))
    return {key: run.definition for key, runs in keys.keys.items() for run in runs if run.first <= release <= run.last}


def may_be_known(name: str, version: Version, key: str) -> bool:
    """Whether *version* may know a *key*: it is between two releases that were asked, of which the newer one does."""
    newer = next((release for release in map(parts, table(name).versions) if release >= version), version)
    return any(run.first <= newer <= run.last for run in table(name).keys.get(key, ()))


@cache
def ever_known(names: tuple[str, ...]) -> frozenset[str]:
    """The keys that one of the tables has in some release."""
    return frozenset(key for name in names for key in table(name).keys)
