"""The verdicts as one JSON document (stable: fields are added, never renamed)."""

import json
from collections.abc import Iterable, Iterator

from ackproof.properties.verdict import Counterexample, Induction, Judgement, Remark, Remedy, Verdict
from ackproof.reports import timing
from ackproof.traces.itf import itf

Json = dict[str, object]


def as_json(version: str, judgements: Iterable[Judgement]) -> str:
    """The document, with a fixed order of keys."""
    document = {"ackproof": version, "pipelines": [pipeline(judgement) for judgement in judgements]}
    return json.dumps(document, indent=1, ensure_ascii=False)


def pipeline(judgement: Judgement) -> Json:
    """What was said of one pipeline."""
    return {
        "name": judgement.name,
        "file": judgement.file,
        "kafka": judgement.kafka,
        "errors": [remark(error) for error in judgement.errors],
        "notices": [remark(notice) for notice in judgement.notices],
        "claims": [claim(judgement, verdict) for verdict in judgement.verdicts],
        "timing": [timing.document(verdict) for verdict in judgement.timing],
    }


def remark(what: Remark) -> Json:
    """An error or a notice, and where it stands."""
    return {"file": what.file, "line": what.line, "key": what.key, "message": what.message}


def claim(judgement: Judgement, verdict: Verdict) -> Json:
    """One verdict."""
    document: Json = {
        "claim": verdict.claim,
        "verdict": verdict.answer,
        "broken": list(verdict.broken),
        "half": verdict.half,
        "evidence": verdict.evidence,
        "distinct_states": verdict.distinct_states,
        "depth": verdict.depth,
        "seconds": round(verdict.seconds, 3),
        "bounds": dict(verdict.bounds),
        "fault_kinds": list(verdict.fault_kinds),
        "assumptions": list(verdict.assumptions),
        "never_fired": list(verdict.never_fired),
        "vacuous": list(verdict.vacuous),
        "coverage": dict(verdict.coverage),
        "reductions": list(verdict.reductions),
        "theorems": [theorem for induction in verdict.inductions for theorem in theorems(induction)],
    }
    if verdict.accepted is not None:
        document["accepted"] = verdict.accepted
    if verdict.reason is not None:
        document["reason"] = verdict.reason
    if verdict.answer == "violated":
        document["repairs"] = [remedy(found) for found in verdict.repairs]
        document["repair_reason"] = verdict.repair_reason
    if verdict.counterexample is not None:
        document["counterexample"] = counterexample(judgement, verdict, verdict.counterexample)
    return document


def theorems(induction: Induction) -> Iterator[Json]:
    """Each theorem by its name, with the part of the pipeline and the basic claim that it is there for."""
    for name in induction.theorems:
        yield {"name": name, "claim": induction.claim, "half": induction.half}


def remedy(found: Remedy) -> Json:
    """A smallest set of changes, with the keys where they stand in the pipeline file."""
    costs = [{"key": key, "of": of, "why": why} for key, of, why in found.costs]
    places = {key: {"file": file, "line": line} for key, (file, line) in found.places.items()}
    return {"set": dict(found.changes), "verified": True, "where": found.where, "costs": costs, "places": places}


def counterexample(judgement: Judgement, verdict: Verdict, found: Counterexample) -> Json:
    """
    The execution, in sentences and as a trace for other tools.

    ``loop`` says of one that goes on for ever how many steps come before those that it repeats; with as many as there
    are, nothing more happens.
    """
    meta = {"pipeline": dict(judgement.configuration), "claim": verdict.claim, "bounds": dict(verdict.bounds)}
    trace = itf(
        found.trace,
        source=f"ackproof:{judgement.name}",
        description=f"{found.claim} violated: {found.statement}",
        meta=meta,
    )
    return {
        "length": len(found.trace),
        "faults": list(found.trace.faults),
        "claim": found.claim,
        "statement": found.statement,
        "steps": [step.says for step in found.trace.steps],
        "loop": found.trace.loop,
        "trace": trace,
    }
