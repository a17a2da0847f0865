"""Settings of a consumer, by Kafka's keys."""

from collections.abc import Mapping, Sequence

import attrs

from ackproof.reference.client.settings import ClientSettings
from ackproof.reference.consumer.reset import Reset, reset_of
from ackproof.reference.kernel.setting import ConfigError, boolean, integer, one_of, settings_of, text

ASSIGNORS = {
    "RangeAssignor": "range",
    "RoundRobinAssignor": "roundrobin",
    "StickyAssignor": "sticky",
    "CooperativeStickyAssignor": "cooperative-sticky",
}
"""Kafka's classes, and the names by which members tell them to the group."""

ONLY_CLASSIC = ("partition.assignment.strategy", "heartbeat.interval.ms", "session.timeout.ms")
"""What the group decides where ``group.protocol`` is consumer."""

ONLY_CONSUMER = ("group.remote.assignor",)


def assignors_of(value: str | Sequence[str]) -> tuple[str, ...]:
    """The assignors of ``partition.assignment.strategy``: classes of Kafka, or their names, in a list or text."""
    words = [word.strip() for word in (value.split(",") if isinstance(value, str) else value)]
    names = tuple(ASSIGNORS.get(word.rpartition(".")[2], word) for word in words)
    unknown = [name for name in names if name not in ASSIGNORS.values()]
    if unknown or not names or len(set(names)) < len(names):
        raise ConfigError(f"Invalid value {value} for configuration partition.assignment.strategy")
    return names


@attrs.frozen(kw_only=True)
class ConsumerSettings(ClientSettings):
    """
    How a consumer reads, and how it belongs to a group: Kafka's keys with ``_`` for ``.``, text is parsed.

    Source: ``ConsumerConfig``, with the defaults of 4.3.
    """

    group_id: str | None = text()
    group_instance_id: str | None = text(may_be_empty=False)
    group_protocol: str = one_of("classic", "classic", "consumer", ignores_case=True)
    group_remote_assignor: str | None = text()
    session_timeout_ms: int = integer(45_000, 0)
    heartbeat_interval_ms: int = integer(3_000, 0)
    max_poll_interval_ms: int = integer(300_000, least=1)
    max_poll_records: int = integer(500, least=1)
    partition_assignment_strategy: tuple[str, ...] = attrs.field(
        default=("range", "cooperative-sticky"), converter=assignors_of
    )
    enable_auto_commit: bool = boolean(True)
    auto_commit_interval_ms: int = integer(5_000, 0)
    auto_offset_reset: str = attrs.field(default="latest", converter=str)
    isolation_level: str = one_of("read_uncommitted", "read_uncommitted", "read_committed")
    fetch_min_bytes: int = integer(1, 0)
    fetch_max_bytes: int = integer(50 * 1024 * 1024, 0)
    fetch_max_wait_ms: int = integer(500, 0)
    max_partition_fetch_bytes: int = integer(1024 * 1024, 0)
    check_crcs: bool = boolean(True)
    default_api_timeout_ms: int = integer(60_000, 0)
    exclude_internal_topics: bool = boolean(True)
    allow_auto_create_topics: bool = boolean(True)

    def __attrs_post_init__(self) -> None:
        try:
            reset_of(self.auto_offset_reset)
        except ValueError as error:
            raise ConfigError(f"Invalid value for configuration auto.offset.reset: {error}") from error
        if self.group_id and self.is_classic and self.heartbeat_interval_ms >= self.session_timeout_ms:
            raise ConfigError("Heartbeat must be set lower than the session timeout")

    @property
    def is_classic(self) -> bool:
        """Whether the group's members assign (``group.protocol=classic``), not its coordinator."""
        return self.group_protocol == "classic"

    @property
    def reset(self) -> Reset:
        """Where to start without a position."""
        return reset_of(self.auto_offset_reset)

    @property
    def is_read_committed(self) -> bool:
        """Whether what open and aborted transactions wrote stays unseen."""
        return self.isolation_level == "read_committed"

    @property
    def commits_automatically(self) -> bool:
        """Whether the client commits by itself: never without a group."""
        return self.enable_auto_commit and self.group_id is not None


def consumer_settings(properties: Mapping[str, object]) -> ConsumerSettings:
    """
    Settings from values by Kafka's keys; keys that a consumer does not have are ignored, as Kafka does.

    Raises:
        ConfigError: A value that Kafka refuses, alone or together with others.

    Source: ``ConsumerConfig.postProcessParsedConfig``; ``ClassicKafkaConsumer``, ``AsyncKafkaConsumer``.
    """
    settings = settings_of(ConsumerSettings, properties, ignores_unknown=True)
    refused = ONLY_CONSUMER if settings.is_classic else ONLY_CLASSIC
    wrong = [key for key in refused if str(properties.get(key) or "").strip()]
    if wrong:
        raise ConfigError(f"{', '.join(wrong)} cannot be set when group.protocol={settings.group_protocol.upper()}")
    if settings.group_id == "":
        raise ConfigError("The configured group.id should not be an empty string or whitespace.")
    if settings.group_id is None and "enable.auto.commit" in properties and settings.enable_auto_commit:
        raise ConfigError("enable.auto.commit cannot be set to true when default group id (null) is used.")
    return settings
