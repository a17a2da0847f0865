"""Verdicts on pipelines, composed of what the searches of their halves have found."""

import time
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from pathlib import Path

from ackproof.config.document import as_document
from ackproof.config.pipeline import Pipeline
from ackproof.config.places import places
from ackproof.config.reading import BadConfiguration, Overrides, read_pipeline
from ackproof.config.systems import as_bounded, assumptions, halves, without_effect
from ackproof.config.transactions import has_transactions
from ackproof.judging.accepting import ended, lived_with
from ackproof.judging.effort import Effort
from ackproof.judging.hearing import Clock, Finding, Hearing, OnProgress
from ackproof.judging.inductive import by_induction
from ackproof.judging.timing import not_injected, resting_on, timed
from ackproof.properties.claims import GOALS, OF_TRANSACTIONS, Half, basics_of
from ackproof.properties.verdict import Answer, Counterexample, Judgement, Remark, Verdict

USUAL_EFFORT = Effort()
REDUCTIONS = {
    "urgency": ("urgent actions", "derived high watermark"),
    "symmetry": ("interchangeable replicas and consumers",),
    "slicing": ("components that no property sees are left out",),
    "partial-order": ("one order of independent actions",),
}
"""What people call the reductions."""


def verify(
    path: str | Path,
    *,
    overrides: Overrides | None = None,
    on_progress: OnProgress | None = None,
    effort: Effort = USUAL_EFFORT,
    repairs: bool = False,
) -> Judgement:
    """
    Judge the pipeline in the file *path*.

    Args:
        repairs: Also look for the smallest changes that make each violated claim hold.

    Errors in the configuration are part of the judgement; nothing is raised for them.
    """
    try:
        pipeline = read_pipeline(path, overrides=overrides or Overrides())
    except BadConfiguration as bad:
        return refused(path, bad)
    if repairs:
        from ackproof.judging.remedies import judge_and_repair

        return judge_and_repair(pipeline, on_progress=on_progress, effort=effort)
    return judge(pipeline, on_progress=on_progress, effort=effort)


def refused(path: str | Path | None, bad: BadConfiguration) -> Judgement:
    """The judgement on a configuration that can not be run."""
    errors = tuple(Remark(problem.message, problem.key, problem.file, problem.line) for problem in bad.problems)
    name = Path(path).name.removesuffix(".ackproof.toml") if path else "pipeline"
    return Judgement(name, str(path) if path else None, None, errors)


def judge(
    pipeline: Pipeline,
    *,
    on_progress: OnProgress | None = None,
    clock: Clock = time.monotonic,
    effort: Effort = USUAL_EFFORT,
    hearing_of: Callable[..., Hearing] = Hearing,
    today: Callable[[], date] = date.today,
) -> Judgement:
    """
    Judge every claim that *pipeline* is expected to satisfy.

    Args:
        hearing_of: Makes the hearing of each claim.
        today: Tells which violations are accepted still.
    """
    found = timed(pipeline)
    pipeline = found.pipeline
    notices = [Remark(notice.message, notice.key, notice.file, notice.line) for notice in pipeline.notices]
    notices += ended(pipeline, today())
    notices += [Remark(why, "timing") for why in not_injected(found)]
    notices += [Remark(f"the fault {kind} has nothing to act on here") for kind in without_effect(pipeline)]
    verdicts: list[Verdict] = []
    is_interrupted = False
    for claim in pipeline.claims:
        hearing = hearing_of(as_bounded(pipeline, claim), claim, on_progress, clock, effort)
        if is_interrupted:
            hearing.reasons.append("interrupted before it was searched")
        else:
            hearing.hear()
        is_interrupted = is_interrupted or hearing.is_interrupted
        verdict = resting_on(found, by_induction(hearing, verdict_of(hearing)))
        verdicts.append(lived_with(pipeline, verdict, today()))
    return Judgement(
        name=pipeline.name,
        file=pipeline.file,
        kafka=pipeline.kafka,
        notices=tuple(notices),
        verdicts=tuple(verdicts),
        configuration=as_document(pipeline),
        timing=found.verdicts,
        places=places(pipeline),
    )


