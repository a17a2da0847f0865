"""Fetchers: from which leaders a broker fetches what."""

from collections.abc import Callable

from ackproof.reference.broker.fetchers.fetcher import Fetcher
from ackproof.reference.broker.fetchers.fetcher_leader import Follower
from ackproof.reference.broker.partitions.partition import Partition
from ackproof.reference.log.storage.checkpoints import TopicPartition
from ackproof.reference.protocol.request import Address


class ReplicaFetchers:
    """
    The fetchers of one broker, one for each leader that it follows.

    Source: ``ReplicaFetcherManager``.
    """

    def __init__(self, follower: Follower, address_of: Callable[[int], Address | None]) -> None:
        """
        No fetchers yet.

        Args:
            follower: The broker that fetches.
            address_of: Where a broker listens; None while that is not known.
        """
        self._follower = follower
        self._address_of = address_of
        self._fetchers: dict[tuple[int, Address], Fetcher] = {}
        self._of_partition: dict[TopicPartition, Fetcher] = {}

    def follow(self, partition: Partition, leader_id: int) -> None:
        """Fetch for *partition* from that leader from now on, in the leader epoch that it has now."""
        address = self._address_of(leader_id)
        if address is None:
            return
        fetcher = self._fetchers.get((leader_id, address))
        if fetcher is None:
            fetcher = self._fetchers[leader_id, address] = Fetcher(self._follower, address)
        self._of_partition[TopicPartition(partition.topic, partition.index)] = fetcher
        fetcher.add(partition)

    def stop(self, partition: Partition) -> None:
        """Fetch for *partition* no more."""
        fetcher = self._of_partition.pop(TopicPartition(partition.topic, partition.index), None)
        if fetcher is not None:
            fetcher.remove(partition)
