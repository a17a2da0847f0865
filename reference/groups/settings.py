"""The group coordinator's settings, by Kafka's own keys."""

from collections.abc import Callable, Mapping
from typing import TypeVar

import attrs

T = TypeVar("T")

INT_MAX = 2**31 - 1
ASSIGNORS = ("uniform", "range")
MIGRATION_POLICIES = ("disabled", "downgrade", "upgrade", "bidirectional")


@attrs.frozen(kw_only=True)
class GroupSettings:
    """
    How groups are kept: each field is one of Kafka's keys with ``_`` for ``.``.

    Source: ``GroupCoordinatorConfig``, with the defaults of 4.3.
    """

    offsets_topic_num_partitions: int = 50
    offsets_commit_timeout_ms: int = 5_000
    offset_metadata_max_bytes: int = 4_096
    offsets_retention_minutes: int = 7 * 24 * 60
    offsets_retention_check_interval_ms: int = 600_000
    group_min_session_timeout_ms: int = 6_000
    group_max_session_timeout_ms: int = 1_800_000
    group_initial_rebalance_delay_ms: int = 3_000
    group_max_size: int = INT_MAX
    group_consumer_session_timeout_ms: int = 45_000
    group_consumer_heartbeat_interval_ms: int = 5_000
    group_consumer_max_size: int = INT_MAX
    group_consumer_assignors: tuple[str, ...] = ASSIGNORS
    group_consumer_migration_policy: str = "bidirectional"
    group_consumer_assignment_interval_ms: int = 1_000
    group_consumer_regex_refresh_interval_ms: int = 600_000

    @classmethod
    def of(cls, values: Mapping[str, str]) -> "GroupSettings":
        """
        The settings among *values*, by Kafka's keys; keys that do not concern groups are passed over.

        Raises:
            ValueError: A value is not what its key takes; the error names the key.
        """
        given = {
            field.name: parsed(key, values[key])
            for field in attrs.fields(cls)
            if (key := field.name.replace("_", ".")) in values
        }
        return _made(cls, given)

    @property
    def offsets_retention_ms(self) -> int:
        """``offsets.retention.minutes`` in milliseconds."""
        return self.offsets_retention_minutes * 60_000

    @property
    def allows_upgrade(self) -> bool:
        """Whether a member of the consumer protocol may join a classic group that has members."""
        return self.group_consumer_migration_policy in ("upgrade", "bidirectional")

    @property
    def allows_downgrade(self) -> bool:
        """Whether a consumer group whose last member of the consumer protocol goes becomes a classic group."""
        return self.group_consumer_migration_policy in ("downgrade", "bidirectional")


def parsed(key: str, value: str) -> object:
    """
    The *value* of one of the settings' keys.

    Raises:
        ValueError: It is not what the key takes.
    """
    if key == "group.consumer.assignors":
        names = tuple(name.strip() for name in value.split(",") if name.strip())
        if not names or set(names) - set(ASSIGNORS):
            raise ValueError(f"{key} takes some of {', '.join(ASSIGNORS)}, not {value!r}")
        return names
    if key == "group.consumer.migration.policy":
        if value.lower() not in MIGRATION_POLICIES:
            raise ValueError(f"{key} takes one of {', '.join(MIGRATION_POLICIES)}, not {value!r}")
        return value.lower()
    return number(key, value)


def number(key: str, value: str) -> int:
    """
    A number that is not negative.

    Raises:
        ValueError: It is something else.
    """
    try:
        parsed_value = int(value)
    except ValueError:
        raise ValueError(f"{key} takes a number, not {value!r}") from None
    if parsed_value < 0:
        raise ValueError(f"{key} cannot be negative: {value}")
    return parsed_value


def _made(make: Callable[..., T], values: Mapping[str, object]) -> T:
    return make(**values)
