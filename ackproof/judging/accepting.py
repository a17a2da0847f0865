"""Violations that are accepted: they are told like any other, and do not fail a build until their date."""

from collections.abc import Iterator
from datetime import date

import attrs

from ackproof.config.pipeline import Accepted, Pipeline
from ackproof.properties.verdict import Remark, Verdict


def lived_with(pipeline: Pipeline, verdict: Verdict, today: date) -> Verdict:
    """*verdict* with the reason why it is accepted: for its claim, or for each basic claim that is violated."""
    valid = {each.claim: each for each in pipeline.accepted if today <= each.until}
    broken = [valid.get(basic) for basic in verdict.broken]
    found = [valid[verdict.claim]] if verdict.claim in valid else [each for each in broken if each is not None]
    if verdict.answer != "violated" or (verdict.claim not in valid and None in broken):
        return verdict
    return attrs.evolve(verdict, accepted="; ".join(map(worded, found)))


def worded(accepted: Accepted) -> str:
    """Until when something is accepted, and why."""
    return f"until {accepted.until.isoformat()}: {accepted.reason}"


def ended(pipeline: Pipeline, today: date) -> Iterator[Remark]:
    """What was accepted until a date that is past."""
    for each in pipeline.accepted:
        if each.until < today:
            message = f"the violation of {each.claim} was accepted until {each.until.isoformat()}, and is not any more"
            yield Remark(message, f"accept.{each.claim}", pipeline.file)
