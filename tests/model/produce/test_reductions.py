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

from ackproof.config.producers import idempotence_of
from ackproof.model.faults import Faults
from ackproof.model.produce.half import KINDS, produce_half
from ackproof.model.produce.rules import BrokerRules, ProducerRules, each_to_the_front, in_send_order
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

OTHER_PRODUCERS = {
    "Java 0.11": ProducerRules(
        idempotence=idempotence_of("java", (0, 11), (2, 3)), max_in_flight=1, retries=1, expiry="in-queue"
    ),
    "Java 2.0": ProducerRules(idempotence=idempotence_of("java", (2, 0), (2, 3)), expiry="in-queue"),
    "Java 2.4": ProducerRules(idempotence=idempotence_of("java", (2, 4), (2, 3))),
    "Java 3.5": ProducerRules(idempotence=idempotence_of("java", (3, 5), (2, 3))),
    "librdkafka 1.8": ProducerRules(
        idempotence=idempotence_of("librdkafka", (1, 8), (2, 3)), deadline_closes_connection=True
    ),
    "librdkafka, not idempotent": attrs.evolve(
        RETRYING, requeue=in_send_order, deadline_closes_connection=True, lets_retries_be_overtaken=True
    ),
    "kafka-python": ProducerRules(idempotence=idempotence_of("kafka-python", (3, 0), (2, 3)), max_in_flight=1),
    "aiokafka 0.4": attrs.evolve(RETRYING, max_in_flight=1, mutes_partition=False),
}
OTHER_CLUSTERS = {
    "two replicas of 2.3": BrokerRules(
        2,
        2,
        keeps_high_watermark_below_min_isr=False,
        has_eligible_leader_replicas=False,
        accepts_any_first_sequence=False,
        names_unknown_producers=True,
        forgets_producers_with_their_records=True,
    ),
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
    producer = (PRODUCERS | OTHER_PRODUCERS)[case.producer]
    client = attrs.evolve(producer, on_send_failure=case.on_failure, on_restart=case.on_restart)
    system = produce_half(
        client,
        (CLUSTERS | OTHER_CLUSTERS)[case.cluster],
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


@pytest.mark.slow
def test_with_one_fault_of_each_kind_and_two_records() -> None:
    assert differences(cases(SINGLE), records=2) == []


def test_without_faults_every_claim_holds() -> None:
    for case, claim in product(cases([frozenset()]), CLAIMS):
        assert verdict(case, claim, 3, is_fine=False) == "exhausted", f"{case}: {claim}"


def other_cases(kinds: Iterable[frozenset[str]]) -> Iterator[Case]:
    """The same for older clients, other clients and older brokers."""
    for producer, cluster, kind in product(OTHER_PRODUCERS, OTHER_CLUSTERS, kinds):
        yield Case(producer, cluster, "drop", "forget", kind)


def test_other_clients_and_older_brokers_with_one_fault_of_each_kind() -> None:
    assert differences(other_cases(SINGLE), records=2) == []


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


@pytest.mark.slow
@pytest.mark.parametrize("pair", PAIRS, ids="+".join)
def test_other_clients_and_older_brokers_with_two_faults(pair: tuple[str, str]) -> None:
    """One client for each pair, in turn."""
    name = list(OTHER_PRODUCERS)[PAIRS.index(pair) % len(OTHER_PRODUCERS)]

    assert differences([case for case in other_cases([frozenset(pair)]) if case.producer == name], records=2) == []


def test_who_mutes_no_partition_may_crash_long_after_its_connection_broke() -> None:
    kinds = frozenset({"producer-crash", "response-lost"})
    case = Case("aiokafka 0.4", "three replicas", "drop", "forget", kinds)

    assert [verdict(case, "no-duplicates", 1, is_fine=is_fine) for is_fine in (False, True)] == ["violated", "violated"]


RETAINING = [
    frozenset({"retention", *pair}) for pair in combinations(("broker-crash", "follower-lag", "response-lost"), 2)
]


def retaining_cases(*clusters: str) -> list[Case]:
    """An idempotent producer whose brokers delete records, and two other faults."""
    return [Case("idempotent", cluster, "drop", "forget", kinds) for cluster, kinds in product(clusters, RETAINING)]


def test_with_retention_and_two_more_faults_and_two_replicas() -> None:
    """Who begins anew after retention knows no producer: that takes a third fault to show."""
    matrix = retaining_cases("two replicas, one suffices")

    assert differences(matrix, records=1) == []
    assert {verdict(case, "no-duplicates", 1, is_fine=False) for case in matrix} >= {"violated"}


@pytest.mark.slow
@pytest.mark.parametrize("cluster", [*CLUSTERS, *OTHER_CLUSTERS])
def test_with_retention_and_two_more_faults(cluster: str) -> None:
    assert differences(retaining_cases(cluster), records=1) == []
