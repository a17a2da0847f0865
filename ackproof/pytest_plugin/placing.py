"""Where what was said belongs: files as the run's root sees them, and the line that is to blame."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import attrs

from ackproof.config.files.lines import lines_of
from ackproof.config.reading import BadConfiguration
from ackproof.properties.verdict import Judgement, Remark, Verdict


@attrs.frozen
class Place:
    """A line, from 1 up, of a file, relative to the root."""

    file: str
    line: int


def under(root: Path, file: str) -> str:
    """*file* as seen from *root*, with slashes."""
    return Path(os.path.relpath(file, root)).as_posix()


def relative(judgement: Judgement, root: Path) -> Judgement:
    """*judgement* with every file as seen from *root*, so that it is the same on every machine."""
    return attrs.evolve(
        judgement,
        file=judgement.file and under(root, judgement.file),
        errors=tuple(remark_under(root, error) for error in judgement.errors),
        notices=tuple(remark_under(root, notice) for notice in judgement.notices),
        places=places_under(root, judgement.places),
        verdicts=tuple(verdict_under(root, verdict) for verdict in judgement.verdicts),
    )


def places_under(root: Path, places: Mapping[str, tuple[str, int | None]]) -> dict[str, tuple[str, int | None]]:
    """*places* with their files as seen from *root*."""
    return {key: (under(root, file), line) for key, (file, line) in places.items()}


def verdict_under(root: Path, verdict: Verdict) -> Verdict:
    """*verdict* with the files of its repairs as seen from *root*."""
    repairs = (attrs.evolve(remedy, places=places_under(root, remedy.places)) for remedy in verdict.repairs)
    return attrs.evolve(verdict, repairs=tuple(repairs))


def remark_under(root: Path, remark: Remark) -> Remark:
    """*remark* with its file as seen from *root*."""
    return attrs.evolve(remark, file=remark.file and under(root, remark.file))


def placed(judgement: Judgement, verdict: Verdict, root: Path) -> Place:
    """Where the setting stands that the smallest repair changes, else its table, else the claim."""
    file = judgement.file or judgement.name
    lines = lines_of((root / file).read_text(encoding="utf-8-sig"))
    for key in [key for remedy in verdict.repairs[:1] for key in remedy.changes]:
        if key in judgement.places:
            given, line = judgement.places[key]
            return Place(given, line or 1)
        for name in upwards(key):
            if name in lines:
                return Place(file, lines[name])
    return Place(file, line_of_claims(lines))


def upwards(key: str) -> Iterator[str]:
    """*key*, and the tables that it stands in, the innermost first."""
    while key:
        yield key
        key = key.rpartition(".")[0]


def line_of_claims(lines: Mapping[str, int]) -> int:
    """Where the claims of a pipeline stand, or the first line."""
    return lines.get("claims.expect", lines.get("claims", 1))


def complaint(bad: BadConfiguration, root: Path) -> str:
    """What is wrong with a configuration: a line for each problem, with its file, line and key."""
    return "\n".join(
        ": ".join(filter(None, [located(problem.file, problem.line, root), problem.key, problem.message]))
        for problem in bad.problems
    )


def located(file: str | None, line: int | None, root: Path) -> str:
    """File and line, as far as they are known."""
    return ":".join(str(part) for part in (file and under(root, file), line) if part)
