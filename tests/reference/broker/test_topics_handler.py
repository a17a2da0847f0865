from collections.abc import Mapping

from kio.schema.create_partitions.v3.request import CreatePartitionsRequest, CreatePartitionsTopic
from kio.schema.create_partitions.v3.response import CreatePartitionsResponse
from kio.schema.create_topics.v7.request import CreatableTopic, CreatableTopicConfig, CreateTopicsRequest
from kio.schema.create_topics.v7.response import CreatableTopicResult, CreateTopicsResponse
from kio.schema.delete_topics.v6.request import DeleteTopicsRequest, DeleteTopicState
from kio.schema.delete_topics.v6.response import DeleteTopicsResponse
from kio.schema.errors import ErrorCode

from ackproof.reference.protocol.primitive import TopicName, duration, i16, i32
from tests.reference.broker.standing import TOPIC, Standing, batch, values


def created(
    standing: Standing, name: str, partitions: int = 1, settings: Mapping[str, str] | None = None
) -> CreatableTopicResult:
    topic = CreatableTopic(
        name=TopicName(name),
        num_partitions=i32(partitions),
        replication_factor=i16(1),
        assignments=(),
        configs=tuple(CreatableTopicConfig(name=key, value=value) for key, value in (settings or {}).items()),
    )
    return standing.ask(CreateTopicsResponse, CreateTopicsRequest(topics=(topic,))).topics[0]


def test_a_topic_that_was_created_can_be_used_at_once() -> None:
    standing = Standing({})

    result = created(standing, TOPIC, 2)

    assert (result.error_code, result.num_partitions, result.replication_factor) == (ErrorCode.none, 2, 1)
    assert standing.produce(batch("a"), partition=1).error_code is ErrorCode.none


def test_the_answer_says_which_settings_the_topic_has() -> None:
    result = created(Standing({}), "t", settings={"retention.ms": "5"})

    told = {each.name: (each.value, each.config_source) for each in result.configs or ()}
    assert told["retention.ms"] == ("5", 1)
    assert told["retention.bytes"] == ("-1", 5)


def test_settings_that_a_topic_cannot_have_are_invalid() -> None:
    standing = Standing({})

    errors = [created(standing, "t", settings=each).error_code for each in ({"nonsense": "1"}, {"retention.ms": "x"})]

    assert errors == [ErrorCode.invalid_config, ErrorCode.invalid_config]


def test_a_topic_goes_by_its_own_settings() -> None:
    standing = Standing({})
    created(standing, TOPIC, settings={"max.message.bytes": "100"})

    assert standing.produce(batch("a" * 200)).error_code is ErrorCode.message_too_large


def test_a_deleted_topic_is_gone_and_one_of_the_same_name_is_empty() -> None:
    standing = Standing()
    standing.produce(batch("a"))

    deleted = standing.delete_topic(TOPIC)
    gone = standing.produce(batch("b")).error_code
    created(standing, TOPIC)

    assert (deleted, gone) == (ErrorCode.none, ErrorCode.unknown_topic_or_partition)
    assert values(standing.fetch(0)) == []


def test_topics_may_be_kept_from_being_deleted() -> None:
    standing = Standing(settings={"delete.topic.enable": "false"})
    request = DeleteTopicsRequest(
        topics=(DeleteTopicState(name=TopicName(TOPIC), topic_id=None),), timeout=duration(1_000)
    )

    errors = [standing.ask(DeleteTopicsResponse, request, each).responses[0].error_code for each in (2, 3)]

    assert errors == [ErrorCode.invalid_request, ErrorCode.topic_deletion_disabled]


def test_partitions_are_added() -> None:
    standing = Standing()
    request = CreatePartitionsRequest(
        topics=(CreatePartitionsTopic(name=TopicName(TOPIC), count=i32(5), assignments=None),),
        timeout=duration(1_000),
        validate_only=False,
    )

    answer = standing.ask(CreatePartitionsResponse, request)

    assert answer.results[0].error_code is ErrorCode.none
    assert standing.produce(batch("a"), partition=4).error_code is ErrorCode.none


def test_what_may_take_no_time_is_not_done() -> None:
    standing, none = Standing(), duration(0)
    new = CreatableTopic(
        name=TopicName("new"), num_partitions=i32(1), replication_factor=i16(1), assignments=(), configs=()
    )
    more = CreatePartitionsTopic(name=TopicName(TOPIC), count=i32(5), assignments=None)
    gone = DeleteTopicState(name=TopicName(TOPIC), topic_id=None)

    creating = standing.ask(CreateTopicsResponse, CreateTopicsRequest(topics=(new,), timeout=none)).topics
    adding = standing.ask(
        CreatePartitionsResponse, CreatePartitionsRequest(topics=(more,), timeout=none, validate_only=False)
    ).results
    deleting = standing.ask(DeleteTopicsResponse, DeleteTopicsRequest(topics=(gone,), timeout=none)).responses
    twice = standing.ask(CreateTopicsResponse, CreateTopicsRequest(topics=(new, new), timeout=none)).topics

    errors = creating[0].error_code, adding[0].error_code, deleting[0].error_code
    assert errors == (ErrorCode.request_timed_out,) * 3
    assert {each.error_code for each in twice} == {ErrorCode.invalid_request}
    assert {name: len(each.partitions) for name, each in standing.broker.metadata.image.topics.items()} == {TOPIC: 2}
