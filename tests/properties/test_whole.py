"""The property of the whole holds, has a broken variant that violates it, and is not empty."""

from ackproof.model.consume.half import consume_half
from ackproof.model.consume.rules import ConsumerRules
from ackproof.model.faults import Faults
from ackproof.model.produce.half import produce_half
from ackproof.model.produce.rules import BrokerRules, ProducerRules
from ackproof.model.system import System
from ackproof.model.whole import in_one_piece
from ackproof.properties.claims import INTERESTING
from ackproof.properties.whole import no_acknowledged_record_is_skipped
from ackproof.search.explorer import explore

SAFE = ProducerRules(max_in_flight=1)
LEADER_ALONE = ProducerRules(idempotence=None, max_in_flight=1, acks="1")


def unclean(producer: ProducerRules = SAFE, *, validates_positions: bool) -> System:
    """A pipeline whose leader may lack what consumers have read."""
    faults, kinds = Faults(2), frozenset({"broker-crash", "follower-lag"})
    brokers = BrokerRules(2, 1, elects_uncleanly=True)
    produce = produce_half(producer, brokers, records=2, faults=faults, kinds=kinds)
    consume = consume_half(ConsumerRules(), records=2, faults=faults, kinds=kinds)
    return in_one_piece(produce, consume, validates_positions=validates_positions)


def test_no_acknowledged_record_is_skipped_by_a_consumer_that_validates_its_position() -> None:
    wanted = INTERESTING["whole"]["no-loss"]

    found = explore(unclean(validates_positions=True), no_acknowledged_record_is_skipped, looks_for=wanted)

    assert (found.ended, all(found.seen.values())) == ("exhausted", True)


def test_one_is_skipped_by_a_consumer_that_does_not() -> None:
    """KAFKA-7747."""
    found = explore(unclean(validates_positions=False), no_acknowledged_record_is_skipped)

    assert found.ended == "violated"


def test_one_is_skipped_where_the_new_leader_has_as_much_of_an_earlier_epoch() -> None:
    """A consumer that validates its position compares offsets alone."""
    found = explore(unclean(LEADER_ALONE, validates_positions=True), no_acknowledged_record_is_skipped)

    assert found.violation is not None
    assert "find their positions valid" in " ".join(step.says for step in found.violation.steps)
