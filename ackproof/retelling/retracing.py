"""Trace files: what they are traces of, and the same executions taken again on the model."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import cast

import attrs

from ackproof.config.inquiries import Inquiry, inquiries, of
from ackproof.config.pipeline import Pipeline
from ackproof.config.reading import pipeline_in
from ackproof.config.systems import as_bounded, halves, unmodelled_in_one_piece
from ackproof.model.system import System
from ackproof.properties.claims import CLAIMS, INVARIANTS, basics_of
from ackproof.traces.retracing import Recorded, retraced
from ackproof.traces.trace import NotAnExecutionError, Trace


class BadTraceError(ValueError):
    """A file that is no trace of ours, or no longer one of the model."""


@attrs.frozen
class Retraced:
    """
    A trace that was taken again.

    Attributes:
        claim: That it is to break, in the words of the file.
        inquiry: The search that it is a violation in.
        system: That it is an execution of: with the reductions of the search, or without.
    """

    pipeline: Pipeline
    claim: str
    inquiry: Inquiry
    system: System
    trace: Trace

    @property
    def breaks_the_claim(self) -> bool:
        """Whether what was to hold in every state does not in the last one; of a lasso, in none that it repeats."""
        states = self.trace.states[-1:] if self.trace.loop is None else self.trace.states[self.trace.loop :]
        rules = self.system.rules
        named = (dict(zip(self.trace.names, state, strict=True)) for state in states)
        return not any(self.inquiry.holds({**rules, **values}) for values in named)


def read_trace(path: Path) -> Retraced:
    """
    The trace in the file *path*, taken again.

    Raises:
        BadTraceError: It can not be read, is no trace of a pipeline, or can not be taken.
        BadConfiguration: The pipeline that it is a trace of is none any more.
    """
    return retaken(_document(path), path)


def retaken(document: Mapping[str, object], path: Path) -> Retraced:
    """
    The trace in a *document*, taken again.

    Args:
        document: In the Informal Trace Format, as ``verify`` writes it.
        path: The file that it is from, or is to be in.

    Raises:
        BadTraceError: It is no trace of a pipeline, or can not be taken.
        BadConfiguration: The pipeline that it is a trace of is none any more.
    """
    meta = document.get("#meta")
    if not isinstance(meta, dict) or not {"pipeline", "claim"} <= cast("dict[str, object]", meta).keys():
        raise BadTraceError(f"{path}: not a trace of ackproof: its #meta has no pipeline and claim")
    about = cast("dict[str, object]", meta)
    claim = str(about["claim"])
    if claim not in CLAIMS or not isinstance(about["pipeline"], dict):
        raise BadTraceError(f"{path}: not a trace of ackproof: its claim is {claim!r}")
    pipeline = pipeline_in(cast("Mapping[str, object]", about["pipeline"]), file=str(path))
    states = cast("list[Recorded]", document.get("states", []))
    bounded = within(as_bounded(pipeline, claim), about.get("bounds"))
    return _again(path, bounded, claim, states, cast("int | None", document.get("loop")))


def within(pipeline: Pipeline, bounds: object) -> Pipeline:
    """*pipeline* within the *bounds* of the verdict, which may be tighter than its own."""
    said = cast("dict[str, object]", bounds) if isinstance(bounds, dict) else {}
    records, faults = said.get("records"), said.get("faults")
    if isinstance(records, int):
        pipeline = attrs.evolve(pipeline, bounds=attrs.evolve(pipeline.bounds, records=records))
    if isinstance(faults, int):
        pipeline = attrs.evolve(pipeline, faults=attrs.evolve(pipeline.faults, at_most=faults))
    return pipeline


def _document(path: Path) -> dict[str, object]:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as problem:
        why = problem.strerror if isinstance(problem, OSError) else "it is no UTF-8 text"
        raise BadTraceError(f"{path}: can not be read: {why}") from problem
    except json.JSONDecodeError as problem:
        raise BadTraceError(f"{path}:{problem.lineno}: not a JSON document: {problem.msg}") from problem
    if not isinstance(document, dict) or not isinstance(cast("dict[str, object]", document).get("states"), list):
        raise BadTraceError(f"{path}: not a trace: a trace is the `trace` of a counterexample that verify prints")
    return cast("dict[str, object]", document)


def _again(path: Path, pipeline: Pipeline, claim: str, states: list[Recorded], loop: int | None) -> Retraced:
    """The trace in the first search whose claim it breaks; where it breaks none any more, in the first one."""
    why, harmless = "no search of this pipeline decides that claim", list[Retraced]()
    for inquiry, is_fine in _asked(pipeline, claim):
        try:
            system = inquiry.system(is_fine)
            found = Retraced(pipeline, claim, inquiry, system, retraced(system, states, loop))
        except NotAnExecutionError as problem:
            # What gets furthest says best what has changed.
            why = max(str(problem), why, key=lambda said: said.startswith("step"))
            continue
        if found.breaks_the_claim:
            return found
        harmless.append(found)
    if harmless:
        return harmless[0]
    raise BadTraceError(f"{path}: not an execution of this pipeline: {why}")


def _asked(pipeline: Pipeline, claim: str) -> Iterator[tuple[Inquiry, bool]]:
    """The searches whose violation it may be, each with and without reductions."""
    for is_fine in (False, True):
        for basic in basics_of(claim):
            for inquiry in inquiries(pipeline, basic):
                yield inquiry, is_fine
            if len(halves(pipeline)) > 1 and basic in INVARIANTS["whole"]:
                for rolls_back in (True, False):
                    if unmodelled_in_one_piece(pipeline, basic, rolls_back=rolls_back):
                        continue
                    yield of(pipeline, "whole", basic, rolls_back=rolls_back), is_fine
