"""Verdicts on pipelines: the claim is cut into basic claims and halves, each half is searched, the answers compose."""

import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import attrs

from ackproof.config.pipeline import Pipeline
from ackproof.config.reading import BadConfiguration, Overrides, read_pipeline
from ackproof.config.systems import (
    assumptions,
    halves,
    is_absorbed,
    produce_system,
    system_for,
    unmodelled,
    without_effect,
)
from ackproof.properties.claims import INTERESTING, INVARIANTS, OF_TRANSACTIONS, Half, basics_of
from ackproof.properties.produce import what_a_reader_saw_stays
from ackproof.properties.property import Property
from ackproof.properties.verdict import Answer, Counterexample, Judgement, Remark, Verdict
from ackproof.search.explorer import Budget, Exploration, Progress, explore

CUT = "the cut at the log"
"""What a search is about that no claim asks for, but the composition of the halves."""

OnProgress = Callable[[str, Progress], None]
Clock = Callable[[], float]


@attrs.frozen
class Finding:
    """What the search of one half said of one basic claim."""

    half: Half
    basic: str
    exploration: Exploration


def verify(path: str | Path, *, overrides: Overrides | None = None, on_progress: OnProgress | None = None) -> Judgement:
    """
    Judge the pipeline in the file *path*.

    Errors in the configuration are part of the judgement; nothing is raised for them.
    """
    try:
        pipeline = read_pipeline(path, overrides=overrides or Overrides())
    except BadConfiguration as bad:
        return refused(path, bad)
    return judge(pipeline, on_progress=on_progress)


def refused(path: str | Path | None, bad: BadConfiguration) -> Judgement:
    """The judgement on a configuration that can not be run."""
    errors = tuple(Remark(p.message, p.key, str(p.file) if p.file else None, p.line) for p in bad.problems)
    name = Path(path).name.removesuffix(".ackproof.toml") if path else "pipeline"
    return Judgement(name, str(path) if path else None, None, errors)


def judge(pipeline: Pipeline, *, on_progress: OnProgress | None = None, clock: Clock = time.monotonic) -> Judgement:
    """Judge every claim that *pipeline* is expected to satisfy."""
    notices = [Remark(n.message, n.key, str(n.file) if n.file else None, n.line) for n in pipeline.notices]
    notices += [Remark(f"the fault {kind} has nothing to act on here") for kind in without_effect(pipeline)]
    verdicts = tuple(verdict_on(pipeline, claim, on_progress, clock) for claim in pipeline.claims)
    file = str(pipeline.file) if pipeline.file else None
    return Judgement(pipeline.name, file, pipeline.kafka, (), tuple(notices), verdicts)


def verdict_on(pipeline: Pipeline, claim: str, on_progress: OnProgress | None, clock: Clock) -> Verdict:
    """The verdict on one *claim*."""
    started = clock()
    reasons: list[str] = []
    findings = list(searched(pipeline, claim, reasons, on_progress, clock, started + pipeline.bounds.budget_s))
    if not reasons and not broken(findings) and len(halves(pipeline)) > 1:
        deadline = started + pipeline.bounds.budget_s
        findings += cut(pipeline, reasons, clock, deadline)
        if "in-order" in basics_of(claim):
            findings += in_order_as_a_whole(pipeline, reasons, on_progress, clock, deadline)
    return composed(pipeline, claim, findings, reasons, clock() - started)


def searched(
    pipeline: Pipeline,
    claim: str,
    reasons: list[str],
    on_progress: OnProgress | None,
    clock: Clock,
    deadline: float,
) -> Iterator[Finding]:
    """One search for each half and basic claim; why one could not be made or finished goes to *reasons*."""
    for basic in basics_of(claim):
        missing = unmodelled(pipeline, basic)
        reasons += [what.reason for what in missing if what.reason not in reasons]
        closed = {what.half for what in missing}
        open_halves: tuple[Half, ...] = () if None in closed or basic in OF_TRANSACTIONS else halves(pipeline)
        for half in open_halves:
            if half not in closed and not is_absorbed(pipeline, half, basic):
                found = explore(
                    system_for(pipeline, half, basic),
                    INVARIANTS[half][basic],
                    looks_for=INTERESTING[half][basic],
                    budget=Budget(seconds=max(0.0, deadline - clock()), clock=clock),
                    on_level=listener(on_progress, f"{pipeline.name}: {basic}, {half} half"),
                )
                reasons += unfinished(found, f"the search for a violation of {basic} in the {half} half")
                yield Finding(half, basic, found)


def listener(on_progress: OnProgress | None, what: str) -> Callable[[Progress], None] | None:
    """What tells *on_progress* about the search for *what*."""
    return None if on_progress is None else lambda progress: on_progress(what, progress)


def unfinished(found: Exploration, what: str) -> list[str]:
    """Why a search says nothing about all states."""
    if found.ended in ("exhausted", "violated"):
        return []
    how = "was interrupted" if found.ended == "interrupted" else f"ran {found.ended}"
    return [f"{what} {how} after {found.distinct_states} states, {found.depth} levels deep"]


