"""
The reduced produce half gives the verdicts of the fine-grained one.

Fine-grained: nothing urgent, replicas told apart, a stored high watermark with what the leader knows of each follower,
fetches record by record, leader epochs in the log.
"""

from collections.abc import Iterable, Iterator
from itertools import combinations, product
from typing import Literal

import attrs
import pytest

from ackproof.model.faults import Faults
from ackproof.model.produce.half import KINDS, produce_half
from ackproof.model.produce.rules import BrokerRules, ProducerRules, each_to_the_front
from ackproof.properties.claims import INVARIANTS
from ackproof.search.explorer import explore

CLAIMS = INVARIANTS["produce"]
IDEMPOTENT = ProducerRules()
RETRYING = ProducerRules(idempotence=None, requeue=each_to_the_front)
PRODUCERS = {
    "idempotent": IDEMPOTENT,
    "five in flight": RETRYING,
    "one in flight": attrs.evolve(RETRYING, max_in_flight=1),
    "acks=1": attrs.evolve(RETRYING, acks="1"),
    "acks=0": attrs.evolve(RETRYING, acks="0"),
}
CLUSTERS = {
    "two replicas": BrokerRules(replication_factor=2, min_insync_replicas=2, has_eligible_leader_replicas=False),
    "two replicas, one suffices": BrokerRules(2, 1, has_eligible_leader_replicas=False),
    "three replicas": BrokerRules(),
}

ON_FAILURE: tuple[Literal["stop", "drop", "resend"], ...] = ("stop", "drop", "resend")


@attrs.frozen
class Case:
    """One configuration of the matrix."""

    producer: str
    cluster: str
    on_failure: Literal["stop", "drop", "resend"]
    on_restart: Literal["forget", "resend"]
    kinds: frozenset[str]

    def __str__(self) -> str:
        return f"{self.producer}, {self.cluster}, {self.on_failure}, {self.on_restart}, {'+'.join(sorted(self.kinds))}"


def cases(kinds: Iterable[frozenset[str]]) -> Iterator[Case]:
    """The configurations in which these faults can matter."""
    for producer, cluster, on_failure, kind in product(PRODUCERS, CLUSTERS, ON_FAILURE, kinds):
        yield Case(producer, cluster, on_failure, "forget", kind)
        if "producer-crash" in kind:
            yield Case(producer, cluster, on_failure, "resend", kind)


def verdict(case: Case, claim: str, records: int, *, is_fine: bool) -> str:
    """How the search for a violation ends."""
    client = attrs.evolve(PRODUCERS[case.producer], on_send_failure=case.on_failure, on_restart=case.on_restart)
    system = produce_half(
        client,
        CLUSTERS[case.cluster],
        records=records,
        faults=Faults(len(case.kinds)),
        kinds=case.kinds,
        remembers_acknowledged=claim == "no-loss",
        stores_repeats=claim == "no-duplicates" or client.idempotence is not None,
        is_fine=is_fine,
    )
    return explore(system, CLAIMS[claim]).ended


def differences(matrix: Iterable[Case], records: int) -> list[str]:
    """Where the reduced system and the fine one disagree."""
    return [
        f"{case}: {claim}"
        for case, claim in product(matrix, CLAIMS)
        if verdict(case, claim, records, is_fine=False) != verdict(case, claim, records, is_fine=True)
    ]


PAIRS = list(combinations(sorted(KINDS), 2))
SINGLE = [frozenset({kind}) for kind in sorted(KINDS)]


def test_with_one_fault_of_each_kind_and_two_records() -> None:
    assert differences(cases(SINGLE), records=2) == []


def test_without_faults_every_claim_holds() -> None:
    for case, claim in product(cases([frozenset()]), CLAIMS):
        assert verdict(case, claim, 3, is_fine=False) == "exhausted", f"{case}: {claim}"


@pytest.mark.slow
def test_with_one_fault_of_each_kind_and_three_records() -> None:
    assert differences(cases(SINGLE), records=3) == []


@pytest.mark.slow
@pytest.mark.parametrize("pair", PAIRS, ids="+".join)
def test_with_two_faults_and_two_records(pair: tuple[str, str]) -> None:
    """One cluster for each pair, in turn, keeps the nightly run within its hour."""
    cluster = list(CLUSTERS)[PAIRS.index(pair) % len(CLUSTERS)]
    matrix = [case for case in cases([frozenset(pair)]) if case.cluster == cluster and case.on_failure == "stop"]

    assert differences(matrix, records=2) == []
