"""Verdicts while a test runs: one claim, judged, noted for the summary and the JUnit file."""

from functools import partial

import attrs
import pytest

from ackproof.config.pipeline import Pipeline
from ackproof.config.reading import Overrides
from ackproof.judging.effort import Effort
from ackproof.judging.hearing import Clock, Hearing, OnProgress
from ackproof.judging.judge import judge
from ackproof.judging.oracle import Memory, Remembering
from ackproof.judging.remedies import with_repairs
from ackproof.properties.verdict import Judgement
from ackproof.pytest_plugin.asking import Asked, asked
from ackproof.pytest_plugin.failing import Said
from ackproof.pytest_plugin.placing import placed, relative
from ackproof.pytest_plugin.telling import told
from ackproof.search.native.readiness import caches
from ackproof_pytest import FOUND, Heard

MEMORY = pytest.StashKey[Memory]()
"""The searches that the items of a file share."""


def judged(item: pytest.Item, pipeline: Pipeline, claim: str, overrides: Overrides) -> Said:
    """
    Judge *claim* of *pipeline* for the test *item*, and note what was found.

    Args:
        overrides: What was said in place of the file.

    Raises:
        KeyboardInterrupt: The user has ended the search: the claim is noted as unknown.
    """
    wanted, heard = attrs.evolve(asked(item.config), overrides=overrides), list[Hearing]()
    memory = (item.parent or item).stash.setdefault(MEMORY, Memory())
    effort = Effort(checkpoints=caches() / "checkpoints")

    def hearing_of(
        within: Pipeline, asked_for: str, on_progress: OnProgress | None, clock: Clock, effort: Effort
    ) -> Hearing:
        heard.append(Remembering(within, asked_for, on_progress, clock, effort, memory=memory))
        return heard[-1]

    alone = attrs.evolve(pipeline, claims=(claim,))
    judgement = judge(alone, effort=effort, hearing_of=hearing_of)
    if wanted.is_repaired:
        repaired = partial(with_repairs, alone, memory=memory, on_progress=None, effort=effort)
        judgement = attrs.evolve(judgement, verdicts=tuple(map(repaired, judgement.verdicts)))
    found = noted(item, relative(judgement, item.config.rootpath), wanted)
    if any(hearing.is_interrupted for hearing in heard):
        tell_before_the_end(item)
        raise KeyboardInterrupt
    return found


def noted(item: pytest.Item, judgement: Judgement, wanted: Asked) -> Said:
    """Note what was said of the one claim of *judgement*: for the report of the *item*, and as JUnit properties."""
    (verdict,) = judgement.verdicts
    place = placed(judgement, verdict, item.config.rootpath)
    item.stash.setdefault(FOUND, list[dict[str, object]]()).append(told(judgement, verdict, place, wanted))
    said = {
        "pipeline": judgement.file or judgement.name,
        "claim": verdict.claim,
        "verdict": verdict.answer,
        "evidence": verdict.evidence,
        "distinct_states": verdict.distinct_states,
        "depth": verdict.depth,
        **verdict.bounds,
    }
    item.user_properties += [(f"ackproof.{name}", value) for name, value in said.items()]
    return judgement, verdict, place


def tell_before_the_end(item: pytest.Item) -> None:
    """No report follows: what was found goes to the summary by itself."""
    heard = item.config.pluginmanager.get_plugin("ackproof-heard")
    assert isinstance(heard, Heard)
    found = item.stash[FOUND]
    heard.found += found
