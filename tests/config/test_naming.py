"""Which pipelines a properties file is a part of."""

from pathlib import Path

import pytest

from ackproof.cli import verify
from ackproof.config.naming import named_in, naming

PIPELINE = '[producer]\nclient = "java"\nproperties = "{}"\n[faults]\nat_most = 0\n[claims]\nexpect = ["no-loss"]\n'


def folder_with(folder: Path) -> Path:
    """Two pipelines that share a properties file, one that has none, one that is no TOML."""
    (folder / "clients").mkdir()
    (folder / "clients" / "producer.properties").write_text("acks=all\n")
    for name in ("a", "b"):
        (folder / f"{name}.ackproof.toml").write_text(PIPELINE.format("clients/producer.properties"))
    (folder / "c.ackproof.toml").write_text('[producer]\nclient = "java"\n')
    (folder / "d.ackproof.toml").write_text("[")
    return folder


def test_they_are_those_that_name_it(tmp_path: Path) -> None:
    folder = folder_with(tmp_path)

    assert [path.name for path in naming(folder / "clients" / "producer.properties")] == [
        "a.ackproof.toml",
        "b.ackproof.toml",
    ]


def test_nobody_names_another_file(tmp_path: Path) -> None:
    assert naming(folder_with(tmp_path) / "clients" / "other.properties") == ()


def test_of_what_has_changed_each_pipeline_is_judged_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    properties = folder_with(tmp_path) / "clients" / "producer.properties"

    code = verify((properties, tmp_path / "a.ackproof.toml", tmp_path / "log4j.properties"), changed=True)

    assert code == 0
    assert capsys.readouterr().out.count("no-loss: holds") == 2


def test_where_no_pipeline_has_changed_there_is_nothing_to_say(tmp_path: Path) -> None:
    assert verify((tmp_path / "log4j.properties",), changed=True) == 0


def test_files_of_any_kind_are_named_also_several_and_in_part(tmp_path: Path) -> None:
    (tmp_path / "a.ackproof.toml").write_text(
        '[topic]\nproperties = ["compose.yaml", "topics.txt#orders"]\n[producer]\nproperties = "application.yml#prod"\n'
    )

    assert {path.name for path in named_in(tmp_path / "a.ackproof.toml")} == {
        "compose.yaml",
        "topics.txt",
        "application.yml",
    }


def test_in_a_repository_they_may_stand_anywhere(tmp_path: Path) -> None:
    for folder in (".git", "k8s", "pipelines", "node_modules/x"):
        (tmp_path / folder).mkdir(parents=True)
    for folder in ("pipelines", "node_modules/x"):
        (tmp_path / folder / "a.ackproof.toml").write_text('[topic]\nproperties = "../k8s/topic.yaml"\n')

    assert naming(tmp_path / "k8s" / "topic.yaml") == (tmp_path / "pipelines" / "a.ackproof.toml",)


def test_the_file_of_a_profile_is_a_part_of_its_application(tmp_path: Path) -> None:
    (tmp_path / "application-prod.yml").write_text("")
    (tmp_path / "a.ackproof.toml").write_text('[producer]\nproperties = "application.yml#prod"\n')

    assert naming(tmp_path / "application-prod.yml") == (tmp_path / "a.ackproof.toml",)


def test_so_are_the_files_that_a_compose_file_takes_variables_from(tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").write_text("services: {k: {env_file: [$WHOSE.env, {path: two.env}]}}\n")
    (tmp_path / ".env").write_text("WHOSE=one\n")
    (tmp_path / "a.ackproof.toml").write_text('[topic]\nproperties = "compose.yaml"\n[producer]\n')

    assert {path.name for path in named_in(tmp_path / "a.ackproof.toml")} == {
        "compose.yaml",
        ".env",
        "one.env",
        "two.env",
    }


def test_a_file_that_can_not_be_read_names_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.ackproof.toml").write_text(f"x = {'[' * 5_000}{']' * 5_000}\n")

    assert named_in(tmp_path / "a.ackproof.toml") == set()
