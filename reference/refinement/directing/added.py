"""Partitions that were added to the topic, where no key moves to them."""

from ackproof.reference.client.cluster import TopicPartition
from ackproof.reference.refinement.consume.records import TOPIC
from ackproof.reference.refinement.directing.readers import DirectedGroup


def are_assigned(stage: DirectedGroup) -> bool:
    """Whether all partitions without a record are with somebody, as they are once the group has rebalanced for them."""
    clients = [reader.client for reader in stage.applications if reader.is_up and reader.client is not None]
    assigned = {place for client in clients for place in client.view().positions}
    return empty_partitions(stage) <= assigned


def empty_partitions(stage: DirectedGroup) -> set[TopicPartition]:
    """The partitions that were added to the topic, where the key does not move there."""
    if stage.setting.moves_key:
        return set()
    return {(TOPIC, number) for number in range(1, len(stage.cluster.image.topics[TOPIC].partitions))}
