"""Retention, as far as producers feel it: brokers forget a producer with its last batch, or as they begin anew."""

from collections.abc import Iterator
from itertools import chain, combinations

import attrs

from ackproof.model.faults import Faults
from ackproof.model.produce.append import Leader, log_start
from ackproof.model.produce.batch import NO_PRODUCER_ID, Batch
from ackproof.model.produce.replica import Replica, Replicas, broker, has_leader, leader_of, leading, replaced
from ackproof.model.produce.rules import BrokerRules
from ackproof.model.produce.truncation import Log, common_prefix
from ackproof.model.system import Next, action

RETENTION = "retention"


def forgets(replicas: Replicas, leader: Leader) -> bool:
    """Whether the brokers forget anything with the records that retention deletes."""
    return leader.rules.forgets_producers_with_their_records and has_leader(replicas)


@action(fault=RETENTION, when={"replicas": forgets})
def retention(leader: Leader, replicas: Replicas) -> Iterator[Next]:
    """
    Retention deletes committed records, and with a producer's last batch what is known of it.

    The leader does, and whoever has heard so from it, or does so by itself. The records stay in the logs to be judged
    by, without their producer; what is not deleted has not changed.
    Source: ``Log.maybeIncrementLogStartOffset``, ``ProducerStateManager.truncateHead`` (KAFKA-7190).
    """
    source = leading(replicas)
    log = replicas[source].log
    for start in range(log_start(log) + 1, leader.watermark.committed(leader.rules, replicas) + 1):
        gone = forgotten(log, start)
        after = tuple(without_producers(replica, log, gone) for replica in replicas)
        others = [i for i, replica in enumerate(after) if i != source and replica != replicas[i]]
        for late in subsets(others) if gone != log else ():
            says = f"retention deletes what is below offset {start}"
            still = f", which {', '.join(map(broker, late))} still has" if late else ""
            left = tuple(replicas[i] if i in late else replica for i, replica in enumerate(after))
            yield Next(says + still, replicas=left)


def subsets(indexes: list[int]) -> Iterator[tuple[int, ...]]:
    """All choices of some of *indexes*, none first."""
    return chain.from_iterable(combinations(indexes, number) for number in range(len(indexes) + 1))


def may_lead_anew(rules: BrokerRules, faults: Faults) -> bool:
    """
    Whether a broker may lead that knows no producer of what it has, as it began anew after retention.

    That takes two faults, retention and one for which it reads again, or is behind; and a third for it to lead, unless
    it is the only one.
    """
    return faults.left >= (3 if rules.replication_factor > 1 else 2)


@action(fault=RETENTION)
def retention_of_one(leader: Leader, replicas: Replicas) -> Iterator[Next]:
    """
    One replica deletes what it knows to be committed, by itself or as its leader has.

    Who starts again, truncates, or begins where its leader does has to read again what it knows of producers, which
    is no more than what is left has of them.

    Source: ``LogManager.cleanupLogs``, ``ReplicaFetcherThread.processPartitionData``; ``Log.rebuildProducerState``,
    ``ProducerStateManager.truncateFullyAndStartAt``.
    """
    source = leader_of(replicas)
    led = None if source is None else replicas[source]
    for index, replica in enumerate(replicas):
        for start, how, after in begun_later(leader.rules, replica, led):
            if after != replica:
                says = f"retention deletes what is below offset {start} on {broker(index)}{how}"
                yield Next(says, replicas=replaced(replicas, index, after))


def begun_later(rules: BrokerRules, replica: Replica, led: Replica | None) -> Iterator[tuple[int, str, Replica]]:
    """Where a *replica* may begin from now on, beside who *led*, in which way, and what it is then."""
    log, follows = replica.log, led is not None and replica.is_up and replica.role != "leader"
    truncates = led is not None and follows and (replica.is_truncating or common_prefix(led.log, log) < len(log))
    for start in range(1, replica.high_watermark + 1):
        if rules.forgets_producers_with_their_records:
            yield start, "", attrs.evolve(replica, log=forgotten(log, start))
        if truncates or not replica.is_up:
            yield start, ", which reads again what is left", attrs.evolve(replica, log=read_again(log, start))
    if led is not None and follows:
        for start in range(len(log) + 1, led.high_watermark + 1):
            anew = attrs.evolve(replica, log=read_again(led.log[:start], start), high_watermark=start)
            yield start, ", which begins there", anew


def read_again(log: Log, start: int) -> Log:
    """*log* of which only what is not below *start* is left for a broker to know producers by."""
    return tuple(map(anonymous, log[:start])) + log[start:]


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
