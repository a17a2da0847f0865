"""``verify --report DIR``: the page, and a trace file for each violated claim."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, count, islice
from pathlib import Path
from typing import Any, cast

import attrs

from ackproof import __version__
from ackproof.config.document import as_document
from ackproof.config.files.problems import BadConfiguration
from ackproof.config.inquiries import Inquiry
from ackproof.config.reading import read_pipeline
from ackproof.properties.claims import IN_TRANSACTIONS, INTERESTING, INVARIANTS
from ackproof.properties.property import Property
from ackproof.properties.verdict import Counterexample, Judgement, Verdict
from ackproof.reports.document import counterexample
from ackproof.reports.page.page import Blame, Section, Statement, Violation, as_html
from ackproof.reports.story.telling import told
from ackproof.retelling.retracing import Retraced, retaken
from ackproof.traces.trace import Trace
from ackproof.traces.varying import in_one_go, without

PAGE = "index.html"
MOST_TOLD = 40
"""How many violations a page tells in full, of all its pipelines; each takes some 100 kB."""

MOST_STEPS = 120
"""How long an execution may be that a page tells; each step is a column of its tables."""


def report(judgements: Sequence[Judgement], folder: Path) -> list[Path]:
    """
    Write the page and the traces into *folder*, which is made if it is not there; what was written.

    Raises:
        OSError: It can not be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    names = list(names_of(judgements))
    traces = {
        file: text
        for judgement, name in zip(judgements, names, strict=True)
        for file, text in traces_of(judgement, name)
    }
    sections = list(sections_of(judgements, names))
    written = {**traces, PAGE: as_html(__version__, sections)}
    for name, text in written.items():
        (folder / name).write_text(text, encoding="utf-8")
    return [folder / name for name in written]


def names_of(judgements: Sequence[Judgement]) -> Iterator[str]:
    """How the files about each pipeline begin: with its name as far as files can have it, its own in the folder."""
    taken: dict[str, str | None] = {}
    for judgement in judgements:
        name = re.sub(r"[^\w.-]+", "-", judgement.name).strip(".-") or "pipeline"
        numbered = chain([name], (f"{name}-{number}" for number in count(2)))
        yield next(each for each in numbered if taken.setdefault(each, judgement.file) == judgement.file)


def sections_of(judgements: Sequence[Judgement], names: Sequence[str]) -> Iterator[Section]:
    """What the page says of each pipeline; it tells so many violations in full that one can still open it."""
    left = MOST_TOLD
    for judgement, name in zip(judgements, names, strict=True):
        told_in_full = tuple(islice(violations(judgement, name), left))
        left -= len(told_in_full)
        yield Section(judgement, told_in_full)


def traces_of(judgement: Judgement, name: str) -> Iterator[tuple[str, str]]:
    """The name and the content of each violated claim's trace file."""
    for verdict in judgement.verdicts:
        if verdict.counterexample:
            document = counterexample(judgement, verdict, verdict.counterexample)["trace"]
            yield trace_file(name, verdict), json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def trace_file(name: str, verdict: Verdict) -> str:
    """The name of a trace file."""
    return f"{name}.{verdict.claim}.itf.json"


def violations(judgement: Judgement, name: str) -> Iterator[Violation]:
    """The violated claims whose executions are short enough to be told, with their stories."""
    for verdict in judgement.verdicts:
        if verdict.counterexample and len(verdict.counterexample.trace) <= MOST_STEPS:
            yield violation(judgement, verdict, verdict.counterexample, trace_file(name, verdict))


def violation(judgement: Judgement, verdict: Verdict, found: Counterexample, file: str) -> Violation:
    """A violated claim: its execution, whose trace is in *file*, taken again in the order in which it reads best."""
    document = cast("Mapping[str, object]", counterexample(judgement, verdict, found)["trace"])
    again = retaken(document, Path(file))
    trace = ordered(again)
    return Violation(
        verdict=attrs.evolve(verdict, counterexample=attrs.evolve(found, trace=trace)),
        story=told(trace),
        blames=tuple(blames(again, trace)),
        statements=tuple(statements(again, trace)),
        reproducer=reproducer(judgement, verdict),
        trace=file,
    )


def ordered(again: Retraced) -> Trace:
    """The execution in the order in which it reads best; one that goes on for ever as it is."""
    if again.trace.loop is not None:
        return again.trace
    return in_one_go(again.system, again.trace, [move.source for move in told(again.trace).moves])


def blames(again: Retraced, trace: Trace) -> Iterator[Blame]:
    """For each fault whether the rest of the execution breaks the claim without it."""
    if trace.loop is not None:
        return
    for number, step in enumerate(trace.steps):
        if step.action.fault:
            other = without(again.system, trace, number)
            still = not all(again.inquiry.holds(values) for values in named(again, other))
            yield Blame(number + 1, step.action.fault, not still)


def named(again: Retraced, trace: Trace) -> Iterator[Mapping[str, object]]:
    """The components and rules of each state."""
    for state in trace.states:
        yield {**again.system.rules, **dict(zip(trace.names, state, strict=True))}


def statements(again: Retraced, trace: Trace) -> Iterator[Statement]:
    """All that is said of this part of the pipeline, and in which states it is true; the claim in question first."""
    states = list(named(again, trace))
    said = said_of(again.inquiry, is_of_transactions="output" in trace.names)
    for claim, statement in {each.name: (claim, each) for claim, each in said}.values():
        if set(statement.reads) <= states[0].keys():
            truths = tuple(statement(values) for values in states)
            yield Statement(claim, statement.says, statement.source, truths)


def said_of(inquiry: Inquiry, *, is_of_transactions: bool) -> Iterator[tuple[str | None, Property]]:
    """Each property with its claim; with none where it only makes a claim interesting."""
    yield inquiry.basic, inquiry.holds
    yield from INVARIANTS[inquiry.half].items()
    for claim, (holds, matters) in IN_TRANSACTIONS.items() if is_of_transactions else ():
        yield claim, holds
        yield None, matters
    for interesting in INTERESTING[inquiry.half].values():
        yield from ((None, each) for each in interesting)


def reproducer(judgement: Judgement, verdict: Verdict) -> str:
    """A command that finds the violation again, with what the command line said in place of the files."""
    what = judgement.file or " ".join(properties_of(judgement))
    bounds = f"--claim {verdict.claim} --records {verdict.bounds.get('records', 3)}"
    return " ".join(["ackproof verify", what, bounds, *overrides_of(judgement)])


def properties_of(judgement: Judgement) -> Iterator[str]:
    """The options that name the properties files of a pipeline without a file of its own."""
    for option, prefix in (("producer", "producer.config."), ("consumer", "consumer.config."), ("topic", "topic.")):
        file = next((file for key, (file, _) in judgement.places.items() if key.startswith(prefix)), None)
        if file is not None:
            yield f"--{option} {file}"


def overrides_of(judgement: Judgement) -> Iterator[str]:
    """The options for what was judged otherwise than the pipeline's file says."""
    try:
        said = as_document(read_pipeline(judgement.file)) if judgement.file else {}
    except BadConfiguration:
        said = {}
    judged = judgement.configuration
    if "kafka" in judged and judged["kafka"] != said.get("kafka"):
        yield f"--kafka {judged['kafka']}"
    faults = cast("Mapping[str, Any]", judged.get("faults", {}))
    if "kinds" in faults and judgement.file and faults != said.get("faults"):
        limits = faults["limits"]
        kinds = (f"{kind}:{limits[kind]}" if kind in limits else kind for kind in faults["kinds"])
        yield f"--faults {','.join(kinds)}"
