"""Theorems of numbers and epochs are about the producers that are searched."""

from collections.abc import Iterator
from typing import cast

import attrs

from ackproof.model.faults import Faults
from ackproof.model.produce.batch import NO_PRODUCER_ID, Batch
from ackproof.model.produce.half import produce_half
from ackproof.model.produce.idempotence import JAVA_IDEMPOTENCE, IdempotenceRules
from ackproof.model.produce.network import Connection
from ackproof.model.produce.producer import Producer
from ackproof.model.produce.replica import Replicas, leader_log
from ackproof.model.produce.rules import BrokerRules, ProducerRules
from ackproof.model.system import System
from ackproof.proofs.logic import Question
from ackproof.proofs.theorems.numbers import Name, is_before
from tests.proofs.linking import Named, transitions

KINDS = frozenset({"response-lost", "request-lost", "send-timeout", "producer-pause", "producer-crash"})
Given = frozenset[tuple[int, int, int, int]]
"""Producer id, epoch, sequence and record of every batch that was ever given a number."""
NOTHING: Given = frozenset()


def sending(
    rules: IdempotenceRules, *, kinds: frozenset[str] = KINDS, brokers: BrokerRules | None = None, records: int = 2
) -> System:
    client = ProducerRules(idempotence=rules, max_in_flight=2)
    alone = BrokerRules(replication_factor=1, min_insync_replicas=1)
    return produce_half(client, brokers or alone, records=records, faults=Faults(2), kinds=kinds)


def given(past: Given, now: Named) -> Given:
    connection, producer = cast("Connection", now["connection"]), cast("Producer", now["producer"])
    on_wire = [request.attempt for request in connection.requests + connection.broken if request.attempt]
    named = [attempt.batch for attempt in (*on_wire, *producer.queue) if attempt.was_sent]
    return past | {(b.producer_id, b.producer_epoch, b.base_sequence, b.record) for b in named}


def are_unique(names: Given) -> bool:
    return len({name[:3] for name in names}) == len(names)


def name_in(names: Given) -> Iterator[Name]:
    return (Name(*name[:3]) for name in names)


def test_no_two_batches_have_one_number_and_the_next_is_beyond_all_that_were_given() -> None:
    seen: set[tuple[Given, tuple[int, ...]]] = set()
    for step in transitions(sending(JAVA_IDEMPOTENCE), NOTHING, given):
        now, names = step.after
        producer = cast("Producer", now["producer"])
        if (key := (names, (producer.producer_id, producer.producer_epoch, producer.next_sequence))) in seen:
            continue
        seen.add(key)

        assert are_unique(names), step.taken.says
        assert all(Question(is_before(name, producer)).is_possible_for({}) for name in name_in(names)), step.taken.says


def test_where_later_sequences_move_down_two_batches_have_one_number_in_the_system_too() -> None:
    moving_down = sending(attrs.evolve(JAVA_IDEMPOTENCE, on_late_failure="adjust"))

    assert not all(are_unique(step.after[1]) for step in transitions(moving_down, NOTHING, given))


def highest_epoch(past: int, now: Named) -> int:
    return max((past, *(batch.producer_epoch for batch in stored(now))))


def stored(now: Named) -> list[Batch]:
    return [batch for batch in leader_log(cast("Replicas", now["replicas"])) or () if is_of_first_producer(batch)]


def is_of_first_producer(batch: Batch) -> bool:
    return batch.producer_id in {0, NO_PRODUCER_ID}


def appended_epochs(system: System) -> Iterator[tuple[int, int]]:
    """For each batch that is appended the highest epoch there had been, and its own."""
    for step in transitions(system, -1, highest_epoch):
        before, after = stored(step.before[0]), stored(step.after[0])
        yield from ((step.before[1], batch.producer_epoch) for batch in after[len(before) :])


DELAYING = frozenset({"response-lost", "send-timeout", "request-delayed", "retention"})


def test_no_batch_is_appended_below_the_highest_epoch() -> None:
    epochs = list(appended_epochs(sending(JAVA_IDEMPOTENCE, kinds=DELAYING)))

    assert any(epoch > 0 for _, epoch in epochs)
    assert all(epoch >= highest for highest, epoch in epochs)


def test_where_retention_forgets_producers_an_old_epoch_is_appended_in_the_system_too() -> None:
    forgetful = BrokerRules(replication_factor=1, min_insync_replicas=1, forgets_producers_with_their_records=True)
    client = ProducerRules(idempotence=JAVA_IDEMPOTENCE, max_in_flight=2)
    system = produce_half(client, forgetful, records=2, faults=Faults(3), kinds=DELAYING)

    assert not all(epoch >= highest for highest, epoch in appended_epochs(system))
