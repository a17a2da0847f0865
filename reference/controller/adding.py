"""Partitions that are added to a topic."""

from random import Random

import attrs
from kio.schema.create_partitions.v3.request import CreatePartitionsRequest, CreatePartitionsTopic
from kio.schema.create_partitions.v3.response import CreatePartitionsResponse, CreatePartitionsTopicResult
from kio.schema.errors import ErrorCode

from ackproof.reference.controller.assigning import assigned, checked, new_partition
from ackproof.reference.controller.image import Image, PartitionImage, TopicImage
from ackproof.reference.controller.placement import placed
from ackproof.reference.protocol.errors import KafkaError
from ackproof.reference.protocol.primitive import duration


def added(image: Image, request: CreatePartitionsRequest, rng: Random) -> tuple[Image, CreatePartitionsResponse]:
    """
    *image* with the partitions that could be added, and the answer.

    Source: ``ReplicationControlManager.createPartitions``, ``ControllerApis.createPartitions``.
    """
    names = [topic.name for topic in request.topics]
    results = [
        _result(asked, KafkaError(ErrorCode.invalid_request, "Duplicate topic name."))
        for asked in {topic.name: topic for topic in request.topics if names.count(topic.name) > 1}.values()
    ]
    after = image
    for asked in request.topics:
        if names.count(asked.name) == 1:
            try:
                topic = _extended(after, asked, rng)
            except KafkaError as error:
                results.append(_result(asked, error))
            else:
                after = attrs.evolve(after, topics={**after.topics, topic.name: topic})
                results.append(_result(asked))
    response = CreatePartitionsResponse(throttle_time=duration(0), results=tuple(results))
    return (image if request.validate_only else after), response


def _extended(image: Image, asked: CreatePartitionsTopic, rng: Random) -> TopicImage:
    topic = image.topics.get(asked.name)
    if topic is None:
        raise KafkaError(ErrorCode.unknown_topic_or_partition)
    more = asked.count - len(topic.partitions)
    if more == 0:
        raise KafkaError(ErrorCode.invalid_partitions, f"Topic already has {asked.count} partition(s).")
    if more < 0:
        raise KafkaError(ErrorCode.invalid_partitions, f"The topic has {len(topic.partitions)} partition(s) by now.")
    return attrs.evolve(topic, partitions=(*topic.partitions, *_new(image, topic, asked, more, rng)))


def _new(image: Image, topic: TopicImage, asked: CreatePartitionsTopic, more: int, rng: Random) -> list[PartitionImage]:
    factor = len(topic.partitions[0].replicas)
    if asked.assignments is None:
        replicas = placed(image, more, factor, rng)
        return [new_partition(image, each, ErrorCode.invalid_replication_factor) for each in replicas]
    if len(asked.assignments) != more:
        problem = f"{more} partition(s) are to be added, {len(asked.assignments)} are assigned."
        raise KafkaError(ErrorCode.invalid_replica_assignment, problem)
    for assignment in asked.assignments:
        checked(image, assignment.broker_ids, factor)
    return [assigned(image, assignment.broker_ids) for assignment in asked.assignments]


def _result(asked: CreatePartitionsTopic, error: KafkaError | None = None) -> CreatePartitionsTopicResult:
    return CreatePartitionsTopicResult(
        name=asked.name,
        error_code=ErrorCode.none if error is None else error.code,
        error_message=None if error is None else error.message,
    )
