"""Files of any kind."""

from pathlib import Path

import pytest

from ackproof.config.reading import BadConfiguration, read_pipeline


def read(folder: Path, text: str, **files: str) -> Path:
    for name, content in files.items():
        (folder / name.replace("_", ".")).write_text(content)
    path = folder / "shop.ackproof.toml"
    path.write_text(text)
    return path


def test_the_file_of_a_profile_counts_over_that_of_the_application(tmp_path: Path) -> None:
    files = {
        "application_yml": "spring.kafka.producer: {acks: 1, retries: 7}\n",
        "application-prod_yml": "spring.kafka.producer.acks: all\n",
        "application-test_properties": "spring.kafka.producer.acks = 0\n",
    }

    found = {
        name: read_pipeline(read(tmp_path, f'[producer]\nproperties = "application.yml{name}"\n', **files)).producer
        for name in ("", "#prod", "#test")
    }

    assert {name: producer.acks for name, producer in found.items() if producer} == {
        "": "1",
        "#prod": "all",
        "#test": "0",
    }
    assert found["#prod"]
    assert found["#prod"].settings["acks"].place.file == str(tmp_path / "application-prod.yml")
    assert found["#prod"].settings["retries"].place.file == str(tmp_path / "application.yml")


def test_what_is_said_of_the_topic_counts_before_the_brokers_whatever_the_order(tmp_path: Path) -> None:
    path = read(
        tmp_path,
        '[topic]\nproperties = ["topic.txt", "broker.env"]\n[consumer]\n',
        topic_txt="Topic: t\tPartitionCount: 1\tReplicationFactor: 3\tConfigs: min.insync.replicas=2\n",
        broker_env="KAFKA_MIN_INSYNC_REPLICAS=1\nKAFKA_UNCLEAN_LEADER_ELECTION_ENABLE=true\n",
    )

    topic = read_pipeline(path).topic

    assert (topic.min_insync_replicas, topic.unclean_leader_election) == (2, True)


def test_what_stands_in_the_pipeline_file_counts_most(tmp_path: Path) -> None:
    text = 'kafka = "3.8"\n[topic]\nproperties = "compose.yaml"\n"min.insync.replicas" = 3\n[consumer]\n'
    compose = "services: {k: {image: apache/kafka:3.9.1, environment: {KAFKA_MIN_INSYNC_REPLICAS: 2}}}\n"

    own = read_pipeline(read(tmp_path, text, compose_yaml=compose))
    others = read_pipeline(read(tmp_path, text.replace('kafka = "3.8"\n', ""), compose_yaml=compose))

    assert (own.kafka, own.topic.min_insync_replicas) == ("3.8", 3)
    assert (others.kafka, others.topic.min_insync_replicas) == ("3.9.1", 3)


@pytest.mark.parametrize(
    ("named", "said"),
    [
        ('"none.yaml"', "shop.ackproof.toml:2: topic.properties: can not read {}/none.yaml: No such file or directory"),
        (
            '["compose.yaml", 3]',
            "shop.ackproof.toml:2: topic.properties must be text in quotes, or a list of such texts",
        ),
        ("[]", "shop.ackproof.toml:2: topic.properties must be text in quotes, or a list of such texts, not a list"),
        ('"other.yaml"', "shop.ackproof.toml:2: topic.properties: {}/other.yaml says nothing of a broker or a topic"),
        (
            '"compose.yaml#x"',
            "shop.ackproof.toml:2: topic.properties: {}/compose.yaml has no broker or topic x; known are k",
        ),
        ('"new.yaml"', "new.yaml:1: kafka 99.1.0 is newer than the newest that is known"),
    ],
)
def test_what_can_not_be_read_is_said_with_the_line_that_names_it(tmp_path: Path, named: str, said: str) -> None:
    compose = "services: {k: {image: apache/kafka:3.9.1, environment: {KAFKA_MIN_INSYNC_REPLICAS: 2}}}\n"
    path = read(
        tmp_path,
        f"[topic]\nproperties = {named}\n[consumer]\n",
        compose_yaml=compose,
        other_yaml="a: 1\n",
        new_yaml=compose.replace("3.9.1", "99.1.0"),
    )

    with pytest.raises(BadConfiguration) as bad:
        read_pipeline(path)

    assert str(bad.value).removeprefix(f"{tmp_path}/").startswith(said.format(tmp_path))


def test_what_a_framework_does_by_itself_gives_way_to_what_another_file_says(tmp_path: Path) -> None:
    pipeline = read_pipeline(
        read(
            tmp_path,
            '[consumer]\nproperties = ["application.yml", "compose.yaml"]\n',
            application_yml="spring.kafka.consumer: {enable-auto-commit: true, group-id: g}\n",
            compose_yaml="services: {app: {environment: {SPRING_KAFKA_BOOTSTRAP_SERVERS: k}}}\n",
        )
    )

    assert pipeline.consumer is not None
    assert pipeline.consumer.commit == "auto"


def test_brokers_that_differ_are_not_taken_and_that_is_said(tmp_path: Path) -> None:
    head = "apiVersion: kafka.strimzi.io/v1\nkind: Kafka\n"
    cluster = head + "metadata: {{name: {}}}\nspec: {{kafka: {{config: {{{}}}}}}}\n---\n"
    topic = f"{head[:-1]}Topic\nmetadata: {{name: pay}}\nspec: {{replicas: 2}}\n"
    one, other = cluster.format("a", "min.insync.replicas: 1"), cluster.format("b", "min.insync.replicas: 2")

    pipeline = read_pipeline(
        read(tmp_path, '[topic]\nproperties = "m.yaml#pay"\n[consumer]\n', m_yaml=f"{one}{other}{topic}")
    )

    assert pipeline.topic.replication_factor == 2
    assert any("its brokers differ, and none is taken" in notice.message for notice in pipeline.notices)


def test_an_applications_own_keys_do_not_make_it_a_clients_file(tmp_path: Path) -> None:
    path = read(
        tmp_path,
        '[producer]\nproperties = "application.properties"\n',
        application_properties="client.id=x\nspring.kafka.producer.acks=1\n",
    )

    producer = read_pipeline(path).producer

    assert producer is not None
    assert producer.acks == "1"


@pytest.mark.parametrize("kind", ["json", "toml", "xml"])
def test_what_is_meant_for_another_format_is_not_taken_for_properties(tmp_path: Path, kind: str) -> None:
    path = read(tmp_path, f'[producer]\nproperties = "p.{kind}"\n', **{f"p_{kind}": '{"acks": 1}\n'})

    with pytest.raises(BadConfiguration, match=f"p.{kind}: no properties file, nor YAML"):
        read_pipeline(path)
