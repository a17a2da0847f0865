"""Compose files."""

from pathlib import Path

import pytest

from ackproof.config.files.problems import Remarks
from ackproof.config.pipeline import Place, Setting
from ackproof.config.sources.compose import release_of
from ackproof.config.sources.environment import interpolated
from ackproof.config.sources.part import Slot
from ackproof.config.sources.reading import parts_in, parts_in_file
from tests.config.sources.reading import lines, notes, parts

FILE = """\
services:
  kafka:
    image: apache/kafka:3.9.1
    environment:
      KAFKA_NODE_ID: 1
      KAFKA_MIN_INSYNC_REPLICAS: 2
      KAFKA_LOG_DIRS: /data
      KAFKA_HEAP_OPTS: -Xmx1G
      KAFKA_AUTO_CREATE_TOPICS_ENABLE: no
  bitnami:
    image: "bitnami/kafka:3.7.0-debian-12-r1"
    environment:
      - KAFKA_CFG_DEFAULT_REPLICATION_FACTOR=3
      - KAFKA_CFG_LOG_FLUSH_INTERVAL_MESSAGES=1=
      - ALLOW_PLAINTEXT_LISTENER=yes
  database:
    image: postgres
    environment: {POSTGRES_USER: kafka}
"""


def test_the_environment_of_a_service_configures_a_broker() -> None:
    kafka, _ = parts(FILE)

    assert (kafka.side, kafka.name) == ("broker", "kafka")
    assert kafka.kafka is not None
    assert (kafka.kafka.value, kafka.kafka.line) == ("3.9.1", 3)
    assert lines(kafka.settings) == {
        "node.id": ("1", 5),
        "min.insync.replicas": ("2", 6),
        "log.dirs": ("/data", 7),
        "auto.create.topics.enable": ("no", 9),
    }


def test_a_list_of_assignments_does_too() -> None:
    _, bitnami = parts(FILE)

    assert lines(bitnami.settings) == {
        "default.replication.factor": ("3", 13),
        "log.flush.interval.messages": ("1=", 14),
    }


def test_settings_have_a_place_whether_they_are_there_or_not() -> None:
    kafka, bitnami = parts(FILE)

    environment = ("services", "kafka", "environment")
    assert kafka.slot("min.insync.replicas") == Slot(0, (*environment, "KAFKA_MIN_INSYNC_REPLICAS"))
    assert kafka.slot("log.flush.interval.ms") == Slot(0, (*environment, "KAFKA_LOG_FLUSH_INTERVAL_MS"))
    environment = ("services", "bitnami", "environment")
    assert bitnami.slot("default.replication.factor") == Slot(
        0, (*environment, "[0]"), "KAFKA_CFG_DEFAULT_REPLICATION_FACTOR="
    )
    assert bitnami.slot("min.insync.replicas") == Slot(0, (*environment, "[]"), "KAFKA_CFG_MIN_INSYNC_REPLICAS=")


def test_what_depends_on_the_shell_is_taken_by_its_default_and_said() -> None:
    file = FILE.replace("REPLICAS: 2", "REPLICAS: ${MIN:-2}").replace("DIRS: /data", "DIRS: $DIRS/$$x")

    kafka, _ = parts(file)

    assert lines(kafka.settings)["min.insync.replicas"] == ("2", 6)
    assert "log.dirs" not in lines(kafka.settings)
    assert notes(file) == [
        "6: KAFKA_MIN_INSYNC_REPLICAS: depends on $MIN: taken as 2, its default",
        "7: KAFKA_LOG_DIRS: depends on $DIRS, which the file does not say: left out",
    ]


def known(**said: str) -> dict[str, Setting]:
    return {name: Setting(name, value, ".env", 1) for name, value in said.items()}


@pytest.mark.parametrize(
    ("written", "said", "value"),
    [
        ("$MIN", known(MIN="1"), "1"),
        ("${MIN}", known(MIN="1"), "1"),
        ("${MIN:-2}", known(MIN="1"), "1"),
        ("${MIN:-2}", known(MIN=""), "2"),
        ("${MIN:-2}", known(OTHER="1"), "2"),
        ("${MIN-2}", known(MIN=""), ""),
        ("${MIN:?say it}", known(MIN="1"), "1"),
        ("${MIN?say it}", known(MIN=""), ""),
        ("${MIN:+3}", known(MIN="1"), "3"),
        ("${MIN:+3}", known(MIN=""), ""),
        ("${MIN+3}", known(MIN=""), "3"),
        ("${MIN:?say it}", known(MIN=""), None),
        ("${MIN:+3}", known(OTHER="1"), None),
        ("$MIN", known(OTHER="1"), None),
    ],
)
def test_what_is_said_beside_the_file_is_taken_as_compose_takes_it(
    written: str, said: dict[str, Setting], value: str | None
) -> None:
    remarks = Remarks()

    assert interpolated(written, Place("file.yaml", 1), "KAFKA_NODE_ID", remarks, said) == value
    assert len(remarks.notices) == 1


def test_the_file_beside_it_is_read_and_named(tmp_path: Path) -> None:
    file = tmp_path / "compose.yaml"
    file.write_text(FILE.replace("REPLICAS: 2", "REPLICAS: ${MIN:-2}").replace("DIRS: /data", "DIRS: $DIRS"))
    (tmp_path / ".env").write_text("# of ours\n\nexport MIN='1' # for now\nDIRS=$HOME/data\nEMPTY\n")
    remarks = Remarks()

    kafka, _ = parts_in_file(file, "topic", remarks)

    assert lines(kafka.settings)["min.insync.replicas"] == ("1", 6)
    assert [each.message for each in remarks.notices] == [
        f"depends on $MIN: taken as 1, as {tmp_path / '.env'}:3 says",
        "depends on $DIRS, which the file does not say: left out",
    ]


