import pytest

from tests.config.pipelines import Config, consumer, producer, refusals

REFUSED: tuple[tuple[str, Config, str, str], ...] = (
    (
        "producer",
        {"enable_idempotence": True, "acks": 1},
        "acks",
        "ValueError: acks=1 not supported if enable_idempotence=True",
    ),
    (
        "producer",
        {"transactional_id": "t", "acks": 0},
        "acks",
        "ValueError: acks=0 not supported if enable_idempotence=True",
    ),
    ("producer", {"acks": 2}, "acks", "ValueError: Invalid ACKS parameter"),
    ("producer", {"compression_type": "brotli"}, "compression_type", "ValueError: Invalid compression type!"),
    (
        "producer",
        {"flying": 1},
        "flying",
        "TypeError: AIOKafkaProducer.__init__() got an unexpected keyword argument 'flying'",
    ),
    (
        "consumer",
        {"flying": 1},
        "flying",
        "TypeError: AIOKafkaConsumer.__init__() got an unexpected keyword argument 'flying'",
    ),
    (
        "consumer",
        {"max_poll_records": 0},
        "max_poll_records",
        "ValueError: `max_poll_records` should be positive Integer",
    ),
    ("consumer", {"isolation_level": "x"}, "isolation_level", "ValueError: Incorrect isolation level x"),
)


@pytest.mark.parametrize(("side", "config", "key", "message"), REFUSED)
def test_the_client_refuses(side: str, config: Config, key: str, message: str) -> None:
    assert refusals(side, config, "aiokafka") == {key: message}


@pytest.mark.parametrize(
    ("config", "acks", "is_idempotent"),
    [
        ({}, "1", False),
        ({"acks": "all"}, "all", False),
        ({"acks": -1}, "all", False),
        ({"enable_idempotence": True}, "all", True),
        ({"transactional_id": "t", "enable_idempotence": False}, "all", True),
    ],
)
def test_a_producer_delivers(config: Config, acks: str, is_idempotent: bool) -> None:
    found = producer(config, "aiokafka")

    assert (found.acks, found.is_idempotent) == (acks, is_idempotent)


def test_a_partition_has_one_batch_in_flight() -> None:
    assert producer({}, "aiokafka").max_in_flight == 1


def test_the_consumer_defaults() -> None:
    found = consumer({}, "aiokafka")

    assert (found.commit, found.auto_offset_reset, found.isolation_level) == ("auto", "latest", "read_uncommitted")
    assert found.settings["session_timeout_ms"].value == "10000"
