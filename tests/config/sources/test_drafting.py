"""A pipeline file that names the files which settings come from."""

import tomllib
from pathlib import Path

from ackproof.config.pipeline import Setting
from ackproof.config.sources.drafting import Draft, Named, Told, reference_text, written
from ackproof.config.sources.part import Part
from ackproof.config.sources.reference import Reference, reference

WORDS = {"commit": Setting("commit", "sync", "src/app.yml", 7), "instances": Setting("instances", "3")}
CONSUMER = Named(Reference(Path("src/app.yml")), (Part("consumer", None, (), words=WORDS),))
COMPOSE = Named(Reference(Path("compose.yaml")), ())
TOPIC = Named(Reference(Path("topics.txt"), "orders"), ())


def test_each_table_names_its_files_and_says_what_is_assumed() -> None:
    sources = {"topic": [COMPOSE, TOPIC], "consumer": [CONSUMER]}

    text = written(Draft("orders", sources, {}, Path()))

    assert (
        text
        == """\
name = "orders"

[topic]
properties = ["compose.yaml", "topics.txt#orders"]

[consumer]
properties = "src/app.yml"
commit = "sync"                   # app.yml:7
instances = 3                     # the framework's default
commit_when = "after-processing"  # assumed: after-processing or before-processing
processing = "in-poll-loop"       # assumed: in-poll-loop, or handed-off to other threads
sink = "plain"                    # assumed: plain, idempotent (absorbs repeats) or kafka
on_processing_failure = "retry"   # assumed: retry, skip, dead-letter, stop or crash
on_revoke = "nothing"             # assumed: commit what is processed, or nothing
close = "clean"                   # assumed: clean, or none if the process just ends
"""
    )


def test_where_no_client_is_configured_both_are_as_kafka_has_them() -> None:
    found = tomllib.loads(written(Draft("orders", {"topic": [TOPIC]}, {}, Path())))

    assert found["topic"] == {"properties": "topics.txt#orders"}
    assert found["producer"] == {"client": "java", "on_send_failure": "stop", "on_restart": "forget"}
    assert found["consumer"]["client"] == "java"


def test_what_a_cluster_told_stands_in_the_file_with_where_it_is_from() -> None:
    told = {
        "": [Told(Setting("kafka", "4.1"), "of host:1")],
        "topic": [Told(Setting("min.insync.replicas", "2"), "DYNAMIC_TOPIC_CONFIG of orders at host:1")],
        "features": [Told(Setting("transaction.version", "2"), "of host:1")],
    }

    text = written(Draft("orders", {}, told, Path()))

    assert text.startswith('name = "orders"\nkafka = "4.1"  # of host:1\n')
    assert '[topic]\n"min.insync.replicas" = 2  # DYNAMIC_TOPIC_CONFIG of orders at host:1\n' in text
    assert tomllib.loads(text)["features"] == {"transaction.version": 2}


def test_files_are_named_from_where_the_pipeline_stands(tmp_path: Path) -> None:
    meant = Reference(tmp_path / "conf" / "app.yml", "prod")

    text = reference_text(meant, tmp_path / "pipelines")

    assert text == "../conf/app.yml#prod"
    assert reference(text, tmp_path / "pipelines").name == "prod"


def test_a_file_may_have_the_mark_in_its_name(tmp_path: Path) -> None:
    (tmp_path / "a#b.yml").write_text("")

    assert reference("a#b.yml", tmp_path) == Reference(tmp_path / "a#b.yml")
    assert reference("c#d.yml", tmp_path) == Reference(tmp_path / "c", "d.yml")