def cut(pipeline: Pipeline, reasons: list[str], clock: Clock, deadline: float) -> list[Finding]:
    """The check that lets the halves be judged apart: what a reader saw stays."""
    system = produce_system(pipeline, "no-duplicates", remembers_visible=True)
    found = explore(system, what_a_reader_saw_stays, budget=Budget(seconds=max(0.0, deadline - clock()), clock=clock))
    if found.violation:
        reasons.append(
            "the halves can not be judged apart: a record that consumers could read can disappear from the log, "
            f"in {len(found.violation)} steps ({', '.join(found.violation.faults)})"
        )
    reasons += unfinished(found, "the search for a record that disappears from the log")
    return [Finding("produce", CUT, found)]


def in_order_as_a_whole(
    pipeline: Pipeline, reasons: list[str], on_progress: OnProgress | None, clock: Clock, deadline: float
) -> Iterator[Finding]:
    """
    Order, where the halves can not decide it: a record stands in the log twice, and readers may miss the first copy.

    Each half compares first occurrences, but such a reader processes the second copy, behind later records. The
    pipeline is then explored in one piece.
    """
    checks: tuple[tuple[Half, str], ...] = (("produce", "no-duplicates"), ("consume", "no-loss"), ("whole", "in-order"))
    for half, basic in checks:
        found = explore(
            system_for(pipeline, half, basic),
            INVARIANTS[half][basic],
            looks_for=INTERESTING[half][basic],
            budget=Budget(seconds=max(0.0, deadline - clock()), clock=clock),
            on_level=listener(on_progress, f"{pipeline.name}: in-order, whole pipeline"),
        )
        reasons += unfinished(found, f"the search for a violation of {basic}, {half}")
        yield Finding(half, basic if half == "whole" else CUT, found)
        if not found.violation:
            return


def broken(findings: Iterable[Finding]) -> list[Finding]:
    """Findings that violate a basic claim."""
    return [finding for finding in findings if finding.exploration.violation and finding.basic != CUT]


def composed(pipeline: Pipeline, claim: str, findings: list[Finding], reasons: list[str], seconds: float) -> Verdict:
    """One verdict of all findings: a violation of a half is one of the whole, and to hold it must hold in each."""
    violations = sorted(broken(findings), key=lambda finding: len(finding.exploration.violation or ()))
    answer: Answer = "violated" if violations else "unknown" if reasons else "holds"
    searches = [finding.exploration for finding in findings]
    coverage = {} if answer == "violated" else fired(searches)
    return Verdict(
        claim=claim,
        answer=answer,
        half=violations[0].half if violations else whole(pipeline),
        evidence="searched" if answer == "unknown" else "exhaustive",
        bounds={"records": pipeline.bounds.records, "faults": pipeline.faults.at_most, **pipeline.faults.limits},
        distinct_states=sum(search.distinct_states for search in searches),
        depth=max((search.depth for search in searches), default=0),
        seconds=seconds,
        broken=tuple(dict.fromkeys(finding.basic for finding in violations)),
        counterexample=counterexample(violations[0]) if violations else None,
        reason="; ".join(reasons) if answer == "unknown" else None,
        assumptions=assumptions(pipeline),
        coverage=fired(searches),
        never_fired=tuple(name for name, count in coverage.items() if count == 0),
        idle_faults=idle_faults(pipeline, findings) if answer == "holds" else (),
        vacuous=() if answer == "violated" else tuple(vacuous(pipeline, claim, findings)),
        reductions=(
            "urgent actions",
            "interchangeable replicas and consumers",
            "derived high watermark",
            "cut at the log",
        )
        if findings
        else (),
    )


def fired(searches: Iterable[Exploration]) -> dict[str, int]:
    """How often each action fired, over all searches."""
    total: dict[str, int] = {}
    for search in searches:
        for name, count in search.fired.items():
            total[name] = total.get(name, 0) + count
    return total


def idle_faults(pipeline: Pipeline, findings: Iterable[Finding]) -> tuple[str, ...]:
    """Kinds of fault that some half knows, and that happened in no search."""
    possible: dict[str, int] = {}
    for finding in findings:
        for act in system_for(pipeline, finding.half, "no-loss").actions:
            if act.fault:
                possible[act.fault] = possible.get(act.fault, 0) + finding.exploration.fired.get(act.name, 0)
    return tuple(sorted(kind for kind, count in possible.items() if count == 0)) if pipeline.faults.at_most else ()


def whole(pipeline: Pipeline) -> Half:
    """What an answer about all of *pipeline* is about."""
    return "whole" if len(halves(pipeline)) > 1 else halves(pipeline)[0]


def counterexample(finding: Finding) -> Counterexample:
    """The execution that breaks the claim."""
    assert finding.exploration.violation is not None
    statement: Property = INVARIANTS[finding.half][finding.basic]
    return Counterexample(finding.exploration.violation, finding.basic, statement.says)


def vacuous(pipeline: Pipeline, claim: str, findings: Iterable[Finding]) -> Iterator[str]:
    """What makes the answer an empty one."""
    for basic in basics_of(claim):
        if basic in OF_TRANSACTIONS:
            yield f"{basic}: there is no transaction in this pipeline"
        if is_absorbed(pipeline, "produce", basic):
            yield f"{basic}: the idempotent sink absorbs what the log holds twice"
    for finding in (finding for finding in findings if finding.exploration.ended == "exhausted"):
        for statement in INTERESTING[finding.half].get(finding.basic, ()):
            if not finding.exploration.seen.get(statement.name):
                yield f"{finding.basic}: never so: {statement.says}"
