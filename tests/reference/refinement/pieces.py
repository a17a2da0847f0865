"""Pipelines in one piece, and executions of them."""

import attrs

from ackproof.model.consume.half import consume_half
from ackproof.model.consume.rules import ConsumerRules
from ackproof.model.faults import Faults
from ackproof.model.produce.half import produce_half
from ackproof.model.produce.rules import BrokerRules, ProducerRules, each_to_the_front
from ackproof.model.system import System
from ackproof.model.whole import in_one_piece
from ackproof.properties.property import Property
from ackproof.search.explorer import explore
from ackproof.traces.trace import Trace
from tests.reference.refinement.executions import along

ONE_BY_ONE = ProducerRules(idempotence=None, requeue=each_to_the_front, max_in_flight=1)
UNCLEAN = BrokerRules(2, min_insync_replicas=1, elects_uncleanly=True)
ALONE = BrokerRules(1, min_insync_replicas=1)
BEHIND = {"broker-crash", "follower-lag"}


def whole(
    rules: ConsumerRules,
    kinds: set[str],
    brokers: BrokerRules = UNCLEAN,
    producer: ProducerRules = ONE_BY_ONE,
    *,
    validates: bool | None,
    records: int = 2,
    at_most: int = 2,
) -> System:
    faults, happening = Faults(at_most), frozenset(kinds)
    produce = produce_half(producer, brokers, records=records, faults=faults, kinds=happening)
    consume = consume_half(rules, records=records, faults=faults, kinds=happening)
    return in_one_piece(produce, consume, validates_positions=validates)


def violation(system: System, holds: Property) -> Trace:
    found = explore(system, holds).violation
    assert found is not None
    return found


def execution(system: System, *says: str) -> Trace:
    """The execution whose steps are told so, with interchangeable parts told apart."""
    return along(attrs.evolve(system, symmetric={}, interchangeable=()), *says)


TWO_START_AND_ONE_READS = (
    "consumer 1 asks to join",
    "consumer 2 asks to join",
    "generation 1 begins",
    "the group assigns the partition to consumer 1",
    "consumer 1 learns that it is owner",
    "consumer 1 starts at the earliest offset, 0",
    "r1 is appended",
    "consumer 1 polls: it is handed r1 (position 1)",
)
"""How many traces of two consumers begin, step by step."""
