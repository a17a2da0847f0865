"""Which pipelines a file of settings is a part of."""

import tomllib
from collections.abc import Iterable
from pathlib import Path

from ackproof.config.sources.reference import references_in

SUFFIX = ".ackproof.toml"


def naming(source: Path) -> tuple[Path, ...]:
    """The pipeline files that name a file of settings, in the nearest folder around it that has any."""
    for folder in source.resolve().parents:
        found = tuple(path for path in sorted(folder.glob(f"*{SUFFIX}")) if source.resolve() in named_in(path))
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
    """The files of settings that a pipeline file names; none if it can not be read."""
    try:
        document = tomllib.loads(pipeline.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError):
        return set()
    return {meant.path.resolve() for _, meant in references_in(document, pipeline.parent)}
