"""
In the model a producer may send while nobody leads, and what passes its deadline then is stored once somebody does.

Kafka's waits for a leader, and what passes its deadline meanwhile expires where it waits (``RecordAccumulator.ready``,
``expiredBatches``). It might as well be sent once somebody leads, and pass its deadline then.
"""

from collections.abc import Iterator
from itertools import product

import attrs
import pytest

from ackproof.model.faults import Faults
from ackproof.model.produce import sending
from ackproof.model.produce.half import produce_half
from ackproof.model.produce.network import Connection, has_room, is_intact
from ackproof.model.produce.producer import Producer, has_more_to_send
from ackproof.model.produce.replica import has_leader
from ackproof.model.produce.rules import BrokerRules, ProducerRules
from ackproof.model.system import Next, System, action
from ackproof.properties.claims import INVARIANTS
from ackproof.search.explorer import explore
from tests.model.produce.test_reductions import CLUSTERS, ON_FAILURE, OTHER_CLUSTERS, OTHER_PRODUCERS, PRODUCERS

CLAIMS = INVARIANTS["produce"]
EVERY_PRODUCER = PRODUCERS | OTHER_PRODUCERS
EVERY_CLUSTER = {
    "alone": BrokerRules(1, min_insync_replicas=1, has_eligible_leader_replicas=False),
    "two replicas, one suffices": CLUSTERS["two replicas, one suffices"],
    **OTHER_CLUSTERS,
}
LATE, GONE = ("send-timeout", "producer-pause"), ("broker-crash", "power-loss")
OTHERS = ("response-lost", "request-delayed", "producer-crash", "retention", "leader-change")


@action(when={"producer": has_more_to_send, "connection": has_room, "is_led": has_leader}, sees={"is_led": has_leader})
def send(
    client: ProducerRules, records: int, producer: Producer, connection: Connection, is_led: bool
) -> Iterator[Next]:
    """As in the model, but to somebody."""
    assert is_led
    yield from sending.send.outcomes(client, records, producer, connection)


@action(when={"producer": has_more_to_send, "connection": is_intact, "is_led": has_leader}, sees={"is_led": has_leader})
def send_and_forget(
    client: ProducerRules,
    records: int,
    producer: Producer,
    connection: Connection,
    acknowledged: frozenset[int],
    remembers_acknowledged: bool,
    is_led: bool,
) -> Iterator[Next]:
    """As well."""
    assert is_led
    seen = (client, records, producer, connection, acknowledged, remembers_acknowledged)
    yield from sending.send_and_forget.outcomes(*seen)


TO_SOMEBODY = {"send": send.on(is_led="replicas"), "send and forget": send_and_forget.on(is_led="replicas")}


def verdicts(client: ProducerRules, brokers: BrokerRules, kinds: frozenset[str], claim: str) -> tuple[str, str]:
    """How the search ends, and how it does where who sends waits for a leader."""
    system = produce_half(
        client,
        brokers,
        records=2,
        faults=Faults(len(kinds)),
        kinds=kinds,
        remembers_acknowledged=claim == "no-loss",
        stores_repeats=claim == "no-duplicates" or client.idempotence is not None,
    )
    return explore(system, CLAIMS[claim]).ended, explore(waiting(system), CLAIMS[claim]).ended


def waiting(system: System) -> System:
    """*system*, whose producer waits for a leader before it sends."""
    return attrs.evolve(system, actions=tuple(TO_SOMEBODY.get(act.name, act) for act in system.actions))


def differences(producer: str, cluster: str, kinds: frozenset[str]) -> list[str]:
    """The claims about which the two disagree, whatever the application does as a send fails."""
    found = list[str]()
    for on_failure, claim in product(ON_FAILURE, CLAIMS):
        client = attrs.evolve(EVERY_PRODUCER[producer], on_send_failure=on_failure, on_restart="resend")
        mine, other = verdicts(client, EVERY_CLUSTER[cluster], kinds, claim)
        found += [f"{on_failure}: {claim} is {mine}, and {other}"] if mine != other else []
    return found


@pytest.mark.parametrize("producer", ["idempotent", "five in flight", "Java 2.4", "librdkafka 1.8", "acks=0"])
def test_no_verdict_goes_by_what_is_sent_while_nobody_leads(producer: str) -> None:
    assert differences(producer, "alone", frozenset({"broker-crash", "send-timeout"})) == []


@pytest.mark.slow
@pytest.mark.parametrize("producer", EVERY_PRODUCER)
def test_none_does_with_one_more_fault(producer: str) -> None:
    """One cluster for each, in turn, and one pair of kinds with one more."""
    place, pairs, clusters = list(EVERY_PRODUCER).index(producer), list(product(GONE, LATE)), list(EVERY_CLUSTER)
    kinds = frozenset({*pairs[place % len(pairs)], OTHERS[place % len(OTHERS)]})

    assert differences(producer, clusters[place % len(clusters)], kinds) == []
