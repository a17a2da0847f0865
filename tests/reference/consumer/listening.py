"""Listeners and callbacks that remember what they were told."""

from ackproof.reference.client.cluster import TopicPartition
from ackproof.reference.consumer.commits.commit import Offsets
from ackproof.reference.consumer.listener import RebalanceListener


class Told(RebalanceListener):
    """A listener that remembers what it was told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, tuple[TopicPartition, ...]]] = []

    async def on_partitions_revoked(self, partitions: tuple[TopicPartition, ...]) -> None:
        self.told.append(("revoked", partitions))

    async def on_partitions_assigned(self, partitions: tuple[TopicPartition, ...]) -> None:
        self.told.append(("assigned", partitions))

    async def on_partitions_lost(self, partitions: tuple[TopicPartition, ...]) -> None:
        self.told.append(("lost", partitions))


class Outcome:
    """A callback that remembers what it was told."""

    def __init__(self) -> None:
        self.errors: list[Exception | None] = []

    def __call__(self, offsets: Offsets, error: Exception | None) -> None:
        self.errors.append(error)
