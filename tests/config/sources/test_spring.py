from hypothesis import given
from hypothesis import strategies as st

from tests.config.sources.applications import (
    consumer,
    in_environment,
    in_properties,
    in_yaml,
    notices,
    part,
    problems,
    producer,
    values,
)

SHOP = """\
spring:
  kafka:
    producer:
      acks: 1
      properties:
        enable.idempotence: no
    consumer:
      group-id: shop
"""


def test_each_setting_has_its_line() -> None:
    found = part(in_yaml(SHOP), "producer")

    assert [(each.key, each.value, each.file, each.line) for each in found.settings] == [
        ("acks", "1", "application.yml", 4),
        ("enable.idempotence", "false", "application.yml", 6),
    ]


def test_a_file_that_says_nothing_of_kafka_is_no_application() -> None:
    assert in_yaml("kind: Kafka\nspec: {spring: 1}\n") == ()
    assert in_properties("spring.application.name=shop\n") == ()
    assert in_environment({"SPRING_PROFILES_ACTIVE": "prod"}) == ()


def test_there_is_a_part_for_each_side_that_is_named() -> None:
    assert [each.side for each in in_properties("spring.kafka.producer.acks=all")] == ["producer"]
    assert [each.side for each in in_properties("spring.kafka.listener.concurrency=2")] == ["consumer"]
    assert [each.side for each in in_properties("spring.kafka.client-id=shop")] == ["producer", "consumer"]


def test_variables_are_of_the_service_that_sets_them() -> None:
    (found,) = in_environment({"SPRING_KAFKA_PRODUCER_ACKS": "1"})

    assert (found.side, found.name, values(found)) == ("producer", "shop", {"acks": "1"})


def test_what_is_of_one_side_counts_before_what_both_have() -> None:
    both = "spring.kafka.properties.acks=0\nspring.kafka.properties.client.id=both\n"

    assert producer(f"{both}spring.kafka.producer.acks=1") == {"acks": "1", "client.id": "both"}
    assert producer(f"{both}spring.kafka.producer.properties.acks=1") == {"acks": "1", "client.id": "both"}


def test_the_map_counts_before_the_property_with_a_type() -> None:
    assert producer("spring.kafka.producer.properties.acks=0\nspring.kafka.producer.acks=1") == {"acks": "0"}
    assert producer("spring.kafka.properties.client.id=b\nspring.kafka.client-id=a") == {"client.id": "b"}


def test_the_prefix_counts_before_a_transactional_id_of_the_map() -> None:
    lines = "spring.kafka.producer.properties.transactional.id=id\nspring.kafka.producer.transaction-id-prefix=prefix-"

    assert producer(lines) == {"transactional.id": "prefix-"}


def test_a_type_that_is_left_empty_sets_nothing() -> None:
    assert producer("spring.kafka.producer.batch-size=\nspring.kafka.producer.properties.linger.ms=5") == {
        "linger.ms": "5"
    }


def test_a_common_isolation_level_is_hidden_by_the_default_of_the_consumer() -> None:
    lines = "spring.kafka.properties.isolation.level=read_committed\nspring.kafka.consumer.group-id=shop"

    assert consumer(lines)["isolation.level"] == "read_uncommitted"
    assert notices(lines) == [
        "1: spring.kafka.properties.isolation.level: without effect: spring.kafka.consumer.isolation-level counts, "
        "by default read_uncommitted"
    ]


def test_an_isolation_level_of_the_consumer_counts() -> None:
    common = "spring.kafka.properties.isolation.level=read_uncommitted\n"

    for own in ("isolation-level=read-committed", "properties.isolation.level=read_committed"):
        lines = f"{common}spring.kafka.consumer.{own}"
        assert consumer(lines)["isolation.level"] == "read_committed"
        assert not notices(lines)


def test_auto_commit_is_off_unless_it_is_asked_for() -> None:
    found = part(in_yaml(SHOP), "consumer")

    (setting,) = (each for each in found.settings if each.key == "enable.auto.commit")
    assert (setting.value, setting.file, setting.line) == ("false", "application.yml", 8)
    assert consumer("spring.kafka.consumer.enable-auto-commit=yes") == {"enable.auto.commit": "true"}
    assert consumer("spring.kafka.properties.enable.auto.commit=true")["enable.auto.commit"] == "true"


def test_a_property_that_spring_does_not_know_is_no_setting() -> None:
    lines = "spring.kafka.producer.interceptors=a.B\nspring.kafka.producer.acks=all"

    assert producer(lines) == {"acks": "all"}
    assert notices(lines) == ["1: spring.kafka.producer.interceptors: no property of Spring Boot, which passes it over"]


def test_a_key_of_kafka_outside_of_the_map_is_a_slip() -> None:
    (dotted,) = problems("spring.kafka.producer.enable.idempotence=true")
    (kebab,) = problems("spring.kafka.producer.enable-idempotence=true")
    (close,) = problems("spring.kafka.consumer.auto-offset-rest=earliest")

    assert "did you mean spring.kafka.producer.properties.enable.idempotence?" in dotted
    assert "did you mean spring.kafka.producer.properties.enable.idempotence?" in kebab
    assert "did you mean spring.kafka.consumer.auto-offset-reset?" in close


def test_what_no_verdict_depends_on_is_passed_over_silently() -> None:
    lines = """\
spring.kafka.bootstrap-servers=a:9092
spring.kafka.producer.value-serializer=org.example.Json
spring.kafka.producer.ssl.key-password=${SECRET}
spring.kafka.consumer.security.protocol=SSL
"""

    assert (problems(lines), notices(lines)) == ([], [])


def test_two_spellings_with_two_values_are_a_problem() -> None:
    (problem,) = problems("spring.kafka.producer.batch-size=1\nspring.kafka.producer.batchSize=2")

    assert problem.startswith("2: spring.kafka.producer.batchSize: spring.kafka.producer.batch-size and ")
    assert not problems("spring.kafka.producer.batch-size=1\nspring.kafka.producer.batchSize=1")


def test_of_a_key_that_comes_twice_the_last_one_counts() -> None:
    assert producer("spring.kafka.producer.acks=1\nspring.kafka.producer.acks=all") == {"acks": "all"}


def test_files_that_are_imported_are_named() -> None:
    lines = "spring.config.import=optional:file:kafka.yml\nspring.kafka.producer.acks=all"

    assert notices(lines) == [
        "1: spring.config.import: optional:file:kafka.yml is not read; what it says of Kafka is missing here"
    ]


ELEMENTS = (
    "spring",
    "kafka",
    "producer",
    "consumer",
    "listener",
    "properties",
    "acks",
    "type",
    "[acks]",
    "",
    "a_b",
    "1",
)
LINES = st.builds(
    "{}={}".format,
    st.lists(st.sampled_from(ELEMENTS), max_size=6).map(".".join),
    st.text("${}:a1.-", max_size=8),
)


@given(st.lists(LINES, max_size=4).map("\n".join))
def test_any_properties_are_read(lines: str) -> None:
    for each in in_properties(f"spring.kafka.client-id=shop\n{lines}"):
        assert {setting.line for setting in each.settings} <= set(range(1, 6))
