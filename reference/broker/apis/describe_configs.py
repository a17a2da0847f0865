"""DescribeConfigs: the settings of topics and of this broker."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

import attrs
from kio.schema.describe_configs.v4.request import DescribeConfigsRequest, DescribeConfigsResource
from kio.schema.describe_configs.v4.response import (
    DescribeConfigsResourceResult,
    DescribeConfigsResponse,
    DescribeConfigsResult,
    DescribeConfigsSynonym,
)
from kio.schema.errors import ErrorCode

from ackproof.reference.broker.apis.find_coordinator import MESSAGES
from ackproof.reference.broker.apis.metadata_cache import MetadataCache
from ackproof.reference.broker.settings import BrokerSettings
from ackproof.reference.broker.topic_settings import SYNONYMS, settings_of
from ackproof.reference.controller.topic_names import problem_of
from ackproof.reference.kernel.setting import key_of, kind_of, text_of
from ackproof.reference.log.settings import LogSettings
from ackproof.reference.protocol.errors import KafkaError
from ackproof.reference.protocol.primitive import duration, i8
from ackproof.reference.protocol.request import Request

TOPIC, BROKER = 2, 4
"""What has settings. Source: ``ConfigResource.Type``."""

TOPIC_CONFIG, DYNAMIC_DEFAULT_BROKER_CONFIG, STATIC_BROKER_CONFIG, DEFAULT_CONFIG = 1, 3, 4, 5
"""Where a value comes from. Source: ``DescribeConfigsResponse.ConfigSource``."""

TYPES = {"BOOLEAN": 1, "STRING": 2, "INT": 3, "SHORT": 4, "LONG": 5, "DOUBLE": 6, "LIST": 7}
"""Source: ``DescribeConfigsResponse.ConfigType``."""

KINDS = {
    "compression.gzip.level": "INT",
    "compression.lz4.level": "INT",
    "compression.zstd.level": "INT",
    "follower.replication.throttled.replicas": "LIST",
    "index.interval.bytes": "INT",
    "leader.replication.throttled.replicas": "LIST",
    "preallocate": "BOOLEAN",
    "remote.log.copy.disable": "BOOLEAN",
    "remote.log.delete.on.disable": "BOOLEAN",
    "remote.storage.enable": "BOOLEAN",
    "segment.index.bytes": "INT",
}
"""Of topic settings that the broker has none like here; LONG of the others."""

OTHER_SYNONYMS = {
    "compression.gzip.level": "compression.gzip.level",
    "compression.lz4.level": "compression.lz4.level",
    "compression.zstd.level": "compression.zstd.level",
    "file.delete.delay.ms": "log.segment.delete.delay.ms",
    "index.interval.bytes": "log.index.interval.bytes",
    "local.retention.bytes": "log.local.retention.bytes",
    "local.retention.ms": "log.local.retention.ms",
    "preallocate": "log.preallocate",
    "segment.index.bytes": "log.index.size.max.bytes",
}
"""Keys of brokers that mean nothing here, so that they are always at their defaults."""

CHANGEABLE = frozenset({*SYNONYMS.values(), "producer.id.expiration.ms", "transaction.partition.verification.enable"})
"""What of a broker can be changed while it runs, though not here. Source: ``DynamicBrokerConfig``."""

MIN_INSYNC_REPLICAS = "min.insync.replicas"
ELIGIBLE_LEADER_REPLICAS = "eligible.leader.replicas.version"

Entry = DescribeConfigsResourceResult


@attrs.frozen
class DescribeConfigsHandler:
    """Source: ``ConfigHelper``. Not modelled: documentation, dynamic settings, loggers, groups, client metrics."""

    broker_id: int
    metadata: MetadataCache
    settings: BrokerSettings

    async def serve(self, request: Request) -> DescribeConfigsResponse:
        """The answer, at once."""
        body = request.body
        assert isinstance(body, DescribeConfigsRequest)
        return DescribeConfigsResponse(
            throttle_time=duration(0),
            results=tuple(self._result(asked, with_synonyms=body.include_synonyms) for asked in body.resources),
        )

    def _result(self, asked: DescribeConfigsResource, *, with_synonyms: bool) -> DescribeConfigsResult:
        error = KafkaError(ErrorCode.none, "")
        found: list[Entry] = []
        try:
            found = [each for each in self._entries(asked) if is_asked_for(asked, each.name)]
        except KafkaError as refusal:
            error = refusal
        return DescribeConfigsResult(
            error_code=error.code,
            error_message=error.message,
            resource_type=asked.resource_type,
            resource_name=asked.resource_name,
            configs=tuple(each if with_synonyms else replace(each, synonyms=()) for each in found),
        )

    def _entries(self, asked: DescribeConfigsResource) -> Iterable[Entry]:
        if asked.resource_type == TOPIC:
            return self._topic(asked.resource_name)
        if asked.resource_type != BROKER:
            raise KafkaError(ErrorCode.invalid_request, MESSAGES[ErrorCode.invalid_request])
        return self._broker(asked.resource_name)

    def _topic(self, name: str) -> Iterable[Entry]:
        problem = problem_of(name)
        if problem:
            raise KafkaError(ErrorCode.invalid_topic_exception, problem)
        topic = self.metadata.topic(name)
        if topic is None:
            raise KafkaError(ErrorCode.unknown_topic_or_partition, "")
        return self.topic_entries(topic.settings)

    def topic_entries(self, given: Mapping[str, str]) -> list[Entry]:
        """The settings of a topic that was created with the ones *given*."""
        described = settings_of(given, self.settings).described
        return [self._topic_entry(key, value, key in given) for key, value in described.items()]

    def _topic_entry(self, key: str, value: str, is_of_topic: bool) -> Entry:
        own = [synonym(key, value, TOPIC_CONFIG)] if is_of_topic else []
        broker_key = SYNONYMS.get(key)
        inherited = self._synonyms(broker_key) if broker_key else only_default(key)
        return entry(key, value, kind_of_topic_setting(key), [*own, *inherited], read_only=False)

    def _broker(self, name: str) -> Iterable[Entry]:
        if not name:
            return []
        if not name.removeprefix("-").isdecimal():
            raise KafkaError(ErrorCode.invalid_request, f"Broker id must be an integer, but it is: {name}")
        if int(name) != self.broker_id:
            raise KafkaError(
                ErrorCode.invalid_request,
                f"Unexpected broker id, expected {self.broker_id} or empty string, but received {name}",
            )
        return [self._broker_entry(field.name) for field in attrs.fields(BrokerSettings)]

    def _broker_entry(self, name: str) -> Entry:
        key, value = key_of(name), getattr(self.settings, name)
        kind = kind_of(BrokerSettings, key)
        return entry(key, text_of(value), kind, self._synonyms(key), read_only=key not in CHANGEABLE)

    def _synonyms(self, key: str) -> list[DescribeConfigsSynonym]:
        """Where a setting of the broker comes from: what it is configured with, then the default."""
        field = attrs.fields_dict(BrokerSettings)[key.replace(".", "_")]
        value = getattr(self.settings, field.name)
        configured = [synonym(key, text_of(value), STATIC_BROKER_CONFIG)] if value != field.default else []
        default = [synonym(key, text_of(field.default), DEFAULT_CONFIG)] if field.default is not None else []
        if key == MIN_INSYNC_REPLICAS and self.metadata.image.features.get(ELIGIBLE_LEADER_REPLICAS):
            # Where eligible leader replicas are in force it is a setting of the cluster, so that all brokers agree.
            configured.insert(0, synonym(key, text_of(value), DYNAMIC_DEFAULT_BROKER_CONFIG))
        return [*configured, *default]


def is_asked_for(asked: DescribeConfigsResource, key: str) -> bool:
    """Whether a setting is asked for; all are if none is named."""
    return not asked.configuration_keys or key in asked.configuration_keys


def entry(key: str, value: str | None, kind: str, synonyms: list[DescribeConfigsSynonym], *, read_only: bool) -> Entry:
    """One setting."""
    return DescribeConfigsResourceResult(
        name=key,
        value=value,
        read_only=read_only,
        config_source=synonyms[0].source if synonyms else i8(DEFAULT_CONFIG),
        is_sensitive=False,
        synonyms=tuple(synonyms),
        config_type=i8(TYPES[kind]),
        documentation=None,
    )


def synonym(key: str, value: str | None, source: int) -> DescribeConfigsSynonym:
    """One place that a value may come from."""
    return DescribeConfigsSynonym(name=key, value=value, source=i8(source))


def only_default(key: str) -> list[DescribeConfigsSynonym]:
    """Where a topic's setting comes from that a broker cannot have here."""
    broker_key = OTHER_SYNONYMS.get(key)
    return [synonym(broker_key, LogSettings().described[key], DEFAULT_CONFIG)] if broker_key else []


def kind_of_topic_setting(key: str) -> str:
    """The type of a topic's setting."""
    if key in SYNONYMS:
        return kind_of(BrokerSettings, SYNONYMS[key])
    return KINDS.get(key, "LONG")
