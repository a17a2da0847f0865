"""Topics that are created and deleted."""

from collections.abc import Callable, Mapping
from random import Random
from uuid import UUID

import attrs
from kio.schema.create_topics.v7.request import CreatableTopic, CreateTopicsRequest
from kio.schema.create_topics.v7.response import CreatableTopicResult, CreateTopicsResponse
from kio.schema.errors import ErrorCode

from ackproof.reference.controller.assigning import assigned, checked, new_partition
from ackproof.reference.controller.image import Image, PartitionImage, TopicImage
from ackproof.reference.controller.placement import placed
from ackproof.reference.controller.settings import ControllerSettings
from ackproof.reference.controller.topic_names import CLUSTER_METADATA, collision_of, problem_of
from ackproof.reference.protocol.errors import KafkaError
from ackproof.reference.protocol.primitive import TopicName, duration, i16, i32

DEFAULT = -1
"""A partition count or replication factor that leaves it to the controller."""

MOST_PARTITIONS = 10_000
"""That one request may ask for. Source: ``ReplicationControlManager.MAX_PARTITIONS_PER_BATCH``."""


@attrs.frozen
class Creation:
    """
    What creating topics takes besides the request.

    Attributes:
        check_settings: Raises ``ValueError`` for settings that a topic cannot have.
        rng: What places replicas and draws topic ids.
    """

    settings: ControllerSettings
    check_settings: Callable[[Mapping[str, str]], object]
    rng: Random


def created(image: Image, creation: Creation, request: CreateTopicsRequest) -> tuple[Image, CreateTopicsResponse]:
    """
    *image* with the topics that could be created, and the answer; just the answer where the request only asks.

    Source: ``ReplicationControlManager.createTopics``, ``ControllerApis.createTopics``.
    """
    names = [topic.name for topic in request.topics]
    if sum(_partitions(creation, topic) for topic in request.topics if names.count(topic.name) == 1) > MOST_PARTITIONS:
        excess = KafkaError(ErrorCode.policy_violation, "Excessively large number of partitions per request.")
        refused = tuple(_refused(name, excess) for name in dict.fromkeys(names))
        return image, CreateTopicsResponse(throttle_time=duration(0), topics=refused)
    after = image
    results: list[CreatableTopicResult] = []
    for asked in request.topics:
        if names.count(asked.name) > 1:
            continue
        try:
            topic = _created(image, after, creation, asked)
        except KafkaError as error:
            results.append(_refused(asked.name, error))
        else:
            after = attrs.evolve(after, topics={**after.topics, topic.name: topic})
            results.append(_result(topic))
    duplicate = KafkaError(ErrorCode.invalid_request, "Duplicate topic name.")
    results += [_refused(name, duplicate) for name in dict.fromkeys(names) if names.count(name) > 1]
    response = CreateTopicsResponse(throttle_time=duration(0), topics=tuple(results))
    return (image if request.validate_only else after), response


def _partitions(creation: Creation, asked: CreatableTopic) -> int:
    """How many partitions a topic is asked to have."""
    if asked.assignments:
        return len(asked.assignments)
    return creation.settings.num_partitions if asked.num_partitions == DEFAULT else max(asked.num_partitions, 0)


def _created(before: Image, image: Image, creation: Creation, asked: CreatableTopic) -> TopicImage:
    _check_name(before, asked.name)
    settings = _settings(creation, asked)
    partitions = _assigned(image, asked) if asked.assignments else _placed(image, creation, asked)
    topic_id = UUID(int=creation.rng.getrandbits(128), version=4)
    return TopicImage(asked.name, topic_id, partitions, settings)


def _check_name(image: Image, name: str) -> None:
    if name == CLUSTER_METADATA:
        raise KafkaError(ErrorCode.invalid_request, f"{CLUSTER_METADATA} is no topic that can be created.")
    problem = problem_of(name)
    if problem is not None:
        raise KafkaError(ErrorCode.invalid_topic_exception, problem)
    if name in image.topics:
        raise KafkaError(ErrorCode.topic_already_exists, f"Topic '{name}' already exists.")
    collision = collision_of(name, image.topics)
    if collision is not None:
        raise KafkaError(ErrorCode.invalid_topic_exception, f"Topic '{name}' collides with '{collision}'.")


def _settings(creation: Creation, asked: CreatableTopic) -> Mapping[str, str]:
    unset = [config.name for config in asked.configs if config.value is None]
    if unset:
        raise KafkaError(ErrorCode.invalid_config, f"No value is given for {','.join(unset)}.")
    settings = {config.name: config.value for config in asked.configs if config.value is not None}
    try:
        creation.check_settings(settings)
    except ValueError as error:
        raise KafkaError(ErrorCode.invalid_config, str(error)) from error
    return settings


def _assigned(image: Image, asked: CreatableTopic) -> tuple[PartitionImage, ...]:
    if asked.replication_factor != DEFAULT or asked.num_partitions != DEFAULT:
        raise KafkaError(ErrorCode.invalid_request, "With an assignment both counts must be -1.")
    by_index = {assignment.partition_index: assignment.broker_ids for assignment in asked.assignments}
    if len(by_index) < len(asked.assignments):
        raise KafkaError(ErrorCode.invalid_replica_assignment, "A partition is assigned more than once.")
    factor = len(asked.assignments[0].broker_ids)
    for assignment in asked.assignments:
        checked(image, assignment.broker_ids, factor)
    if sorted(by_index) != list(range(len(by_index))):
        raise KafkaError(ErrorCode.invalid_replica_assignment, "Partitions are not numbered from 0 without a gap.")
    return tuple(assigned(image, by_index[i32(index)]) for index in range(len(by_index)))


def _placed(image: Image, creation: Creation, asked: CreatableTopic) -> tuple[PartitionImage, ...]:
    if asked.replication_factor < DEFAULT or asked.replication_factor == 0:
        raise KafkaError(ErrorCode.invalid_replication_factor, "The replication factor must be 1 or more, or -1.")
    if asked.num_partitions < DEFAULT or asked.num_partitions == 0:
        raise KafkaError(ErrorCode.invalid_partitions, "The number of partitions must be 1 or more, or -1.")
    factor, count = asked.replication_factor, asked.num_partitions
    replicas = placed(
        image,
        creation.settings.num_partitions if count == DEFAULT else count,
        creation.settings.default_replication_factor if factor == DEFAULT else factor,
        creation.rng,
    )
    return tuple(new_partition(image, each, ErrorCode.invalid_replication_factor) for each in replicas)


def _result(topic: TopicImage) -> CreatableTopicResult:
    return CreatableTopicResult(
        name=TopicName(topic.name),
        topic_id=topic.topic_id,
        error_code=ErrorCode.none,
        error_message=None,
        num_partitions=i32(len(topic.partitions)),
        replication_factor=i16(len(topic.partitions[0].replicas)),
        configs=(),
    )


def _refused(name: str, error: KafkaError) -> CreatableTopicResult:
    return CreatableTopicResult(
        name=TopicName(name),
        topic_id=None,
        error_code=error.code,
        error_message=error.message,
        configs=(),
    )
