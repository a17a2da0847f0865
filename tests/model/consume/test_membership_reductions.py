"""However members come to the partition, the reduced consume half gives the verdicts of the one without reductions."""

from collections.abc import Iterable
from itertools import combinations

import attrs
import pytest

from ackproof.model.consume.half import consume_half
from ackproof.model.consume.rules import ConsumerRules, Reset
from ackproof.model.faults import Faults
from ackproof.properties.claims import INVARIANTS
from ackproof.search.explorer import explore
from tests.model.consume.styles import MEMBERS, committing

CLAIMS = INVARIANTS["consume"]
KINDS = (
    "consumer-crash",
    "consumer-pause",
    "member-joins",
    "member-leaves",
    "coordinator-failover",
    "partitions-added",
)
OF_OFFSETS = ("offsets-expired", "power-loss")
ONE_FAULT = [frozenset({kind}) for kind in KINDS]


def ended(rules: ConsumerRules, claim: str, kinds: frozenset[str], records: int, *, moves_key: bool, fine: bool) -> str:
    """How the search for a violation ends; one replica keeps the offsets."""
    system = consume_half(
        rules,
        records=records,
        faults=Faults(len(kinds)),
        kinds=kinds,
        counts_repeats=claim == "no-duplicates" or fine,
        notes_order=claim == "in-order" or fine,
        moves_key=moves_key,
        offsets_replicas=1,
        is_fine=fine,
    )
    return explore(system, CLAIMS[claim]).ended


def differing(
    rules: ConsumerRules, kinds: Iterable[frozenset[str]], records: int, *, moves_key: bool = False
) -> list[tuple[frozenset[str], str]]:
    """Every choice of faults and claim on which the two systems disagree."""
    return [
        (some, claim)
        for some in kinds
        for claim in CLAIMS
        if ended(rules, claim, some, records, moves_key=moves_key, fine=False)
        != ended(rules, claim, some, records, moves_key=moves_key, fine=True)
    ]


@pytest.mark.slow
@pytest.mark.parametrize("style", MEMBERS)
def test_one_record_one_fault_two_instances(style: str) -> None:
    assert differing(attrs.evolve(MEMBERS[style], instances=2), ONE_FAULT, records=1) == []


@pytest.mark.parametrize("style", MEMBERS)
def test_what_happens_to_offsets(style: str) -> None:
    rules = attrs.evolve(MEMBERS[style], instances=2)

    assert differing(rules, [frozenset({kind}) for kind in OF_OFFSETS], records=1) == []


@pytest.mark.parametrize("reset", ["earliest", "latest", "by_duration"])
@pytest.mark.parametrize("style", ["eager", "cooperative", "by the coordinator"])
def test_a_key_that_moves(style: str, reset: Reset) -> None:
    rules = attrs.evolve(MEMBERS[style], reset=reset)

    assert differing(rules, [frozenset({"partitions-added"})], records=2, moves_key=True) == []


@pytest.mark.slow
@pytest.mark.parametrize("commit", committing(ConsumerRules()))
@pytest.mark.parametrize("style", MEMBERS)
def test_one_record_one_fault_two_instances_however_it_commits(style: str, commit: str) -> None:
    rules = attrs.evolve(committing(MEMBERS[style])[commit], instances=2)

    assert differing(rules, ONE_FAULT, records=1) == []


@pytest.mark.slow
@pytest.mark.parametrize("commit", committing(ConsumerRules()))
@pytest.mark.parametrize("style", MEMBERS)
def test_two_records_one_fault_one_instance(style: str, commit: str) -> None:
    kinds = [*ONE_FAULT, *(frozenset({kind}) for kind in OF_OFFSETS)]

    for processing in ("in-poll-loop", "handed-off"):
        rules = attrs.evolve(committing(MEMBERS[style])[commit], processing=processing)
        assert differing(rules, kinds, records=2) == []


@pytest.mark.slow
@pytest.mark.parametrize("commit", committing(ConsumerRules()))
@pytest.mark.parametrize("style", MEMBERS)
def test_one_record_two_faults_one_instance(style: str, commit: str) -> None:
    pairs = [frozenset(pair) for pair in combinations((*KINDS, *OF_OFFSETS), 2)]

    assert differing(committing(MEMBERS[style])[commit], pairs, records=1) == []
