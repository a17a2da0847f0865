import pytest

from tests.config.pipelines import Config, consumer, notices, producer, refusals

ERROR = "kafka.errors.KafkaConfigurationError: "
IN_FLIGHT = "max_in_flight_requests_per_connection"
INCOMPATIBLE = f"{ERROR}enable_idempotence=True is incompatible with user-provided"

REFUSED: tuple[tuple[str, Config, str, str], ...] = (
    ("producer", {"enable_idempotence": True, "acks": 1}, "acks", f"{INCOMPATIBLE} acks=1"),
    (
        "producer",
        {"enable_idempotence": True, "acks": 1, "retries": 0},
        "acks",
        f"{INCOMPATIBLE} acks=1, retries=0",
    ),
    ("producer", {"transactional_id": "t", IN_FLIGHT: 6}, IN_FLIGHT, f"{INCOMPATIBLE} {IN_FLIGHT}=6"),
    (
        "producer",
        {"transactional_id": "t", "enable_idempotence": False},
        "transactional_id",
        f"{ERROR}Cannot set transactional_id without enable_idempotence.",
    ),
    (
        "producer",
        {"delivery_timeout_ms": 30000, "linger_ms": 1},
        "delivery_timeout_ms",
        f"{ERROR}Must set delivery_timeout_ms higher than linger_ms + request_timeout_ms",
    ),
    ("producer", {"buffer_memory": 1}, "buffer_memory", "ValueError: Unrecognized configs: {'buffer_memory': 1}"),
    ("producer", {"compression_type": "brotli"}, "compression_type", "ValueError: Not supported codec: brotli"),
    (
        "consumer",
        {"fetch_max_wait_ms": 40000},
        "fetch_max_wait_ms",
        f"{ERROR}connections_max_idle_ms (540000) must be larger than request_timeout_ms (30000)"
        " which must be larger than fetch_max_wait_ms (40000).",
    ),
    (
        "consumer",
        {"heartbeat_interval_ms": 45000},
        "heartbeat_interval_ms",
        f"{ERROR}Heartbeat interval must be lower than the session timeout (45000 v 45000)",
    ),
    ("consumer", {"isolation_level": "x"}, "isolation_level", f"{ERROR}Unrecognized isolation_level"),
    ("consumer", {"flying": 1}, "flying", f"{ERROR}Unrecognized configs: {{'flying'}}"),
)


@pytest.mark.parametrize(("side", "config", "key", "message"), REFUSED)
def test_the_client_refuses(side: str, config: Config, key: str, message: str) -> None:
    assert refusals(side, config, "kafka-python") == {key: message}


@pytest.mark.parametrize(
    ("config", "acks", "is_idempotent", "max_in_flight"),
    [
        ({}, "all", True, 1),
        ({"acks": 1}, "1", False, 5),
        ({"retries": 0}, "all", False, 5),
        ({IN_FLIGHT: 6}, "all", False, 6),
        ({"acks": "all"}, "all", True, 1),
        ({"enable_idempotence": False}, "all", False, 5),
        ({"transactional_id": ""}, "all", True, 1),
    ],
)
def test_a_producer_delivers(config: Config, acks: str, is_idempotent: bool, max_in_flight: int) -> None:
    found = producer(config, "kafka-python")

    assert (found.acks, found.is_idempotent, found.max_in_flight) == (acks, is_idempotent, max_in_flight)


@pytest.mark.parametrize("version", ["2.0.2", "2.1", "2.2", "2.3.0"])
def test_before_3_nothing_is_safe_by_default(version: str) -> None:
    found = producer({}, f"kafka-python {version}")

    assert (found.acks, found.is_idempotent) == ("1", False)


def test_before_3_an_idempotent_producer_waits_for_all_with_one_request_in_flight() -> None:
    found = producer({"enable_idempotence": True}, "kafka-python 2.3.0")

    assert (found.acks, found.is_idempotent, found.max_in_flight) == ("all", True, 1)


def test_before_3_an_idempotent_producer_refuses_more_requests_in_flight() -> None:
    config: Config = {"enable_idempotence": True, IN_FLIGHT: 5}

    assert f"Must set '{IN_FLIGHT}' to 1" in refusals("producer", config, "kafka-python 2.3.0")[IN_FLIGHT]


def test_before_2_2_there_is_no_idempotence() -> None:
    assert (
        "Unrecognized" in refusals("producer", {"enable_idempotence": True}, "kafka-python 2.0.2")["enable_idempotence"]
    )


def test_idempotence_that_gives_way_is_a_notice() -> None:
    notice = notices("producer", {"acks": 1}, "kafka-python")["enable_idempotence"]

    assert (notice.message, notice.line) == ("turned off with a warning because acks=1", 6)


def test_retries_without_end_are_the_largest_number() -> None:
    assert producer({}, "kafka-python").retries == 2147483647


def test_a_spelling_with_dots_is_refused() -> None:
    assert (
        "did you mean enable_idempotence?"
        in (refusals("producer", {"enable.idempotence": True}, "kafka-python")["enable.idempotence"])
    )


def test_a_value_that_can_not_be_meant_is_refused() -> None:
    assert refusals("producer", {"enable_idempotence": "yes", "linger_ms": "soon"}, "kafka-python") == {
        "enable_idempotence": "enable_idempotence must be True or False, not 'yes'",
        "linger_ms": "linger_ms must be a whole number, not 'soon'",
    }


def test_an_unknown_offset_reset_is_none_with_a_notice() -> None:
    assert consumer({"auto_offset_reset": "begin"}, "kafka-python").auto_offset_reset == "none"
    assert "auto_offset_reset" in notices("consumer", {"auto_offset_reset": "begin"}, "kafka-python")


def test_the_consumer_defaults() -> None:
    found = consumer({}, "kafka-python")

    assert (found.commit, found.group_id, found.isolation_level, found.stores_offset_itself) == (
        *("auto", None, "read_uncommitted"),
        True,
    )
    assert found.assignors == ("RangePartitionAssignor", "RoundRobinPartitionAssignor")
