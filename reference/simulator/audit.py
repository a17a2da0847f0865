"""Audits: what is in the logs as a run ends."""

from collections.abc import Iterator
from functools import lru_cache

from ackproof.reference.broker.apis.metadata_cache import INTERNAL_TOPICS
from ackproof.reference.kernel.value import value
from ackproof.reference.log.log import PartitionLog
from ackproof.reference.records.batch import Batch, decode
from ackproof.reference.records.control import marker_of
from ackproof.reference.simulator.applications.content import Content, content_of
from ackproof.reference.simulator.cluster import Cluster

REMEMBERED = 1_000
"""How many batches are remembered as they were read: a run looks at the same ones until all is processed."""


@value
class Stored:
    """
    A record in the log of a partition's leader.

    Attributes:
        is_committed: A ``read_committed`` consumer sees it.
    """

    topic: str
    partition: int
    offset: int
    key: str
    content: Content
    is_committed: bool


def stored(cluster: Cluster) -> Iterator[Stored]:
    """What the leaders of all partitions have; nothing of partitions that nobody leads."""
    for topic in cluster.image.topics.values():
        if topic.name not in INTERNAL_TOPICS:
            for index, partition in enumerate(topic.partitions):
                log = leader_log(cluster, topic.name, index, partition.leader)
                if log is not None:
                    yield from _in_log(topic.name, index, log)


def is_settled(cluster: Cluster) -> bool:
    """Whether all partitions are led, all that is in their logs is committed, and no transaction is open."""
    logs = [
        leader_log(cluster, topic.name, index, partition.leader)
        for topic in cluster.image.topics.values()
        for index, partition in enumerate(topic.partitions)
    ]
    return all(log is not None and log.last_stable_offset == log.log_end_offset for log in logs)


def log_ends(cluster: Cluster, topic: str) -> dict[int, int]:
    """Where the log of each partition of *topic* ends; nothing of partitions that nobody leads."""
    found = cluster.image.topics.get(topic)
    logs = {
        index: leader_log(cluster, topic, index, partition.leader)
        for index, partition in enumerate(found.partitions if found else ())
    }
    return {index: log.log_end_offset for index, log in logs.items() if log is not None}


def leader_log(cluster: Cluster, topic: str, index: int, leader: int) -> PartitionLog | None:
    """The log of a partition's leader; None while nobody leads it."""
    machine = cluster.machines.get(leader)
    found = machine.broker.replicas.find(topic, index) if machine and machine.broker else None
    return found.log if found is not None and found.is_leader else None


def _in_log(topic: str, index: int, log: PartitionLog) -> Iterator[Stored]:
    read = [_read(data) for data in log.batches()]
    committed = _committed([batch for batch, _ in read])
    for batch, records in read:
        is_committed = batch.next_offset <= log.high_watermark and (
            not batch.is_transactional or batch.base_offset in committed
        )
        for offset, key, content in records:
            yield Stored(topic, index, offset, key, content, is_committed)


@lru_cache(REMEMBERED)
def _read(data: bytes) -> tuple[Batch, tuple[tuple[int, str, Content], ...]]:
    """The batch that *data* is, and of each of its records the offset, the key and what it says."""
    batch = decode(data)
    records = () if batch.is_control else batch.records
    return batch, tuple(
        (batch.offset_of(record), (record.key or b"").decode(), content_of(record.value)) for record in records
    )


def _committed(batches: list[Batch]) -> set[int]:
    """Base offsets of the batches of committed transactions."""
    open_batches: dict[int, list[int]] = {}
    committed: set[int] = set()
    for batch in batches:
        if batch.is_control:
            ended = open_batches.pop(batch.producer_id, [])
            if marker_of(batch).kind == "commit":
                committed.update(ended)
        elif batch.is_transactional:
            open_batches.setdefault(batch.producer_id, []).append(batch.base_offset)
    return committed
