import pytest
from kio.schema.describe_cluster.v2.request import DescribeClusterRequest
from kio.schema.describe_cluster.v2.response import DescribeClusterResponse
from kio.schema.describe_configs.v4.request import DescribeConfigsRequest, DescribeConfigsResource
from kio.schema.describe_configs.v4.response import DescribeConfigsResponse, DescribeConfigsResult
from kio.schema.errors import ErrorCode

from ackproof.reference.protocol.primitive import i8
from tests.reference.broker.standing import TOPIC, Standing

TOPICS, BROKERS = 2, 4


def described(
    standing: Standing, kind: int, name: str, *keys: str, with_synonyms: bool = False
) -> DescribeConfigsResult:
    resource = DescribeConfigsResource(resource_type=i8(kind), resource_name=name, configuration_keys=keys or None)
    request = DescribeConfigsRequest(resources=(resource,), include_synonyms=with_synonyms)
    return standing.ask(DescribeConfigsResponse, request).results[0]


def test_a_topic_has_all_settings_and_says_where_they_come_from() -> None:
    standing = Standing(settings={"min.insync.replicas": 2, "log.retention.bytes": 7})

    result = described(standing, TOPICS, TOPIC)

    told = {each.name: (each.value, each.config_source, each.config_type) for each in result.configs}
    assert told["min.insync.replicas"] == ("2", 3, 3)
    assert told["retention.bytes"] == ("7", 4, 5)
    assert told["retention.ms"] == ("604800000", 5, 5)
    assert len(told) == 33


def test_only_what_is_asked_for_is_told() -> None:
    result = described(Standing(), TOPICS, TOPIC, "cleanup.policy", "nonsense")

    assert [(each.name, each.value, each.config_type) for each in result.configs] == [("cleanup.policy", "delete", 7)]


def test_synonyms_are_told_if_they_are_asked_for() -> None:
    standing = Standing(settings={"message.max.bytes": 5})

    synonyms = [
        described(standing, TOPICS, TOPIC, "max.message.bytes", with_synonyms=each).configs[0].synonyms
        for each in (False, True)
    ]

    assert synonyms[0] == ()
    assert [(each.name, each.value, each.source) for each in synonyms[1]] == [
        ("message.max.bytes", "5", 4),
        ("message.max.bytes", "1048588", 5),
    ]


def test_the_broker_has_what_it_was_configured_with() -> None:
    standing = Standing(settings={"num.partitions": 4})

    result = described(standing, BROKERS, "1", "num.partitions")

    entry = result.configs[0]
    assert (entry.value, entry.config_source, entry.read_only) == ("4", 4, True)


@pytest.mark.parametrize(
    ("kind", "name", "error"),
    [
        (TOPICS, "nowhere", ErrorCode.unknown_topic_or_partition),
        (TOPICS, "no/name", ErrorCode.invalid_topic_exception),
        (BROKERS, "2", ErrorCode.invalid_request),
        (BROKERS, "x", ErrorCode.invalid_request),
        (99, "x", ErrorCode.invalid_request),
    ],
)
def test_what_is_not_there_is_told(kind: int, name: str, error: ErrorCode) -> None:
    result = described(Standing(), kind, name)

    assert (result.error_code, result.configs) == (error, ())


def test_the_brokers_of_the_cluster_are_described() -> None:
    request = DescribeClusterRequest(include_cluster_authorized_operations=True, include_fenced_brokers=False)

    answer = Standing().ask(DescribeClusterResponse, request)

    assert [(each.broker_id, each.host, each.port, each.is_fenced) for each in answer.brokers] == [
        (1, "127.0.0.1", 9092, False)
    ]
    assert (answer.cluster_id, answer.controller_id, answer.cluster_authorized_operations) == ("ackproof", 1, 8096)


@pytest.mark.parametrize(
    ("endpoint", "error"), [(2, ErrorCode.mismatched_endpoint_type), (3, ErrorCode.unsupported_endpoint_type)]
)
def test_who_means_a_controller_is_told_that_this_is_a_broker(endpoint: int, error: ErrorCode) -> None:
    request = DescribeClusterRequest(
        include_cluster_authorized_operations=False, endpoint_type=i8(endpoint), include_fenced_brokers=False
    )

    assert Standing().ask(DescribeClusterResponse, request).error_code is error
