"""Which pipelines a file of settings is a part of."""

import os
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path

from ackproof.config.sources.reading import beside, variables_beside
from ackproof.config.sources.reference import references_in

SUFFIX = ".ackproof.toml"


def naming(source: Path) -> tuple[Path, ...]:
    """The pipeline files that name a file of settings: in the repository around it, else in the folders around it."""
    return tuple(_from_here(path) for path in pipelines_around(source.resolve()) if source.resolve() in named_in(path))


def _from_here(path: Path) -> Path:
    """A *path* as it is called from where the command runs, if it is below."""
    here = Path.cwd().resolve()
    return path.relative_to(here) if path.is_relative_to(here) else path


def pipelines_around(source: Path) -> tuple[Path, ...]:
    """The pipeline files that may name a *source*."""
    root = next((folder for folder in source.parents if (folder / ".git").exists()), None)
    if root is None:
        return tuple(path for folder in source.parents for path in sorted(folder.glob(f"*{SUFFIX}")))
    found = (Path(folder) / name for folder, names in _folders(root) for name in names if name.endswith(SUFFIX))
    return tuple(sorted(found))


def _folders(root: Path) -> Iterator[tuple[str, list[str]]]:
    """The folders in a repository, each with its files, without those of tools."""
    for folder, within, names in os.walk(root):
        within[:] = [name for name in within if not name.startswith(".") and name != "node_modules"]
        yield folder, names


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
    except (OSError, ValueError, RecursionError):
        return set()
    return {
        path.resolve()
        for _, meant in references_in(document, pipeline.parent)
        for path in (meant.path, *beside(meant.path), *variables_beside(meant.path))
    }
