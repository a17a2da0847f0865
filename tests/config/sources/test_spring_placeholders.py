from hypothesis import given
from hypothesis import strategies as st

from ackproof.config.sources.boot.placeholders import resolved
from tests.config.sources.applications import consumer, in_properties, notices, part, problems, producer, words

KNOWN = {"name": "shop", "nested": "${name}-1", "loop": "${loop:end}", "endless": "${other}", "other": "${endless}"}


def value(text: str) -> str:
    return resolved(text, KNOWN.get).value


def test_a_default_is_taken_and_told() -> None:
    given_producer = "\nspring.kafka.producer.acks=${KAFKA_ACKS:1}"

    assert producer(given_producer) == {"acks": "1"}
    assert notices(given_producer) == [
        "2: spring.kafka.producer.acks: depends on ${KAFKA_ACKS}: taken as 1, its default"
    ]


def test_what_the_application_says_itself_is_taken_silently() -> None:
    given_consumer = "spring.application.name=shop\nspring.kafka.consumer.group-id=${spring.application.name}-group"

    assert consumer(given_consumer)["group.id"] == "shop-group"
    assert not notices(given_consumer)


def test_a_value_that_is_missing_is_a_problem_if_a_verdict_depends_on_it() -> None:
    for key in ("producer.acks", "producer.properties.linger.ms", "listener.concurrency", "listener.ack-mode"):
        assert problems(f"spring.kafka.{key}=${{WHAT}}") == [
            f"1: spring.kafka.{key}: depends on ${{WHAT}}, which the file does not say: "
            "give it a default, ${WHAT:...}"
        ]


def test_a_value_that_is_missing_is_left_out_if_no_verdict_depends_on_it() -> None:
    given_producer = "spring.kafka.producer.client-id=${WHO}\nspring.kafka.producer.acks=all"

    assert producer(given_producer) == {"acks": "all"}
    assert not problems(given_producer)


def test_a_word_of_the_application_has_defaults_too() -> None:
    found = part(in_properties("spring.kafka.listener.concurrency=${THREADS:4}"), "consumer")

    assert words(found)["instances"] == "4"


def test_a_random_value_stays_as_it_is() -> None:
    given_consumer = "spring.kafka.consumer.group-id=shop-${random.uuid}"

    assert consumer(given_consumer)["group.id"] == "shop-${random.uuid}"
    assert notices(given_consumer) == [
        "1: spring.kafka.consumer.group-id: ${random.uuid} is another value at each start"
    ]


def test_placeholders_stand_within_each_other() -> None:
    assert value("a-${name}-b-${nested}") == "a-shop-b-shop-1"
    assert value("${WHAT:${ELSE:${name}}}") == "shop"
    assert value("${${WHAT:name}}") == "shop"
    assert value("${WHAT:a:b}") == "a:b"


def test_a_name_that_leads_back_to_itself_is_missing() -> None:
    assert value("${loop}") == "end"
    assert resolved("${endless}", KNOWN.get).missing == ("endless",)


@given(st.text("${}:abc.", max_size=40))
def test_any_text_is_read(text: str) -> None:
    found = resolved(text, KNOWN.get)

    assert found.value == text or "${" in text


@given(st.text("ab ${", max_size=20).filter(lambda text: "${" not in text))
def test_text_without_a_placeholder_is_what_it_is(text: str) -> None:
    assert value(text) == text
