import pytest

from ackproof.config.reading import pipeline_in
from ackproof.repair.change import Change, changed, value_at

PIPELINE = pipeline_in(
    {
        "kafka": "4.3",
        "topic": {"min.insync.replicas": "2"},
        "producer": {"client": "librdkafka", "config": {"acks": "1"}},
        "consumer": {"config": {"group.id": "g"}},
        "claims": {"expect": ["no-loss"]},
    },
    file="p.ackproof.toml",
)


@pytest.mark.parametrize(
    ("key", "path"),
    [
        ("producer.config.acks", ("producer", "config", "acks")),
        ("consumer.config.auto.offset.reset", ("consumer", "config", "auto.offset.reset")),
        ("consumer.commit_when", ("consumer", "commit_when")),
        ("topic.min.insync.replicas", ("topic", "min.insync.replicas")),
        ("kafka", ("kafka",)),
    ],
)
def test_a_key_is_found_where_it_stands_in_the_file(key: str, path: tuple[str, ...]) -> None:
    assert Change(key, "x").path == path


def test_what_is_changed_is_what_the_file_would_say_with_those_values() -> None:
    after = changed(PIPELINE, frozenset({Change("producer.config.acks", "all"), Change("consumer.commit", "async")}))

    assert after is not None
    assert after.producer is not None
    assert after.consumer is not None
    assert (after.producer.acks, after.consumer.commit) == ("all", "async")
    assert (after.claims, after.bounds, after.topic) == (PIPELINE.claims, PIPELINE.bounds, PIPELINE.topic)


def test_what_the_client_would_refuse_is_no_change() -> None:
    assert changed(PIPELINE, frozenset({Change("producer.config.enable.idempotence", "true")})) is None


def test_the_value_of_a_key_that_stands_nowhere_is_none() -> None:
    document = {"producer": {"config": {"acks": "1"}}}

    assert value_at(document, Change("producer.config.acks", "")) == "1"
    assert value_at(document, Change("producer.config.retries", "")) is None
    assert value_at(document, Change("consumer.commit", "")) is None


def test_with_newer_brokers_what_was_left_out_follows_them() -> None:
    old = pipeline_in({"kafka": "3.9", "producer": {}, "consumer": {"client": "java 3.9.1"}}, file="p")
    after = changed(old, frozenset({Change("kafka", "4.3")}))

    assert after is not None
    assert after.producer is not None
    assert after.consumer is not None
    assert (after.producer.client.version, after.consumer.client.version) == ("4.3.1", "3.9.1")
    assert after.features["transaction.version"] == 2


def test_with_newer_brokers_a_feature_that_was_given_stays() -> None:
    old = pipeline_in({"kafka": "3.9", "producer": {}, "features": {"transaction.version": 0}}, file="p")
    after = changed(old, frozenset({Change("kafka", "4.3")}))

    assert after is not None
    assert after.features["transaction.version"] == 0
    assert after.features["eligible.leader.replicas.version"] == 1


def test_which_faults_were_named_stays_the_same() -> None:
    after = changed(PIPELINE, frozenset({Change("producer.config.acks", "all")}))

    assert after is not None
    assert (after.names_faults, after.faults) == (PIPELINE.names_faults, PIPELINE.faults)
