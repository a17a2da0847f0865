"""A cluster whose brokers say what a test wants them to say of themselves."""

from collections.abc import Mapping
from dataclasses import replace

from kio.schema.api_versions.v4.response import ApiVersionsResponse, SupportedFeatureKey
from kio.schema.describe_configs.v4.request import DescribeConfigsRequest
from kio.schema.describe_configs.v4.response import (
    DescribeConfigsResourceResult,
    DescribeConfigsResponse,
    DescribeConfigsResult,
    DescribeConfigsSynonym,
)
from kio.schema.errors import ErrorCode
from kio.schema.metadata.v12.request import MetadataRequest
from kio.schema.metadata.v12.response import (
    MetadataResponse,
    MetadataResponseBroker,
    MetadataResponsePartition,
    MetadataResponseTopic,
)

from ackproof.reference.kernel.clock import VirtualClock
from ackproof.reference.kernel.future import Future, spawn
from ackproof.reference.protocol.primitive import BrokerId, TopicName, duration, i8, i16, i32
from ackproof.reference.protocol.request import Address, Request
from ackproof.reference.surveying.survey import Survey
from ackproof.reference.surveying.surveying import surveyed
from tests.reference.client.scripted import Answer, ScriptedNetwork, ScriptedServer, versions

BOOTSTRAP = Address("bootstrap", 9092)
BROKERS = {1: Address("one", 9092), 2: Address("two", 9092)}
TIMEOUT_MS = 5_000

TOPICS = {"orders": ((1, (1, 2), (1, 2)),), "payments": ((2, (2, 1), (2, 1)), (1, (1, 2), (1,)), (-1, (2,), ()))}
"""Of each topic the partitions: the leader, the replicas, and those in sync."""


def topic(name: str, error: ErrorCode = ErrorCode.none) -> MetadataResponseTopic:
    return MetadataResponseTopic(
        error_code=error,
        name=TopicName(name),
        topic_id=None,
        is_internal=name.startswith("__"),
        partitions=tuple(
            MetadataResponsePartition(
                error_code=ErrorCode.none,
                partition_index=i32(number),
                leader_id=BrokerId(leader),
                replica_nodes=tuple(map(BrokerId, replicas)),
                isr_nodes=tuple(map(BrokerId, in_sync)),
            )
            for number, (leader, replicas, in_sync) in enumerate(TOPICS.get(name, ((1, (1,), (1,)),)))
        ),
    )


def described(request: Request) -> MetadataResponse:
    """What every broker knows of the cluster; of the topic ``secret`` it says nothing."""
    body = request.body
    assert isinstance(body, MetadataRequest)
    known = (*TOPICS, "__consumer_offsets")
    names = known if body.topics is None else [str(each.name) for each in body.topics]
    errors = {"secret": ErrorCode.topic_authorization_failed}
    unknown = ErrorCode.unknown_topic_or_partition
    return MetadataResponse(
        throttle_time=duration(0),
        brokers=tuple(
            MetadataResponseBroker(node_id=BrokerId(number), host=address.host, port=i32(address.port))
            for number, address in BROKERS.items()
        ),
        cluster_id="c",
        topics=tuple(topic(name, ErrorCode.none if name in known else errors.get(name, unknown)) for name in names),
    )


def entry(
    key: str, value: str | None, source: int, synonym: str | None = None, *, is_secret: bool = False
) -> DescribeConfigsResourceResult:
    synonyms = (DescribeConfigsSynonym(name=synonym, value=value, source=i8(source)),) if synonym else ()
    return DescribeConfigsResourceResult(
        name=key,
        value=value,
        read_only=False,
        config_source=i8(source),
        is_sensitive=is_secret,
        synonyms=synonyms,
        documentation=None,
    )


OF_TOPIC = (
    entry("retention.ms", "604800000", 5),
    entry("max.message.bytes", "2000000", 3, "message.max.bytes"),
    entry("cleanup.policy", "compact,delete", 1, "cleanup.policy"),
    entry("min.insync.replicas", "2", 4, "min.insync.replicas"),
    entry("segment.ms", "3600000", 5),
    entry("preallocate", "false", 5, "log.preallocate"),
)
OF_BROKER = (
    entry("log.roll.hours", "1", 4, "log.roll.hours"),
    entry("ssl.key.password", None, 4, is_secret=True),
    entry("log.retention.ms", None, 5),
)


def configured(request: Request, refused: Mapping[tuple[int, str], ErrorCode]) -> DescribeConfigsResponse:
    body = request.body
    assert isinstance(body, DescribeConfigsRequest)
    return DescribeConfigsResponse(
        throttle_time=duration(0),
        results=tuple(
            DescribeConfigsResult(
                error_code=refused.get((each.resource_type, each.resource_name), ErrorCode.none),
                error_message=None,
                resource_type=each.resource_type,
                resource_name=each.resource_name,
                configs=OF_TOPIC if each.resource_type == 2 else OF_BROKER,
            )
            for each in body.resources
        ),
    )


class Cluster:
    """Two brokers, of different releases, behind an address that is neither's."""

    def __init__(self, refused: Mapping[tuple[int, str], ErrorCode] | None = None) -> None:
        self.clock = VirtualClock()
        self.network = ScriptedNetwork(self.clock)
        self.levels = {1: 30, 2: 27}

        def serve(address: Address, level: int) -> ScriptedServer:
            answers: dict[str, Answer] = {
                "api_versions": lambda _: told(level),
                "metadata": described,
                "describe_configs": lambda request: configured(request, refused or {}),
            }
            return self.network.serve(address, answers)

        self.bootstrap = serve(BOOTSTRAP, 30)
        self.servers = {number: serve(BROKERS[number], level) for number, level in self.levels.items()}

    @property
    def asked(self) -> list[Request]:
        """All that any of them has been asked."""
        return [request for server in (self.bootstrap, *self.servers.values()) for request in server.asked]

    def survey(self, *topics: str, servers: tuple[Address, ...] = (BOOTSTRAP,)) -> Survey:
        """What is said; an error is raised."""
        future: Future[Survey] = spawn(self.clock, surveyed(self.clock, self.network, servers, topics, TIMEOUT_MS))
        future.may_fail()
        self.clock.run_until(self.clock.now_ms + 10 * TIMEOUT_MS)
        return future.result()


def told(level: int) -> ApiVersionsResponse:
    """The versions of a broker that supports ``metadata.version`` up to a level."""
    known = versions(features={"transaction.version": 2})
    feature = SupportedFeatureKey(name="metadata.version", min_version=i16(7), max_version=i16(level))
    return replace(known, supported_features=(feature,))
