from ackproof.config.reading import pipeline_in
from ackproof.repair.lever import LEVERS, options, spelt


def keys_of(**document: object) -> set[str]:
    return {option.change.key for option in options(pipeline_in(document, file="p"))}


def test_a_pipeline_is_offered_only_levers_of_its_parts() -> None:
    assert not any(key.startswith("consumer.") for key in keys_of(producer={}))
    assert not any(key.startswith("producer.") for key in keys_of(consumer={}))


def test_a_client_is_offered_keys_as_it_spells_them_and_as_the_user_wrote_them() -> None:
    python = keys_of(producer={"client": "aiokafka", "config": {"acks": 1}})
    alias = pipeline_in({"producer": {"client": "librdkafka", "config": {"acks": "1"}}}, file="p")

    assert "producer.config.enable_idempotence" in python
    assert "producer.config.acks" in python
    assert spelt(alias, "producer.config.acks") == "producer.config.acks"


def test_a_key_that_the_client_does_not_have_is_not_offered() -> None:
    assert "consumer.config.enable.auto.offset.store" not in keys_of(consumer={})
    assert "consumer.config.enable.auto.offset.store" in keys_of(consumer={"client": "librdkafka"})


def test_a_value_that_is_there_already_is_not_offered() -> None:
    assert "producer.config.acks" not in keys_of(producer={"config": {"acks": "all"}})


def test_every_lever_says_what_it_costs() -> None:
    assert all(lever.cost.why and not lever.cost.why.endswith(".") for lever in LEVERS)
