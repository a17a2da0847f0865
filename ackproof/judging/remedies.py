"""What repairs a pipeline: the search for it, and in words what was found or why there is nothing."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial

import attrs

from ackproof.config.pipeline import Pipeline
from ackproof.config.places import places
from ackproof.judging.effort import Effort
from ackproof.judging.hearing import OnProgress
from ackproof.judging.judge import judge
from ackproof.judging.oracle import Memory, Oracle, Remembering
from ackproof.properties.verdict import Judgement, Remedy, Verdict
from ackproof.repair.lever import options
from ackproof.repair.levers import LEVERS
from ackproof.repair.repairing import MOST_CHANGES, MOST_REPAIRS, Repair, Search, repairs
from ackproof.reports.text import is_empty, plural

STATES_A_SECOND = 1_500
"""
How many states the repairs of a claim may take for each second of its budget.

That is a small part of the budget, and the same on every machine: what is found does not depend on time.
"""

WHAT_HELPS: Mapping[str, str] = {
    "retention": "keep records (retention.ms, retention.bytes) for longer than their readers can be behind",
    "offsets-expired": "keep offsets (offsets.retention.minutes) for longer than the group can be away",
    "power-loss": "keep replicas where one loss of power does not reach them all",
    "partitions-added": "add no partitions to a topic whose order by key matters; write to a new topic",
    "follower-lag": "more replicas than can fall behind and be lost at once",
}
"""What keeps a fault from happening, or from mattering, that no lever here can express."""


@attrs.frozen
class Outcome:
    """
    What became of a search for repairs.

    Attributes:
        reason: Why there is none, or what the repairs ask for beyond the configuration.
        is_out_of_time: Whether the budget, or the user, ended the search before it was done.
        tried: How many configurations were judged.
    """

    repairs: tuple[Repair, ...]
    reason: str | None
    is_out_of_time: bool
    tried: int


def outcome(pipeline: Pipeline, oracle: Oracle, *, has_time: Callable[[], bool], most: int = MOST_REPAIRS) -> Outcome:
    """Look for the smallest repairs of *pipeline*."""
    memory, levers = oracle.memory, tuple(options(pipeline, LEVERS))
    found = repairs(pipeline, levers, oracle, has_time=lambda: has_time() and not memory.is_interrupted, most=most)
    ended = "the search was interrupted" if memory.is_interrupted else None if has_time() else "the budget ended"
    is_out_of_time = ended is not None and not found.is_complete
    return Outcome(found.repairs, reason(found, ended if is_out_of_time else None), is_out_of_time, found.tried)


def reason(found: Search, ended: str | None) -> str | None:
    """Why no repair was *found*, or what has to change beside settings; *ended* is what ended the search early."""
    if found.repairs:
        said = (beyond_settings(found.repairs), undecided(found))
        return "; ".join(filter(None, said)) or None
    if ended:
        after = f"after {plural(found.tried, 'configuration')}, before one was found"
        return f"{ended} {after}; ackproof repair --budget SECONDS looks further"
    makes = "was found that makes" if found.undecided else "makes"
    nothing = (
        f"no change of up to {MOST_CHANGES} keys {makes} every claim hold, of settings, versions or the application"
    )
    return "; ".join(filter(None, (nothing, undecided(found), *advice(found.faults))))


def undecided(found: Search) -> str | None:
    """How much of what was tried could not be decided."""
    if not found.undecided:
        return None
    return f"{found.undecided} of {plural(found.tried, 'configuration')} could not be decided in the budget or at all"


def beyond_settings(found: Iterable[Repair]) -> str | None:
    """What the repairs *found* ask for if not for settings alone."""
    repair = next(iter(found))
    if repair.where == "configuration":
        return None
    asked = [option.lever.costs[0].why for option in repair.options if option.lever.where == repair.where]
    who = {"upgrade": "versions have to change", "application": "the application has to change"}[repair.where]
    return f"no setting alone repairs it: {who}: {'; '.join(dict.fromkeys(asked))}"


def advice(faults: Sequence[str]) -> Iterator[str]:
    """What helps against *faults* that nothing here prevents."""
    for fault in faults:
        if fault in WHAT_HELPS:
            yield f"{fault}: {WHAT_HELPS[fault]}"
    if others := [fault for fault in faults if fault not in WHAT_HELPS]:
        yield f"what is left is to keep from happening: {', '.join(others)}"


def as_remedy(pipeline: Pipeline, repair: Repair) -> Remedy:
    """A repair that was judged by the full search, as a part of a verdict."""
    elsewhere = {key: place for key, place in places(pipeline).items() if place[0] != pipeline.file}
    return Remedy(
        places={change.key: elsewhere[change.key] for change in repair.changes if change.key in elsewhere},
        changes={change.key: change.value for change in repair.changes},
        where=repair.where,
        costs=tuple((option.change.key, cost.of, cost.why) for option in repair.options for cost in option.lever.costs),
    )


def judge_and_repair(pipeline: Pipeline, *, on_progress: OnProgress | None = None, effort: Effort) -> Judgement:
    """The judgement on *pipeline*, with what repairs each claim that is violated."""
    memory = Memory()
    judgement = judge(pipeline, on_progress=on_progress, effort=effort, hearing_of=partial(Remembering, memory=memory))
    holding = [verdict for verdict in judgement.verdicts if verdict.answer == "holds"]
    claims = tuple(verdict.claim for verdict in holding if not is_empty(verdict))

    def repaired(verdict: Verdict) -> Verdict:
        if verdict.answer != "violated" or memory.is_interrupted:
            return verdict
        expected = attrs.evolve(pipeline, claims=(verdict.claim, *claims))
        return with_repairs(expected, verdict, memory, on_progress, effort)

    return attrs.evolve(judgement, verdicts=tuple(map(repaired, judgement.verdicts)))


def with_repairs(
    pipeline: Pipeline, verdict: Verdict, memory: Memory, on_progress: OnProgress | None, effort: Effort
) -> Verdict:
    """
    *verdict* with what makes its claim hold, as far as it is found in what is left of the claim's budget.

    Args:
        pipeline: It expects that claim, and those that are to go on holding.
    """
    budget_s = pipeline.bounds.budget_s
    end = time.monotonic() + budget_s - verdict.seconds
    memory.most_states = memory.states + int(STATES_A_SECOND * budget_s)

    def seconds_left() -> float:
        return end - time.monotonic()

    once = Effort(how=effort.how, megabytes=effort.megabytes)
    found = outcome(
        pipeline,
        Oracle(seconds_left, memory, once, on_progress),
        has_time=lambda: seconds_left() > 0 and memory.states_left != 0,
    )
    return attrs.evolve(
        verdict, repairs=tuple(map(partial(as_remedy, pipeline), found.repairs)), repair_reason=found.reason
    )
