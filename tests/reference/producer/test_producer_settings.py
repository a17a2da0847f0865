import pytest

from ackproof.reference.kernel.setting import ConfigError
from ackproof.reference.producer.rules_of import check_rules, rules_of
from ackproof.reference.producer.settings import ProducerSettings, producer_settings
from ackproof.reference.records.compression import CODECS

# As a client of Kafka 4.3.1 says it.
REFUSED: list[tuple[dict[str, object], str]] = [
    (
        {"enable.idempotence": "true", "acks": "1"},
        "Must set acks to all in order to use the idempotent producer. Otherwise we cannot guarantee idempotence.",
    ),
    (
        {"enable.idempotence": "true", "retries": "0"},
        "Must set retries to non-zero when using the idempotent producer.",
    ),
    (
        {"max.in.flight.requests.per.connection": "6"},
        "To use the idempotent producer, max.in.flight.requests.per.connection must be set to at most 5. "
        "Current value is 6.",
    ),
    (
        {"max.in.flight.requests.per.connection": "6", "acks": "1"},
        "To use the idempotent producer, max.in.flight.requests.per.connection must be set to at most 5. "
        "Current value is 6.",
    ),
    (
        {"transactional.id": "x", "acks": "1"},
        "Cannot set a transactional.id without also enabling idempotence.",
    ),
    (
        {"transactional.id": "x", "enable.idempotence": "false"},
        "Cannot set a transactional.id without also enabling idempotence.",
    ),
    ({"transactional.id": ""}, "Invalid value  for configuration transactional.id: String must be non-empty"),
    (
        {"delivery.timeout.ms": "1000", "request.timeout.ms": "30000"},
        "delivery.timeout.ms should be equal to or larger than linger.ms + request.timeout.ms",
    ),
    ({"acks": "2"}, "Invalid value 2 for configuration acks: String must be one of: all, -1, 0, 1"),
    (
        {"enable.idempotence": "yes"},
        "Invalid value yes for configuration enable.idempotence: Expected value to be either true or false",
    ),
    ({"retries": "many"}, "Invalid value many for configuration retries: Not a number of type INT"),
    ({"retries": "-1"}, "Invalid value -1 for configuration retries: Value must be at least 0"),
    (
        {"max.in.flight.requests.per.connection": "0"},
        "Invalid value 0 for configuration max.in.flight.requests.per.connection: Value must be at least 1",
    ),
    (
        {"compression.type": "brotli"},
        "Invalid value brotli for configuration compression.type: String must be one of: none, gzip, snappy, lz4, zstd",
    ),
    (
        {"compression.gzip.level": "0"},
        "Invalid value 0 for configuration compression.gzip.level: Value must be between 1 and 9 or equal to -1",
    ),
    (
        {"compression.gzip.level": "10"},
        "Invalid value 10 for configuration compression.gzip.level: Value must be between 1 and 9 or equal to -1",
    ),
    (
        {"compression.zstd.level": "23"},
        "Invalid value 23 for configuration compression.zstd.level: Value must be no more than 22",
    ),
    (
        {"metadata.max.idle.ms": "10"},
        "Invalid value 10 for configuration metadata.max.idle.ms: Value must be at least 5000",
    ),
]


@pytest.mark.parametrize(("properties", "says"), REFUSED, ids=str)
def test_what_kafka_refuses_is_refused_in_its_words(properties: dict[str, object], says: str) -> None:
    with pytest.raises(ConfigError) as refusal:
        producer_settings(properties)

    assert str(refusal.value) == says


@pytest.mark.parametrize("properties", [{"acks": "1"}, {"acks": "0"}, {"retries": "0"}])
def test_idempotence_that_nobody_asked_for_gives_way(properties: dict[str, object]) -> None:
    assert not producer_settings(properties).enable_idempotence


def test_many_requests_in_flight_are_accepted_without_idempotence() -> None:
    properties = {"max.in.flight.requests.per.connection": "6", "enable.idempotence": "false"}

    assert producer_settings(properties).max_in_flight_requests_per_connection == 6


def test_a_delivery_timeout_that_nobody_set_is_made_long_enough() -> None:
    assert producer_settings({"request.timeout.ms": "200000"}).delivery_timeout_ms == 200_005


def test_unknown_keys_mean_nothing() -> None:
    assert producer_settings({"enable.idempotance": "false"}) == producer_settings({})


def test_a_level_belongs_to_its_codec() -> None:
    properties = {"compression.gzip.level": "7", "compression.zstd.level": "12"}
    levels = {codec: producer_settings({**properties, "compression.type": codec}).compression_level for codec in CODECS}

    assert levels == {"none": None, "gzip": 7, "snappy": None, "lz4": 9, "zstd": 12}


def test_rules_and_settings_have_to_agree_on_idempotence() -> None:
    plain = producer_settings({"enable.idempotence": "false"})

    with pytest.raises(ConfigError):
        check_rules(producer_settings({}), rules_of(plain))
    with pytest.raises(ConfigError):
        check_rules(plain, rules_of(producer_settings({})))


def test_settings_that_were_not_checked_are_checked_as_the_producer_is_made() -> None:
    wrong = (ProducerSettings(acks="1"), ProducerSettings(transactional_id="x", enable_idempotence=False))

    for settings in wrong:
        with pytest.raises(ConfigError):
            check_rules(settings, rules_of(settings))
