"""What an application is told of rebalances."""

from ackproof.reference.client.cluster import TopicPartition


class RebalanceListener:
    """
    Told in poll, before a rebalance goes on; it may commit (``ConsumerRebalanceListener``).

    An error that it raises comes out of poll, once the rebalance is done.
    """

    async def on_partitions_revoked(self, partitions: tuple[TopicPartition, ...]) -> None:
        """*partitions* are given up after this returns."""

    async def on_partitions_assigned(self, partitions: tuple[TopicPartition, ...]) -> None:
        """*partitions* were added: nothing of them has been fetched yet."""

    async def on_partitions_lost(self, partitions: tuple[TopicPartition, ...]) -> None:
        """*partitions* are gone: another member may have them already, and nothing can be committed for them."""
        await self.on_partitions_revoked(partitions)
