"""Bugs of the append path: what a leader knows of producers."""

import attrs

from ackproof.bugs.bug import bug
from ackproof.model.faults import Faults
from ackproof.model.produce.half import produce_half
from ackproof.model.produce.rules import BrokerRules, ProducerRules
from ackproof.model.system import System
from ackproof.properties.produce import records_are_stored_in_order

NOW = BrokerRules()


@bug(
    "KAFKA-15591",
    "A batch overtakes the first one of its producer on a partition",
    affected="2.5 to 4.3",
    fixed_in="after 4.3",
    source="KAFKA-15591, KAFKA-14312; PR #23234",
    breaks="in-order",
    statement=records_are_stored_in_order,
    faults={"follower-lag": 2},
    had=NOW,
    fixed=attrs.evolve(NOW, accepts_any_first_sequence=False),
)
def any_first_sequence_is_accepted(rules: BrokerRules, faults: Faults, kinds: frozenset[str]) -> System:
    """``ProducerAppendInfo.checkSequence`` takes any first sequence of a producer that the partition does not know."""
    brokers = attrs.evolve(rules, replication_factor=2)
    return produce_half(ProducerRules(), brokers, records=2, faults=faults, kinds=kinds)
