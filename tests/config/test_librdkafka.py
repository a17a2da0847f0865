import pytest

from tests.config.pipelines import Config, consumer, notices, producer, refusals

FAILED = 'cimpl.KafkaException: KafkaError{code=_INVALID_ARG,val=-186,str="'
PRODUCER, CONSUMER = f"{FAILED}Failed to create producer: ", f"{FAILED}Failed to create consumer: "
WHEN = 'when `enable.idempotence` is true"}'
UNSUPPORTED = "is not supported for `group.protocol=consumer`"

REFUSED: tuple[tuple[str, Config, str, str], ...] = (
    (
        "producer",
        {"enable.idempotence": True, "acks": 1},
        "acks",
        f"{PRODUCER}`acks` must be set to `all` {WHEN}",
    ),
    (
        "producer",
        {"enable.idempotence": True, "request.required.acks": "1"},
        "request.required.acks",
        f"{PRODUCER}`acks` must be set to `all` {WHEN}",
    ),
    (
        "producer",
        {"enable.idempotence": True, "max.in.flight": 6},
        "max.in.flight",
        f"{PRODUCER}`max.in.flight` must be set <= 5 {WHEN}",
    ),
    (
        "producer",
        {"transactional.id": "t", "retries": 0},
        "retries",
        f"{PRODUCER}`retries` must be set >= 1 {WHEN}",
    ),
    (
        "producer",
        {"enable.idempotence": "1", "queuing.strategy": "lifo"},
        "queuing.strategy",
        f"{PRODUCER}`queuing.strategy` must be set to `fifo` {WHEN}",
    ),
    (
        "producer",
        {"transactional.id": "t", "enable.idempotence": False},
        "transactional.id",
        PRODUCER + '`transactional.id` requires `enable.idempotence=true`"}',
    ),
    (
        "producer",
        {"transactional.id": "t", "delivery.timeout.ms": 70000},
        "delivery.timeout.ms",
        PRODUCER + '`message.timeout.ms` must be set <= `transaction.timeout.ms`"}',
    ),
    (
        "producer",
        {"transactional.id": "t", "socket.timeout.ms": 70000},
        "socket.timeout.ms",
        PRODUCER + '`socket.timeout.ms` must be set <= `transaction.timeout.ms` + 100"}',
    ),
    (
        "producer",
        {"linger.ms": 1000, "message.timeout.ms": 1000},
        "message.timeout.ms",
        PRODUCER + '`message.timeout.ms` must be greater than `linger.ms`"}',
    ),
    (
        "producer",
        {"enable.gapless.guarantee": True},
        "enable.gapless.guarantee",
        PRODUCER + '`enable.gapless.guarantee` requires `enable.idempotence` to be enabled"}',
    ),
    ("producer", {"x.y": 1}, "x.y", FAILED + 'No such configuration property: "x.y""}'),
    (
        "producer",
        {"acks": 1001},
        "acks",
        FAILED + 'Configuration property "request.required.acks" value 1001 is outside allowed range -1..1000"}',
    ),
    (
        "producer",
        {"retries": "many"},
        "retries",
        FAILED + 'Invalid value for configuration property "message.send.max.retries""}',
    ),
    (
        "producer",
        {"compression.type": "brotli"},
        "compression.type",
        FAILED + 'Invalid value "brotli" for configuration property "compression.codec""}',
    ),
    (
        "producer",
        {"enable.idempotence": "yes"},
        "enable.idempotence",
        FAILED + 'Expected bool value for "enable.idempotence": true or false"}',
    ),
    (
        "consumer",
        {"max.poll.interval.ms": 10000, "session.timeout.ms": 20000},
        "max.poll.interval.ms",
        CONSUMER + '`max.poll.interval.ms`must be >= `session.timeout.ms`"}',
    ),
    (
        "consumer",
        {"group.protocol": "consumer", "session.timeout.ms": 20000},
        "session.timeout.ms",
        f'{CONSUMER}`session.timeout.ms` {UNSUPPORTED} or share consumer. It is defined broker side"}}',
    ),
    (
        "consumer",
        {"group.protocol": "consumer", "partition.assignment.strategy": "range"},
        "partition.assignment.strategy",
        f'{CONSUMER}`partition.assignment.strategy` {UNSUPPORTED}. Use `group.remote.assignor` instead"}}',
    ),
    (
        "consumer",
        {"partition.assignment.strategy": "sticky"},
        "partition.assignment.strategy",
        CONSUMER + 'Unsupported partition.assignment.strategy: sticky"}',
    ),
)

ACCEPTED: tuple[tuple[str, Config], ...] = (
    ("producer", {"acks": "ALL", "compression.type": "GZIP", "linger.ms": "0.5"}),
    ("producer", {"transactional.id": "t", "message.timeout.ms": 0}),
    ("producer", {"message.timeout.ms": 1}),
    ("producer", {"transactional.id": "", "enable.idempotence": False}),
    ("consumer", {"heartbeat.interval.ms": 50000}),
    ("consumer", {"partition.assignment.strategy": "cooperative-sticky"}),
    ("consumer", {"group.remote.assignor": "uniform"}),
)


@pytest.mark.parametrize(
    ("key", "value", "before", "first"),
    [
        ("group.protocol", "consumer", "2.3", "2.4"),
        ("group.instance.id", "a", "1.2.2", "1.3.0"),
        ("max.poll.interval.ms", 400_000, "0.11.6", "1.0"),
    ],
)
def test_keys_are_unknown_before_they_came(key: str, value: str | int, before: str, first: str) -> None:
    message = FAILED + f'No such configuration property: "{key}""}}'

    assert refusals("consumer", {key: value}, f"librdkafka {before}") == {key: message}
    assert refusals("consumer", {key: value}, f"librdkafka {first}") == {}


