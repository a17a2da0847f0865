"""The replicas on a broker: made, led and followed as the images say."""

from collections.abc import Iterator, Mapping
from typing import Protocol

from kio.schema.errors import ErrorCode

from ackproof.reference.broker.apis.metadata_cache import MetadataCache
from ackproof.reference.broker.host import Host
from ackproof.reference.broker.logs import Logs
from ackproof.reference.broker.partitions.partition import Partition
from ackproof.reference.broker.settings import BrokerSettings
from ackproof.reference.broker.topic_settings import settings_of
from ackproof.reference.controller.image import BrokerRegistration, Image, PartitionImage, TopicImage
from ackproof.reference.log.storage.checkpoints import TopicPartition
from ackproof.reference.protocol.errors import KafkaError


class Fetchers(Protocol):
    """Whoever brings followers what their leaders have. Source: ``ReplicaFetcherManager``."""

    def follow(self, partition: Partition, leader_id: int) -> None:
        """Fetch for *partition* from that leader from now on, in the leader epoch that it has now."""
        ...

    def stop(self, partition: Partition) -> None:
        """Fetch for *partition* no more; nothing if nobody does."""
        ...


class ReplicaManager:
    """
    The replicas on this broker.

    Source: ``ReplicaManager``.
    """

    def __init__(
        self, host: Host, logs: Logs, metadata: MetadataCache, settings: BrokerSettings, fetchers: Fetchers
    ) -> None:
        self._host = host
        self._logs = logs
        self._metadata = metadata
        self._settings = settings
        self._fetchers = fetchers
        self._partitions: dict[tuple[str, int], Partition] = {}

    def find(self, topic: str, partition: int) -> Partition | None:
        """The replica of that partition; None if there is none here."""
        return self._partitions.get((topic, partition))

    def known(self, name: TopicPartition) -> Partition:
        """The replica of that partition; it fails as ``partition`` does."""
        return self._partitions.get(name) or self.partition(*name)

    def partition(self, topic: str, partition: int) -> Partition:
        """
        The replica of that partition.

        Raises:
            KafkaError: NOT_LEADER_OR_FOLLOWER: it is elsewhere. UNKNOWN_TOPIC_OR_PARTITION: there is no such partition.

        Source: ``ReplicaManager.getPartitionOrException``.
        """
        found = self._partitions.get((topic, partition))
        if found:
            return found
        exists = self.exists(topic, partition)
        raise KafkaError(ErrorCode.not_leader_or_follower if exists else ErrorCode.unknown_topic_or_partition)

    @property
    def brokers(self) -> Mapping[int, BrokerRegistration]:
        """All brokers of the cluster, by id."""
        return self._metadata.image.brokers

    def exists(self, topic: str, partition: int) -> bool:
        """Whether there is such a partition, here or elsewhere."""
        return (topic, partition) in self._partitions or self._metadata.partition(topic, partition) is not None

    def __iter__(self) -> Iterator[Partition]:
        """All replicas, in the order in which they came here."""
        return iter(list(self._partitions.values()))

    def start(self) -> None:
        """Begin to look for followers that lag. Source: ``ReplicaManager.startup``."""
        interval_ms = max(self._host.replica_lag_time_max_ms // 2, 1)

        def due() -> None:
            for partition in self:
                partition.shrink()
            self._host.clock.call_at(self._host.clock.now_ms + interval_ms, due)

        self._host.clock.call_at(self._host.clock.now_ms + interval_ms, due)

    def apply(self, before: Image, after: Image) -> None:
        """
        Bring the replicas to what *after* says.

        Source: ``ReplicaManager.applyDelta``.
        """
        self._delete_gone(after)
        for topic in after.topics.values():
            known = before.topics.get(topic.name)
            if known is not topic:
                self._apply_topic(known, topic)

    def _delete_gone(self, after: Image) -> None:
        for partition in list(self._partitions.values()):
            name = partition.name
            topic = after.topics.get(name.topic)
            image = after.partition(name.topic, name.partition)
            is_same = topic is not None and topic.topic_id == partition.topic_id
            if not is_same or image is None or self._host.broker_id not in image.replicas:
                del self._partitions[name]
                self._fetchers.stop(partition)
                partition.close()
                self._logs.delete(name)

    def _apply_topic(self, known: TopicImage | None, topic: TopicImage) -> None:
        for index, image in enumerate(topic.partitions):
            is_known = known is not None and known.topic_id == topic.topic_id and image in known.partitions[index:][:1]
            if self._host.broker_id in image.replicas and not is_known:
                self._apply_partition(self._made(topic, index), image)

    def _made(self, topic: TopicImage, index: int) -> Partition:
        """The replica, which is made if it is not there."""
        name = TopicPartition(topic.name, index)
        partition = self._partitions.get(name)
        if partition is None:
            log = self._logs.open(name, topic.topic_id, settings_of(topic.settings, self._settings))
            partition = self._partitions[name] = Partition(self._host, topic.name, topic.topic_id, index, log)
        return partition

    def _apply_partition(self, partition: Partition, image: PartitionImage) -> None:
        is_new_epoch = partition.become(image)
        if partition.is_leader:
            self._fetchers.stop(partition)
        elif is_new_epoch or partition.leader_id < 0:
            # The fetcher starts anew in every leader epoch, be the leader the same or not.
            self._fetchers.stop(partition)
            if partition.leader_id >= 0:
                self._fetchers.follow(partition, partition.leader_id)
