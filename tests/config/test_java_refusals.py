"""What the Java client raises, setting by setting, as its constructors do against a real broker."""

import pytest

from tests.config.pipelines import Config, notices, producer, refusals

CE = "org.apache.kafka.common.config.ConfigException: "
WRAPPED = "org.apache.kafka.common.KafkaException: Failed to construct kafka"
IN_FLIGHT = "max.in.flight.requests.per.connection"
RESET = "auto.offset.reset"
SIX_IN_FLIGHT = f"{CE}To use the idempotent producer, {IN_FLIGHT} must be set to at most 5. Current value is 6."
NO_TRANSACTIONS = f"{CE}Cannot set a transactional.id without also enabling idempotence."
NOT_ALL = "Must set acks to all in order to use the idempotent producer. Otherwise we cannot guarantee idempotence."
TIMEOUT = "delivery.timeout.ms should be equal to or larger than linger.ms + request.timeout.ms"
HEARTBEAT = "java.lang.IllegalArgumentException: Heartbeat must be set lower than the session timeout"

PRODUCER: tuple[tuple[str, Config, str, str], ...] = (
    ("4.3", {"enable.idempotence": True, "acks": "1"}, "acks", CE + NOT_ALL),
    (
        "4.3",
        {"enable.idempotence": True, "retries": 0},
        "retries",
        CE + "Must set retries to non-zero when using the idempotent producer.",
    ),
    ("4.3", {IN_FLIGHT: 6}, IN_FLIGHT, SIX_IN_FLIGHT),
    ("4.3", {IN_FLIGHT: 6, "enable.idempotence": True}, IN_FLIGHT, SIX_IN_FLIGHT),
    ("4.3", {IN_FLIGHT: 6, "acks": "1"}, IN_FLIGHT, SIX_IN_FLIGHT),
    ("4.3", {IN_FLIGHT: 6, "transactional.id": "t"}, IN_FLIGHT, SIX_IN_FLIGHT),
    (
        "3.9",
        {IN_FLIGHT: 6, "enable.idempotence": True},
        IN_FLIGHT,
        f"{CE}Must set {IN_FLIGHT} to at most 5 to use the idempotent producer.",
    ),
    ("4.3", {"transactional.id": "t", "enable.idempotence": False}, "transactional.id", NO_TRANSACTIONS),
    ("4.3", {"transactional.id": "t", "acks": "1"}, "transactional.id", NO_TRANSACTIONS),
    ("4.3", {"transactional.id": "t", "retries": 0}, "transactional.id", NO_TRANSACTIONS),
    (
        "4.3",
        {"transactional.id": ""},
        "transactional.id",
        CE + "Invalid value  for configuration transactional.id: String must be non-empty",
    ),
    (
        "4.3",
        {"transaction.two.phase.commit.enable": True, "transaction.timeout.ms": 60000},
        "transaction.timeout.ms",
        CE + "Cannot set transaction.timeout.ms when transaction.two.phase.commit.enable is set to true. "
        "Transactions will not expire with two-phase commit enabled.",
    ),
    (
        "4.3",
        {"delivery.timeout.ms": 1000, "request.timeout.ms": 30000},
        "delivery.timeout.ms",
        f"{WRAPPED} producer; caused by {CE}{TIMEOUT}",
    ),
    (
        "4.3",
        {"acks": "2"},
        "acks",
        CE + "Invalid value 2 for configuration acks: String must be one of: all, -1, 0, 1",
    ),
    (
        "4.3",
        {"enable.idempotence": "yes"},
        "enable.idempotence",
        CE + "Invalid value yes for configuration enable.idempotence: Expected value to be either true or false",
    ),
    (
        "4.3",
        {"retries": "many"},
        "retries",
        CE + "Invalid value many for configuration retries: Not a number of type INT",
    ),
    (
        "4.3",
        {"retries": -1},
        "retries",
        CE + "Invalid value -1 for configuration retries: Value must be at least 0",
    ),
    (
        "4.3",
        {"retries": 2**31},
        "retries",
        CE + "Invalid value 2147483648 for configuration retries: Not a number of type INT",
    ),
    (
        "4.3",
        {IN_FLIGHT: 0},
        IN_FLIGHT,
        f"{CE}Invalid value 0 for configuration {IN_FLIGHT}: Value must be at least 1",
    ),
    (
        "4.3",
        {"compression.type": "brotli"},
        "compression.type",
        CE + "Invalid value brotli for configuration compression.type: "
        "String must be one of: none, gzip, snappy, lz4, zstd",
    ),
    (
        "4.3",
        {"metadata.max.idle.ms": 10},
        "metadata.max.idle.ms",
        CE + "Invalid value 10 for configuration metadata.max.idle.ms: Value must be at least 5000",
    ),
    (
        "4.3",
        {"compression.lz4.level": 18},
        "compression.lz4.level",
        CE + "Invalid value 18 for configuration compression.lz4.level: Value must be no more than 17",
    ),
)

