"""What a group coordinator asks others: which topics there are, and whether a transaction is open."""

from collections.abc import Iterable
from typing import Protocol
from uuid import UUID

from ackproof.reference.kernel.future import Future


class Topics(Protocol):
    """The topics of the cluster, as this broker knows them."""

    @property
    def names(self) -> Iterable[str]:
        """All topics."""
        ...

    @property
    def version(self) -> int:
        """Higher with every change of the metadata."""
        ...

    @property
    def newest_topic_version(self) -> int:
        """What it was when a topic was last created, as far as this broker has seen."""
        ...

    def partition_count(self, topic: str) -> int | None:
        """How many partitions *topic* has; None if there is no such topic."""
        ...

    def topic_id(self, topic: str) -> UUID | None:
        """The id of *topic*; None if there is no such topic."""
        ...

    def topic_name(self, topic_id: UUID) -> str | None:
        """The name of the topic with this id; None if there is none."""
        ...


class Transactions(Protocol):
    """The transaction coordinators, as a broker asks them before it appends for a transaction (KIP-890)."""

    def verify(
        self, partition: int, transactional_id: str, producer_id: int, producer_epoch: int, version: int
    ) -> Future[None]:
        """
        Whether the transaction has this partition of ``__consumer_offsets``; it is added for TxnOffsetCommit 5.

        It fails with ``KafkaError`` where the append is to be refused.

        Source: ``CoordinatorPartitionWriter.maybeStartTransactionVerification``.
        """
        ...
