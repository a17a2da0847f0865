"""The image: what the controller has decided, as brokers know it."""

from collections.abc import Mapping
from uuid import UUID

import attrs

from ackproof.reference.protocol.request import Address

NO_LEADER = -1
"""Who leads a partition that nobody leads."""

PRODUCER_ID_BLOCK_SIZE = 1000
"""How many producer ids a broker gets at once. Source: ``ProducerIdsBlock``."""


@attrs.frozen
class BrokerRegistration:
    """
    A broker, as it registered last.

    Attributes:
        epoch: Higher with every incarnation; -1 where brokers have none (before KIP-380).
        incarnation: Tells runs of the broker's process apart; drawn by the broker.
        is_fenced: It is not to lead, to be in sync or to be named to clients.
        is_shutting_down: In controlled shutdown.
        rack: Where it stands (``broker.rack``).

    Source: ``BrokerRegistration``.
    """

    id: int
    epoch: int
    address: Address
    incarnation: UUID | None = None
    is_fenced: bool = True
    is_shutting_down: bool = False
    rack: str | None = None

    @property
    def is_active(self) -> bool:
        """Whether it may lead and be in sync."""
        return not self.is_fenced and not self.is_shutting_down


@attrs.frozen
class PartitionImage:
    """
    One partition: who has it, who is in sync, who leads.

    Attributes:
        replicas: Broker ids in order of preference.
        last_known_leader: Who led last, while nobody leads and eligible leader replicas are in force.
        leader: ``NO_LEADER`` for nobody.
        leader_epoch: One higher with every election.
        partition_epoch: One higher with every change.
        is_recovering: The leader was elected uncleanly and has not reported to be through with that.

    Not modelled: reassignment, log directories.

    Source: ``PartitionRegistration``.
    """

    replicas: tuple[int, ...]
    in_sync_replicas: tuple[int, ...]
    eligible_leader_replicas: tuple[int, ...] = ()
    last_known_leader: int | None = None
    leader: int = NO_LEADER
    leader_epoch: int = 0
    partition_epoch: int = 0
    is_recovering: bool = False


@attrs.frozen
class TopicImage:
    """
    One topic.

    Attributes:
        partitions: By partition index.
        settings: What it was created with, by Kafka's keys.
    """

    name: str
    topic_id: UUID
    partitions: tuple[PartitionImage, ...]
    settings: Mapping[str, str] = attrs.field(factory=dict[str, str])


@attrs.frozen
class ProducerIdBlock:
    """Producer ids that one broker may hand out."""

    first_producer_id: int
    size: int = PRODUCER_ID_BLOCK_SIZE

    @property
    def next_block(self) -> int:
        """The first producer id after it."""
        return self.first_producer_id + self.size


@attrs.frozen
class Image:
    """
    Everything that the controller has decided; never changed, only replaced.

    Attributes:
        offset: Higher with every change, so that of two images the later one is known (the metadata offset).
        brokers: By broker id.
        topics: By name.
        features: Levels by feature name.
        next_producer_id: Where the next block of producer ids begins.

    Source: ``MetadataImage``.
    """

    offset: int = -1
    brokers: Mapping[int, BrokerRegistration] = attrs.field(factory=dict[int, BrokerRegistration])
    topics: Mapping[str, TopicImage] = attrs.field(factory=dict[str, TopicImage])
    features: Mapping[str, int] = attrs.field(factory=dict[str, int])
    next_producer_id: int = 0

    def partition(self, topic: str, partition: int) -> PartitionImage | None:
        """A partition; None if there is none."""
        found = self.topics.get(topic)
        return found.partitions[partition] if found and 0 <= partition < len(found.partitions) else None

    def topic_of(self, topic_id: UUID | None) -> TopicImage | None:
        """The topic with that id; None if there is none."""
        return next((topic for topic in self.topics.values() if topic.topic_id == topic_id), None)

    def is_active(self, broker: int) -> bool:
        """Whether *broker* is registered, unfenced and not shutting down."""
        found = self.brokers.get(broker)
        return found is not None and found.is_active
