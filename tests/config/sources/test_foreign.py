"""Files of what sets up Kafka's clients by itself: the line that says so is named, and no verdict is given."""

from pathlib import Path

import pytest

from ackproof.config.files.problems import Remarks
from ackproof.config.sources.foreign import FRAMEWORKS
from ackproof.config.sources.part import Side
from ackproof.config.sources.reading import parts_in
from tests.config.sources.reading import notes, parts

STREAMS = "application.id=count\nbootstrap.servers=k:9092\nprocessing.guarantee=exactly_once_v2\n"
BINDER = "  cloud: {stream: {bindings: {in: {destination: orders}}}}\n"


def said(content: str, file: str, side: Side = "producer") -> list[str]:
    """What is wrong with a file."""
    remarks = Remarks()
    parts_in(content.encode(), file, side, remarks)
    return [str(problem) for problem in remarks.problems]


@pytest.mark.parametrize(
    ("file", "content", "where", "name"),
    [
        ("worker.properties", "group.id=c\nkey.converter=Json\nproducer.acks=1\n", "2: key.converter", "Kafka Connect"),
        ("sink.properties", "name=s\nconnector.class=FileStreamSink\n", "2: connector.class", "Kafka Connect"),
        ("s3.json", '{"name": "s3",\n "config": {"connector.class": "S3"}}', "2: config.connector.class", "Connect"),
        ("c.yaml", "apiVersion: kafka.strimzi.io/v1\nkind: KafkaConnector\n", "2: kind", "Kafka Connect"),
        ("compose.yaml", "services: {c: {environment: {CONNECT_ACKS: 1}}}", "1: services.c.environment.", "Connect"),
        ("compose.yaml", "services: {c: {environment: [CONNECT_ACKS=1]}}", "1: services.c.environment.", "Connect"),
        ("mm2.properties", "clusters = A, B\nA->B.producer.acks = 1\n", "1: clusters", "MirrorMaker"),
        ("mm2.properties", "A->B.producer.acks = 1\n", "1: A->B.producer.acks", "MirrorMaker"),
        ("streams.properties", STREAMS, "1: application.id", "Kafka Streams"),
        ("ksql.properties", "bootstrap.servers=k\nksql.streams.producer.acks=1\n", "2: ksql.", "ksqlDB"),
        ("application.properties", "%prod.mp.messaging.outgoing.o.acks=1\n", "1: %prod.mp", "SmallRye"),
        ("application.yml", "mp:\n  messaging:\n    outgoing: {o: {acks: 1}}\n", "3: mp.messaging.", "SmallRye"),
        ("application.yml", "kafka: {producers: {default: {acks: 1}}}\n", "1: kafka.producers.", "Micronaut"),
        ("application.yml", f"spring:\n{BINDER}", "2: spring.cloud.stream.", "Spring Cloud Stream"),
        ("application.properties", "debezium.sink.kafka.producer.acks=1\n", "1: debezium.sink.", "Debezium Server"),
        ("flink.properties", "group.id=f\npartition.discovery.interval.ms=1\n", "2: partition.discovery", "Flink"),
        ("camel.properties", "camel.component.kafka.brokers=k\n", "1: camel.", "Camel"),
        ("app.conf", "pekko.kafka.producer {\n", "1: pekko.kafka.", "Alpakka"),
    ],
)
@pytest.mark.parametrize("side", ["producer", "consumer"])
def test_a_framework_is_named_with_the_line_that_is_known(
    file: str, content: str, where: str, name: str, side: Side
) -> None:
    (problem,) = said(content, file, side)

    assert problem.startswith(f"{file}:{where}")
    assert name in problem.partition("which ackproof does not know")[0]


def test_what_clients_have_in_common_is_no_client_where_streams_use_it() -> None:
    text = "spring:\n  kafka:\n    bootstrap-servers: k:9092\n    streams: {application-id: count}\n"

    (problem,) = said(text, "application.yml")
    assert problem.startswith("application.yml:4: spring.kafka.streams.application-id: a key as Kafka Streams has it")


def test_clients_beside_a_framework_are_judged_and_its_own_are_not() -> None:
    text = f"spring:\n  kafka: {{producer: {{acks: 1}}}}\n{BINDER}"

    (part,) = parts(text, "application.yml")
    (notice,) = notes(text, "application.yml")

    assert part.side == "producer"
    assert notice.startswith("3: spring.cloud.stream.bindings.in.destination: a key as Spring Cloud Stream has it")
    assert notice.endswith("those clients are not judged")


def test_a_word_of_an_applications_own_is_not_taken_for_a_frameworks() -> None:
    text = "spring:\n  kafka: {producer: {acks: 1}}\napplication: {id: 7}\nkafka: {consumers: {own: 1}}\n"

    assert notes(text, "application.yml") == []


@pytest.mark.parametrize("side", ["producer", "consumer"])
def test_the_file_of_a_broker_is_no_clients(side: Side) -> None:
    text = "ssl.keystore.location=k.jks\nprocess.roles=broker\n"

    assert parts(text, "server.properties", "broker")
    (problem,) = said(text, "server.properties", side)
    assert problem.startswith("server.properties:2: process.roles: a key of brokers, in a file for a")


def test_a_file_in_which_a_client_knows_nothing_is_not_meant() -> None:
    (problem,) = said("# Fluentd\n<match **>\nrequired_acks -1\n", "fluent.conf")

    assert problem.startswith(
        "fluent.conf:2: <match: neither this nor any other key of the file is one that a producer"
    )


@pytest.mark.parametrize("text", ["", "# none\n", "acks=all\nmy.own=1\n", "ack=all\n", "producer.acks=all\n"])
def test_other_files_are_read_on(text: str) -> None:
    assert parts(text, "p.properties", "producer")


@pytest.mark.parametrize("file", ["client.json", "app.py", "producer.go", "table.sql"])
def test_code_is_neither_properties_nor_yaml(file: str) -> None:
    (problem,) = said('{"acks": "1"}', file)

    assert problem.startswith(f"{file}: no properties file, nor YAML: write keys as KEY=VALUE")


def test_the_guide_names_them_all() -> None:
    guide = " ".join((Path(__file__).parents[3] / "docs" / "init.md").read_text(encoding="utf-8").split())

    assert [each.name for each in FRAMEWORKS if each.name not in guide] == []
