"""
The verdicts as SARIF 2.1.0, which GitHub's code scanning and editors show on the line that is to blame.

A claim is a rule. One that is violated is an error on the setting that the smallest repair changes; one that holds is
a result of kind ``pass``, one that is unknown of kind ``open``, so that one file has the whole table. What is wrong
with a file is an error of the rule ``configuration``, what a reader should know a note of the rule ``notice``.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import PurePath

from ackproof.properties.verdict import Judgement, Remark, Remedy, Verdict
from ackproof.reports.story.story import Move
from ackproof.reports.story.telling import told
from ackproof.reports.text import covering

SCHEMA = "https://raw.githubusercontent.com/oasis-tcs/sarif-spec/main/sarif-2.1/schema/sarif-schema-2.1.0.json"
Json = dict[str, object]
Place = tuple[str | None, int | None]


def as_sarif(version: str, judgements: Sequence[Judgement]) -> str:
    """The document, with a fixed order of keys; it says nothing of time, so that equal verdicts are equal texts."""
    results = [result for judgement in judgements for result in results_of(judgement)]
    names = list(dict.fromkeys(str(result["ruleId"]) for result in results))
    numbered = [{**result, "ruleIndex": names.index(str(result["ruleId"]))} for result in results]
    driver = {"name": "ackproof", "version": version, "rules": [rule(name) for name in names]}
    document = {"$schema": SCHEMA, "version": "2.1.0", "runs": [{"tool": {"driver": driver}, "results": numbered}]}
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def rule(name: str) -> Json:
    """What is judged under a *name*."""
    said = {"configuration": "The configuration can not be run", "notice": "Something that a reader should know"}
    text = said.get(name, f"The pipeline keeps {name}")
    return {"id": name, "shortDescription": {"text": text}, "defaultConfiguration": {"level": "error"}}


def results_of(judgement: Judgement) -> Iterator[Json]:
    """What was said of one pipeline."""
    for kind, level, remarks in (("configuration", "error", judgement.errors), ("notice", "note", judgement.notices)):
        for remark in remarks:
            place = remark.file or judgement.file, remark.line
            yield result(kind, level, worded(remark), place, f"{judgement.name} {remark.key}")
    for verdict in judgement.verdicts:
        yield of_verdict(judgement, verdict)


def worded(remark: Remark) -> str:
    """A remark as a sentence."""
    return f"{remark.key}: {remark.message}" if remark.key else remark.message


def of_verdict(judgement: Judgement, verdict: Verdict) -> Json:
    """One claim."""
    kinds = {"holds": "pass", "unknown": "open"}
    place = blamed(judgement, verdict)
    level = "error" if verdict.answer == "violated" else "none"
    found = result(verdict.claim, level, said(verdict), place, judgement.name)
    if verdict.answer in kinds:
        return {**found, "kind": kinds[verdict.answer]}
    if verdict.accepted:
        found = {**found, "suppressions": [{"kind": "external", "justification": verdict.accepted}]}
    if verdict.counterexample is None:
        return found
    moves = told(verdict.counterexample.trace).moves
    flows = [flow(lane, moves, place) for lane in dict.fromkeys(move.source for move in moves)]
    return {**found, "codeFlows": [{"threadFlows": flows}]}


def said(verdict: Verdict) -> str:
    """The answer in sentences."""
    broken = f" ({', '.join(verdict.broken)})" if set(verdict.broken) - {verdict.claim} else ""
    steps = f" in {len(verdict.counterexample.trace)} steps" if verdict.counterexample else ""
    parts = [f"{verdict.claim}: {verdict.answer}{broken}{steps}", verdict.reason or ", ".join(covering(verdict))]
    return ". ".join([*parts, *(f"Repair: {changes(remedy)}" for remedy in verdict.repairs[:1])]) + "."


def changes(remedy: Remedy) -> str:
    """What a repair changes."""
    return ", ".join(f"{key} = {value}" for key, value in remedy.changes.items())


def blamed(judgement: Judgement, verdict: Verdict) -> Place:
    """Where the setting stands that the smallest repair changes; the pipeline's file if it is in none."""
    keys = [key for remedy in verdict.repairs for key in remedy.changes]
    return next((judgement.places[key] for key in keys if key in judgement.places), (judgement.file, None))


def result(name: str, level: str, text: str, place: Place, about: str) -> Json:
    """A result; its fingerprint has nothing of lines or executions, so that it stays what it is in the next version."""
    identity = f"{name} {about} {uri(place)}"
    print_of = hashlib.sha256(identity.encode()).hexdigest()[:16]
    found: Json = {"ruleId": name, "level": level, "message": {"text": text}}
    return {**found, "locations": [location(place)], "partialFingerprints": {"ackproof/v1": print_of}}


def location(place: Place) -> Json:
    """A line of a file."""
    return {"physicalLocation": {"artifactLocation": {"uri": uri(place)}, "region": {"startLine": place[1] or 1}}}


def uri(place: Place) -> str:
    """The file with slashes."""
    return PurePath(place[0] or "pipeline").as_posix()


def flow(lane: str, moves: Iterable[Move], place: Place) -> Json:
    """What happens in one lane; the order tells how the lanes interleave."""
    steps = [move for move in moves if move.source == lane]
    return {"id": lane, "locations": [step(move, place) for move in steps]}


def step(move: Move, place: Place) -> Json:
    """One step."""
    text = f"{move.says} [{move.fault}]" if move.fault else move.says
    return {"executionOrder": move.number, "location": {"message": {"text": text}, **location(place)}}
