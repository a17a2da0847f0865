"""The theorem of epochs is about the producers that are searched."""

from collections.abc import Iterator
from typing import cast

import attrs

from ackproof.model.faults import Faults
from ackproof.model.produce.batch import NO_PRODUCER_ID, Batch
from ackproof.model.produce.half import produce_half
from ackproof.model.produce.idempotence import JAVA_IDEMPOTENCE
from ackproof.model.produce.replica import Replicas, leader_log
from ackproof.model.produce.rules import BrokerRules, ProducerRules
from ackproof.model.system import System
from tests.proofs.linking import Named, transitions

DELAYING = frozenset({"response-lost", "send-timeout", "request-delayed", "retention"})


def sending(brokers: BrokerRules, *, faults: int) -> System:
    client = ProducerRules(idempotence=JAVA_IDEMPOTENCE, max_in_flight=2)
    return produce_half(client, brokers, records=2, faults=Faults(faults), kinds=DELAYING)


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


ALONE = BrokerRules(replication_factor=1, min_insync_replicas=1)


def test_no_batch_is_appended_below_the_highest_epoch() -> None:
    epochs = list(appended_epochs(sending(ALONE, faults=2)))

    assert any(epoch > 0 for _, epoch in epochs)
    assert all(epoch >= highest for highest, epoch in epochs)


def test_where_retention_forgets_producers_an_old_epoch_is_appended_in_the_system_too() -> None:
    forgetful = attrs.evolve(ALONE, forgets_producers_with_their_records=True)

    assert not all(epoch >= highest for highest, epoch in appended_epochs(sending(forgetful, faults=3)))
