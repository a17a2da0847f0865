"""What a broker knows of the cluster: the image that the controller published last."""

from collections.abc import Iterable
from uuid import UUID

from ackproof.reference.controller.image import NO_LEADER, BrokerRegistration, Image, PartitionImage, TopicImage

GROUP_METADATA_TOPIC = "__consumer_offsets"
TRANSACTION_STATE_TOPIC = "__transaction_state"
INTERNAL_TOPICS = (GROUP_METADATA_TOPIC, TRANSACTION_STATE_TOPIC)
"""Topics of coordinators. Source: ``Topic.INTERNAL_TOPICS``; there is no share coordinator."""


class MetadataCache:
    """
    The newest image that this broker has heard of.

    Attributes:
        newest_topic_version: The version of the image in which a topic was last new.

    Source: ``KRaftMetadataCache``.
    """

    def __init__(self) -> None:
        self.image = Image()
        self.newest_topic_version = -1

    def hear(self, image: Image) -> None:
        """The controller has decided something else."""
        before = {topic.topic_id for topic in self.image.topics.values()}
        if any(topic.topic_id not in before for topic in image.topics.values()):
            self.newest_topic_version = image.offset
        self.image = image

    @property
    def version(self) -> int:
        """Of the image."""
        return self.image.offset

    @property
    def names(self) -> Iterable[str]:
        """All topics."""
        return self.image.topics

    def topic(self, name: str) -> TopicImage | None:
        """The topic of that name; None if there is none."""
        return self.image.topics.get(name)

    def partition(self, topic: str, partition: int) -> PartitionImage | None:
        """A partition; None if there is none."""
        return self.image.partition(topic, partition)

    def partition_count(self, topic: str) -> int | None:
        """How many partitions *topic* has; None if there is no such topic."""
        found = self.image.topics.get(topic)
        return None if found is None else len(found.partitions)

    def topic_id(self, topic: str) -> UUID | None:
        """The id of *topic*; None if there is no such topic."""
        found = self.image.topics.get(topic)
        return None if found is None else found.topic_id

    def topic_name(self, topic_id: UUID) -> str | None:
        """The name of the topic with this id; None if there is none."""
        found = self.image.topic_of(topic_id)
        return None if found is None else found.name

    def leader_of(self, topic: str, partition: int) -> int | None:
        """
        The broker that leads a partition, ``NO_LEADER`` where none can be reached; None if there is no such partition.

        Source: ``KRaftMetadataCache.getPartitionLeaderEndpoint``.
        """
        found = self.image.partition(topic, partition)
        if found is None:
            return None
        return found.leader if self.is_alive(found.leader) else NO_LEADER

    @property
    def alive_brokers(self) -> list[BrokerRegistration]:
        """The brokers that clients are told of, by id."""
        return [each for _, each in sorted(self.image.brokers.items()) if not each.is_fenced]

    def is_alive(self, broker_id: int) -> bool:
        """Whether a broker is registered and unfenced."""
        found = self.image.brokers.get(broker_id)
        return found is not None and not found.is_fenced

    def active_epoch(self, broker_id: int) -> int | None:
        """The broker epoch of *broker_id*; None unless it is registered, unfenced and not shutting down."""
        found = self.image.brokers.get(broker_id)
        return None if found is None or found.is_fenced or found.is_shutting_down else found.epoch
