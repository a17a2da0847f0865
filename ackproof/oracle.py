"""The full search as the oracle of repairs and sweeps."""

from ackproof.config.inquiries import Inquiry, inquiries, of
from ackproof.config.pipeline import Pipeline
from ackproof.config.systems import as_bounded, halves
from ackproof.hearing import Finding, Hearing
from ackproof.judge import verdict_of
from ackproof.properties.claims import INVARIANTS
from ackproof.repair.repairing import Failed, Judged
from ackproof.reports.text import is_empty
from ackproof.traces.repeating import can_happen_too


def judged(pipeline: Pipeline) -> Judged:
    """What the full search says of the claims of *pipeline*, up to the first that is not so."""
    for claim in pipeline.claims:
        hearing = Hearing(as_bounded(pipeline, claim), claim)
        hearing.hear()
        if hearing.violations:
            return failed(hearing.violations[0])
        if hearing.reasons or is_empty(verdict_of(hearing)):
            return "unknown"
    return "holds"


def failed(finding: Finding) -> Failed:
    """The violation that was found, and whether it can happen elsewhere."""
    trace, inquiry = finding.exploration.violation, finding.inquiry
    assert trace is not None
    actions = [step.action.name for step in trace.steps]

    def happens(pipeline: Pipeline) -> bool:
        same = same_inquiry(pipeline, inquiry)
        return same is not None and can_happen_too(same.system(False), actions, same.holds)

    return Failed(happens)


def same_inquiry(pipeline: Pipeline, inquiry: Inquiry) -> Inquiry | None:
    """The search of another pipeline that asks what *inquiry* asks; None if nobody asks that there."""
    if inquiry.half == "whole" and inquiry.basic in INVARIANTS["whole"] and len(halves(pipeline)) > 1:
        return of(pipeline, "whole", inquiry.basic, rolls_back=True)
    asked = inquiries(pipeline, inquiry.basic)
    return next((other for other in asked if (other.half, other.where) == (inquiry.half, inquiry.where)), None)
