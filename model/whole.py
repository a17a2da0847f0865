"""The whole pipeline in one piece: both halves, and a log that shows readers what the leader has committed."""

from collections.abc import Iterator

import attrs

from ackproof.model.consume.log import Log
from ackproof.model.consume.reading import append
from ackproof.model.produce.append import Leader
from ackproof.model.produce.replica import Replicas, leader_of
from ackproof.model.system import Next, System, action, compose


@action
def expose(leader: Leader, replicas: Replicas, log: Log) -> Iterator[Next]:
    """
    The next committed record becomes readable (``FetchIsolation.HIGH_WATERMARK``).

    Not modelled: a log that shrinks under its readers; ``what_a_reader_saw_stays`` says whether that can happen.
    """
    index = leader_of(replicas)
    if index is not None and log.end < leader.watermark.committed(leader.rules, replicas):
        batch = replicas[index].log[log.end]
        yield Next(f"consumers can read offset {log.end}", log=attrs.evolve(log, records=(*log.records, batch.record)))


def in_one_piece(produce: System, consume: System) -> System:
    """Both halves as one system: what the consume half reads is what the produce half has committed."""
    reading = attrs.evolve(consume, actions=tuple(act for act in consume.actions if act is not append))
    log = System(
        {"log": Log(), "replicas": produce.initial["replicas"]}, (expose,), rules={"leader": produce.rules["leader"]}
    )
    return compose(produce, reading, log)