CONSUMER: tuple[tuple[str, Config, str, str], ...] = (
    (
        "4.3",
        {"max.poll.records": 0},
        "max.poll.records",
        CE + "Invalid value 0 for configuration max.poll.records: Value must be at least 1",
    ),
    (
        "4.3",
        {"heartbeat.interval.ms": 45000},
        "heartbeat.interval.ms",
        f"{WRAPPED} consumer; caused by {HEARTBEAT}",
    ),
    (
        "4.3",
        {"group.protocol": "consumer", "session.timeout.ms": 45000},
        "session.timeout.ms",
        CE + "session.timeout.ms cannot be set when group.protocol=CONSUMER",
    ),
    (
        "4.3",
        {"group.protocol": "consumer", "heartbeat.interval.ms": 3000},
        "heartbeat.interval.ms",
        CE + "heartbeat.interval.ms cannot be set when group.protocol=CONSUMER",
    ),
    (
        "4.3",
        {"group.protocol": "CONSUMER", "partition.assignment.strategy": "x"},
        "partition.assignment.strategy",
        CE + "partition.assignment.strategy cannot be set when group.protocol=CONSUMER",
    ),
    (
        "4.3",
        {"group.remote.assignor": "uniform"},
        "group.remote.assignor",
        CE + "group.remote.assignor cannot be set when group.protocol=CLASSIC",
    ),
    (
        "4.3",
        {"group.protocol": "eager"},
        "group.protocol",
        CE + "Invalid value eager for configuration group.protocol: "
        "String must be one of (case insensitive): CONSUMER, CLASSIC",
    ),
    (
        "4.3",
        {"enable.auto.commit": True},
        "enable.auto.commit",
        "org.apache.kafka.common.errors.InvalidConfigurationException: "
        "enable.auto.commit cannot be set to true when default group id (null) is used.",
    ),
    (
        "4.3",
        {"group.id": " "},
        "group.id",
        f"{WRAPPED} consumer; caused by org.apache.kafka.common.errors.InvalidGroupIdException: "
        "The configured group.id should not be an empty string or whitespace.",
    ),
    (
        "4.3",
        {RESET: "begin"},
        RESET,
        f"{CE}Invalid value begin for configuration {RESET}: Invalid value `begin` for configuration {RESET}. "
        "The value must be either 'earliest', 'latest', 'none' or of the format 'by_duration:<PnDTnHnMn.nS.>'.",
    ),
    (
        "3.9",
        {RESET: "by_duration:P1D"},
        RESET,
        f"{CE}Invalid value by_duration:P1D for configuration {RESET}: String must be one of: latest, earliest, none",
    ),
    (
        "4.3",
        {"isolation.level": "serializable"},
        "isolation.level",
        CE + "Invalid value serializable for configuration isolation.level: "
        "String must be one of: read_committed, read_uncommitted",
    ),
)