def test_secrets_are_not_told() -> None:
    assert notes(FILE.replace("LOG_DIRS: /data", "SSL_KEYSTORE_PASSWORD: ${WORD:-changeit}")) == []


def test_what_verdicts_depend_on_has_to_be_said() -> None:
    remarks = Remarks()

    parts_in(FILE.replace("REPLICAS: 2", "REPLICAS: $MIN").encode(), "file.yaml", "topic", remarks)

    (problem,) = remarks.problems
    assert str(problem) == (
        "file.yaml:6: KAFKA_MIN_INSYNC_REPLICAS depends on $MIN, which the file does not say: "
        "give it a default, as in ${MIN:-VALUE}"
    )


def test_such_a_file_of_variables_can_be_named() -> None:
    (broker,) = parts("# of the broker\nKAFKA_MIN_INSYNC_REPLICAS=2\n", "broker.env")

    assert lines(broker.settings) == {"min.insync.replicas": ("2", 2)}
    assert broker.slot("min.insync.replicas") == Slot(0, ("KAFKA_MIN_INSYNC_REPLICAS",))
    assert broker.slot("log.flush.interval.ms") == Slot(0, ("KAFKA_LOG_FLUSH_INTERVAL_MS",))


@pytest.mark.parametrize(
    ("image", "release"),
    [
        ("apache/kafka:4.1.0", "4.1.0"),
        ("apache/kafka-native:4.0.0-rc1", "4.0.0"),
        ("apache/kafka:latest", None),
        ("apache/kafka", None),
        ("registry.acme.org:5000/apache/kafka:3.8", "3.8"),
        ("confluentinc/cp-kafka:7.6.1", "3.6"),
        ("confluentinc/cp-server:8.1.0", "4.1"),
        ("confluentinc/cp-kafka:5.5.3", "2.5"),
        ("confluentinc/cp-kafka:6.2.0@sha256:0123", "2.8"),
        ("confluentinc/cp-kafka:99.1.0", None),
        ("wurstmeister/kafka:2.13-2.8.1", "2.8.1"),
    ],
)
def test_the_tag_of_an_image_tells_the_release(image: str, release: str | None) -> None:
    assert release_of(image) == release


def broker(environment: str, image: str = "apache/kafka:4.1.0") -> dict[str, str | None]:
    """What the broker of a service is set to."""
    found = parts(f"services:\n  k:\n    image: {image}\n    environment: {{{environment}}}\n")
    return {setting.key: setting.value for part in found for setting in part.settings}


@pytest.mark.parametrize(
    ("image", "value"),
    [
        ("apache/kafka:4.1.0", "1"),
        ("mirror.acme.org/cp-kafka:7.6.1", "1"),
        ("bitnami/kafka:3.7", "2"),
        ("acme/kafka:1", "2"),
    ],
)
def test_an_image_reads_what_stands_after_its_own_prefix(image: str, value: str) -> None:
    found = broker("KAFKA_MIN_INSYNC_REPLICAS: 1, KAFKA_CFG_MIN_INSYNC_REPLICAS: 2", image)

    assert found["min.insync.replicas"] == value


def test_the_key_of_a_topic_does_nothing_to_a_broker_and_that_is_said() -> None:
    assert broker("KAFKA_FLUSH_MESSAGES: 1, KAFKA_REPLICATION_FACTOR: 3, KAFKA_NODE_ID: 1") == {"node.id": "1"}
    assert notes("services: {k: {environment: {KAFKA_FLUSH_MESSAGES: 1}}}") == [
        "1: KAFKA_FLUSH_MESSAGES: brokers pass over it: they call it log.flush.interval.messages"
    ]


def test_a_controller_keeps_no_topics() -> None:
    assert broker("KAFKA_PROCESS_ROLES: controller, KAFKA_MIN_INSYNC_REPLICAS: 1") == {}


@pytest.mark.parametrize("value", ["${A:-${B:-2}}", "null", "$A", "${A:?no}"])
def test_what_nobody_can_tell_here_is_not_taken_for_a_value(value: str) -> None:
    remarks = Remarks()

    text = f'services: {{k: {{environment: {{KAFKA_MIN_INSYNC_REPLICAS: "{value}", KAFKA_LOG_DIRS: "{value}"}}}}}}'
    (part,) = parts_in(text.replace('"null"', "null").encode(), "file.yaml", "topic", remarks) or (None,)

    assert part is None
    assert [problem.key for problem in remarks.problems] == ["KAFKA_MIN_INSYNC_REPLICAS"]
    assert "KAFKA_LOG_DIRS" in [notice.key for notice in remarks.notices]


def test_an_application_is_configured_by_variables_of_spring_in_either_spelling() -> None:
    variables = "      - SPRING_KAFKA_PRODUCER_ACKS=1\n      - spring.kafka.producer.retries=3\n"

    found = parts(f"services:\n  app:\n    environment:\n{variables}")

    assert [(part.side, part.name) for part in found] == [("producer", "app")]
    assert lines(found[0].settings) == {"acks": ("1", 4), "retries": ("3", 5)}


@pytest.mark.parametrize(
    ("image", "release"),
    [
        ("quay.io/strimzi/kafka:0.40.0-kafka-3.7.0", "3.7.0"),
        ("debezium/kafka:2.5", None),
        ("mirror.acme.org/cp-kafka:7.6.1", "3.6"),
    ],
)
def test_a_tag_that_is_not_kafkas_is_not_taken_for_it(image: str, release: str | None) -> None:
    assert release_of(image) == release
