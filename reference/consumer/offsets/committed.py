"""What the group has committed: looked up where there is no position."""

from collections.abc import Callable, Iterable
from random import Random

import attrs
from kio.schema.errors import ErrorCode
from kio.schema.offset_fetch.v9.request import (
    OffsetFetchRequest,
    OffsetFetchRequestGroup,
    OffsetFetchRequestTopics,
)
from kio.schema.offset_fetch.v9.response import OffsetFetchResponse, OffsetFetchResponseGroup

from ackproof.reference.client.asking import UnsupportedVersionError
from ackproof.reference.client.backoff import ExponentialBackoff
from ackproof.reference.client.cluster import TopicPartition
from ackproof.reference.consumer.commits.commit import Identity
from ackproof.reference.consumer.deadline import Deadline
from ackproof.reference.consumer.errors import CoordinatorUnknownError, FatalOffsetFetchError, is_retriable
from ackproof.reference.consumer.lookup import CoordinatorLookup
from ackproof.reference.consumer.record import OffsetAndMetadata
from ackproof.reference.consumer.requests import Requests, by_topic
from ackproof.reference.consumer.settings import ConsumerSettings
from ackproof.reference.kernel.clock import Clock
from ackproof.reference.kernel.future import Future, TimedOutError, spawn
from ackproof.reference.protocol.errors import KafkaError
from ackproof.reference.protocol.primitive import GroupId, TopicName, i32
from ackproof.reference.protocol.request import DisconnectedError

Committed = dict[TopicPartition, OffsetAndMetadata | None]
"""None where nothing is committed."""


@attrs.frozen
class Pending:
    """A look-up under way, which later calls that ask the same wait for."""

    partitions: frozenset[TopicPartition]
    generation: object
    answer: Future[Committed]


class CommittedOffsets:
    """
    Asks the coordinator.

    Source: ``ConsumerCoordinator.fetchCommittedOffsets``.
    """

    def __init__(
        self,
        clock: Clock,
        requests: Requests,
        lookup: CoordinatorLookup,
        settings: ConsumerSettings,
        identity: Callable[[], Identity],
        generation: Callable[[], object],
        rng: Random,
        *,
        requires_stable: bool,
        resets_without_answer: bool,
    ) -> None:
        """
        Nothing has been asked yet.

        Args:
            clock: Of the process.
            requests: To ask with.
            lookup: Whom to ask.
            settings: Of the consumer.
            identity: Who asks; a classic group does not care.
            generation: What a look-up under way has to be of to be good enough.
            rng: For jitter.
            requires_stable: Transactional commits that are pending have to be waited for (KIP-447).
            resets_without_answer: No answer is taken for none committed.
        """
        self._clock = clock
        self._requests = requests
        self._lookup = lookup
        self._group_id = settings.group_id or ""
        self._backoff = ExponentialBackoff(settings.retry_backoff_ms, settings.retry_backoff_max_ms, rng)
        self._identity = identity
        self._generation = generation
        self._requires_stable = requires_stable
        self._resets_without_answer = resets_without_answer
        self._pending: Pending | None = None

    async def fetch(self, partitions: Iterable[TopicPartition], until: Deadline) -> Committed | None:
        """
        What is committed for *partitions*; None if that is not known in time.

        Raises:
            KafkaError: It can not be known.
        """
        wanted = frozenset(partitions)
        if not wanted:
            return {}
        attempts = 0
        while True:
            if not await self._lookup.ensure_ready(until):
                return None
            answer = self._ask(wanted)
            if not await until.settled(answer):
                return None
            self._pending = None
            if answer.error is None:
                return answer.result()
            if not is_retriable(answer.error) and not is_stale(answer.error):
                raise answer.error
            await until.rest(self._backoff.backoff_ms(attempts))
            attempts += 1
            if until.has_passed:
                return None

    def _ask(self, partitions: frozenset[TopicPartition]) -> Future[Committed]:
        generation = self._generation()
        if self._pending is None or (self._pending.partitions, self._pending.generation) != (partitions, generation):
            answer = spawn(self._clock, self._fetch(partitions, self._identity()))
            answer.may_fail()
            self._pending = Pending(partitions, generation, answer)
        return self._pending.answer

    async def _fetch(self, partitions: frozenset[TopicPartition], identity: Identity) -> Committed:
        node = self._lookup.node
        if node is None:
            raise CoordinatorUnknownError("no coordinator is known")
        try:
            answer = await self._requests.ask(node, self._request(partitions, identity), OffsetFetchResponse)
        except (DisconnectedError, TimedOutError) as error:
            if isinstance(error, DisconnectedError):
                self._lookup.mark_unknown(is_disconnected=True)
            if self._resets_without_answer:
                return dict.fromkeys(partitions)
            raise
        except UnsupportedVersionError as error:
            raise KafkaError(ErrorCode.unsupported_version, str(error)) from error
        (group,) = answer.groups
        self._check(group)
        return read(group)

    def _request(self, partitions: frozenset[TopicPartition], identity: Identity) -> OffsetFetchRequest:
        topics = tuple(
            OffsetFetchRequestTopics(name=TopicName(topic), partition_indexes=tuple(i32(number) for number in numbers))
            for topic, numbers in by_topic(sorted(partitions)).items()
        )
        group = OffsetFetchRequestGroup(
            group_id=GroupId(self._group_id),
            member_id=identity.member_id or None,
            member_epoch=i32(identity.epoch),
            topics=topics,
        )
        return OffsetFetchRequest(groups=(group,), require_stable=self._requires_stable)

    def _check(self, group: OffsetFetchResponseGroup) -> None:
        code = group.error_code
        if code in (ErrorCode.coordinator_not_available, ErrorCode.not_coordinator):
            self._lookup.mark_unknown()
        if code != ErrorCode.none:
            raise KafkaError(code)


def read(group: OffsetFetchResponseGroup) -> Committed:
    """
    What an answer tells of the *group*.

    Raises:
        KafkaError: UNSTABLE_OFFSET_COMMIT, which passes, or another one that does not.
    """
    committed: Committed = {}
    unstable: list[TopicPartition] = []
    for topic in group.topics:
        for told in topic.partitions:
            partition = (str(topic.name), int(told.partition_index))
            if told.error_code == ErrorCode.unstable_offset_commit:
                unstable.append(partition)
            elif told.error_code != ErrorCode.none:
                # Whatever it is, it is not tried again.
                raise FatalOffsetFetchError(told.error_code, partition)
            elif told.committed_offset < 0:
                committed[partition] = None
            else:
                epoch = None if told.committed_leader_epoch < 0 else int(told.committed_leader_epoch)
                committed[partition] = OffsetAndMetadata(told.committed_offset, epoch, told.metadata or "")
    if unstable:
        raise KafkaError(ErrorCode.unstable_offset_commit)
    return committed


def is_stale(error: Exception) -> bool:
    """Whether a member has a newer epoch by now, or will hear of it."""
    return isinstance(error, KafkaError) and error.code == ErrorCode.stale_member_epoch
