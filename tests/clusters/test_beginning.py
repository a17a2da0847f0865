"""``ackproof init``."""

import shutil
from pathlib import Path

import pytest

from ackproof.cli import init, verify
from ackproof.config.reading import read_pipeline
from tests.reference.serving.served import served

ROOT = Path(__file__).parent.parent.parent

SPRING = """\
spring:
  kafka:
    producer:
      acks: "1"
    consumer:
      group-id: billing
      auto-offset-reset: earliest
"""
COMPOSE = """\
services:
  kafka:
    image: apache/kafka:3.9.1
    environment:
      KAFKA_DEFAULT_REPLICATION_FACTOR: 3
      KAFKA_MIN_INSYNC_REPLICAS: 2
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    (tmp_path / "application.yml").write_text(SPRING)
    (tmp_path / "compose.yaml").write_text(COMPOSE)
    return tmp_path


def test_it_shows_what_is_in_force_with_the_users_own_lines(capsys: pytest.CaptureFixture[str]) -> None:
    assert init(("compose.yaml", "application.yml"), name="orders") == 0

    assert (
        capsys.readouterr().out
        == """\
orders.ackproof.toml  is written: Kafka 3.9.1

topic  compose.yaml
  default.replication.factor = 3  compose.yaml:5
  min.insync.replicas = 2         compose.yaml:6
  replication.factor = 3          compose.yaml:5

producer  application.yml
  acks = 1  application.yml:4

consumer  application.yml
  auto.offset.reset = earliest  application.yml:7
  enable.auto.commit = false    application.yml:6
  group.id = billing            application.yml:6

application.yml:4: enable.idempotence: turned off silently because acks=1

Read what it assumes about the application, then: ackproof verify
orders.ackproof.toml
"""
    )


def test_files_with_usual_names_need_not_be_named_and_what_changes_in_them_counts(folder: Path) -> None:
    assert init(name="orders") == 0
    (folder / "application.yml").write_text(SPRING.replace('"1"', "all"))

    pipeline = read_pipeline("orders.ackproof.toml")

    assert pipeline.kafka == "3.9.1"
    assert pipeline.producer is not None
    assert pipeline.producer.acks == "all"
    assert pipeline.producer.settings["acks"].place.line == 4
    assert pipeline.topic.settings["min.insync.replicas"].place.file == "compose.yaml"


def test_a_verdict_points_at_the_users_own_line(capsys: pytest.CaptureFixture[str]) -> None:
    init(name="orders")
    capsys.readouterr()

    code = verify((Path("orders.ackproof.toml"),), claim=("no-loss",), faults="leader-change", format="sarif")

    assert code == 1
    sarif = capsys.readouterr().out
    assert '"uri": "application.yml"' in sarif
    assert '"startLine": 4' in sarif


def test_a_file_that_is_there_is_replaced_only_if_that_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    Path("orders.ackproof.toml").write_text("mine")

    assert init(name="orders") == 3
    assert Path("orders.ackproof.toml").read_text() == "mine"
    assert "is there already; --force replaces it" in capsys.readouterr().err
    assert init(name="orders", force=True) == 0


def test_what_can_not_be_read_leaves_nothing_behind(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "application.yml").write_text(SPRING.replace('"1"', "some"))

    assert init(name="orders") == 3
    assert not Path("orders.ackproof.toml").exists()
    assert "application.yml:4: " in capsys.readouterr().err


def test_where_there_is_nothing_it_asks_for_something(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "application.yml").unlink()
    (folder / "compose.yaml").unlink()

    assert init() == 3
    assert "name the files that configure the pipeline" in capsys.readouterr().err


def test_a_pipeline_file_is_none_of_the_files(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "p.ackproof.toml").write_text("[producer.config]\nacks = 1\n")

    assert init(("p.ackproof.toml",), output=folder / "x") == 3
    assert "is a pipeline file already" in capsys.readouterr().err
    assert not (folder / "x").exists()


def test_it_may_be_printed_instead(capsys: pytest.CaptureFixture[str]) -> None:
    assert init(name="orders", output=Path("-")) == 0

    assert capsys.readouterr().out.startswith('name = "orders"\n\n[topic]\nproperties = "compose.yaml"\n')


def test_what_can_not_be_judged_is_not_printed_either(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "worker.properties").write_text("group.id=connect\nconsumer.auto.offset.reset=latest\n")

    assert init(("worker.properties",), output=Path("-")) == 3
    said = capsys.readouterr()
    assert (said.out, "did you mean auto.offset.reset?" in said.err) == ("", True)


def test_properties_may_be_named_for_what_they_are(folder: Path) -> None:
    for name in ("p", "c", "t"):
        (folder / name).write_text("client.id = x\n" if name != "t" else "min.insync.replicas = 2\n")

    assert init(producer=Path("p"), consumer=Path("c"), topic_config=Path("t"), output=Path("x.ackproof.toml")) == 0
    pipeline = read_pipeline("x.ackproof.toml")
    assert pipeline.topic.min_insync_replicas == 2
    assert pipeline.producer is not None
    assert pipeline.consumer is not None


def test_a_cluster_tells_what_its_topic_is(capsys: pytest.CaptureFixture[str]) -> None:
    with served({"payments": 3}, {"min.insync.replicas": 1}) as address:
        assert init(bootstrap=address) == 0
        assert init(bootstrap=address, topic="paymants") == 3
        said = capsys.readouterr().err

    text = Path("payments.ackproof.toml").read_text()
    assert f"# of payments at {address}\n" in text
    assert f"# DYNAMIC_DEFAULT_BROKER_CONFIG of broker 1 at {address}\n" in text
    assert "no topic paymants; did you mean payments?" in said
    pipeline = read_pipeline("payments.ackproof.toml")
    assert pipeline.topic.min_insync_replicas == 1
    assert pipeline.features["transaction.version"] == 2


def test_where_nobody_answers_the_code_is_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert init(bootstrap="127.0.0.1:1", topic="x") == 2
    assert init(bootstrap="127.0.0.1:none", topic="x") == 3
    assert "127.0.0.1:1" in capsys.readouterr().err


def test_the_readme_shows_a_real_run(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    readme = (ROOT / "README.md").read_text()
    shown = readme.split("<!-- what init prints -->\n```console\n")[1].split("```\n<!-- that was it -->")[0]
    shutil.copytree(ROOT / "examples" / "billing", folder / "billing")
    monkeypatch.chdir(folder / "billing")

    init(("application.yml", "compose.yaml"), name="billing", force=True)

    assert (
        f"$ cd examples/billing && ackproof init application.yml compose.yaml --name billing\n{capsys.readouterr().out}"
        == shown
    )
    assert Path("billing.ackproof.toml").read_text() == (ROOT / "examples/billing/billing.ackproof.toml").read_text()
