"""Times and rates of a pipeline: what z3 says of them, and the kinds of fault that they rule out."""

from collections.abc import Iterator, Mapping

import attrs

from ackproof.config.clients.library import UNLIMITED
from ackproof.config.pipeline import Pipeline
from ackproof.config.timing.settings import timing_settings
from ackproof.proofs.timing.answering import answered, decided
from ackproof.proofs.timing.question import Answer
from ackproof.proofs.timing.record import QUESTIONS
from ackproof.properties.timing import Threshold, TimingVerdict
from ackproof.properties.verdict import Verdict

MEMBERSHIP = ("polls-too-late", "misses-heartbeats", "rebalance-feeds-itself")
"""All the ways in which a member is put out of its group while its process lives."""

FULL = ("buffer-overflows", "queue-overflows", "queue-bytes-overflow")
"""The ways in which a send fails before the producer has taken the record."""


@attrs.frozen
class Timed:
    """
    What timing says of a pipeline.

    Attributes:
        pipeline: The same without the kinds of fault that can not happen.
        verdicts: The answers to all questions.
        ruled_out: Those kinds, and what follows from what.
    """

    pipeline: Pipeline
    verdicts: tuple[TimingVerdict, ...] = ()
    ruled_out: Mapping[str, tuple[str, ...]] = attrs.field(factory=dict[str, tuple[str, ...]])


def timed(pipeline: Pipeline) -> Timed:
    """Ask every question of timing that *pipeline* raises, where something was measured."""
    answers = list(answers_of(pipeline))
    decisions = {answer.question.name: answer.decision for answer in answers}
    ruled_out = dict(rule_out(pipeline, decisions))
    verdicts = tuple(told(answer, ruled_out) for answer in answers)
    return Timed(without_faults(pipeline, frozenset(ruled_out)), verdicts, ruled_out)


def answers_of(pipeline: Pipeline) -> Iterator[Answer]:
    """The answers, in the order of a record's way."""
    settings = list(timing_settings(pipeline))
    for question in QUESTIONS:
        yield from (answered(question, setting) for setting in settings if question.is_about(setting))


def as_injected(pipeline: Pipeline) -> Pipeline:
    """*pipeline* without the kinds of fault that timing rules out."""
    settings = list(timing_settings(pipeline))
    asked = [(question, setting) for question in QUESTIONS for setting in settings if question.is_about(setting)]
    decisions = {question.name: decided(question, setting) for question, setting in asked}
    return without_faults(pipeline, frozenset(dict(rule_out(pipeline, decisions))))


def rule_out(pipeline: Pipeline, decisions: Mapping[str, str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """
    The kinds of fault that can not happen, each with the questions that rule it out.

    A kind is ruled out only if everything is that the model takes it for.
    """
    for kind, names in causes(pipeline).items():
        asked = [name for name in names if name in decisions or name not in FULL]
        if kind in pipeline.faults.kinds and all(decisions.get(name) == "cannot happen" for name in asked):
            yield kind, tuple(asked)


def causes(pipeline: Pipeline) -> Mapping[str, tuple[str, ...]]:
    """The kinds of fault that only time brings about, and all that brings them about."""
    producer, consumer = pipeline.producer, pipeline.consumer
    found: dict[str, tuple[str, ...]] = {}
    if consumer is not None:
        found["consumer-pause"] = MEMBERSHIP
    if producer is not None:
        ends = ("transaction-outlives-its-timeout",) if producer.transactional_id else ()
        found["producer-pause"] = ("send-times-out", *ends)
        makes_outputs = consumer is not None and consumer.sink == "kafka"
        # Of outputs a send-timeout stands for every way in which their send fails.
        if not makes_outputs or producer.retries >= UNLIMITED:
            found["send-timeout"] = ("send-times-out", *(FULL if makes_outputs else ()))
    return found


def without_faults(pipeline: Pipeline, kinds: frozenset[str]) -> Pipeline:
    """*pipeline* in which faults of these *kinds* do not happen."""
    if not kinds:
        return pipeline
    left = tuple(kind for kind in pipeline.faults.kinds if kind not in kinds)
    limits = {kind: limit for kind, limit in pipeline.faults.limits.items() if kind not in kinds}
    return attrs.evolve(pipeline, faults=attrs.evolve(pipeline.faults, kinds=left, limits=limits))


def told(answer: Answer, ruled_out: Mapping[str, tuple[str, ...]]) -> TimingVerdict:
    """An answer as it is told to people."""
    question = answer.question
    return TimingVerdict(
        question=question.name,
        asks=question.asks,
        explains=question.explains,
        answer=answer.decision,
        says=answer.tells,
        values={name: float(value) for name, value in answer.values.items()},
        thresholds=tuple(Threshold(one.key, one.direction, one.value) for one in answer.thresholds),
        missing=tuple(f"timing.{name}" for name in answer.missing),
        rests_on=answer.rests_on,
        assumptions=question.assumes,
        source=question.source,
        rules_out=tuple(kind for kind, names in ruled_out.items() if question.name in names),
    )


def not_injected(found: Timed) -> Iterator[str]:
    """For each kind of fault that is ruled out why it is."""
    named = "; leave out [timing] to inject it all the same" if found.pipeline.names_faults else ""
    for kind, names in found.ruled_out.items():
        verb = "can not happen" if len(names) == 1 else "can none of them happen"
        yield f"{kind} is ruled out, and not injected: {', '.join(names)} {verb}{named}"


def resting_on(found: Timed, verdict: Verdict) -> Verdict:
    """A *verdict* with what it owes to timing."""
    taken = tuple(assumed for said in found.verdicts if said.rules_out for assumed in said.assumptions)
    why = tuple(f"timing: {said}" for said in (*not_injected(found), *dict.fromkeys(taken)))
    return attrs.evolve(verdict, assumptions=(*verdict.assumptions, *why))
