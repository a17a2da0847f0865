"""Settings of a topic, by Kafka's own keys. Source: ``LogConfig`` of 4.3.1."""

from collections.abc import Callable, Mapping
from typing import Any, Literal, cast

import attrs

from ackproof.reference.records.compression import Compression

DAY_MS = 24 * 60 * 60 * 1000
LONG_MAX, LONG_MIN = 2**63 - 1, -(2**63)
INT_MAX, INT_MIN = 2**31 - 1, -(2**31)

CompressionType = Literal["uncompressed", "zstd", "lz4", "snappy", "gzip", "producer"]
TimestampType = Literal["CreateTime", "LogAppendTime"]
Read = Callable[[str, str], object]
"""A value from what is written: (key, written)."""


def whole(low: int, high: int) -> Read:
    """A whole number from *low* to *high*."""

    def read(key: str, written: str) -> int:
        try:
            number = int(written.strip())
        except ValueError:
            raise ValueError(f"{key} must be a whole number, not {written!r}") from None
        if not low <= number <= high:
            raise ValueError(f"{key} must be from {low} to {high}, not {number}")
        return number

    return read


def integer(low: int = INT_MIN, high: int = INT_MAX) -> Read:
    """A number of 32 bits."""
    return whole(low, high)


def long(low: int = LONG_MIN) -> Read:
    """A number of 64 bits."""
    return whole(low, LONG_MAX)


def ratio(key: str, written: str) -> float:
    """A number from 0 to 1."""
    try:
        number = float(written)
    except ValueError:
        raise ValueError(f"{key} must be a number, not {written!r}") from None
    if not 0 <= number <= 1:
        raise ValueError(f"{key} must be from 0 to 1, not {written}")
    return number


def flag(key: str, written: str) -> bool:
    """True or false, in any case."""
    if written.strip().lower() not in ("true", "false"):
        raise ValueError(f"{key} must be true or false, not {written!r}")
    return written.strip().lower() == "true"


def one_of(*choices: str) -> Read:
    """One of *choices*."""

    def read(key: str, written: str) -> str:
        if written not in choices:
            raise ValueError(f"{key} must be one of {', '.join(choices)}, not {written!r}")
        return written

    return read


def items(key: str, written: str) -> tuple[str, ...]:
    """Several, with commas between them."""
    return tuple(item.strip() for item in written.split(",") if item.strip())


def policies(key: str, written: str) -> tuple[str, ...]:
    """Ways to clean up."""
    given = items(key, written)
    wrong = [item for item in given if item not in ("compact", "delete")]
    if wrong or len(set(given)) != len(given):
        raise ValueError(f"{key} must be of compact and delete, each once, not {written!r}")
    return given


def named(key: str, read: Read) -> dict[str, object]:
    """What is said of a field beside its default: its *key*, and how to read it."""
    return {"key": key, "read": read}


