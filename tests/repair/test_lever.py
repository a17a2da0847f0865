import pytest

from ackproof.config.reading import pipeline_in
from ackproof.repair.lever import options, spelt
from ackproof.repair.levers import LEVERS


def offered(**document: object) -> dict[str, set[object]]:
    found: dict[str, set[object]] = {}
    for option in options(pipeline_in(document, file="p", name="my pipeline"), LEVERS):
        found.setdefault(option.change.key, set()).add(option.change.value)
    return found


def test_a_pipeline_is_offered_only_levers_of_its_parts() -> None:
    assert not any(key.startswith("consumer.") for key in offered(producer={}))
    assert not any(key.startswith("producer.") for key in offered(consumer={}))


def test_a_client_is_offered_keys_as_it_spells_them_and_as_the_user_wrote_them() -> None:
    python = offered(producer={"client": "aiokafka", "config": {"acks": 1}})
    alias = {"client": "librdkafka", "config": {"request.required.acks": "1"}}

    assert "producer.config.enable_idempotence" in python
    assert "producer.config.acks" in python
    assert spelt(pipeline_in({"producer": alias}, file="p"), "producer.config.acks") == (
        "producer.config.request.required.acks"
    )


def test_a_key_that_the_client_does_not_have_is_not_offered() -> None:
    assert "consumer.config.enable.auto.offset.store" not in offered(consumer={})
    assert "consumer.config.enable.auto.offset.store" in offered(consumer={"client": "librdkafka"})


def test_a_value_that_is_there_already_is_not_offered() -> None:
    assert "producer.config.acks" not in offered(producer={"config": {"acks": "all"}})


def test_versions_are_offered_where_there_are_newer_ones() -> None:
    old = offered(kafka="3.9", producer={}, consumer={"client": "librdkafka 1.9.2"})
    new = offered(kafka="4.3", producer={})

    assert old["kafka"] == {"4.3"}
    assert old["producer.client"] == {"java 4.3.1"}
    assert {str(value).partition(" ")[0] for value in old["consumer.client"]} == {"librdkafka"}
    assert not {"kafka", "producer.client"} & set(new)


TRANSACTIONAL = {"transactional.id": "t"}


@pytest.mark.parametrize(
    ("now", "config", "sink", "offers"),
    [
        ("stop", {}, "plain", {"resend"}),
        ("drop", {}, "plain", {"resend"}),
        ("resend", {}, "plain", {"drop"}),
        ("stop", TRANSACTIONAL, "plain", {"drop", "resend"}),
        ("resend", {}, "kafka", {"stop", "drop"}),
    ],
)
def test_to_stop_at_a_failed_send_is_offered_where_that_stops_a_transaction_or_what_is_read(
    now: str, config: dict[str, str], sink: str, offers: set[str]
) -> None:
    found = offered(producer={"on_send_failure": now, "config": config}, consumer={"sink": sink})

    assert found["producer.on_send_failure"] == offers


@pytest.mark.parametrize(("sink", "offers"), [("kafka", "transaction"), ("plain", "with-sink")])
def test_where_results_go_decides_what_they_can_be_committed_with(sink: str, offers: str) -> None:
    found = offered(producer={}, consumer={"sink": sink, "commit": "async"})

    assert found["consumer.commit"] == {"sync", offers}
    assert ("consumer.sink" in found) == (sink == "plain")


def test_what_has_to_be_named_is_named_after_the_pipeline() -> None:
    assert offered(producer={})["producer.config.transactional.id"] == {"my-pipeline"}


def test_assignors_are_named_as_the_client_names_them() -> None:
    key = "consumer.config.partition.assignment.strategy"

    assert offered(consumer={"client": "librdkafka"})[key] == {"range", "cooperative-sticky"}
    assert not any("assignment" in key for key in offered(consumer={"client": "aiokafka"}))


def test_every_lever_says_what_it_costs() -> None:
    assert all(lever.costs for lever in LEVERS)
    assert all(cost.why and not cost.why.endswith(".") for lever in LEVERS for cost in lever.costs)
