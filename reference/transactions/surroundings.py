"""What a transaction coordinator is handed: who leads what, where producer ids come from, which topics there are."""

from typing import Protocol

from kio.schema.write_txn_markers.v2.request import WriteTxnMarkersRequest
from kio.schema.write_txn_markers.v2.response import WriteTxnMarkersResponse

from ackproof.reference.kernel.future import Future
from ackproof.reference.log.storage.checkpoints import TopicPartition

__all__ = ["NO_LEADER", "MarkerSender", "ProducerIds", "TopicPartition", "Topics"]

NO_LEADER = -1
"""In place of a broker: the partition exists, and nobody who can be reached leads it."""


class Topics(Protocol):
    """The topics that this broker knows of."""

    def partition_count(self, topic: str) -> int | None:
        """How many partitions *topic* has; None where there is no such topic."""
        ...


class ProducerIds(Protocol):
    """Where producer ids come from that nobody has had."""

    def next_producer_id(self) -> int:
        """
        A new producer id.

        Raises:
            KafkaError: There is none at present (COORDINATOR_LOAD_IN_PROGRESS).
        """
        ...


class MarkerSender(Protocol):
    """How the coordinator reaches those who write its markers."""

    def leader_of(self, partition: TopicPartition) -> int | None:
        """The broker that leads *partition*; ``NO_LEADER`` where none can be reached, None where it does not exist."""
        ...

    def send(self, broker: int, request: WriteTxnMarkersRequest) -> Future[WriteTxnMarkersResponse]:
        """The answer of *broker*, which may be this one; fails with ``DisconnectedError`` or ``TimedOutError``."""
        ...
