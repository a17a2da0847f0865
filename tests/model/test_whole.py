"""A pipeline explored in one piece gets the verdict of its halves."""

from itertools import product

import attrs
import pytest

from ackproof.model.consume.auto_commit import AIOKAFKA
from ackproof.model.consume.consumer import Consumers
from ackproof.model.consume.half import consume_half
from ackproof.model.consume.log import Group, History, Log
from ackproof.model.consume.rules import ConsumerRules, starting_offset
from ackproof.model.faults import Faults
from ackproof.model.produce.half import produce_half
from ackproof.model.produce.replica import Replicas, leader_log
from ackproof.model.produce.rules import BrokerRules, ProducerRules, each_to_the_front
from ackproof.model.system import System
from ackproof.model.whole import in_one_piece
from ackproof.properties.claims import INVARIANTS
from ackproof.properties.consume import is_skipped, no_record_is_processed_twice, records_are_first_processed_in_order
from ackproof.properties.property import Property, always
from ackproof.search.explorer import explore

RETRYING = ProducerRules(idempotence=None, requeue=each_to_the_front, max_in_flight=1)
PRODUCERS = {
    "idempotent": ProducerRules(max_in_flight=1),
    "retrying": RETRYING,
    "five in flight": attrs.evolve(RETRYING, max_in_flight=5),
    "acks=1": attrs.evolve(RETRYING, acks="1"),
}
CONSUMERS = {
    "commit after": ConsumerRules(),
    "commit before": ConsumerRules(commit_when="before-processing"),
    "aiokafka auto": ConsumerRules(AIOKAFKA, commit="auto"),
    "latest": ConsumerRules(reset="latest"),
}
FAULTS = ("response-lost", "broker-crash", "consumer-crash", "consumer-pause")
CLUSTER = BrokerRules(replication_factor=2, min_insync_replicas=1)


@always(source="design: processed is what the sink keeps")
def acknowledged_records_are_processed_or_can_still_be(
    consumer: ConsumerRules,
    replicas: Replicas,
    acknowledged: frozenset[int],
    log: Log,
    group: Group,
    consumers: Consumers,
    history: History,
) -> bool:
    """Every record whose send succeeded is processed, in somebody's hands, or still to be read."""
    stored = leader_log(replicas)
    if stored is None:
        return True
    restart = starting_offset(consumer, group.committed, log)
    held = {record for one in consumers for _, record in one.held}
    readable = {
        batch.record
        for offset, batch in enumerate(stored)
        if offset >= log.end or not is_skipped(offset, log, group, consumers, restart)
    }
    processed = {record for record, count in enumerate(history.counts) if count}
    return acknowledged <= processed | held | readable


WHOLE: dict[str, Property] = {
    "no-loss": acknowledged_records_are_processed_or_can_still_be,
    "no-duplicates": no_record_is_processed_twice,
    "in-order": records_are_first_processed_in_order,
}


def halves(producer: str, consumer: str, kind: str, records: int) -> tuple[System, System]:
    """The two halves, each with the same fault."""
    faults, kinds = Faults(1), frozenset({kind})
    produce = produce_half(PRODUCERS[producer], CLUSTER, records=records, faults=faults, kinds=kinds)
    return produce, consume_half(CONSUMERS[consumer], records=records, faults=faults, kinds=kinds)


def differences(records: int) -> list[str]:
    """Where the halves and the whole disagree."""
    found: list[str] = []
    for producer, consumer, kind in product(PRODUCERS, CONSUMERS, FAULTS):
        produce, consume = halves(producer, consumer, kind, records)
        for claim, statement in WHOLE.items():
            parts = [explore(produce, INVARIANTS["produce"][claim]), explore(consume, INVARIANTS["consume"][claim])]
            whole = explore(in_one_piece(produce, consume), statement)
            is_alike = any(part.violation for part in parts) == bool(whole.violation)
            if not is_alike and not (claim == "in-order" and may_skip_a_repeat(produce, consume)):
                found.append(f"{producer}, {consumer}, {kind}: {claim}")
    return found


def may_skip_a_repeat(produce: System, consume: System) -> bool:
    """Whether the halves can not decide order: a record stands in the log twice, and a reader misses the first copy."""
    repeats = explore(produce, INVARIANTS["produce"]["no-duplicates"]).violation
    return bool(repeats and explore(consume, INVARIANTS["consume"]["no-loss"]).violation)


def test_with_one_record() -> None:
    assert differences(1) == []


@pytest.mark.slow
def test_with_two_records() -> None:
    assert differences(2) == []
