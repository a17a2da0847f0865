import pytest

from ackproof.reference.broker.settings import BrokerSettings
from ackproof.reference.broker.topic_settings import defaults, settings_of
from ackproof.reference.groups.settings import GroupSettings
from ackproof.reference.log.settings import LogSettings
from ackproof.reference.transactions.settings import TransactionSettings


def test_values_are_read_from_text_by_kafkas_keys() -> None:
    settings = BrokerSettings.of(
        {
            "num.partitions": "3",
            "auto.create.topics.enable": "FALSE",
            "log.cleanup.policy": "compact, delete",
            "log.cleaner.min.cleanable.ratio": "0.25",
            "group.consumer.migration.policy": "Upgrade",
        }
    )

    assert settings.num_partitions == 3
    assert not settings.auto_create_topics_enable
    assert settings.log_cleanup_policy == ("compact", "delete")
    assert settings.log_cleaner_min_cleanable_ratio == 0.25
    assert settings.group_consumer_migration_policy == "upgrade"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("num.partitions", "0"),
        ("num.partitions", "many"),
        ("min.insync.replicas", "0"),
        ("offsets.topic.replication.factor", "40000"),
        ("compression.type", "brotli"),
        ("log.cleanup.policy", "shred"),
        ("log.cleanup.policy", ""),
        ("auto.create.topics.enable", "yes"),
        ("log.cleaner.min.cleanable.ratio", "2"),
        ("log.cleaner.min.cleanable.ratio", "half"),
        ("log.segment.bytes", "10"),
        ("replica.fetch.wait.max.ms", "40000"),
        ("group.min.session.timeout.ms", "2000000"),
        ("group.consumer.session.timeout.ms", "70000"),
        ("group.consumer.min.session.timeout.ms", "50000"),
    ],
)
def test_a_value_that_kafka_refuses_is_named_with_its_key(key: str, value: str) -> None:
    with pytest.raises(ValueError, match=f"{value}.*{key}"):
        BrokerSettings.of({key: value})


def test_an_unknown_key_is_named_with_its_value_and_the_nearest_known_one() -> None:
    with pytest.raises(ValueError, match=r"num.partition=3, perhaps num.partitions"):
        BrokerSettings.of({"num.partition": "3"})


def test_the_most_precise_key_for_retention_counts() -> None:
    given = {"log.retention.hours": 2, "log.retention.minutes": 3, "log.retention.ms": 4}

    found = [
        BrokerSettings.of({key: given[key] for key in list(given)[: count + 1]}).retention_ms for count in range(3)
    ]

    assert found == [7_200_000, 180_000, 4]


def test_topics_that_say_nothing_are_as_in_kafka() -> None:
    assert defaults(BrokerSettings()) == LogSettings()


def test_topics_go_by_what_they_say_then_by_what_the_broker_says() -> None:
    broker = BrokerSettings.of({"min.insync.replicas": 2, "log.retention.minutes": 1, "log.roll.ms": 7})

    settings = settings_of({"min.insync.replicas": "3"}, broker)

    assert (settings.min_insync_replicas, settings.retention_ms, settings.segment_ms) == (3, 60_000, 7)


def test_the_coordinators_go_by_the_same_defaults() -> None:
    settings = BrokerSettings()

    assert settings.transactions == TransactionSettings()
    assert settings.groups == GroupSettings()
