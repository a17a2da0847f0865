"""What a cluster says of itself, and what becomes of clusters that do not."""

from collections.abc import Mapping

import pytest
from kio.schema.describe_configs.v4.request import DescribeConfigsRequest
from kio.schema.errors import ErrorCode
from kio.schema.metadata.v12.request import MetadataRequest

from ackproof.reference.client.versions import api_of
from ackproof.reference.surveying.survey import (
    NotAllowedError,
    SetValue,
    SurveyedTopic,
    SurveyError,
    UnknownTopicError,
    UnreachableError,
)
from tests.reference.client.scripted import versions
from tests.reference.surveying.scripted_cluster import BOOTSTRAP, BROKERS, Cluster

PAYMENTS = SurveyedTopic(
    "payments",
    partitions=3,
    replication_factor=1,
    lacking=(1, 2),
    settings=(
        SetValue("cleanup.policy", "compact,delete", "DYNAMIC_TOPIC_CONFIG", 2, "cleanup.policy"),
        SetValue("max.message.bytes", "2000000", "DYNAMIC_DEFAULT_BROKER_CONFIG", 2, "message.max.bytes"),
        SetValue("min.insync.replicas", "2", "STATIC_BROKER_CONFIG", 2, "min.insync.replicas"),
        SetValue("segment.ms", "3600000", "DEFAULT_CONFIG", 2, "segment.ms"),
    ),
)


def test_a_topic_is_told_with_what_is_set_and_by_whom() -> None:
    found = Cluster().survey("payments")

    assert found.topics == (PAYMENTS,)
    assert (found.cluster_id, found.features) == ("c", {"transaction.version": 2})


def test_a_topic_is_asked_of_a_broker_that_keeps_it() -> None:
    cluster = Cluster()

    found = cluster.survey("payments")

    (broker,) = found.brokers
    assert (broker.broker_id, broker.address, broker.release) == (2, BROKERS[2], "4.1")
    assert broker.settings == (SetValue("log.roll.hours", "1", "STATIC_BROKER_CONFIG", 2, "log.roll.hours"),)
    assert not cluster.servers[1].asked


def test_without_a_name_all_topics_but_those_of_kafka_are_told() -> None:
    found = Cluster().survey()

    assert [topic.name for topic in found.topics] == ["orders", "payments"]
    assert [broker.broker_id for broker in found.brokers] == [1, 2]
    assert [broker.release for broker in found.brokers] == ["4.3", "4.1"]
    assert found.release == "4.1"


def test_nothing_is_asked_that_could_change_the_cluster() -> None:
    cluster = Cluster()

    cluster.survey("payments")
    with pytest.raises(UnknownTopicError):
        cluster.survey("payment")

    assert {api_of(request.body).name for request in cluster.asked} == {"api_versions", "metadata", "describe_configs"}
    bodies = [request.body for request in cluster.asked if isinstance(request.body, MetadataRequest)]
    assert [body.allow_auto_topic_creation for body in bodies] == [False, False, False]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("payment", "the cluster has no topic payment; did you mean payments?"),
        ("x", "the cluster has no topic x; it has orders, payments"),
    ],
)
def test_an_unknown_topic_is_told_the_nearest(name: str, said: str) -> None:
    with pytest.raises(UnknownTopicError) as problem:
        Cluster().survey(name)

    assert str(problem.value) == said


@pytest.mark.parametrize(
    ("refused", "topics", "said"),
    [
        ({}, ("secret",), "describe topic secret: TOPIC_AUTHORIZATION_FAILED; allow User:ANONYMOUS"),
        (
            {(2, "orders"): ErrorCode.topic_authorization_failed},
            (),
            "describe the settings of topic orders: TOPIC_AUTHORIZATION_FAILED",
        ),
        (
            {(4, "2"): ErrorCode.cluster_authorization_failed},
            ("payments",),
            "describe the settings of broker 2: CLUSTER_AUTHORIZATION_FAILED",
        ),
    ],
)
def test_what_may_not_be_seen_is_told(
    refused: Mapping[tuple[int, str], ErrorCode], topics: tuple[str, ...], said: str
) -> None:
    with pytest.raises(NotAllowedError) as problem:
        Cluster(refused).survey(*topics)

    assert said in str(problem.value)


def test_any_other_error_of_a_broker_is_told() -> None:
    with pytest.raises(SurveyError, match="does not tell of the settings of broker 1: INVALID_REQUEST"):
        Cluster({(4, "1"): ErrorCode.invalid_request}).survey("orders")


def test_the_first_server_that_answers_is_asked() -> None:
    cluster = Cluster()
    gone, silent = (type(BOOTSTRAP)(host, 1) for host in ("gone", "silent"))
    cluster.network.never.add(silent)

    assert cluster.survey("payments", servers=(gone, silent, BOOTSTRAP)).topics == (PAYMENTS,)
    with pytest.raises(UnreachableError) as problem:
        cluster.survey(servers=(gone, silent))
    assert str(problem.value) == "nobody listens; silent:1 has not taken the connection within 5000 ms"


def test_a_broker_that_cannot_be_reached_where_it_says_is_named() -> None:
    cluster = Cluster()
    del cluster.network.servers[BROKERS[2]]

    with pytest.raises(UnreachableError, match=r"^broker 2, at the address that it advertises: nobody listens$"):
        cluster.survey("payments")


def test_a_broker_that_answers_nothing_is_given_up() -> None:
    cluster = Cluster()
    cluster.bootstrap.answers["metadata"] = lambda _: None

    with pytest.raises(UnreachableError, match=r"^bootstrap:9092 has not answered metadata within 5000 ms$"):
        cluster.survey()


def test_an_old_broker_is_asked_in_versions_that_it_knows_and_has_no_release() -> None:
    cluster = Cluster()
    newest = {"api_versions": 0, "describe_configs": 1, "metadata": 4}
    for server in (cluster.bootstrap, *cluster.servers.values()):
        server.answers["api_versions"] = lambda request: versions(
            ErrorCode.unsupported_version if request.version > 0 else ErrorCode.none, newest
        )

    found = cluster.survey("payments")

    assert found.topics == (PAYMENTS,)
    assert found.release is None
    asked = [request for request in cluster.asked if isinstance(request.body, MetadataRequest | DescribeConfigsRequest)]
    assert {(api_of(request.body).name, request.version) for request in asked} == {
        ("metadata", 4),
        ("describe_configs", 1),
    }


def test_a_broker_so_old_that_asking_creates_topics_is_not_asked() -> None:
    cluster = Cluster()
    cluster.bootstrap.answers["api_versions"] = lambda _: versions(newest={"metadata": 3})

    with pytest.raises(UnreachableError, match="answers no metadata of version 4 to"):
        cluster.survey()
    assert not cluster.bootstrap.asked_for("metadata")
