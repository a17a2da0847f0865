"""Fetch sessions: a broker remembers what a consumer fetches, and is told only what changes (KIP-227)."""

from collections.abc import Mapping

from kio.schema.errors import ErrorCode
from kio.schema.fetch.v12.response import FetchResponse

from ackproof.reference.client.cluster import TopicPartition
from ackproof.reference.kernel.value import value

INITIAL_EPOCH, FINAL_EPOCH = 0, -1
NO_SESSION = 0
EPOCH_MAX = 2**31 - 1


@value
class Wanted:
    """What is fetched of a partition."""

    fetch_offset: int
    leader_epoch: int = -1
    max_bytes: int = 0


@value
class FetchPlan:
    """
    What a request says.

    Attributes:
        to_send: The partitions that it names.
        to_forget: Those that are not wanted any more.
        partitions: All that the session has with it.
        epoch: 0 for all anew, -1 for no session or its end, else counted.
    """

    to_send: Mapping[TopicPartition, Wanted]
    to_forget: tuple[TopicPartition, ...]
    partitions: Mapping[TopicPartition, Wanted]
    session_id: int
    epoch: int


class FetchSession:
    """
    A consumer's side of the session with one broker.

    Source: ``FetchSessionHandler``, ``FetchMetadata``.
    """

    def __init__(self) -> None:
        self.session_id = NO_SESSION
        self.epoch = INITIAL_EPOCH
        self._partitions: dict[TopicPartition, Wanted] = {}

    @property
    def partitions(self) -> tuple[TopicPartition, ...]:
        """What the broker is thought to remember."""
        return tuple(self._partitions)

    def plan(self, wanted: Mapping[TopicPartition, Wanted]) -> FetchPlan:
        """What to say so that *wanted* is fetched: all of it, or what is new or different since the last time."""
        if self._is_full:
            self._partitions = dict(wanted)
            return FetchPlan(dict(wanted), (), dict(wanted), self.session_id, self.epoch)
        added = {partition: of for partition, of in wanted.items() if partition not in self._partitions}
        altered = {
            partition: wanted[partition]
            for partition, of in self._partitions.items()
            if partition in wanted and wanted[partition] != of
        }
        forgotten = tuple(partition for partition in self._partitions if partition not in wanted)
        kept = {partition: wanted[partition] for partition in self._partitions if partition in wanted}
        self._partitions = {**kept, **added}
        return FetchPlan({**added, **altered}, forgotten, dict(self._partitions), self.session_id, self.epoch)

    def accept(self, answer: FetchResponse) -> bool:
        """Take note of an *answer*; whether what it brings is good."""
        if answer.error_code != ErrorCode.none:
            is_unknown = answer.error_code == ErrorCode.fetch_session_id_not_found
            self._restart(closes=not is_unknown)
            return False
        told = {(str(topic.topic), int(of.partition_index)) for topic in answer.responses for of in topic.partitions}
        if not self._fits(told):
            self._restart(closes=not self._is_full)
            return False
        if answer.session_id == NO_SESSION:
            self._restart(closes=False)
        else:
            self.session_id, self.epoch = answer.session_id, 1 if self.epoch in (0, EPOCH_MAX) else self.epoch + 1
        return True

    def fail(self) -> None:
        """There was no answer: begin anew, and say that this one is over."""
        self._restart(closes=True)

    def close(self) -> None:
        """The next request is the last one."""
        self.epoch = FINAL_EPOCH

    def _fits(self, told: set[TopicPartition]) -> bool:
        """Whether an answer is about what was asked for: all of it where the request was full."""
        asked = set(self._partitions)
        return told == asked if self._is_full else told <= asked

    @property
    def _is_full(self) -> bool:
        return self.epoch in (INITIAL_EPOCH, FINAL_EPOCH)

    def _restart(self, *, closes: bool) -> None:
        self.epoch = INITIAL_EPOCH
        if not closes:
            self.session_id = NO_SESSION
