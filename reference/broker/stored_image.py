"""What a broker that is its own controller remembers of its cluster on its disk."""

import json
from typing import TypedDict
from uuid import UUID

from ackproof.reference.controller.image import Image, PartitionImage, TopicImage
from ackproof.reference.log.storage.checkpoints import TopicPartition, read_topic_id
from ackproof.reference.log.storage.disk import Storage

FILE = "cluster-metadata"


class StoredPartition(TypedDict):
    """A partition, as it is written."""

    in_sync_replicas: list[int]
    eligible_leader_replicas: list[int]
    last_known_leader: int | None
    leader: int
    leader_epoch: int
    partition_epoch: int


class StoredTopic(TypedDict):
    """A topic, as it is written."""

    name: str
    topic_id: str
    settings: dict[str, str]
    partitions: list[StoredPartition]


class StoredImage(TypedDict):
    """An image, as it is written."""

    offset: int
    next_producer_id: int
    features: dict[str, int]
    topics: list[StoredTopic]


def write_image(storage: Storage, image: Image) -> None:
    """Remember *image*, but for its one broker, which registers anew whenever it starts."""
    stored = StoredImage(
        offset=image.offset,
        next_producer_id=image.next_producer_id,
        features=dict(image.features),
        topics=[_stored(topic) for topic in image.topics.values()],
    )
    storage.replace(FILE, json.dumps(stored).encode())


def _stored(topic: TopicImage) -> StoredTopic:
    return StoredTopic(
        name=topic.name,
        topic_id=str(topic.topic_id),
        settings=dict(topic.settings),
        partitions=[
            StoredPartition(
                in_sync_replicas=list(each.in_sync_replicas),
                eligible_leader_replicas=list(each.eligible_leader_replicas),
                last_known_leader=each.last_known_leader,
                leader=each.leader,
                leader_epoch=each.leader_epoch,
                partition_epoch=each.partition_epoch,
            )
            for each in topic.partitions
        ],
    )


def read_image(storage: Storage, broker_id: int) -> Image | None:
    """
    The image that was remembered for a cluster of one broker; None if there is none.

    Raises:
        ValueError: The file is not as it was written, or one that says of which topic a log is.
    """
    if not storage.exists(FILE):
        return None
    file = storage.open(FILE)
    try:
        image = _image(json.loads(file.read(0, file.size_bytes)), broker_id)
    except (ValueError, TypeError, KeyError, AttributeError):
        raise ValueError(f"{FILE} is not the image of a cluster, or not whole") from None
    for topic in image.topics.values():
        for index in range(len(topic.partitions)):
            read_topic_id(storage, TopicPartition(topic.name, index).folder)
    return image


def _image(stored: StoredImage, broker_id: int) -> Image:
    topics = [_topic(each, broker_id) for each in stored["topics"]]
    return Image(
        offset=stored["offset"],
        topics={topic.name: topic for topic in topics},
        features=stored["features"],
        next_producer_id=stored["next_producer_id"],
    )


def _topic(stored: StoredTopic, broker_id: int) -> TopicImage:
    partitions = tuple(
        PartitionImage(
            replicas=(broker_id,),
            in_sync_replicas=tuple(each["in_sync_replicas"]),
            eligible_leader_replicas=tuple(each["eligible_leader_replicas"]),
            last_known_leader=each["last_known_leader"],
            leader=each["leader"],
            leader_epoch=each["leader_epoch"],
            partition_epoch=each["partition_epoch"],
        )
        for each in stored["partitions"]
    )
    return TopicImage(stored["name"], UUID(stored["topic_id"]), partitions, stored["settings"])