def verdict_of(hearing: Hearing) -> Verdict:
    """A violation of a half is one of the whole; what holds has to hold in each."""
    pipeline, violations = hearing.pipeline, hearing.violations
    answer: Answer = "violated" if violations else "unknown" if hearing.reasons else "holds"
    searches = [finding.exploration for finding in hearing.findings]
    coverage = fired(hearing.findings)
    faults = pipeline.faults.at_most if pipeline.faults.kinds else 0
    return Verdict(
        claim=hearing.claim,
        answer=answer,
        half=violations[0].inquiry.half if violations else everything(hearing),
        evidence="searched" if hearing.reasons or not all(search.is_shortest for search in searches) else "exhaustive",
        fault_kinds=pipeline.faults.kinds if faults else (),
        bounds={"records": pipeline.bounds.records, "faults": faults, **pipeline.faults.limits},
        distinct_states=sum(search.distinct_states for search in searches),
        depth=max((search.depth for search in searches), default=0),
        seconds=hearing.seconds,
        broken=tuple(dict.fromkeys(finding.inquiry.basic for finding in violations)),
        counterexample=counterexample(violations[0]) if violations else None,
        reason="; ".join(hearing.reasons) if answer == "unknown" else None,
        assumptions=(*assumptions(pipeline, hearing.claim), *assumed(hearing)),
        coverage=coverage,
        never_fired=() if violations else tuple(name for name, count in coverage.items() if count == 0),
        idle_faults=idle_faults(pipeline, hearing.findings) if answer == "holds" else (),
        vacuous=() if violations else tuple(vacuous(hearing)),
        reductions=in_force(hearing) if searches else (),
    )


def assumed(hearing: Hearing) -> tuple[str, ...]:
    """What some of the searches took as given, beside what all do."""
    return tuple(dict.fromkeys(said for finding in hearing.findings for said in finding.inquiry.assumes))


def in_force(hearing: Hearing) -> tuple[str, ...]:
    """The reductions that the searches made use of; what happens at last is decided without any."""
    if hearing.claim in GOALS:
        return ()
    cut = ("cut at the log",) if any(finding.inquiry.half != "whole" for finding in hearing.findings) else ()
    in_use = hearing.effort.reductions
    if not any(finding.exploration.dropped for finding in hearing.findings):
        in_use -= {"slicing"}
    return (*(said for name, words in REDUCTIONS.items() if name in in_use for said in words), *cut)


def fired(findings: Iterable[Finding]) -> dict[str, int]:
    """How often each action fired, over all searches."""
    total: dict[str, int] = {}
    for finding in findings:
        for name, count in finding.exploration.fired.items():
            total[name] = total.get(name, 0) + count
    return total


def idle_faults(pipeline: Pipeline, findings: Iterable[Finding]) -> tuple[str, ...]:
    """Kinds of fault that some half knows, and that happened in no search."""
    possible: dict[str, int] = {}
    for finding in findings:
        for act in finding.inquiry.system(False).actions:
            if act.fault and act.name in finding.exploration.fired:
                possible[act.fault] = possible.get(act.fault, 0) + finding.exploration.fired[act.name]
    return tuple(sorted(kind for kind, count in possible.items() if count == 0)) if pipeline.faults.at_most else ()


def everything(hearing: Hearing) -> Half:
    """What an answer about all of a pipeline is about."""
    pipeline = hearing.pipeline
    if hearing.claim in GOALS:
        return GOALS[hearing.claim][0]
    return "whole" if len(halves(pipeline)) > 1 else halves(pipeline)[0]


def counterexample(finding: Finding) -> Counterexample:
    """The execution that breaks the claim."""
    assert finding.exploration.violation is not None
    return Counterexample(finding.exploration.violation, finding.inquiry.basic, finding.inquiry.holds.says)


def vacuous(hearing: Hearing) -> Iterator[str]:
    """What makes an answer an empty one."""
    for basic in basics_of(hearing.claim):
        if basic in OF_TRANSACTIONS and not has_transactions(hearing.pipeline):
            yield f"{basic}: there is no transaction in this pipeline"
    for finding in hearing.findings:
        if finding.is_about_the_claim and finding.exploration.ended == "exhausted":
            for statement in finding.inquiry.looks_for:
                if not finding.exploration.seen[statement.name]:
                    never = f"it never happens that {statement.says[0].lower()}{statement.says[1:]}"
                    yield f"{finding.inquiry.basic}: {never}"
