"""Repairs go into the files that settings come from, whatever their kind."""

from pathlib import Path

import pytest

from ackproof.config.reading import read_pipeline
from ackproof.repair.change import CanNotWriteError, Change
from ackproof.repair.writing import edits, write

COMPOSE = """\
x-broker: &broker
  KAFKA_DEFAULT_REPLICATION_FACTOR: 3
services:
  one: {image: apache/kafka, environment: {<<: *broker, KAFKA_NODE_ID: 1}}
  two:
    environment: # of two
      <<: *broker
      KAFKA_NODE_ID: 2
"""
TOPIC = """\
apiVersion: kafka.strimzi.io/v1
kind: KafkaTopic
metadata: {name: orders}
spec:
  replicas: 3
"""
PIPELINE = '[topic]\nproperties = {}\n[producer]\nproperties = "app.properties"\n'


def changed(folder: Path, sources: str, key: str, value: str) -> None:
    path = folder / "orders.ackproof.toml"
    (folder / "compose.yaml").write_text(COMPOSE)
    (folder / "topic.yaml").write_text(TOPIC)
    (folder / "app.properties").write_text("acks=1\n")
    path.write_text(PIPELINE.format(sources))
    planned = edits(read_pipeline(path), [Change(key, value)])
    after = read_pipeline(path, instead={edit.path: edit.after for edit in planned})
    assert after.topic.settings[key.removeprefix("topic.")].value == value
    write(planned)


def test_brokers_that_are_alike_are_changed_alike(tmp_path: Path) -> None:
    changed(tmp_path, '"compose.yaml"', "topic.min.insync.replicas", "2")

    after = (tmp_path / "compose.yaml").read_text()
    assert "KAFKA_NODE_ID: 1, KAFKA_MIN_INSYNC_REPLICAS: 2}}" in after
    assert after.endswith("      KAFKA_NODE_ID: 2\n      KAFKA_MIN_INSYNC_REPLICAS: 2\n")


def test_a_key_of_topics_is_written_as_brokers_call_it(tmp_path: Path) -> None:
    changed(tmp_path, '"compose.yaml"', "topic.replication.factor", "5")

    assert (tmp_path / "compose.yaml").read_text() == COMPOSE.replace("FACTOR: 3", "FACTOR: 5")


def test_what_nobody_says_yet_is_said_of_the_topic(tmp_path: Path) -> None:
    changed(tmp_path, '["topic.yaml", "compose.yaml"]', "topic.min.insync.replicas", "2")

    assert (tmp_path / "topic.yaml").read_text() == f"{TOPIC}  config:\n    min.insync.replicas: 2\n"
    assert (tmp_path / "compose.yaml").read_text() == COMPOSE


def test_what_only_brokers_have_is_not_written_to_a_topic(tmp_path: Path) -> None:
    changed(tmp_path, '"topic.yaml"', "topic.offsets.topic.replication.factor", "3")

    assert (tmp_path / "topic.yaml").read_text() == TOPIC
    assert '"offsets.topic.replication.factor" = 3' in (tmp_path / "orders.ackproof.toml").read_text()


def test_what_a_tool_printed_is_not_changed_but_the_way_to_is_told(tmp_path: Path) -> None:
    (tmp_path / "topic.txt").write_text(
        "Topic: orders\tTopicId: x\tPartitionCount: 1\tReplicationFactor: 3\tConfigs: min.insync.replicas=1\n"
    )

    with pytest.raises(CanNotWriteError, match=r"topic\.txt: is what a tool printed; change it with .*=2"):
        changed(tmp_path, '"topic.txt"', "topic.min.insync.replicas", "2")