@pytest.mark.parametrize(("version", "is_refused"), [("1.5.3", True), ("1.6.0", False)])
def test_cooperative_groups_came_with_a_version(version: str, *, is_refused: bool) -> None:
    key = "partition.assignment.strategy"
    message = CONSUMER + 'Unsupported partition.assignment.strategy: cooperative-sticky"}'

    found = refusals("consumer", {key: "cooperative-sticky"}, f"librdkafka {version}")

    assert found == ({key: message} if is_refused else {})


@pytest.mark.parametrize(("side", "config", "key", "message"), REFUSED)
def test_the_client_refuses(side: str, config: Config, key: str, message: str) -> None:
    assert refusals(side, config, "librdkafka") == {key: message}


@pytest.mark.parametrize(("side", "config"), ACCEPTED)
def test_the_client_accepts(side: str, config: Config) -> None:
    assert refusals(side, config, "librdkafka") == {}


def test_mixed_assignors_are_refused() -> None:
    found = refusals("consumer", {"partition.assignment.strategy": "range,cooperative-sticky"}, "librdkafka")

    assert "must have the same protocol type" in found["partition.assignment.strategy"]


def test_acks_that_no_broker_takes_are_refused() -> None:
    assert "INVALID_REQUIRED_ACKS" in refusals("producer", {"acks": 2}, "librdkafka")["acks"]


def test_a_slip_in_a_key_that_matters_is_named_beside_the_text_of_the_client() -> None:
    message = refusals("producer", {"enable.idempotance": True}, "librdkafka")["enable.idempotance"]

    assert "did you mean enable.idempotence?" in message
    assert 'No such configuration property: "enable.idempotance"' in message


def test_a_setting_of_the_other_side_is_a_notice() -> None:
    assert "ignores" in notices("producer", {"group.id": "g"}, "librdkafka")["group.id"].message


def test_the_defaults_are_not_idempotent() -> None:
    found = producer({}, "librdkafka")

    assert (found.acks, found.is_idempotent, found.max_in_flight) == ("all", False, 1000000)


def test_what_was_not_given_follows_idempotence() -> None:
    assert producer({"enable.idempotence": True}, "librdkafka").max_in_flight == 5


def test_a_transactional_id_brings_idempotence() -> None:
    assert producer({"transactional.id": "t"}, "librdkafka").is_idempotent


def test_the_last_of_two_names_of_a_setting_counts() -> None:
    found = producer({"acks": "0", "request.required.acks": "1"}, "librdkafka")

    assert found.acks == "1"
    assert "acks" not in found.settings


@pytest.mark.parametrize(
    ("given", "reset"),
    [("smallest", "earliest"), ("beginning", "earliest"), ("largest", "latest"), ("end", "latest"), ("error", "none")],
)
def test_offsets_start_where_the_word_means(given: str, reset: str) -> None:
    assert consumer({"auto.offset.reset": given}, "librdkafka").auto_offset_reset == reset


def test_the_consumer_defaults() -> None:
    found = consumer({}, "librdkafka")

    assert (found.isolation_level, found.auto_offset_reset, found.stores_offset_itself) == (
        "read_committed",
        "latest",
        True,
    )
    assert found.settings["auto.commit.interval.ms"].value == "5000"


def test_storing_offsets_can_be_left_to_the_application() -> None:
    assert not consumer({"enable.auto.offset.store": False}, "librdkafka").stores_offset_itself


def test_an_older_version_is_as_the_known_one_and_says_so() -> None:
    assert "those of librdkafka 2.16.0" in notices("producer", {}, "librdkafka 2.3.0")["client"].message


def test_idempotence_and_transactions_are_unknown_to_releases_that_do_not_have_them() -> None:
    unknown = 'No such configuration property: "enable.idempotence"'

    assert unknown in (
        refusals("producer", {"enable.idempotence": True}, "librdkafka 0.11.6")["enable.idempotence"] or ""
    )
    assert "transactional.id" in refusals("producer", {"transactional.id": "t"}, "librdkafka 1.3.0")
    assert producer({"enable.idempotence": True}, "librdkafka 1.0.0").is_idempotent


@pytest.mark.parametrize(
    ("version", "acks", "retries"),
    [("0.11.6", "1", 2), ("1.0.0", "all", 2), ("1.5.0", "all", 2), ("1.6.0", "all", 2**31 - 1)],
)
def test_the_producer_defaults_of_older_releases(version: str, acks: str, retries: int) -> None:
    found = producer({}, f"librdkafka {version}")

    assert (found.acks, found.retries) == (acks, retries)


def test_idempotence_has_always_retried_without_an_end() -> None:
    assert producer({"enable.idempotence": True}, "librdkafka 1.0.0").retries == 2**31 - 1
    assert producer({"enable.idempotence": True, "retries": 7}, "librdkafka 1.0.0").retries == 7


@pytest.mark.parametrize("key", ["go.delivery.reports", "dotnet.producer.enable.delivery.reports"])
def test_what_a_wrapper_takes_for_itself_is_noted(key: str) -> None:
    found = notices("producer", {key: True}, "librdkafka")[key]

    assert found.message == "a wrapper takes it for itself: the client does not see it"


def test_whose_key_it_is_is_said_where_librdkafka_has_it() -> None:
    in_flight = "max.in.flight.requests.per.connection"
    client = 'It is one of librdkafka: client = "librdkafka"'
    refused = refusals("producer", {"max.in.flight": "1"})

    assert refused == {"max.in.flight": f"unknown key max.in.flight; did you mean {in_flight}? {client}"}
    assert notices("producer", {"message.timeout.ms": 1})["message.timeout.ms"].message.endswith(f"yet. {client}")
