"""What a consumer raises."""

from collections.abc import Mapping, Sequence

from kio.schema.errors import ErrorCode

from ackproof.reference.client.cluster import TopicPartition
from ackproof.reference.client.retriable import RETRIABLE
from ackproof.reference.kernel.future import TimedOutError
from ackproof.reference.protocol.errors import KafkaError
from ackproof.reference.protocol.request import DisconnectedError


class CommitFailedError(Exception):
    """The group has gone on without this member, and its commit is void: poll rejoins (``CommitFailedException``)."""


class StaleMemberEpochError(CommitFailedError):
    """The member has got another epoch since, and lost something that it commits (KIP-848)."""


class RebalanceInProgressError(Exception):
    """The commit can not be now: poll until the rebalance is done, then commit what is still assigned."""


class RetriableCommitFailedError(Exception):
    """An asynchronous commit failed for a reason that may pass; the client does not send it again."""


class CorruptFetchError(Exception):
    """
    A batch that can not be read: the position stays before it, and poll raises this until somebody seeks past it.

    Attributes:
        offset: Where it begins.
    """

    def __init__(self, partition: TopicPartition, offset: int, message: str) -> None:
        super().__init__(f"{message} at offset {offset}")
        self.partition = partition
        self.offset = offset


class NoOffsetForPartitionError(Exception):
    """There is neither a position nor a committed offset, and ``auto.offset.reset`` is none."""

    def __init__(self, partitions: Sequence[TopicPartition]) -> None:
        super().__init__(f"Undefined offset with no reset policy for partitions: {list(partitions)}")
        self.partitions = tuple(partitions)


class OffsetOutOfRangeError(Exception):
    """The position is outside of the log, and ``auto.offset.reset`` is none."""

    def __init__(self, positions: Mapping[TopicPartition, int]) -> None:
        super().__init__(f"Fetch position {dict(positions)} is out of range, and no reset policy is defined")
        self.positions = dict(positions)


class LogTruncationError(OffsetOutOfRangeError):
    """
    The log was truncated below the position, and ``auto.offset.reset`` is none.

    Attributes:
        divergent_offsets: Where each partition's log began to differ, if that is known.
    """

    def __init__(
        self, positions: Mapping[TopicPartition, int], divergent_offsets: Mapping[TopicPartition, int]
    ) -> None:
        super().__init__(positions)
        self.divergent_offsets = dict(divergent_offsets)


class WakeupError(Exception):
    """Poll was interrupted on purpose."""


class FencedInstanceIdError(KafkaError):
    """
    Another process has the same ``group.instance.id``: this one is out for good.

    Attributes:
        is_fatal: The client does nothing more (``rd_kafka_set_fatal_error``), be it that it was just not known.
    """

    def __init__(self, *, is_fatal: bool = False) -> None:
        super().__init__(ErrorCode.fenced_instance_id)
        self.is_fatal = is_fatal


class FatalOffsetFetchError(Exception):
    """A partition of which the committed offset can not be looked up: it does not exist, say."""

    def __init__(self, code: ErrorCode, partition: TopicPartition) -> None:
        super().__init__(f"{code.name.upper()} for {partition[0]}-{partition[1]}")
        self.code = code
        self.partition = partition


class ListenerError(Exception):
    """The application's rebalance listener raised an error, which is the cause of this one."""


class UnjoinedError(Exception):
    """The member has left while it was joining; it may join again."""


class CoordinatorUnknownError(Exception):
    """No coordinator is known to send it to; one is being looked for."""


def is_retriable(error: Exception) -> bool:
    """Whether what failed with *error* may be tried again (``RetriableException``)."""
    if isinstance(error, KafkaError):
        return error.code in RETRIABLE
    return isinstance(error, DisconnectedError | TimedOutError | CoordinatorUnknownError)
