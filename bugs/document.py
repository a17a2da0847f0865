"""The record as one JSON document (stable: fields are added, never renamed)."""

import json
from collections.abc import Iterable

from ackproof.bugs.bug import OutOfReach
from ackproof.bugs.hunting import Found
from ackproof.traces.itf import itf

Json = dict[str, object]


def as_json(found: Iterable[Found], out_of_reach: Iterable[OutOfReach]) -> str:
    """The document, with a fixed order of keys."""
    bugs = [*map(expressible, found), *map(inexpressible, out_of_reach)]
    return json.dumps({"bugs": bugs}, indent=1, ensure_ascii=False)


def expressible(found: Found) -> Json:
    """A bug that was searched for."""
    bug, trace = found.bug, found.trace
    document: Json = {
        "id": bug.number,
        "title": bug.title,
        "expressible": True,
        "found": trace is not None,
        "length": len(trace) if trace else None,
        "seconds": round(found.seconds, 3),
        "fixed_holds": found.fixed_holds,
        "why_not": None,
        "breaks": bug.breaks,
        "faults": dict(bug.faults),
        "affected": bug.affected,
        "fixed_in": bug.fixed_in,
        "source": bug.source,
        "distinct_states": list(found.distinct_states),
    }
    if trace is not None:
        document["steps"] = [step.says for step in trace.steps]
        document["loop"] = trace.loop
        document["trace"] = itf(
            trace,
            source=f"ackproof:{bug.number}",
            description=f"{bug.breaks} violated: {bug.statement.says}",
            meta={"bug": bug.number, "claim": bug.breaks, "bounds": {"faults": bug.budget.left}},
        )
    return document


def inexpressible(bug: OutOfReach) -> Json:
    """A bug that the model can not have."""
    return {
        "id": bug.number,
        "title": bug.title,
        "expressible": False,
        "found": False,
        "length": None,
        "seconds": 0.0,
        "fixed_holds": False,
        "why_not": bug.why_not,
        "source": bug.source,
    }
