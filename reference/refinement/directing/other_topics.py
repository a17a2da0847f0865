"""Topics without records that a directed group reads beside its own."""

from ackproof.reference.refinement.consume.records import TOPIC
from ackproof.reference.refinement.consume.stage import ConsumeStage
from ackproof.reference.refinement.staging import wait_until

BESIDE = "a-topic-beside"
"""A topic without records: a partition can move without another one taking its place (KIP-429)."""


def add_beside(stage: ConsumeStage, topics: int) -> tuple[str, ...]:
    """So many of them, on another broker: what waits for the director keeps nothing else waiting."""
    other = next(each for each in stage.cluster.machines if each != stage.image(TOPIC).leader)
    names = tuple(f"{BESIDE}-{number}" for number in range(topics))
    for name in names:
        stage.cluster.create_topic(name, -1, -1, {}, assigned=[[other]])
    wait_until(lambda: all(stage.led(name) is not None for name in names), stage.step)
    return names
