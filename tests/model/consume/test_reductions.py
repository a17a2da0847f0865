"""
The reduced consume half gives the verdicts of the one without reductions.

That one has a group with generations and states, rebalances in steps, commit requests and answers on their way, session
expiry, and no symmetry.
"""

from collections.abc import Iterable, Iterator
from itertools import combinations, product

import attrs
import pytest

from ackproof.model.consume.auto_commit import (
    AIOKAFKA,
    JAVA,
    JAVA_ON_ANOTHER_THREAD,
    LIBRDKAFKA,
    LIBRDKAFKA_WITHOUT_OFFSET_STORE,
)
from ackproof.model.consume.half import KINDS, consume_half
from ackproof.model.consume.rules import ConsumerRules, OnProcessingFailure, Processing, Reset, When
from ackproof.model.faults import Faults
from ackproof.properties.claims import INVARIANTS
from ackproof.search.explorer import explore

CLAIMS = INVARIANTS["consume"]
BEFORE: When = "before-processing"
COMMITS = {
    "sync after": ConsumerRules(),
    "sync before": ConsumerRules(commit_when=BEFORE),
    "async after": ConsumerRules(commit="async"),
    "async before": ConsumerRules(commit="async", commit_when=BEFORE),
    "auto java": ConsumerRules(commit="auto", auto_commit=JAVA),
    "auto librdkafka": ConsumerRules(commit="auto", auto_commit=LIBRDKAFKA),
    "auto librdkafka, stored after": ConsumerRules(commit="auto", auto_commit=LIBRDKAFKA_WITHOUT_OFFSET_STORE),
    "auto aiokafka": ConsumerRules(commit="auto", auto_commit=AIOKAFKA, rejoins_in_background=True),
    "sync after aiokafka": ConsumerRules(rejoins_in_background=True),
    "async before aiokafka": ConsumerRules(commit="async", commit_when=BEFORE, rejoins_in_background=True),
    "auto java on another thread": ConsumerRules(commit="auto", auto_commit=JAVA_ON_ANOTHER_THREAD),
    "with sink": ConsumerRules(commit="with-sink"),
    "async after, and on revoke": ConsumerRules(commit="async", on_revoke="commit"),
    "auto java, and on revoke": ConsumerRules(commit="auto", auto_commit=JAVA, on_revoke="commit"),
    "auto librdkafka, and on revoke": ConsumerRules(commit="auto", auto_commit=LIBRDKAFKA, on_revoke="commit"),
}
POLICIES: tuple[OnProcessingFailure, ...] = ("retry", "skip", "dead-letter", "crash")
ONE_FAULT = [frozenset({kind}) for kind in sorted(KINDS)]
TWO_FAULTS = [frozenset(pair) for pair in combinations(sorted(KINDS), 2)]


@attrs.frozen
class Case:
    """One configuration of the matrix."""

    commit: str
    processing: Processing
    reset: Reset
    instances: int
    kinds: frozenset[str]
    policy: OnProcessingFailure = "retry"

    def __str__(self) -> str:
        kinds = "+".join(sorted(self.kinds))
        return f"{self.commit}, {self.processing}, {self.reset}, {self.instances}, {kinds}, {self.policy}"


def cases(instances: Iterable[int], kinds: Iterable[frozenset[str]]) -> Iterator[Case]:
    """All configurations with these faults."""
    resets: tuple[Reset, ...] = ("earliest", "latest")
    processings: tuple[Processing, ...] = ("in-poll-loop", "handed-off")
    for some in product(COMMITS, processings, resets, instances, kinds):
        yield Case(*some)


def verdict(case: Case, claim: str, records: int, *, is_fine: bool) -> str:
    """How the search for a violation ends."""
    rules = attrs.evolve(COMMITS[case.commit], on_processing_failure=case.policy)
    system = consume_half(
        attrs.evolve(rules, processing=case.processing, reset=case.reset, instances=case.instances),
        records=records,
        faults=Faults(len(case.kinds)),
        kinds=case.kinds,
        counts_repeats=claim == "no-duplicates" or is_fine,
        notes_order=claim == "in-order" or is_fine,
        is_fine=is_fine,
    )
    return explore(system, CLAIMS[claim]).ended


def differing(which: Iterable[Case], records: int) -> list[tuple[str, str]]:
    """Every case and claim on which the two systems disagree."""
    return [
        (str(case), claim)
        for case, claim in product(which, CLAIMS)
        if verdict(case, claim, records, is_fine=False) != verdict(case, claim, records, is_fine=True)
    ]


@pytest.mark.slow
@pytest.mark.parametrize("commit", COMMITS)
def test_one_record_one_fault_two_instances(commit: str) -> None:
    assert differing([case for case in cases([2], ONE_FAULT) if case.commit == commit], records=1) == []


@pytest.mark.slow
@pytest.mark.parametrize("commit", COMMITS)
def test_two_records_one_fault_one_instance(commit: str) -> None:
    assert differing([case for case in cases([1], ONE_FAULT) if case.commit == commit], records=2) == []


@pytest.mark.parametrize("policy", POLICIES)
def test_a_failure_to_process_two_records_one_instance(policy: OnProcessingFailure) -> None:
    fails = [frozenset({"processing-fails"})]

    assert differing([attrs.evolve(case, policy=policy) for case in cases([1], fails)], records=2) == []


@pytest.mark.slow
@pytest.mark.parametrize("policy", POLICIES)
def test_a_failure_to_process_beside_another_fault(policy: OnProcessingFailure) -> None:
    pairs = [pair for pair in TWO_FAULTS if "processing-fails" in pair]

    assert differing([attrs.evolve(case, policy=policy) for case in cases([1], pairs)], records=1) == []


@pytest.mark.slow
@pytest.mark.parametrize("commit", COMMITS)
def test_two_records_one_fault_two_instances(commit: str) -> None:
    assert differing([case for case in cases([2], ONE_FAULT) if case.commit == commit], records=2) == []


@pytest.mark.slow
@pytest.mark.parametrize("commit", COMMITS)
def test_one_record_two_faults_one_instance(commit: str) -> None:
    assert differing([case for case in cases([1], TWO_FAULTS) if case.commit == commit], records=1) == []
