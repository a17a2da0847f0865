"""The numbers of each client that questions of timing are asked about."""

from collections.abc import Mapping

import pytest

from ackproof.config.timing.settings import timing_settings
from ackproof.proofs.timing.setting import Setting
from tests.config.pipelines import Config, read, side

MEASURED = "[timing]\npartitions = 12\n"


def setting(name: str, config: Config, client: str = "java", kafka: str = "4.3", extra: str = "") -> Setting:
    """The numbers of one client with these settings."""
    (found,) = timing_settings(read(side(name, config, client, kafka, extra) + MEASURED))
    return found


def values(found: Setting) -> Mapping[str, int]:
    """What each number is."""
    return {name: key.value for name, key in found.keys.items()}


GROUP = {"group.id": "g"}
PYTHON_GROUP = {"group_id": "g"}


def test_java_defaults_are_those_of_the_release() -> None:
    new, old = (values(setting("consumer", GROUP, kafka=kafka)) for kafka in ("4.3", "2.8"))

    assert new["session_timeout_ms"] == 45_000
    assert old["session_timeout_ms"] == 10_000
    assert new["records_per_poll"] == 500
    assert new["max_poll_interval_ms"] == new["rebalance_timeout_ms"] == 300_000


def test_a_key_is_named_as_the_client_spells_it() -> None:
    found = setting("consumer", {**PYTHON_GROUP, "max_poll_records": 7}, "kafka-python")

    assert found.keys["records_per_poll"].name == "max_poll_records"
    assert found.keys["records_per_poll"].value == 7


def test_under_the_new_protocol_brokers_say_how_long_a_session_is() -> None:
    found = setting("consumer", {**GROUP, "group.protocol": "consumer"})

    assert found.keys["session_timeout_ms"].name == "group.consumer.session.timeout.ms"
    assert (found.keys["session_timeout_ms"].least, found.keys["session_timeout_ms"].most) == (45_000, 60_000)
    assert found.keys["heartbeat_interval_ms"].value == 5_000


def test_a_poll_of_librdkafka_returns_one_record_unless_somebody_says_more() -> None:
    one = setting("consumer", GROUP, "librdkafka")
    (many,) = timing_settings(read(side("consumer", GROUP, "librdkafka") + "[timing]\nrecords_per_poll = 50\n"))

    assert one.keys["records_per_poll"].value == 1
    assert many.keys["records_per_poll"].value == 50


def test_nobody_knows_how_many_records_a_poll_of_aiokafka_returns() -> None:
    assert "records_per_poll" not in setting("consumer", PYTHON_GROUP, "aiokafka").keys
    limited = setting("consumer", {**PYTHON_GROUP, "max_poll_records": 9}, "aiokafka")
    assert limited.keys["records_per_poll"].value == 9


def test_aiokafka_rebalances_within_its_session_and_beats_on_the_event_loop() -> None:
    found = setting("consumer", PYTHON_GROUP, "aiokafka")

    assert found.keys["rebalance_timeout_ms"].name == "session_timeout_ms"
    assert found.behaviour.blocks_heartbeats
    assert not found.behaviour.commits_in_poll


@pytest.mark.parametrize(
    ("extra", "round_trips"),
    [
        ('commit = "auto"', 0),
        ('commit = "async"', 0),
        ('commit = "sync"', 1),
        ('commit = "async"\non_revoke = "commit"', 1),
        ('commit = "with-sink"', 0),
    ],
)
def test_a_loop_waits_for_brokers_only_where_it_commits_synchronously(extra: str, round_trips: int) -> None:
    assert setting("consumer", GROUP, extra=extra).behaviour.round_trips == round_trips


def test_only_automatic_commits_have_an_interval() -> None:
    assert "auto_commit_interval_ms" in setting("consumer", GROUP, extra='commit = "auto"').keys
    assert "auto_commit_interval_ms" not in setting("consumer", GROUP, extra='commit = "sync"').keys


def test_a_delivery_timeout_that_nobody_gave_adapts_to_the_request_timeout() -> None:
    found = setting("producer", {"request.timeout.ms": 200_000})

    assert found.keys["delivery_timeout_ms"].value == 200_005


@pytest.mark.parametrize(
    ("client", "kafka", "config", "name", "value", "is_strict"),
    [
        ("java", "4.3", {}, "delivery.timeout.ms", 120_000, False),
        ("java", "2.0", {}, "request.timeout.ms", 30_000, True),
        ("librdkafka", "4.3", {}, "message.timeout.ms", 300_000, False),
        ("librdkafka", "4.3", {"transactional.id": "t"}, "message.timeout.ms", 60_000, False),
        ("kafka-python", "4.3", {}, "delivery_timeout_ms", 120_000, False),
        ("aiokafka", "4.3", {}, "request_timeout_ms", 40_000, True),
    ],
)
def test_each_client_ends_a_send_by_its_own_deadline(  # one row of a table
    client: str, kafka: str, config: Config, name: str, value: int, is_strict: bool
) -> None:
    found = setting("producer", config, client, kafka)

    assert (found.keys["delivery_timeout_ms"].name, found.keys["delivery_timeout_ms"].value) == (name, value)
    assert found.behaviour.may_succeed_at_deadline == is_strict


def test_what_never_expires_has_no_deadline() -> None:
    found = setting("producer", {"message.timeout.ms": 0}, "librdkafka")

    assert "delivery_timeout_ms" not in found.keys


def test_each_client_holds_records_in_its_own_way() -> None:
    keys = {client: setting("producer", {}, client).keys.keys() for client in ("java", "librdkafka", "kafka-python")}

    assert "buffer_memory" in keys["java"]
    assert {"queue_messages", "queue_kbytes"} <= keys["librdkafka"]
    assert not {"buffer_memory", "queue_messages"} & keys["kafka-python"]


def test_a_queue_of_librdkafka_without_a_limit_of_messages_is_not_asked_about() -> None:
    assert "queue_messages" not in setting("producer", {"queue.buffering.max.messages": 0}, "librdkafka").keys


def test_a_transaction_holds_the_records_of_a_poll_unless_somebody_says_how_many() -> None:
    pipeline = """
[producer]
[producer.config]
"transactional.id" = "t"
[consumer]
commit = "transaction"
sink = "kafka"
[consumer.config]
"group.id" = "g"
"max.poll.records" = 70
[timing]
"""
    of_a_poll, _ = timing_settings(read(pipeline))
    as_said, _ = timing_settings(read(f"{pipeline}records_per_transaction = 9"))

    assert of_a_poll.keys["records_per_transaction"].name == "max.poll.records"
    assert of_a_poll.keys["records_per_transaction"].value == 70
    assert as_said.keys["records_per_transaction"].value == 9
