"""Theorems are proved, fail where a rule is broken, and are about the systems that are searched."""

from collections.abc import Hashable, Iterator, Mapping
from typing import cast

import attrs
import pytest

from ackproof.model.faults import Faults
from ackproof.model.produce.append import SEQUENCES, Appended, Refused, identify
from ackproof.model.produce.batch import Batch
from ackproof.model.produce.half import produce_half
from ackproof.model.produce.producer import Producer
from ackproof.model.produce.replica import Replicas
from ackproof.model.produce.rules import BrokerRules, ProducerRules
from ackproof.model.system import System
from ackproof.proofs.logic import ALWAYS, number
from ackproof.proofs.record import THEOREMS
from ackproof.proofs.theorem import Obligation, Theorem, proved, theorem
from ackproof.proofs.theorems import stored_once
from ackproof.properties.claims import INVARIANTS
from ackproof.search.explorer import explore


@pytest.mark.parametrize("theorem", THEOREMS, ids=[theorem.name for theorem in THEOREMS])
def test_a_theorem_is_proved_and_fails_where_a_rule_is_broken(theorem: Theorem[object]) -> None:
    proof = proved(theorem)

    assert proof.open == ()
    assert all(proof.refuted.values()), proof.refuted
    assert theorem.broken
    assert theorem.source
    assert theorem.statement.endswith(".")


def test_what_can_not_be_proved_is_left_open_with_the_numbers() -> None:
    @theorem(source="none", sound=(0,), broken={"nothing": 0})
    def every_number_is_positive(_rules: int) -> Iterator[Obligation]:
        """Every number is positive."""
        yield Obligation("base", number("x") > 0)
        yield Obligation("step", ALWAYS)

    proof = proved(every_number_is_positive)

    assert proof.open == ("base: false for {'x': 0}",)
    assert not proof.is_as_expected


def requests_in_flight(count: int) -> System:
    """One broker, six records, and one connection that breaks before an answer arrives."""
    return produce_half(
        ProducerRules(max_in_flight=count),
        BrokerRules(replication_factor=1, min_insync_replicas=1),
        records=6,
        faults=Faults(1),
        kinds=frozenset({"response-lost"}),
    )


def test_six_requests_in_flight_store_a_batch_twice_in_the_model_as_z3_says() -> None:
    once = INVARIANTS["produce"]["no-duplicates"]

    five, six = explore(requests_in_flight(5), once), explore(requests_in_flight(6), once)

    assert (five.ended, six.ended) == ("exhausted", "violated")
    assert six.violation is not None
    assert [step.says for step in six.violation.steps][-4:] == [
        "broker 1, the leader, refuses r1 (sequence 0): OUT_OF_ORDER_SEQUENCE_NUMBER",
        "producer hears OUT_OF_ORDER_SEQUENCE_NUMBER for r1 (sequence 0)",
        "producer sends r1 (epoch 1, sequence 0) again",
        "broker 1, the leader, appends r1 (epoch 1, sequence 0) at offset 6",
    ]


def six_refuted() -> Mapping[str, int | bool]:
    """The numbers that z3 finds for six requests in flight."""
    theorem = stored_once.an_idempotent_partition_stores_every_batch_once_and_in_order
    why = "six requests in flight"
    refuted = proved(attrs.evolve(theorem, sound=(), broken={why: theorem.broken[why]})).refuted[why]
    assert refuted is not None
    return refuted[1].values


def batch_of(index: int) -> Batch:
    return Batch(index, stored_once.PRODUCER, stored_once.EPOCH, index % SEQUENCES)


def test_what_z3_finds_for_six_requests_in_flight_happens_in_the_model() -> None:
    values = six_refuted()
    stored, arriving = values["stored"], values["arriving"]
    violation = explore(requests_in_flight(6), INVARIANTS["produce"]["no-duplicates"]).violation
    assert violation is not None
    states = [requests_in_flight(6).named(step.state) for step in violation.steps]

    refused = identify(BrokerRules(), tuple(map(batch_of, range(stored))), batch_of(arriving))

    assert refused == Refused("OUT_OF_ORDER_SEQUENCE_NUMBER")
    assert (values["acked"], values["stored"], values["sent"]) in map(numbers_of, states)


def numbers_of(now: Mapping[str, Hashable]) -> tuple[int, int, int]:
    """What has succeeded, is stored, and has been sent."""
    producer, replicas = cast("Producer", now["producer"]), cast("Replicas", now["replicas"])
    return producer.last_acked_sequence + 1, len(replicas[0].log), producer.next_sequence


def test_a_sequence_after_the_last_of_32_bits_is_the_next_one() -> None:
    log = tuple(map(batch_of, range(SEQUENCES - 5, SEQUENCES)))

    assert identify(BrokerRules(), log, batch_of(SEQUENCES)) == Appended(5, (batch_of(SEQUENCES),))
    assert identify(BrokerRules(), log, batch_of(SEQUENCES + 1)) == Refused("OUT_OF_ORDER_SEQUENCE_NUMBER")
