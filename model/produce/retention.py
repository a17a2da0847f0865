"""Retention, as far as producers feel it: the brokers forget a producer with its last batch."""

from collections.abc import Iterator

import attrs

from ackproof.model.produce.append import Leader, log_start
from ackproof.model.produce.batch import NO_PRODUCER_ID, Batch
from ackproof.model.produce.replica import Replica, Replicas, has_leader, leading
from ackproof.model.produce.truncation import Log
from ackproof.model.system import Next, action


def forgets(replicas: Replicas, leader: Leader) -> bool:
    """Whether the brokers forget anything with the records that retention deletes."""
    return leader.rules.forgets_producers_with_their_records and has_leader(replicas)


@action(fault="retention", when={"replicas": forgets})
def retention(leader: Leader, replicas: Replicas) -> Iterator[Next]:
    """
    Retention deletes committed records, and with a producer's last batch what is known of it.

    The records stay in the logs to be judged by, without their producer; what is not deleted has not changed.
    Source: ``Log.maybeIncrementLogStartOffset``, ``ProducerStateManager.truncateHead`` (KAFKA-7190).
    """
    log = replicas[leading(replicas)].log
    for start in range(log_start(log) + 1, leader.watermark.committed(leader.rules, replicas) + 1):
        gone = forgotten(log, start)
        if gone != log:
            after = tuple(without_producers(replica, log, gone) for replica in replicas)
            yield Next(f"retention deletes what is below offset {start}", replicas=after)


def forgotten(log: Log, start: int) -> Log:
    """*log* when everything below *start* is deleted: producers whose last batch is among it are unknown."""
    known = {batch.producer_id for batch in log[start:]}
    return tuple(batch if batch.producer_id in known else anonymous(batch) for batch in log[:start]) + log[start:]


def anonymous(batch: Batch) -> Batch:
    """*batch* without its producer."""
    return attrs.evolve(batch, producer_id=NO_PRODUCER_ID, producer_epoch=-1, base_sequence=-1)


def without_producers(replica: Replica, log: Log, gone: Log) -> Replica:
    """*replica* after it deleted from its *log* what its leader did: what they shared is *gone* in both."""
    pairs = zip(replica.log, log, gone, strict=False)
    shared = tuple(after if mine == before else mine for mine, before, after in pairs)
    return attrs.evolve(replica, log=shared + replica.log[len(shared) :])
