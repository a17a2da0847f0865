"""Verdicts: what is known of a claim, how it is known, and what was covered."""

from collections.abc import Mapping
from typing import Literal

import attrs

from ackproof.properties.claims import Half
from ackproof.properties.timing import TimingVerdict
from ackproof.traces.trace import Trace

Answer = Literal["holds", "violated", "unknown"]
Evidence = Literal["exhaustive", "inductive", "searched"]


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
class Remedy:
    """
    A smallest set of changes under which a claim holds, judged by the full search.

    Attributes:
        changes: The value of each key, where it stands in the pipeline file.
        where: The kind of the dearest change: "configuration", "upgrade" or "application".
        costs: Of each change its key, what it costs, and why.
        places: File and line of the settings that stand in another file than the pipeline's.
    """

    changes: Mapping[str, str | int]
    where: str
    costs: tuple[tuple[str, str, str], ...]
    places: Mapping[str, tuple[str, int | None]] = attrs.field(factory=dict[str, tuple[str, int | None]])

    def place(self, key: str) -> str:
        """Where a setting stands, as it is told behind its new value: `` (application.yml:7)``."""
        file, line = self.places.get(key, ("", None))
        return f" ({file}:{line})" if line else f" ({file})" if file else ""


@attrs.frozen
class Induction:
    """
    What theorems say of a part of a pipeline: that a claim holds there for any number of records.

    Attributes:
        claim: The basic claim.
        half: The part.
        lifts_faults: Also for any number of faults.
        theorems: Their names.
    """

    claim: str
    half: Half
    lifts_faults: bool
    theorems: tuple[str, ...]


@attrs.frozen
class Verdict:
    """
    The answer to one claim.

    Attributes:
        broken: The basic claims that are violated.
        half: Where the answer was decided: by what the producer or the consumer does, or by both.
        evidence: "exhaustive": every state within the bounds, or every one nearer than the violation. "searched": only
            some, or nothing; a counterexample may then not be a shortest one. "inductive": theorems say that it holds,
            and what was searched agrees; ``bounds`` has only what they do not lift.
        fault_kinds: Which kinds of fault the bound is about.
        distinct_states, depth: Of all searches together; depth counts levels of actions.
        reason: Why it is unknown.
        assumptions: What was taken as given.
        coverage: How often each action fired.
        never_fired: Actions that never did.
        idle_faults: Kinds of fault among them: allowed, and never able to happen.
        vacuous: What makes the verdict an empty one.
        reductions: Reductions in force.
        inductions: What theorems say of its parts, if it holds.
        repairs: What makes the claim hold, if it is violated and somebody asked.
        repair_reason: Why there are none, or what they ask for beyond settings; None if nobody asked.
        accepted: Why a violation is lived with, and until when; None if it is not, or no longer.
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
    inductions: tuple[Induction, ...] = ()
    repairs: tuple[Remedy, ...] = ()
    repair_reason: str | None = None
    accepted: str | None = None


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
        timing: What times and rates allow or rule out, where something was measured.
        places: File and line of each setting that somebody gave, by its name in changes.
    """

    name: str
    file: str | None
    kafka: str | None
    errors: tuple[Remark, ...] = ()
    notices: tuple[Remark, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    configuration: Mapping[str, object] = attrs.field(factory=dict[str, object])
    timing: tuple[TimingVerdict, ...] = ()
    places: Mapping[str, tuple[str, int | None]] = attrs.field(factory=dict[str, tuple[str, "int | None"]])

    @property
    def every_claim_holds(self) -> bool:
        """Whether all that was claimed holds; of a configuration that can not be run nothing does."""
        return not self.errors and all(verdict.answer == "holds" for verdict in self.verdicts)


def exit_code(judgements: tuple[Judgement, ...]) -> int:
    """0 if every claim holds or is accepted, 1 if one is violated, 2 if one is unknown, 3 for a bad configuration."""
    verdicts = (verdict for judgement in judgements for verdict in judgement.verdicts)
    answers = {verdict.answer for verdict in verdicts if verdict.accepted is None}
    if any(judgement.errors for judgement in judgements):
        return 3
    return 1 if "violated" in answers else 2 if "unknown" in answers else 0
