"""Requeueing: where in the queue of its partition a batch goes that is to be sent again."""

from collections import deque

from ackproof.model.produce.batch import Attempt, Batch
from ackproof.model.produce.rules import Requeue
from ackproof.reference.producer.batches.batch import ProducerBatch


def requeue(rule: Requeue, queue: deque[ProducerBatch], failed: ProducerBatch) -> None:
    """
    Put *failed* back, as the *rule* of the model has it.

    Source: ``RecordAccumulator.reenqueue``, ``insertInSequenceOrder``.
    """
    if not queue:
        queue.append(failed)
        return
    batches = {batch.number: batch for batch in (failed, *queue)}
    waiting = tuple(attempt_of(batch) for batch in queue)
    after = rule(waiting, (attempt_of(failed),))
    queue.clear()
    queue.extend(batches[attempt.batch.record] for attempt in after)


def attempt_of(batch: ProducerBatch) -> Attempt:
    """What *batch* is in the model, where batches are told apart by their only record."""
    identity = batch.identity
    was_sent = batch.has_sequence or batch.attempts > 0
    return Attempt(Batch(batch.number, identity.producer_id, identity.epoch, batch.base_sequence), was_sent)
