import pytest

from ackproof.reference.consumer.settings import ConsumerSettings, consumer_settings
from ackproof.reference.kernel.setting import ConfigError


def test_defaults_are_those_of_kafka_4_3() -> None:
    settings = ConsumerSettings(group_id="g")

    assert settings.auto_offset_reset == "latest"
    assert settings.enable_auto_commit
    assert settings.auto_commit_interval_ms == 5_000
    assert settings.session_timeout_ms == 45_000
    assert settings.heartbeat_interval_ms == 3_000
    assert settings.max_poll_interval_ms == 300_000
    assert settings.max_poll_records == 500
    assert settings.partition_assignment_strategy == ("range", "cooperative-sticky")
    assert settings.isolation_level == "read_uncommitted"
    assert settings.fetch_max_wait_ms == 500


def test_text_is_parsed_and_unknown_keys_are_ignored() -> None:
    settings = consumer_settings({"max.poll.records": "7", "check.crcs": "false", "no.such.key": "x"})

    assert settings.max_poll_records == 7
    assert not settings.check_crcs


@pytest.mark.parametrize(
    "value",
    [
        "range,sticky",
        ["range", "sticky"],
        "org.apache.kafka.clients.consumer.RangeAssignor, org.apache.kafka.clients.consumer.StickyAssignor",
    ],
)
def test_assignors_are_named_or_classes(value: object) -> None:
    settings = consumer_settings({"partition.assignment.strategy": value})

    assert settings.partition_assignment_strategy == ("range", "sticky")


@pytest.mark.parametrize(
    ("properties", "message"),
    [
        ({"max.poll.records": 0}, "max.poll.records: Value must be at least 1"),
        ({"auto.offset.reset": "error"}, "auto.offset.reset"),
        ({"isolation.level": "serializable"}, "isolation.level: String must be one of"),
        ({"partition.assignment.strategy": "fastest"}, "partition.assignment.strategy"),
        ({"partition.assignment.strategy": "range,range"}, "partition.assignment.strategy"),
        (
            {"group.id": "g", "heartbeat.interval.ms": 9_000, "session.timeout.ms": 9_000},
            "lower than the session timeout",
        ),
        ({"group.id": ""}, "should not be an empty string"),
        ({"group.instance.id": ""}, "group.instance.id: String must be non-empty"),
        ({"enable.auto.commit": "true"}, "enable.auto.commit cannot be set to true"),
        ({"group.protocol": "consumer", "session.timeout.ms": 9_000}, "session.timeout.ms cannot be set when"),
        ({"group.remote.assignor": "uniform"}, "group.remote.assignor cannot be set when group.protocol=CLASSIC"),
    ],
)
def test_what_kafka_refuses_is_refused(properties: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        consumer_settings(properties)


def test_without_a_group_nothing_is_committed_automatically() -> None:
    assert not consumer_settings({}).commits_automatically
    assert consumer_settings({"group.id": "g"}).commits_automatically


def test_what_only_members_need_is_not_checked_without_a_group() -> None:
    assert consumer_settings({"heartbeat.interval.ms": 9_000, "session.timeout.ms": 9_000}).group_id is None


def test_a_protocol_may_be_written_as_java_has_it() -> None:
    assert not consumer_settings({"group.protocol": "CONSUMER"}).is_classic
