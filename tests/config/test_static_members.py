"""Members that have a name, and brokers that do not know it."""

import pytest

from ackproof.config.files.problems import BadConfiguration
from ackproof.config.group_rules import group_rules
from ackproof.config.membership import as_members
from ackproof.config.pipeline import Pipeline
from ackproof.config.rules import consumer_rules
from ackproof.config.systems import unmodelled
from tests.config.pipelines import read, side

WITH_DOTS = ("java", "librdkafka")


def named(client: str, kafka: str) -> Pipeline:
    """A consumer with a name."""
    keys = {"group.id": "g", "group.instance.id": "a"}
    spelt = keys if client.startswith(WITH_DOTS) else {key.replace(".", "_"): value for key, value in keys.items()}
    return read(side("consumer", spelt, client, kafka))


def are_static(found: Pipeline) -> tuple[bool, bool]:
    """Whether the members are static for the consume half, and for the group."""
    assert found.consumer is not None
    return as_members(consumer_rules(found.consumer), found).is_static, group_rules(found).is_static


@pytest.mark.parametrize(
    ("kafka", "version"), [("0.10.0", 0), ("0.10.1", 1), ("1.1", 2), ("2.0", 3), ("2.1", 3), ("2.2", 4)]
)
def test_java_joins_by_no_name_that_brokers_do_not_know(kafka: str, version: int) -> None:
    with pytest.raises(BadConfiguration, match=f"version {version} does not support usage of config group.instance.id"):
        named("java 2.8.2", kafka)


@pytest.mark.parametrize("client", ["java", "librdkafka", "kafka-python", "aiokafka"])
def test_brokers_know_names_since_2_3(client: str) -> None:
    found = named(client, "2.3")

    assert are_static(found) == (True, True)
    assert unmodelled(found, "no-loss") == ()


@pytest.mark.parametrize("client", ["librdkafka", "aiokafka"])
def test_members_that_neither_leave_nor_are_known_again_are_not_modelled(client: str) -> None:
    reasons = [what.reason for what in unmodelled(named(client, "2.2"), "no-loss")]

    assert len(reasons) == 1
    assert "brokers before 2.3, which do not know it" in reasons[0]


def test_kafka_python_has_dynamic_members_where_brokers_know_no_names() -> None:
    found = named("kafka-python", "2.2")

    assert are_static(found) == (False, False)
    assert unmodelled(found, "no-loss") == ()
