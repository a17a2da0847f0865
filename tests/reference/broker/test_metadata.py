from uuid import UUID

import pytest
from kio.schema.errors import ErrorCode
from kio.schema.metadata.v12.request import MetadataRequest, MetadataRequestTopic
from kio.schema.metadata.v12.response import MetadataResponse, MetadataResponseTopic

from ackproof.reference.protocol.primitive import TopicName
from tests.reference.broker.standing import TOPIC, Standing

NOBODY = UUID(int=5)


def request(*names: str | None, ids: tuple[UUID, ...] = (), creates: bool = True) -> MetadataRequest:
    topics = [
        *(MetadataRequestTopic(name=None if each is None else TopicName(each), topic_id=None) for each in names),
        *(MetadataRequestTopic(name=None, topic_id=each) for each in ids),
    ]
    return MetadataRequest(
        topics=tuple(topics), allow_auto_topic_creation=creates, include_topic_authorized_operations=False
    )


ALL = MetadataRequest(topics=None, include_topic_authorized_operations=False)


def topics(standing: Standing, body: MetadataRequest, version: int = 12) -> list[MetadataResponseTopic]:
    return list(standing.ask(MetadataResponse, body, version).topics)


def told(standing: Standing, *names: str, creates: bool = True) -> list[tuple[str | None, ErrorCode]]:
    return [(each.name, each.error_code) for each in topics(standing, request(*names, creates=creates))]


def test_the_cluster_is_described() -> None:
    response = Standing().ask(MetadataResponse, request(TOPIC))

    assert [(each.node_id, each.host, each.port) for each in response.brokers] == [(1, "127.0.0.1", 9092)]
    assert (response.controller_id, response.cluster_id) == (1, "ackproof")
    partitions = response.topics[0].partitions
    assert [(each.partition_index, each.leader_id, each.replica_nodes, each.isr_nodes) for each in partitions] == [
        (0, 1, (1,), (1,)),
        (1, 1, (1,), (1,)),
    ]


def test_a_topic_that_is_asked_for_comes_about() -> None:
    standing = Standing(settings={"num.partitions": 3})

    first = told(standing, "new", "new")
    standing.pass_time(1)
    second = topics(standing, request("new"))

    assert first == [("new", ErrorCode.unknown_topic_or_partition)]
    assert [(each.error_code, len(each.partitions)) for each in second] == [(ErrorCode.none, 3)]


def test_no_topic_comes_about_if_the_client_or_the_broker_does_not_want_it() -> None:
    standing, other = Standing(), Standing(settings={"auto.create.topics.enable": "false"})

    answers = [told(standing, "new", creates=False), told(other, "new")]

    assert answers == [[("new", ErrorCode.unknown_topic_or_partition)]] * 2
    assert list(standing.broker.metadata.image.topics) == list(other.broker.metadata.image.topics) == [TOPIC]


@pytest.mark.parametrize("creates", [True, False])
def test_a_name_that_is_none_is_told_as_invalid(creates: bool) -> None:
    assert told(Standing(), "no/name", creates=creates) == [("no/name", ErrorCode.invalid_topic_exception)]


def test_none_and_in_version_0_an_empty_list_ask_for_all() -> None:
    standing = Standing()

    names = [
        [each.name for each in topics(standing, body, version)]
        for body, version in ((ALL, 12), (request(), 0), (request(), 1))
    ]

    assert names == [[TOPIC], [TOPIC], []]


def test_topics_are_found_by_id() -> None:
    standing = Standing()
    known = standing.broker.metadata.topic_id(TOPIC)
    assert known is not None

    answers = topics(standing, request(ids=(NOBODY, known)))

    assert [(each.name, each.topic_id, each.error_code) for each in answers] == [
        (None, NOBODY, ErrorCode.unknown_topic_id),
        (TOPIC, known, ErrorCode.none),
    ]


def test_before_version_12_there_are_no_ids_and_no_topics_without_name() -> None:
    standing = Standing()

    errors = [topics(standing, each, 11)[0].error_code for each in (request(None), request(ids=(NOBODY,)))]

    assert errors == [ErrorCode.invalid_request, ErrorCode.invalid_request]


def test_internal_topics_are_told_as_such() -> None:
    standing = Standing({"__consumer_offsets": 1, TOPIC: 1})

    assert [(each.name, each.is_internal) for each in topics(standing, ALL)] == [
        ("__consumer_offsets", True),
        (TOPIC, False),
    ]


def test_a_partition_whose_leader_is_gone_has_none() -> None:
    standing = Standing()
    standing.broker.stop()
    standing.pass_time(10)

    partition = topics(standing, request(TOPIC))[0].partitions[0]

    assert (partition.error_code, partition.leader_id) == (ErrorCode.leader_not_available, -1)
