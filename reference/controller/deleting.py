"""Topics that are deleted."""

from uuid import UUID

import attrs
from kio.schema.delete_topics.v6.request import DeleteTopicsRequest, DeleteTopicState
from kio.schema.delete_topics.v6.response import DeletableTopicResult, DeleteTopicsResponse
from kio.schema.errors import ErrorCode

from ackproof.reference.controller.image import Image, TopicImage
from ackproof.reference.protocol.errors import KafkaError
from ackproof.reference.protocol.primitive import TopicName, duration


def deleted(image: Image, request: DeleteTopicsRequest) -> tuple[Image, DeleteTopicsResponse]:
    """
    *image* without the topics that could be deleted, and the answer.

    Source: ``ControllerApis.deleteTopics``, ``ReplicationControlManager.deleteTopic``.
    """
    found: dict[str, TopicImage] = {}
    results: list[DeletableTopicResult] = []
    for asked in dict.fromkeys(request.topics):
        try:
            topic = _found(image, request, asked, found)
        except KafkaError as error:
            results.append(_result(asked.name, asked.topic_id, error))
        else:
            found[topic.name] = topic
    results += [_result(topic.name, topic.topic_id) for topic in found.values()]
    left = {name: topic for name, topic in image.topics.items() if name not in found}
    response = DeleteTopicsResponse(throttle_time=duration(0), responses=tuple(results))
    return (attrs.evolve(image, topics=left) if found else image), response


def _found(
    image: Image, request: DeleteTopicsRequest, asked: DeleteTopicState, found: dict[str, TopicImage]
) -> TopicImage:
    """The topic that is meant, if that is clear."""
    if asked.name is None and asked.topic_id is None:
        raise KafkaError(ErrorCode.invalid_request, "Neither a name nor an id is given.")
    if asked.name is not None and asked.topic_id is not None:
        raise KafkaError(ErrorCode.invalid_request, "Both a name and an id are given.")
    if request.topics.count(asked) > 1:
        what = "id" if asked.name is None else "name"
        raise KafkaError(ErrorCode.invalid_request, f"Duplicate topic {what}.")
    topic = image.topic_of(asked.topic_id) if asked.name is None else image.topics.get(asked.name)
    if topic is None:
        unknown = ErrorCode.unknown_topic_id if asked.name is None else ErrorCode.unknown_topic_or_partition
        raise KafkaError(unknown)
    if topic.name in found:
        del found[topic.name]
        raise KafkaError(ErrorCode.invalid_request, "The same topic is named twice.")
    return topic


def _result(name: str | None, topic_id: UUID | None, error: KafkaError | None = None) -> DeletableTopicResult:
    return DeletableTopicResult(
        name=None if name is None else TopicName(name),
        topic_id=topic_id,
        error_code=ErrorCode.none if error is None else error.code,
        error_message=None if error is None else error.message,
    )