@attrs.frozen(kw_only=True)
class LogSettings:
    """
    Settings of a topic; left out, those of Kafka 4.3.

    Not checked here, so that tests may have small segments: ``of`` does. Compaction, tiered storage, throttles and
    preallocation are only kept to be described.
    """

    cleanup_policy: tuple[str, ...] = attrs.field(default=("delete",), metadata=named("cleanup.policy", policies))
    compression_gzip_level: int = attrs.field(default=-1, metadata=named("compression.gzip.level", integer(-1, 9)))
    compression_lz4_level: int = attrs.field(default=9, metadata=named("compression.lz4.level", integer(1, 17)))
    compression_type: CompressionType = attrs.field(
        default="producer",
        metadata=named("compression.type", one_of("uncompressed", "zstd", "lz4", "snappy", "gzip", "producer")),
    )
    compression_zstd_level: int = attrs.field(default=3, metadata=named("compression.zstd.level", integer(-131072, 22)))
    delete_retention_ms: int = attrs.field(default=DAY_MS, metadata=named("delete.retention.ms", long(0)))
    file_delete_delay_ms: int = attrs.field(default=60_000, metadata=named("file.delete.delay.ms", long(0)))
    flush_messages: int = attrs.field(default=LONG_MAX, metadata=named("flush.messages", long(1)))
    flush_ms: int = attrs.field(default=LONG_MAX, metadata=named("flush.ms", long(0)))
    follower_throttled_replicas: tuple[str, ...] = attrs.field(
        default=(), metadata=named("follower.replication.throttled.replicas", items)
    )
    index_interval_bytes: int = attrs.field(default=4096, metadata=named("index.interval.bytes", integer(0)))
    leader_throttled_replicas: tuple[str, ...] = attrs.field(
        default=(), metadata=named("leader.replication.throttled.replicas", items)
    )
    local_retention_bytes: int = attrs.field(default=-2, metadata=named("local.retention.bytes", long(-2)))
    local_retention_ms: int = attrs.field(default=-2, metadata=named("local.retention.ms", long(-2)))
    max_compaction_lag_ms: int = attrs.field(default=LONG_MAX, metadata=named("max.compaction.lag.ms", long(1)))
    max_message_bytes: int = attrs.field(default=1048588, metadata=named("max.message.bytes", integer(0)))
    message_timestamp_after_max_ms: int = attrs.field(
        default=3_600_000, metadata=named("message.timestamp.after.max.ms", long(0))
    )
    message_timestamp_before_max_ms: int = attrs.field(
        default=LONG_MAX, metadata=named("message.timestamp.before.max.ms", long(0))
    )
    message_timestamp_type: TimestampType = attrs.field(
        default="CreateTime", metadata=named("message.timestamp.type", one_of("CreateTime", "LogAppendTime"))
    )
    min_cleanable_dirty_ratio: float = attrs.field(default=0.5, metadata=named("min.cleanable.dirty.ratio", ratio))
    min_compaction_lag_ms: int = attrs.field(default=0, metadata=named("min.compaction.lag.ms", long(0)))
    min_insync_replicas: int = attrs.field(default=1, metadata=named("min.insync.replicas", integer(1)))
    preallocate: bool = attrs.field(default=False, metadata=named("preallocate", flag))
    remote_log_copy_disable: bool = attrs.field(default=False, metadata=named("remote.log.copy.disable", flag))
    remote_log_delete_on_disable: bool = attrs.field(
        default=False, metadata=named("remote.log.delete.on.disable", flag)
    )
    remote_storage_enable: bool = attrs.field(default=False, metadata=named("remote.storage.enable", flag))
    retention_bytes: int = attrs.field(default=-1, metadata=named("retention.bytes", long()))
    retention_ms: int = attrs.field(default=7 * DAY_MS, metadata=named("retention.ms", long(-1)))
    segment_bytes: int = attrs.field(default=2**30, metadata=named("segment.bytes", integer(2**20)))
    segment_index_bytes: int = attrs.field(default=10 * 2**20, metadata=named("segment.index.bytes", integer(4)))
    segment_jitter_ms: int = attrs.field(default=0, metadata=named("segment.jitter.ms", long(0)))
    segment_ms: int = attrs.field(default=7 * DAY_MS, metadata=named("segment.ms", long(1)))
    unclean_leader_election_enable: bool = attrs.field(
        default=False, metadata=named("unclean.leader.election.enable", flag)
    )

    @property
    def is_compacted(self) -> bool:
        """Whether every record needs a key."""
        return "compact" in self.cleanup_policy

    @property
    def deletes(self) -> bool:
        """Whether old records are deleted."""
        return "delete" in self.cleanup_policy

    def compression_for(self, source: Compression) -> Compression:
        """What a batch that came compressed with *source* is stored with."""
        if self.compression_type == "producer":
            return source
        return "none" if self.compression_type == "uncompressed" else self.compression_type

    def level_of(self, compression: Compression) -> int | None:
        """How hard to compress; None where the codec has no levels, or chooses itself."""
        levels = {"lz4": self.compression_lz4_level, "zstd": self.compression_zstd_level}
        if compression == "gzip" and self.compression_gzip_level != -1:
            return self.compression_gzip_level
        return levels.get(compression)

    @property
    def described(self) -> dict[str, str]:
        """Every key with its value, written as Kafka writes it (DescribeConfigs)."""
        return {key: _written(getattr(self, name)) for key, (name, _) in FIELDS.items()}


FIELDS: dict[str, tuple[str, Read]] = {
    field.metadata["key"]: (field.name, field.metadata["read"]) for field in attrs.fields(LogSettings)
}
"""Each key's field, and how to read it."""


def of(given: Mapping[str, str], base: LogSettings | None = None) -> LogSettings:
    """
    The settings *given* by Kafka's keys; what is left out is as in *base*.

    Raises:
        ValueError: There is no such key, or the value is not valid for it.
    """
    values: dict[str, object] = {}
    for key, written in given.items():
        if key not in FIELDS:
            raise ValueError(f"there is no topic setting {key}")
        name, read = FIELDS[key]
        values[name] = read(key, written)
    if values.get("compression_gzip_level") == 0:
        raise ValueError("compression.gzip.level must be from 1 to 9, or -1, not 0")
    return attrs.evolve(base or LogSettings(), **cast("dict[str, Any]", values))


def _written(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return ",".join(cast("tuple[str, ...]", value)) if isinstance(value, tuple) else str(value)
