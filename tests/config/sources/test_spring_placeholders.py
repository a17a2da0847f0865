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
    given_producer = "spring.kafka.producer.compression-type=${HOW}\nspring.kafka.producer.acks=all"

    assert producer(given_producer) == {"acks": "all"}
    assert (problems(given_producer), notices(given_producer)) == ([], [])


def test_a_name_that_is_missing_is_some_name() -> None:
    given_consumer = "spring.kafka.consumer.group-id=shop-${STAGE}-${NUMBER:1}"

    assert consumer(given_consumer)["group.id"] == "shop-${STAGE}-1"
    assert not problems(given_consumer)
    assert notices(given_consumer) == [
        "1: spring.kafka.consumer.group-id: depends on ${STAGE}, which the file does not say: taken as some name",
        "1: spring.kafka.consumer.group-id: depends on ${NUMBER}: taken as 1, its default",
    ]


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
    assert value("${endless}") == "${endless}"


@given(st.text("${}:abc.", max_size=40))
def test_any_text_is_read(text: str) -> None:
    found = resolved(text, KNOWN.get)

    assert found.value == text or "${" in text


@given(st.text("ab ${", max_size=20).filter(lambda text: "${" not in text))
def test_text_without_a_placeholder_is_what_it_is(text: str) -> None:
    assert value(text) == text


def test_placeholders_without_end_are_a_problem() -> None:
    doubled = "".join(f"a{number}=${{a{number + 1}}}${{a{number + 1}}}\n" for number in range(50))
    (problem,) = problems(f"{doubled}spring.kafka.producer.acks=${{a0}}")

    assert problem.endswith("it leads to more than 100 placeholders")
