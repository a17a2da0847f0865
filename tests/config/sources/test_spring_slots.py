from typing import cast

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ackproof.config.sources.boot.keys import JAVA_MATTERS, SIDES, ClientSide
from ackproof.config.sources.part import Slot
from tests.config.sources.applications import PLACE, in_environment, in_properties, in_yaml, part, values

FILES = (
    "spring: {kafka: {producer: {acks: 1}, consumer: {group-id: g}}}",
    "spring.kafka: {producer.acks: 1, consumer.group-id: g}",
    "spring: {application.name: shop, kafka.producer.properties.linger.ms: 1, kafka: {listener.type: batch}}",
    "spring: {kafka: {properties: {isolation.level: read_committed, client.id: x}}}",
    "Spring: {KAFKA: {producer: {Properties: {'[enable.idempotence]': true}}, listener: {concurrency: 1}}}",
)
ACCEPTED = {"isolation.level": "read_committed", "enable.auto.commit": "true"}


def written(text: str, slot: Slot, value: str) -> str:
    """A file with a value at a slot."""
    document = cast("dict[str, object]", yaml.safe_load(text))
    *above, last = slot.path
    table = document
    for key in above:
        table = cast("dict[str, object]", table.setdefault(key, {}))
    table[last] = value
    return yaml.safe_dump(document)


@pytest.mark.parametrize("text", FILES)
@given(data=st.data(), side=st.sampled_from(SIDES))
def test_what_is_written_to_a_slot_counts(text: str, data: st.DataObject, side: ClientSide) -> None:
    key = data.draw(st.sampled_from(JAVA_MATTERS[side]))
    value = ACCEPTED.get(key, "7")
    slot = part(in_yaml(text), side).slot(key)
    assert slot is not None

    assert values(part(in_yaml(written(text, slot, value)), side))[key] == value


def test_a_setting_has_the_place_of_its_value() -> None:
    (found,) = in_yaml("other: 1\n---\nspring.kafka:\n  producer:\n    properties: {'[linger.ms]': 1}\n")

    assert found.slots == {"linger.ms": Slot(1, ("spring.kafka", "producer", "properties", "[linger.ms]"))}


def test_a_new_setting_stands_beside_those_that_are_there() -> None:
    (found,) = in_yaml("spring.kafka: {producer: {retries: 1}}")

    assert found.slot("acks") == Slot(0, ("spring.kafka", "producer", "acks"))
    assert found.slot("linger.ms") == Slot(0, ("spring.kafka", "producer", "properties", "linger.ms"))


def test_a_new_setting_of_a_profile_stands_in_its_document() -> None:
    parts = in_yaml("spring.kafka.producer.acks: 1\n---\nspring: {profiles: eu, kafka.producer.acks: 0}")

    for name, document in ((None, 0), ("eu", 1)):
        slot = part(parts, "producer", name).slot("retries")
        assert slot is not None
        assert slot.document == document


def test_in_a_properties_file_a_slot_is_a_key() -> None:
    (found,) = in_properties("spring.kafka.producer.Acks=1")

    assert found.slot("acks") == Slot(0, ("spring.kafka.producer.Acks",))
    assert found.slot("retries") == Slot(0, ("spring.kafka.producer.retries",))
    assert found.slot("linger.ms") == Slot(0, ("spring.kafka.producer.properties.linger.ms",))


def test_in_a_properties_file_of_several_documents_a_key_that_comes_twice_has_none() -> None:
    found = part(
        in_properties(
            "spring.kafka.producer.acks=1\nspring.kafka.producer.retries=2\n#---\nspring.kafka.producer.acks=0"
        ),
        "producer",
    )

    assert found.slots == {"retries": Slot(0, ("spring.kafka.producer.retries",))}
    assert found.slot("acks") is None
    assert found.slot("linger.ms") is None


def test_a_new_variable_stands_beside_the_others() -> None:
    (found,) = in_environment({"SPRING_KAFKA_PRODUCER_ACKS": "1"})

    assert found.slot("acks") == PLACE
    for key, variable in (("batch.size", "BATCHSIZE"), ("enable.idempotence", "PROPERTIES_ENABLE_IDEMPOTENCE")):
        assert found.slot(key) == Slot(0, (*PLACE.path[:-1], f"SPRING_KAFKA_PRODUCER_{variable}"))


def test_a_default_that_hides_a_common_setting_is_changed_on_its_own_side() -> None:
    found = part(in_properties("spring.kafka.properties.isolation.level=read_committed"), "consumer")

    assert found.slot("isolation.level") == Slot(0, ("spring.kafka.consumer.isolation-level",))
