"""Files from which services of a compose file take variables."""

from pathlib import Path

import pytest

from ackproof.config.files.problems import Remarks
from ackproof.config.reading import read_pipeline
from ackproof.config.sources.part import Part
from ackproof.config.sources.reading import parts_in_file
from ackproof.repair.change import Change
from ackproof.repair.writing import edits

SERVICE = "services:\n  k:\n    image: apache/kafka:4.1.0\n"
REPLICAS = "min.insync.replicas"


@pytest.fixture
def remarks(tmp_path: Path) -> Remarks:
    (tmp_path / "one.env").write_text("# of all\nexport KAFKA_MIN_INSYNC_REPLICAS=2\nKAFKA_NODE_ID=1\n")
    (tmp_path / "two.env").write_text('\nKAFKA_NODE_ID="2" # of this one\nACME=1\n')
    return Remarks()


def read(folder: Path, rest: str, remarks: Remarks, service: str = SERVICE) -> tuple[Part, ...]:
    """The parts of a compose file that goes on so."""
    path = folder / "compose.yaml"
    path.write_text(service + rest)
    return parts_in_file(path, "topic", remarks)


def told(folder: Path, rest: str, remarks: Remarks) -> dict[str, tuple[str | None, str, int | None]]:
    """The settings of its only part: values, files and lines."""
    (part,) = read(folder, rest, remarks)
    return {each.key: (each.value, Path(each.file or "").name, each.line) for each in part.settings}


def test_a_file_configures_a_broker(tmp_path: Path, remarks: Remarks) -> None:
    assert told(tmp_path, "    env_file: one.env\n", remarks) == {
        REPLICAS: ("2", "one.env", 2),
        "node.id": ("1", "one.env", 3),
    }
    assert not remarks.problems


@pytest.mark.parametrize(
    "files", ["[one.env, two.env]", "[{path: one.env}, {path: ./two.env, required: false, format: raw}]"]
)
def test_of_several_files_the_last_one_counts(tmp_path: Path, remarks: Remarks, files: str) -> None:
    (tmp_path / "two.env").write_text("KAFKA_NODE_ID=2\n")

    assert told(tmp_path, f"    env_file: {files}\n", remarks)["node.id"] == ("2", "two.env", 1)


@pytest.mark.parametrize("own", ["{KAFKA_NODE_ID: 3}", "[KAFKA_NODE_ID=3]"])
def test_the_environment_wins(tmp_path: Path, remarks: Remarks, own: str) -> None:
    found = told(tmp_path, f"    env_file: [two.env, one.env]\n    environment: {own}\n", remarks)

    assert found == {"node.id": ("3", "compose.yaml", 5), REPLICAS: ("2", "one.env", 2)}


def test_quotes_and_comments_are_taken_off_unless_the_file_is_raw(tmp_path: Path, remarks: Remarks) -> None:
    assert told(tmp_path, "    env_file: two.env\n", remarks) == {"node.id": ("2", "two.env", 2)}
    raw = told(tmp_path, "    env_file: [{path: two.env, format: raw}]\n", remarks)
    assert raw == {"node.id": ('"2" # of this one', "two.env", 2)}


def test_a_value_may_depend_on_what_was_said_before(tmp_path: Path, remarks: Remarks) -> None:
    (tmp_path / ".env").write_text("FILE=three.env\nREPLICAS=1\n")
    (tmp_path / "three.env").write_text("KAFKA_MIN_INSYNC_REPLICAS=$REPLICAS\nKAFKA_LOG_DIRS='/$REPLICAS'\n")

    assert told(tmp_path, "    env_file: ${FILE}\n", remarks) == {
        REPLICAS: ("1", "three.env", 1),
        "log.dirs": ("/$REPLICAS", "three.env", 2),
    }
    (tmp_path / "four.env").write_text("REPLICAS=2\n")
    found = told(tmp_path, "    env_file: [four.env, three.env]\n", remarks)
    assert found[REPLICAS] == ("2", "three.env", 1)


def test_what_only_the_shell_says_has_to_be_said(tmp_path: Path, remarks: Remarks) -> None:
    (tmp_path / "one.env").write_text("KAFKA_NODE_ID\nKAFKA_MIN_INSYNC_REPLICAS\n")

    assert read(tmp_path, "    env_file: one.env\n", remarks) == ()

    (problem,) = remarks.problems
    assert (Path(problem.file or "").name, problem.line) == ("one.env", 2)


def test_a_file_that_is_not_there_is_a_problem_of_the_line_that_names_it(tmp_path: Path, remarks: Remarks) -> None:
    read(tmp_path, "    env_file:\n      - none.env\n", remarks)

    (problem,) = remarks.problems
    assert (Path(problem.file or "").name, problem.line, problem.key) == ("compose.yaml", 5, "env_file")
    assert problem.message == f"can not read {tmp_path / 'none.env'}: No such file or directory"


def test_one_that_need_not_be_there_is_none(tmp_path: Path, remarks: Remarks) -> None:
    files = "    env_file: [one.env, {path: none.env, required: false}]\n"

    assert told(tmp_path, files, remarks)["node.id"] == ("1", "one.env", 3)
    assert not remarks.problems
    assert not remarks.notices


def test_one_of_a_service_that_knows_nothing_of_kafka_is_only_noted(tmp_path: Path, remarks: Remarks) -> None:
    read(tmp_path, "    env_file: secrets.env\n", remarks, "services:\n  database:\n    image: postgres\n")

    assert not remarks.problems
    assert [notice.message for notice in remarks.notices] == [
        f"{tmp_path / 'secrets.env'} is not there; what it says of Kafka is not known"
    ]


def test_a_file_configures_an_application(tmp_path: Path, remarks: Remarks) -> None:
    (tmp_path / "one.env").write_text("SPRING_KAFKA_PRODUCER_ACKS=1\n")

    (part,) = read(tmp_path, "    env_file: one.env\n", remarks)

    (acks,) = part.settings
    assert (part.side, acks.key, acks.value, Path(acks.file or "").name, acks.line) == (
        "producer",
        "acks",
        "1",
        "one.env",
        1,
    )


@pytest.mark.parametrize(
    ("own", "changed"),
    [
        ("", "    environment:\n      KAFKA_MIN_INSYNC_REPLICAS: 3\n"),
        (
            "    environment:\n      KAFKA_NODE_ID: 3\n",
            "    environment:\n      KAFKA_NODE_ID: 3\n      KAFKA_MIN_INSYNC_REPLICAS: 3\n",
        ),
        (
            "    environment:\n      - KAFKA_NODE_ID=3\n",
            "    environment:\n      - KAFKA_NODE_ID=3\n      - KAFKA_MIN_INSYNC_REPLICAS=3\n",
        ),
    ],
)
def test_another_value_is_written_where_it_wins(tmp_path: Path, remarks: Remarks, own: str, changed: str) -> None:
    files = "    env_file: one.env\n"
    read(tmp_path, files + own, remarks)
    path = tmp_path / "k.ackproof.toml"
    path.write_text('[topic]\nproperties = "compose.yaml"\n[producer]\n')

    planned = edits(read_pipeline(path), [Change(f"topic.{REPLICAS}", "3")])

    assert [(edit.path.name, edit.after.decode()) for edit in planned] == [("compose.yaml", SERVICE + files + changed)]
    after = read_pipeline(path, instead={edit.path: edit.after for edit in planned})
    assert after.topic.settings[REPLICAS].value == "3"
