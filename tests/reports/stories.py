"""Stories of counterexamples that are known, and of those of the examples."""

import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import ackproof
from ackproof.config.reading import pipeline_in
from ackproof.judging.judge import judge
from ackproof.properties.verdict import Counterexample
from ackproof.reports.story.story import Story
from ackproof.reports.story.telling import told

ROOT = Path(__file__).parents[2]
KNOWN = {path.stem: path for path in sorted((ROOT / "traces" / "known").glob("*.toml"))}
EXAMPLES = sorted(ROOT.glob("examples/**/*.ackproof.toml"))


@cache
def found_again(name: str) -> Counterexample:
    """A known counterexample."""
    known = tomllib.loads(KNOWN[name].read_text(encoding="utf-8"))
    judgement = judge(pipeline_in(tomllib.loads(known["pipeline"])))
    (found,) = [verdict.counterexample for verdict in judgement.verdicts if verdict.counterexample]
    return found


def story(name: str) -> Story:
    """Its story."""
    return told(found_again(name).trace)


def stories_of(pipeline: Path) -> Iterator[Story]:
    """The stories of all counterexamples to a pipeline of the examples."""
    for verdict in ackproof.verify(pipeline).verdicts:
        if verdict.counterexample:
            yield told(verdict.counterexample.trace)
