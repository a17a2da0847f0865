"""Changes of the in-sync replicas that a leader asks the controller for."""

from collections.abc import Callable
from typing import Protocol
from uuid import UUID

import attrs
from kio.schema.alter_partition.v3.request import AlterPartitionRequest, BrokerState
from kio.schema.alter_partition.v3.request import PartitionData as Asked
from kio.schema.alter_partition.v3.request import TopicData as AskedTopic
from kio.schema.alter_partition.v3.response import AlterPartitionResponse, PartitionData
from kio.schema.errors import ErrorCode

from ackproof.reference.controller.channel import ControllerLink
from ackproof.reference.kernel.clock import Clock
from ackproof.reference.kernel.future import Future, sleep, spawn
from ackproof.reference.kernel.value import derived
from ackproof.reference.protocol.errors import KafkaError
from ackproof.reference.protocol.primitive import BrokerId, i32, i64

RETRY_BACKOFF_MS = 50
"""How long a leader waits before it asks again. Source: ``DefaultAlterPartitionManager``."""


@attrs.frozen
class Alteration:
    """
    The in-sync replicas that a leader wants.

    Attributes:
        in_sync_replicas: Broker ids, each with the epoch of the incarnation that fetched (-1 where unknown).

    Source: ``AlterPartitionRequest``, KIP-497, KIP-903.
    """

    topic_id: UUID
    partition: int
    leader_epoch: int
    partition_epoch: int
    in_sync_replicas: tuple[tuple[int, int], ...]


@attrs.frozen
class Altered:
    """What the controller made of it."""

    leader_epoch: int
    partition_epoch: int
    in_sync_replicas: tuple[int, ...]


class Controller(Protocol):
    """Whom leaders ask."""

    def alter_partition(self, alteration: Alteration) -> Future[Altered]:
        """The partition as altered; it fails with ``KafkaError`` as the controller's answer does."""
        ...


@attrs.frozen
class InSyncReplicas:
    """
    Who is in sync, as far as the leader knows.

    Attributes:
        committed: As the controller last said, in its order.
        joining: Whom the leader has asked to add.
        pending: What the leader has asked for and has no answer to.
        maximal: Also who is being added: whom the high watermark waits for.

    Source: ``PartitionState``: ``CommittedPartitionState``, ``PendingExpandIsr``, ``PendingShrinkIsr``.
    """

    committed: tuple[int, ...] = ()
    joining: int | None = None
    pending: Alteration | None = None
    maximal: tuple[int, ...] = derived(
        lambda known: known.committed if known.joining is None else (*known.committed, known.joining)
    )


class AlterPartitionManager:
    """
    Asks the controller for alterations: all that are wanted at a time in one request, and one request at a time.

    Source: ``DefaultAlterPartitionManager``.
    """

    def __init__(
        self, clock: Clock, controller: ControllerLink, broker_id: int, broker_epoch: Callable[[], int]
    ) -> None:
        self._clock = clock
        self._controller = controller
        self._broker_id = broker_id
        self._broker_epoch = broker_epoch
        self._waiting: dict[tuple[UUID, int], tuple[Alteration, Future[Altered]]] = {}
        self._is_asking = False

    def alter_partition(self, alteration: Alteration) -> Future[Altered]:
        """The partition as altered; of one that is asked for already, the newer alteration counts."""
        key = (alteration.topic_id, alteration.partition)
        former = self._waiting.pop(key, None)
        if former:
            former[1].fail(KafkaError(ErrorCode.operation_not_attempted))
        future = Future[Altered](self._clock)
        self._waiting[key] = (alteration, future)
        if not self._is_asking:
            self._is_asking = True
            # Together with what else is wanted at this time.
            self._clock.call_at(self._clock.now_ms, self._start)
        return future

    def _start(self) -> None:
        spawn(self._clock, self._run())

    async def _run(self) -> None:
        while self._waiting:
            asked, self._waiting = self._waiting, {}
            answer = await self._controller.ask(self._request([alteration for alteration, _ in asked.values()]))
            assert isinstance(answer, AlterPartitionResponse)
            if answer.error_code is not ErrorCode.none:
                # Mostly a broker epoch that has not come round: the same is asked for again.
                for key, former in asked.items():
                    if self._waiting.setdefault(key, former) is not former:
                        former[1].fail(KafkaError(ErrorCode.operation_not_attempted))
                await sleep(self._clock, RETRY_BACKOFF_MS)
                continue
            found = {
                (topic.topic_id, int(partition.partition_index)): partition
                for topic in answer.topics
                for partition in topic.partitions
            }
            for key, (_, future) in asked.items():
                settle(future, found.get((key[0], key[1])))
        self._is_asking = False

    def _request(self, alterations: list[Alteration]) -> AlterPartitionRequest:
        topics: dict[UUID, list[Asked]] = {}
        for each in alterations:
            topics.setdefault(each.topic_id, []).append(asked_partition(each))
        return AlterPartitionRequest(
            broker_id=BrokerId(self._broker_id),
            broker_epoch=i64(self._broker_epoch()),
            topics=tuple(
                AskedTopic(topic_id=topic_id, partitions=tuple(partitions)) for topic_id, partitions in topics.items()
            ),
        )


def asked_partition(alteration: Alteration) -> Asked:
    """One alteration, as the controller is asked for it."""
    return Asked(
        partition_index=i32(alteration.partition),
        leader_epoch=i32(alteration.leader_epoch),
        new_isr_with_epochs=tuple(
            BrokerState(broker_id=BrokerId(broker), broker_epoch=i64(epoch))
            for broker, epoch in alteration.in_sync_replicas
        ),
        partition_epoch=i32(alteration.partition_epoch),
    )


def settle(future: Future[Altered], answer: PartitionData | None) -> None:
    """Tell a leader what the controller said."""
    if answer is None:
        future.fail(KafkaError(ErrorCode.unknown_server_error))
    elif answer.error_code is not ErrorCode.none:
        future.fail(KafkaError(answer.error_code))
    else:
        future.resolve(Altered(answer.leader_epoch, answer.partition_epoch, tuple(map(int, answer.isr))))
