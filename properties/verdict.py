"""Verdicts: what is known of a claim, how it is known, and what was covered."""

from collections.abc import Mapping
from typing import Literal

import attrs

from ackproof.properties.claims import Half
from ackproof.traces.trace import Trace

Answer = Literal["holds", "violated", "unknown"]
Evidence = Literal["exhaustive", "searched"]


@attrs.frozen
class Counterexample:
    """
    A shortest execution that breaks a claim.

    Attributes:
        claim: The basic claim that it breaks.
        statement: What was to hold in every state.
    """

    trace: Trace
    claim: str
    statement: str


@attrs.frozen
class Verdict:
    """
    The answer to one claim.

    Attributes:
        broken: The basic claims that are violated.
        half: Where the answer was decided: by what the producer or the consumer does, or by both.
        evidence: "exhaustive": every state within the bounds, or every one nearer than the violation. "searched": only
            some, or nothing; a counterexample may then not be a shortest one.
        fault_kinds: Which kinds of fault the bound is about.
        distinct_states, depth: Of all searches together; depth counts levels of actions.
        reason: Why it is unknown.
        assumptions: What was taken as given.
        coverage: How often each action fired.
        never_fired: Actions that never did.
        idle_faults: Kinds of fault among them: allowed, and never able to happen.
        vacuous: What makes the verdict an empty one.
        reductions: Reductions in force.
    """

    claim: str
    answer: Answer
    half: Half
    evidence: Evidence
    bounds: Mapping[str, int]
    fault_kinds: tuple[str, ...] = ()
    distinct_states: int = 0
    depth: int = 0
    seconds: float = 0.0
    broken: tuple[str, ...] = ()
    counterexample: Counterexample | None = None
    reason: str | None = None
    assumptions: tuple[str, ...] = ()
    coverage: Mapping[str, int] = attrs.field(factory=dict[str, int])
    never_fired: tuple[str, ...] = ()
    idle_faults: tuple[str, ...] = ()
    vacuous: tuple[str, ...] = ()
    reductions: tuple[str, ...] = ()


@attrs.frozen
class Remark:
    """An error or a notice about a configuration, and where it stands."""

    message: str
    key: str | None = None
    file: str | None = None
    line: int | None = None


@attrs.frozen
class Judgement:
    """
    Everything said of one pipeline.

    Attributes:
        configuration: What was judged, in the words of a pipeline file.
    """

    name: str
    file: str | None
    kafka: str | None
    errors: tuple[Remark, ...] = ()
    notices: tuple[Remark, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    configuration: Mapping[str, object] = attrs.field(factory=dict[str, object])


def exit_code(judgements: tuple[Judgement, ...]) -> int:
    """0 if every claim holds, 1 if one is violated, 2 if one is unknown, 3 for a bad configuration."""
    answers = {verdict.answer for judgement in judgements for verdict in judgement.verdicts}
    if any(judgement.errors for judgement in judgements):
        return 3
    return 1 if "violated" in answers else 2 if "unknown" in answers else 0
