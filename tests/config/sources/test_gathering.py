"""Which files have a topic, a broker, a producer, a consumer."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from ackproof.config.files.problems import Remarks
from ackproof.config.pipeline import Setting
from ackproof.config.sources.gathering import Given, gathered, here, side_of
from ackproof.config.sources.part import Side
from ackproof.config.sources.reference import Reference

TOPICS = """\
Topic: a\tPartitionCount: 1\tReplicationFactor: 3\tConfigs: retention.ms=1
Topic: b\tPartitionCount: 1\tReplicationFactor: 1\tConfigs: retention.ms=1
"""
SPRING = "spring.kafka.producer.acks: all\nspring.kafka.consumer.group-id: g\n"
COMPOSE = "services: {k: {environment: {KAFKA_MIN_INSYNC_REPLICAS: 2}}}\n"


def named(folder: Path, files: Mapping[str, str], topic: str | None = None, side: Side | None = None) -> list[str]:
    """What the tables name, or what is wrong."""
    given = list[Given]()
    for name, content in files.items():
        path = folder / name.replace("_", ".")
        path.write_text(content)
        given.append(Given(Reference(path), side))
    remarks = Remarks()
    found = gathered(given, topic, remarks)
    return [str(problem).replace(f"{folder}/", "") for problem in remarks.problems] or [
        f"{table}: {each.meant.path.name}{f'#{each.meant.name}' if each.meant.name else ''}"
        for table, sources in found.items()
        for each in sources
    ]


def test_each_file_goes_where_it_says_something(tmp_path: Path) -> None:
    files = {"app_yml": SPRING, "compose_yaml": COMPOSE, "topics_txt": TOPICS}

    assert named(tmp_path, files, "a") == [
        "topic: compose.yaml",
        "topic: topics.txt#a",
        "producer: app.yml",
        "consumer: app.yml",
    ]


def test_properties_are_known_by_their_keys_or_by_the_name_of_their_file(tmp_path: Path) -> None:
    files = {"x_properties": "acks=1\nlinger.ms=5\n", "the-consumer_properties": "client.id=x\n"}

    assert named(tmp_path, files) == ["producer: x.properties", "consumer: the-consumer.properties"]


def test_or_by_what_the_user_says(tmp_path: Path) -> None:
    assert named(tmp_path, {"x_properties": "client.id=x\n"}, side="consumer") == ["consumer: x.properties"]


@pytest.mark.parametrize(
    ("topic", "files", "said"),
    [
        (None, {"t_txt": TOPICS}, "there are the topics a, b: say which with --topic NAME"),
        ("c", {"t_txt": TOPICS}, "--topic: there is no topic c; known are a, b"),
        (
            None,
            {"x_properties": "client.id=x\n"},
            "can not tell what x.properties configures: name it with --producer, --consumer or --topic-config",
        ),
        (None, {"x_yaml": "a: 1\n"}, "x.yaml says nothing of Kafka that is known here"),
        (None, {"x_yaml": "a: ["}, "x.yaml:1: no valid YAML"),
    ],
)
def test_what_is_not_clear_is_said(tmp_path: Path, topic: str | None, files: dict[str, str], said: str) -> None:
    (problem, *_) = named(tmp_path, files, topic)

    assert problem.startswith(said)


def test_without_files_those_count_that_have_their_usual_names(tmp_path: Path) -> None:
    (tmp_path / "src" / "main" / "resources").mkdir(parents=True)
    for name in ("src/main/resources/application.yml", "producer.properties", "other.properties"):
        (tmp_path / name).write_text("")

    assert [str(given.meant.path.relative_to(tmp_path)) for given in here(tmp_path)] == [
        "src/main/resources/application.yml",
        "producer.properties",
    ]


@pytest.mark.parametrize(
    ("key", "file", "side"),
    [
        ("max.poll.records", "x", "consumer"),
        ("min.insync.replicas", "topic.conf", "topic"),
        ("min.insync.replicas", "x", None),
        ("listeners", "server.properties", "broker"),
        ("nothing.known", "my-producer.properties", "producer"),
        ("nothing.known", "x", None),
    ],
)
def test_whose_a_key_is(key: str, file: str, side: Side | None) -> None:
    assert side_of([Setting(key, "1")], file) == side


@pytest.mark.parametrize(
    ("part", "said"), [("a", ["topics.txt#a"]), ("c", ["has no broker or topic c; known are a, b"])]
)
def test_the_user_may_say_which_part_of_a_file(tmp_path: Path, part: str, said: list[str]) -> None:
    path = tmp_path / "topics.txt"
    path.write_text(TOPICS)
    remarks = Remarks()

    found = gathered([Given(Reference(path, part))], None, remarks)

    named_as = [f"{each.meant.path.name}#{each.meant.name}" for each in found.get("topic", ())]
    assert (named_as or [problem.message.partition(" ")[2] for problem in remarks.problems]) == said
