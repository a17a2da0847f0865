"""The group coordinator's settings, by Kafka's keys."""

import pytest

from ackproof.reference.groups.settings import GroupSettings


def test_settings_that_are_not_given_are_those_of_kafka() -> None:
    settings = GroupSettings.of({"broker.id": "1"})

    assert settings.offsets_topic_num_partitions == 50
    assert settings.offsets_retention_ms == 7 * 24 * 3_600_000
    assert settings.group_consumer_assignment_interval_ms == 1_000
    assert settings.group_consumer_assignors == ("uniform", "range")


@pytest.mark.parametrize(
    ("policy", "upgrade", "downgrade"),
    [
        ("disabled", False, False),
        ("UPGRADE", True, False),
        ("downgrade", False, True),
        ("Bidirectional", True, True),
    ],
)
def test_a_migration_policy_allows_directions(policy: str, upgrade: bool, downgrade: bool) -> None:
    settings = GroupSettings.of({"group.consumer.migration.policy": policy})

    assert (settings.allows_upgrade, settings.allows_downgrade) == (upgrade, downgrade)


def test_assignors_are_a_list() -> None:
    assert GroupSettings.of({"group.consumer.assignors": "range, uniform"}).group_consumer_assignors == (
        "range",
        "uniform",
    )


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("group.max.size", "many"),
        ("offsets.topic.num.partitions", "-1"),
        ("group.consumer.assignors", "sticky"),
        ("group.consumer.assignors", ""),
        ("group.consumer.migration.policy", "never"),
    ],
)
def test_a_value_that_a_key_does_not_take_is_an_error_that_names_the_key(key: str, value: str) -> None:
    with pytest.raises(ValueError, match=key):
        GroupSettings.of({key: value})
