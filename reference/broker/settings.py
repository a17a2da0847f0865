"""What a broker is configured with, by Kafka's own keys with ``_`` for ``.``; defaults are those of Kafka 4.3."""

from collections.abc import Mapping

import attrs

from ackproof.reference.controller.settings import ControllerSettings
from ackproof.reference.groups.settings import GroupSettings
from ackproof.reference.kernel.setting import (
    INT_MAX,
    LONG_MAX,
    SHORT_MAX,
    S,
    boolean,
    fraction,
    integer,
    invalid,
    key_of,
    long,
    one_of,
    optional_integer,
    settings_of,
    some_of,
    text,
    text_of,
)
from ackproof.reference.transactions.settings import TransactionSettings

HOUR_MS = 60 * 60 * 1_000
DAY_MS = 24 * HOUR_MS
MINUTE_MS = 60 * 1_000
LEADER_SELECTOR = "org.apache.kafka.common.replica.LeaderSelector"
RACK_AWARE_SELECTOR = "org.apache.kafka.common.replica.RackAwareReplicaSelector"


@attrs.frozen(kw_only=True)
class BrokerSettings:
    """
    Those settings of a broker that mean anything here.

    Source: ``KafkaConfig`` and the classes that it is made of.
    """

    # Topics that do not say otherwise.
    auto_create_topics_enable: bool = boolean(True)
    delete_topic_enable: bool = boolean(True)
    num_partitions: int = integer(1, 1)
    default_replication_factor: int = integer(1)
    min_insync_replicas: int = integer(1, 1)
    unclean_leader_election_enable: bool = boolean(False)
    message_max_bytes: int = integer(1_048_588, 0)
    compression_type: str = one_of("producer", "uncompressed", "zstd", "lz4", "snappy", "gzip", "producer")
    log_cleanup_policy: tuple[str, ...] = some_of(("delete",), "compact", "delete")
    log_cleaner_delete_retention_ms: int = long(DAY_MS, 0)
    log_cleaner_max_compaction_lag_ms: int = long(LONG_MAX, 1)
    log_cleaner_min_cleanable_ratio: float = fraction(0.5)
    log_cleaner_min_compaction_lag_ms: int = long(0, 0)
    log_flush_interval_messages: int = long(LONG_MAX, 1)
    log_flush_interval_ms: int | None = optional_integer(most=LONG_MAX)
    log_flush_scheduler_interval_ms: int = long(LONG_MAX)
    log_message_timestamp_after_max_ms: int = long(HOUR_MS, 0)
    log_message_timestamp_before_max_ms: int = long(LONG_MAX, 0)
    log_message_timestamp_type: str = one_of("CreateTime", "CreateTime", "LogAppendTime")
    log_retention_bytes: int = long(-1)
    log_retention_hours: int = integer(168)
    log_retention_minutes: int | None = optional_integer()
    log_retention_ms: int | None = optional_integer(most=LONG_MAX)
    log_roll_hours: int = integer(168, 1)
    log_roll_ms: int | None = optional_integer(most=LONG_MAX)
    log_segment_bytes: int = integer(2**30, 1_048_576)

    # What is done from time to time.
    log_flush_offset_checkpoint_interval_ms: int = integer(MINUTE_MS, 0)
    log_flush_start_offset_checkpoint_interval_ms: int = integer(MINUTE_MS, 0)
    log_retention_check_interval_ms: int = long(300_000, 1)
    producer_id_expiration_check_interval_ms: int = integer(600_000, 1)
    producer_id_expiration_ms: int = integer(DAY_MS, 1)
    replica_high_watermark_checkpoint_interval_ms: int = long(5_000)

    # Requests and replication.
    controlled_shutdown_enable: bool = boolean(True)
    broker_heartbeat_interval_ms: int = integer(2_000)
    broker_session_timeout_ms: int = integer(9_000)
    fetch_max_bytes: int = integer(57_671_680, 1_024)
    max_incremental_fetch_session_cache_slots: int = integer(1_000, 0)
    replica_fetch_backoff_ms: int = integer(1_000, 0)
    replica_fetch_max_bytes: int = integer(1_048_576, 0)
    replica_fetch_min_bytes: int = integer(1)
    replica_fetch_response_max_bytes: int = integer(10_485_760, 0)
    replica_fetch_wait_max_ms: int = integer(500)
    replica_lag_time_max_ms: int = long(30_000)
    replica_socket_timeout_ms: int = integer(30_000)
    request_timeout_ms: int = integer(30_000)
    socket_request_max_bytes: int = integer(104_857_600, 1)

    # The controller.
    auto_leader_rebalance_enable: bool = boolean(True)
    leader_imbalance_check_interval_seconds: int = long(300, 1)
    unclean_leader_election_interval_ms: int = long(300_000, 1)

    # Groups and their offsets.
    group_consumer_assignment_interval_ms: int = integer(1_000, 0)
    group_consumer_assignors: tuple[str, ...] = some_of(("uniform", "range"), "uniform", "range")
    group_consumer_heartbeat_interval_ms: int = integer(5_000, 1)
    group_consumer_max_heartbeat_interval_ms: int = integer(15_000, 1)
    group_consumer_max_session_timeout_ms: int = integer(60_000, 1)
    group_consumer_max_size: int = integer(INT_MAX, 1)
    group_consumer_migration_policy: str = one_of(
        "bidirectional", "disabled", "downgrade", "upgrade", "bidirectional", ignores_case=True
    )
    group_consumer_min_heartbeat_interval_ms: int = integer(5_000, 1)
    group_consumer_min_session_timeout_ms: int = integer(45_000, 1)
    group_consumer_regex_refresh_interval_ms: int = integer(600_000, 10_000)
    group_consumer_session_timeout_ms: int = integer(45_000, 1)
    group_initial_rebalance_delay_ms: int = integer(3_000)
    group_max_session_timeout_ms: int = integer(1_800_000)
    group_max_size: int = integer(INT_MAX, 1)
    group_min_session_timeout_ms: int = integer(6_000)
    offset_metadata_max_bytes: int = integer(4_096)
    offsets_commit_timeout_ms: int = integer(5_000, 1)
    offsets_retention_check_interval_ms: int = long(600_000, 1)
    offsets_retention_minutes: int = integer(10_080, 1)
    offsets_topic_num_partitions: int = integer(50, 1)
    offsets_topic_replication_factor: int = integer(3, 1, SHORT_MAX)
    offsets_topic_segment_bytes: int = integer(104_857_600, 1)

    # Transactions.
    add_partitions_to_txn_retry_backoff_max_ms: int = integer(100, 0)
    add_partitions_to_txn_retry_backoff_ms: int = integer(20, 1)
    transaction_abort_timed_out_transaction_cleanup_interval_ms: int = integer(10_000, 1)
    transaction_max_timeout_ms: int = integer(900_000, 1)
    transaction_partition_verification_enable: bool = boolean(True)
    transaction_remove_expired_transaction_cleanup_interval_ms: int = integer(HOUR_MS, 1)
    transaction_state_log_min_isr: int = integer(2, 1)
    transaction_state_log_num_partitions: int = integer(50, 1)
    transaction_state_log_replication_factor: int = integer(3, 1, SHORT_MAX)
    transaction_state_log_segment_bytes: int = integer(104_857_600, 1)
    transactional_id_expiration_ms: int = integer(7 * DAY_MS, 1)

    # Consumers that read from followers.
    broker_rack: str | None = text()
    replica_selector_class: str | None = text()

    def __attrs_post_init__(self) -> None:
        """Source: ``KafkaConfig.validateValues``, ``GroupCoordinatorConfig.validate``."""
        for lower, upper in ORDERED:
            least, most = getattr(self, lower), getattr(self, upper)
            if least > most:
                raise invalid(key_of(lower), least, f"it must not be above {key_of(upper)}={most}")
        if self.replica_selector_class not in {None, "", LEADER_SELECTOR, RACK_AWARE_SELECTOR}:
            raise invalid("replica.selector.class", self.replica_selector_class, "there is no such class")

    @classmethod
    def of(cls, values: Mapping[str, object]) -> "BrokerSettings":
        """
        The settings with *values* by Kafka's keys.

        Raises:
            ValueError: A key that is not known here, or a value that Kafka refuses; the error names both.
        """
        return settings_of(cls, values)

    @property
    def sends_consumers_to_followers(self) -> bool:
        """Whether consumers are told of a follower that stands where they do (KIP-392)."""
        return self.replica_selector_class == RACK_AWARE_SELECTOR

    @property
    def retention_ms(self) -> int:
        """How long topics keep records, of the three keys that can say so."""
        if self.log_retention_ms is not None:
            return self.log_retention_ms
        minutes = self.log_retention_minutes
        return self.log_retention_hours * HOUR_MS if minutes is None else minutes * MINUTE_MS

    @property
    def roll_ms(self) -> int:
        """When topics begin a new segment, of the two keys that can say so."""
        return self.log_roll_hours * HOUR_MS if self.log_roll_ms is None else self.log_roll_ms

    @property
    def transactions(self) -> TransactionSettings:
        """What the transaction coordinator goes by."""
        return part_of(TransactionSettings, self)

    @property
    def groups(self) -> GroupSettings:
        """What the group coordinator goes by."""
        return part_of(GroupSettings, self)

    @property
    def controller(self) -> ControllerSettings:
        """What the controller goes by."""
        texts = {key_of(field.name): text_of(getattr(self, field.name)) for field in attrs.fields(BrokerSettings)}
        return ControllerSettings.of({key: text for key, text in texts.items() if text is not None})


ORDERED = (
    ("replica_fetch_wait_max_ms", "replica_lag_time_max_ms"),
    ("group_min_session_timeout_ms", "group_max_session_timeout_ms"),
    ("group_consumer_min_session_timeout_ms", "group_consumer_session_timeout_ms"),
    ("group_consumer_session_timeout_ms", "group_consumer_max_session_timeout_ms"),
    ("group_consumer_min_heartbeat_interval_ms", "group_consumer_heartbeat_interval_ms"),
    ("group_consumer_heartbeat_interval_ms", "group_consumer_max_heartbeat_interval_ms"),
)
"""Of each pair, the first must not be above the second."""


def part_of(kind: type[S], settings: BrokerSettings) -> S:
    """Settings of some *kind*, whose fields are some of the broker's."""
    return kind(**{field.name: getattr(settings, field.name) for field in attrs.fields(kind)})
