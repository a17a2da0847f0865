import pytest

from ackproof.config.pipeline import Client
from tests.config.pipelines import Config, notices, producer, read, refusals

IN_FLIGHT = "max.in.flight.requests.per.connection"


@pytest.mark.parametrize(
    ("kafka", "is_idempotent"),
    [
        *(("0.10", False), ("0.11", False), ("2.8", False)),
        *(("3.0.0", False), ("3.0.1", True), ("3.0", True), ("3.1.0", False), ("3.1.1", True), ("3.1", True)),
        *(("3.2", True), ("3.9", True), ("4.0", True), ("4.3", True)),
    ],
)
def test_idempotence_by_default_is_as_the_release_applies_it(kafka: str, is_idempotent: bool) -> None:
    assert producer({}, kafka=kafka).is_idempotent == is_idempotent


@pytest.mark.parametrize("kafka", ["3.0.0", "3.1.0"])
def test_a_default_that_is_not_applied_is_a_notice(kafka: str) -> None:
    assert "KAFKA-13598" in notices("producer", {}, kafka=kafka)["enable.idempotence"].message


@pytest.mark.parametrize("kafka", ["3.0.0", "3.1.0"])
def test_idempotence_that_is_asked_for_is_applied_everywhere(kafka: str) -> None:
    assert producer({"enable.idempotence": True}, kafka=kafka).is_idempotent


@pytest.mark.parametrize(("kafka", "acks"), [("2.8", "1"), ("3.0.0", "all"), ("4.3", "all")])
def test_acks_by_default(kafka: str, acks: str) -> None:
    assert producer({}, kafka=kafka).acks == acks


@pytest.mark.parametrize(("given", "acks"), [("-1", "all"), ("all", "all"), ("1", "1"), ("0", "0")])
def test_acks_has_one_spelling(given: str, acks: str) -> None:
    assert producer({"acks": given}).acks == acks


@pytest.mark.parametrize(("kafka", "retries"), [("2.0", 0), ("2.1", 2147483647)])
def test_retries_by_default(kafka: str, retries: int) -> None:
    assert producer({}, kafka=kafka).retries == retries


def test_what_was_not_given_follows_idempotence_that_was_asked_for() -> None:
    found = producer({"enable.idempotence": True}, kafka="1.0")

    assert (found.acks, found.retries, found.max_in_flight) == ("all", 2147483647, 5)


def test_an_idempotent_producer_of_0_11_has_one_request_in_flight() -> None:
    assert producer({"enable.idempotence": True}, kafka="0.11").max_in_flight == 1


def test_an_idempotent_producer_of_0_11_refuses_more_than_one_request_in_flight() -> None:
    found = refusals("producer", {"enable.idempotence": True, IN_FLIGHT: 2}, kafka="0.11")

    assert f"Must set {IN_FLIGHT} to 1" in found[IN_FLIGHT]


def test_a_transactional_id_brings_idempotence_before_3() -> None:
    assert producer({"transactional.id": "t"}, kafka="2.8").is_idempotent


@pytest.mark.parametrize("config", [{"acks": "1"}, {"retries": 0}, {"enable.idempotence": False}])
def test_a_transactional_id_conflicts_before_3_as_well(config: Config) -> None:
    assert len(refusals("producer", {"transactional.id": "t", **config}, kafka="2.8")) == 1


def test_the_client_is_of_the_release_that_kafka_names() -> None:
    assert producer({}, kafka="3.1").client == Client("java", "3.1.1")


def test_a_client_may_be_older_than_the_brokers() -> None:
    found = producer({}, client="java 3.1.0", kafka="4.3")

    assert found.client == Client("java", "3.1.0")
    assert not found.is_idempotent


def test_a_release_that_is_not_listed_is_as_the_one_below() -> None:
    assert producer({}, client="java 3.2.1").is_idempotent


def test_a_setting_says_where_it_was_given() -> None:
    setting = producer({"acks": "1"}).settings["acks"]

    assert (setting.value, setting.line) == ("1", 6)


def test_a_default_stands_nowhere() -> None:
    setting = producer({}).settings["linger.ms"]

    assert (setting.value, setting.file, setting.line) == ("5", None, None)


def test_config_beats_properties() -> None:
    text = '[producer]\nproperties = "p.properties"\n[producer.config]\nacks = "0"\n'
    found = read(text, p="acks = 1\nlinger.ms = 7\n").producer

    assert found is not None
    assert (found.acks, found.settings["linger.ms"].value) == ("0", "7")


def test_keys_may_stand_without_quotes() -> None:
    found = read("[producer.config]\nenable.idempotence = false\nretry.backoff.ms = 5\n").producer

    assert found is not None
    assert not found.is_idempotent
    assert found.settings["retry.backoff.ms"].line == 3
