"""From producers as configured, by client and version, to rules of the model."""

import attrs
import pytest

from ackproof.config.pipeline import OnSendFailure
from ackproof.config.producers import IDEMPOTENCE_CHANGES, PRODUCER_CHANGES, idempotence_of, producer_rules
from ackproof.config.versions import Version
from ackproof.model.produce.idempotence import (
    AIOKAFKA_IDEMPOTENCE,
    JAVA_IDEMPOTENCE,
    KAFKA_PYTHON_IDEMPOTENCE,
    LIBRDKAFKA_IDEMPOTENCE,
)
from ackproof.model.produce.rules import ProducerRules, each_to_the_front, in_send_order
from tests.config.pipelines import Config, producer

NEW: Version = (4, 3, 1)
IDEMPOTENT: Config = {"enable.idempotence": True}


def rules(client: str, config: Config | None = None, kafka: str = "4.3") -> ProducerRules:
    """The rules of a producer with these settings."""
    return producer_rules(producer(config or {}, client, kafka), 2, NEW)


def test_the_newest_release_of_each_client_is_what_the_model_calls_by_its_name() -> None:
    assert idempotence_of("java", NEW, NEW) == JAVA_IDEMPOTENCE
    assert idempotence_of("librdkafka", (2, 16), NEW) == LIBRDKAFKA_IDEMPOTENCE
    assert idempotence_of("kafka-python", (3, 0, 12), NEW) == KAFKA_PYTHON_IDEMPOTENCE
    assert idempotence_of("aiokafka", (0, 14), NEW) == AIOKAFKA_IDEMPOTENCE


@pytest.mark.parametrize(
    ("version", "changes"),
    [
        ((0, 11), {"counts_acknowledged": True, "after_deadline": "reset", "on_unknown_producer": "fail"}),
        ((1, 1), {"counts_acknowledged": False, "after_deadline": "resolve", "on_unknown_producer": "guess"}),
        ((2, 0), {"on_late_failure": "nothing", "hears_of_expired": False}),
        ((2, 1), {"on_late_failure": "adjust", "hears_of_expired": True, "restarts_in_heap_order": True}),
        ((2, 3), {"restarts_in_heap_order": False}),
        ((2, 4), {"on_gap": "fail-and-reset", "on_unknown_producer": "guess"}),
        ((2, 5), {"on_gap": "bump", "on_unknown_producer": "gap", "on_late_failure": "bump"}),
        ((3, 5), {"hears_of_expired": True}),
        ((3, 6), {"hears_of_expired": False}),
    ],
)
def test_java_is_idempotent_as_its_release_is(version: Version, changes: dict[str, object]) -> None:
    found = attrs.asdict(idempotence_of("java", version, NEW))

    assert {name: found[name] for name in changes} == changes


def test_changes_are_listed_oldest_first_and_change_something() -> None:
    for tables in (IDEMPOTENCE_CHANGES, PRODUCER_CHANGES):
        for name, changes in tables.items():
            assert list(changes) == sorted(changes, key=lambda change: change[0]), name
            assert all(fields for _, fields in changes)


def test_before_2_1_only_batches_that_wait_pass_a_deadline() -> None:
    assert rules("java 2.0.1").expiry == "in-queue"
    assert rules("java 2.1.1").expiry == "anywhere"
    assert rules("kafka-python 2.1.5").expiry == "in-queue"
    assert rules("kafka-python 2.2.15").expiry == "anywhere"


def test_java_0_10_tries_once_and_waits_for_the_leader_alone() -> None:
    old = rules("java 0.10.2.2")

    assert (old.idempotence, old.retries, old.acks) == (None, 0, "1")


def test_java_0_11_takes_one_idempotent_batch_at_a_time() -> None:
    asked = rules("java 0.11.0.3", IDEMPOTENT)

    assert asked.idempotence == idempotence_of("java", (0, 11), NEW)
    assert (asked.max_in_flight, asked.retries, asked.acks) == (1, None, "all")


def test_an_old_client_may_meet_new_brokers_and_a_new_client_old_ones() -> None:
    assert rules("java 1.1.1", IDEMPOTENT, "4.3").idempotence == idempotence_of("java", (1, 1, 1), NEW)
    assert rules("java 3.9.1", None, "1.1").idempotence == JAVA_IDEMPOTENCE


def test_librdkafka_without_a_message_timeout_never_gives_up() -> None:
    assert rules("librdkafka").expiry == "anywhere"
    assert rules("librdkafka", {"message.timeout.ms": 0}).expiry == "never"
    assert rules("librdkafka", {"delivery.timeout.ms": 0}).expiry == "never"


def test_librdkafka_closes_the_connection_at_a_deadline_and_keeps_the_order_of_messages() -> None:
    assert rules("librdkafka").deadline_closes_connection
    assert rules("librdkafka").requeue is in_send_order
    assert not rules("java").deadline_closes_connection


def test_librdkafka_forgets_sequences_before_1_9_and_lets_retries_be_overtaken_before_0_11_4() -> None:
    assert idempotence_of("librdkafka", (1, 8, 2), NEW).forgets_sequences
    assert not idempotence_of("librdkafka", (1, 9), NEW).forgets_sequences
    assert rules("librdkafka 0.11.3").lets_retries_be_overtaken
    assert not rules("librdkafka 0.11.4").lets_retries_be_overtaken


def test_an_idempotent_batch_of_aiokafka_expires_only_before_it_is_sent() -> None:
    assert rules("aiokafka", {"enable_idempotence": True}).expiry == "in-queue"
    assert rules("aiokafka").expiry == "anywhere"


def test_python_clients_mute_a_partition_since_they_learned_of_leaders_that_move() -> None:
    assert not rules("aiokafka 0.4.3").mutes_partition
    assert rules("aiokafka 0.5.0").mutes_partition
    assert rules("kafka-python 1.4.7").mutes_partition


def test_kafka_python_asks_old_brokers_for_a_new_producer_id_and_newer_ones_for_a_new_epoch() -> None:
    assert idempotence_of("kafka-python", (3, 0), (2, 4)).on_gap == "fail-and-reset"
    assert idempotence_of("kafka-python", (3, 0), (2, 5)).on_gap == "fail-and-bump"


def test_without_idempotence_java_puts_each_failed_batch_in_front() -> None:
    assert rules("java", {"enable.idempotence": False}).requeue is each_to_the_front
    assert rules("java").requeue is in_send_order


@pytest.mark.parametrize(("says", "means"), [("stop", "drop"), ("drop", "drop"), ("resend", "resend")])
def test_who_stops_has_handed_over_more_before(says: OnSendFailure, means: OnSendFailure) -> None:
    stopping = attrs.evolve(producer({}, "java", "4.3"), on_send_failure=says)

    assert producer_rules(stopping, 2, NEW).on_send_failure == means


def test_more_retries_than_faults_count_as_one_more() -> None:
    assert rules("java", {"retries": 1}).retries == 1
    assert rules("java", {"retries": 40}).retries == 3
    assert rules("java").retries is None
