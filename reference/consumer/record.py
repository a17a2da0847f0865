"""Records as a consumer hands them out."""

import attrs

from ackproof.reference.client.cluster import TopicPartition
from ackproof.reference.kernel.value import value
from ackproof.reference.records.batch import Header


@value
class ConsumedRecord:
    """
    A record, and where it stood (``ConsumerRecord``).

    Attributes:
        leader_epoch: That in which it was appended; None where its batch does not tell.
        is_log_append_time: *timestamp_ms* is the broker's, not the producer's.
    """

    topic: str
    partition: int
    offset: int
    value: bytes | None
    key: bytes | None = None
    timestamp_ms: int = -1
    headers: tuple[Header, ...] = ()
    leader_epoch: int | None = None
    is_log_append_time: bool = False

    @property
    def topic_partition(self) -> TopicPartition:
        """Where it stood."""
        return (self.topic, self.partition)


@value
class OffsetAndMetadata:
    """
    What a commit says of a partition.

    Attributes:
        offset: The next one to read.
        leader_epoch: That of the last record that was read, if it is known.
        metadata: What the application adds.
    """

    offset: int
    leader_epoch: int | None = None
    metadata: str = ""


@attrs.frozen
class OffsetAndTimestamp:
    """The first record at or after some time: where it stands, and what its timestamp is."""

    offset: int
    timestamp_ms: int
    leader_epoch: int | None = None


@attrs.frozen
class GroupMetadata:
    """Who commits: what a producer sends with offsets in a transaction (``ConsumerGroupMetadata``)."""

    group_id: str
    generation: int = -1
    member_id: str = ""
    group_instance_id: str | None = None