ACCEPTED: tuple[tuple[str, str, Config], ...] = (
    ("producer", "4.3", {IN_FLIGHT: 6, "enable.idempotence": False}),
    ("producer", "3.9", {IN_FLIGHT: 6}),
    ("producer", "4.3", {"request.timeout.ms": 200000}),
    ("producer", "4.3", {"retries": " +5 ", "enable.idempotence": "TRUE"}),
    ("producer", "4.3", {"metrics.sample.window.ms": 9223372036854775807}),
    ("producer", "4.3", {"sasl.login.refresh.window.factor": "0.5"}),
    ("producer", "4.3", {"compression.gzip.level": -1}),
    ("consumer", "4.3", {"session.timeout.ms": 310000, "max.poll.interval.ms": 300000}),
    ("consumer", "4.3", {"fetch.max.wait.ms": 40000}),
    ("consumer", "4.3", {RESET: "by_duration:P1DT2H3M4.5S"}),
    ("consumer", "4.3", {"group.protocol": "consumer", "group.remote.assignor": "uniform"}),
    ("consumer", "3.9", {"group.id": ""}),
)


@pytest.mark.parametrize(("kafka", "config", "key", "message"), PRODUCER)
def test_a_producer_is_refused_with_the_exception_of_its_client(
    kafka: str, config: Config, key: str, message: str
) -> None:
    assert refusals("producer", config, kafka=kafka) == {key: message}


@pytest.mark.parametrize(("kafka", "config", "key", "message"), CONSUMER)
def test_a_consumer_is_refused_with_the_exception_of_its_client(
    kafka: str, config: Config, key: str, message: str
) -> None:
    assert refusals("consumer", config, kafka=kafka) == {key: message}


@pytest.mark.parametrize(("side", "kafka", "config"), ACCEPTED)
def test_what_the_client_accepts_is_accepted(side: str, kafka: str, config: Config) -> None:
    assert refusals(side, config, kafka=kafka) == {}


def test_each_conflict_is_reported() -> None:
    found = refusals("producer", {"enable.idempotence": True, "acks": "0", "retries": 0, IN_FLIGHT: 6})

    assert set(found) == {"acks", "retries", IN_FLIGHT}


def test_a_bad_value_does_not_hide_a_conflict() -> None:
    assert set(refusals("producer", {"linger.ms": -1, "enable.idempotence": True, "acks": "0"})) == {
        "linger.ms",
        "acks",
    }


@pytest.mark.parametrize(("key", "value"), [("acks", "1"), ("acks", "0"), ("retries", "0")])
def test_idempotence_by_default_is_turned_off_silently(key: str, value: str) -> None:
    config = {key: value}

    notice = notices("producer", config)["enable.idempotence"]

    assert notice.message == f"turned off silently because {key}={value}"
    assert notice.line == 6
    assert not producer(config).is_idempotent


def test_in_flight_above_five_turns_idempotence_off_before_4() -> None:
    assert not producer({IN_FLIGHT: 6}, kafka="3.9").is_idempotent


def test_a_delivery_timeout_that_is_not_given_is_raised() -> None:
    notice = notices("producer", {"request.timeout.ms": 200000})["delivery.timeout.ms"]

    assert notice.message == f"{TIMEOUT}. Setting it to 200005."


def test_before_2_1_there_is_no_delivery_timeout() -> None:
    assert "delivery.timeout.ms" not in notices("producer", {"request.timeout.ms": 200000}, kafka="2.0")


def test_an_unknown_key_is_a_notice_with_its_line() -> None:
    notice = notices("producer", {"acks": "all", "schema.registry.url": "http://r"})["schema.registry.url"]

    assert "These configurations '[schema.registry.url]' were supplied but are not used yet." in notice.message
    assert notice.line == 7


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        ("enable.idempotance", "enable.idempotence"),
        ("max.inflight.requests.per.connection", IN_FLIGHT),
        ("enable_idempotence", "enable.idempotence"),
        ("ack", "acks"),
        ("Acks", "acks"),
        ("delivery.timeout", "delivery.timeout.ms"),
    ],
)
def test_a_slip_in_a_key_that_matters_is_refused(key: str, meant: str) -> None:
    assert refusals("producer", {key: "1"}) == {key: f"unknown key {key}; did you mean {meant}?"}


@pytest.mark.parametrize("key", ["group.id", "session.timeout.ms", "transactional.id.prefix", "enable.metrics"])
def test_a_key_of_something_else_is_no_slip(key: str) -> None:
    assert refusals("producer", {key: "1"}) == {}


def test_a_key_that_only_other_versions_know_is_a_notice() -> None:
    assert "enable.idempotence" in notices("producer", {"enable.idempotence": True}, kafka="0.10")
