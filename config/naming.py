"""Which pipelines a properties file is a part of."""

import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import cast

SUFFIX = ".ackproof.toml"
SIDES = ("producer", "consumer")


def naming(properties: Path) -> tuple[Path, ...]:
    """The pipeline files that name a properties file, in the nearest folder around it that has any."""
    for folder in properties.resolve().parents:
        found = tuple(path for path in sorted(folder.glob(f"*{SUFFIX}")) if properties.resolve() in named_in(path))
        if found:
            return found
    return ()


def concerned(changed: Iterable[Path]) -> tuple[Path, ...]:
    """The pipeline files among files that have *changed*, and those that name one of them, each once."""
    found = dict[Path, Path]()
    for path in changed:
        for each in (path,) if path.name.endswith(SUFFIX) else naming(path):
            found.setdefault(each.resolve(), each)
    return tuple(found.values())


def named_in(pipeline: Path) -> set[Path]:
    """The properties files that a pipeline file names; none if it can not be read."""
    try:
        document = tomllib.loads(pipeline.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError):
        return set()
    tables = [cast("dict[str, object]", table) for side in SIDES if isinstance(table := document.get(side), dict)]
    return {(pipeline.parent / str(table["properties"])).resolve() for table in tables if "properties" in table}
