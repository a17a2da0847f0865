"""The two coordinators on a broker: made, and told which partitions they have."""

from collections.abc import Callable
from random import Random
from uuid import UUID

from ackproof.reference.broker.apis.find_coordinator import FindCoordinatorHandler
from ackproof.reference.broker.apis.metadata_cache import GROUP_METADATA_TOPIC, TRANSACTION_STATE_TOPIC, MetadataCache
from ackproof.reference.broker.coordinating import (
    ControllerProducerIds,
    GroupTransactions,
    MarkerWriters,
    TransactionCoordinators,
)
from ackproof.reference.broker.partitions.partition import Partition
from ackproof.reference.broker.partitions.partition_state_log import PartitionStateLog
from ackproof.reference.broker.partitions.replica_manager import ReplicaManager
from ackproof.reference.broker.peers import Peers
from ackproof.reference.broker.rules import Rules
from ackproof.reference.broker.settings import BrokerSettings
from ackproof.reference.controller.channel import ControllerLink
from ackproof.reference.controller.image import Image
from ackproof.reference.groups.coordinator import GroupCoordinator
from ackproof.reference.kernel.clock import Clock
from ackproof.reference.transactions.coordinator import TransactionCoordinator
from ackproof.reference.transactions.producer_ids import ProducerIdManager
from ackproof.reference.transactions.verification import Verifier


class Coordinators:
    """
    The group coordinator and the transaction coordinator.

    Attributes:
        verifier: Asks transaction coordinators in the name of partition leaders.
    """

    def __init__(
        self,
        clock: Clock,
        settings: BrokerSettings,
        rules: Rules,
        rng: Random,
        metadata: MetadataCache,
        replicas: ReplicaManager,
        peers: Peers,
        finder: FindCoordinatorHandler,
        controller: ControllerLink,
        broker_id: int,
        broker_epoch: Callable[[], int],
    ) -> None:
        self._clock = clock
        self._replicas = replicas
        self._leading: dict[tuple[str, int], int] = {}
        transactions = settings.transactions
        blocks = ControllerProducerIds(clock, controller, broker_id, broker_epoch)
        self.verifier = Verifier(clock, transactions, TransactionCoordinators(clock, finder, peers), rules.transactions)
        self._group_transactions = GroupTransactions(clock, replicas, self.verifier)
        self.transactions = TransactionCoordinator(
            clock,
            transactions,
            metadata,
            ProducerIdManager(clock, blocks),
            MarkerWriters(clock, metadata, peers),
            rng,
            rules.transactions,
        )
        self.groups = GroupCoordinator(clock, settings.groups, rng, metadata, self._group_transactions, rules.groups)

    def apply(self, before: Image, after: Image) -> None:
        """
        Tell the coordinators which partitions they have, once the replicas know.

        Source: ``BrokerMetadataPublisher.updateCoordinator``.
        """
        gone = [name for name, topic in before.topics.items() if not is_same(after, name, topic.topic_id)]
        if gone:
            self.groups.topics_deleted(gone)
        self._apply(GROUP_METADATA_TOPIC, after)
        self._apply(TRANSACTION_STATE_TOPIC, after)

    def _apply(self, topic: str, after: Image) -> None:
        image = after.topics.get(topic)
        count = len(image.partitions) if image else 0
        for name, index in [key for key in self._leading if key[0] == topic and key[1] >= count]:
            self._resign(name, index)
        for index in range(count):
            partition = self._replicas.find(topic, index)
            if partition and partition.is_leader:
                self._elect(partition)
            else:
                self._resign(topic, index)

    def _elect(self, partition: Partition) -> None:
        """This broker leads: in every leader epoch it is told once."""
        key = (partition.topic, partition.index)
        if self._leading.get(key) == partition.leader_epoch:
            return
        self._leading[key] = partition.leader_epoch
        if partition.topic == TRANSACTION_STATE_TOPIC:
            self.transactions.elected(partition.index, PartitionStateLog(self._clock, partition, acks=-1))
            return
        transactions, index = self._group_transactions, partition.index
        log = PartitionStateLog(self._clock, partition, 1, lambda producer: transactions.guard_of(index, producer))
        self.groups.elected(index, log)

    def _resign(self, topic: str, index: int) -> None:
        if self._leading.pop((topic, index), None) is None:
            return
        if topic == TRANSACTION_STATE_TOPIC:
            self.transactions.resigned(index)
        else:
            self.groups.resigned(index)


def is_same(image: Image, name: str, topic_id: UUID) -> bool:
    """Whether there still is that topic."""
    topic = image.topics.get(name)
    return topic is not None and topic.topic_id == topic_id
