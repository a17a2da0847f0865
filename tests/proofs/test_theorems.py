"""Theorems are proved, fail where a rule is broken, and are about the systems that are searched."""

from collections.abc import Iterator

import pytest

from ackproof.model.faults import Faults
from ackproof.model.produce.half import produce_half
from ackproof.model.produce.rules import BrokerRules, ProducerRules
from ackproof.model.system import System
from ackproof.proofs.logic import ALWAYS, number
from ackproof.proofs.record import THEOREMS
from ackproof.proofs.theorem import Obligation, Theorem, proved, theorem
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
    @theorem(source="none", sound=0, broken={"nothing": 0})
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
