from pathlib import Path

import pytest

from ackproof.config.pipeline import Pipeline
from ackproof.config.reading import read_pipeline
from ackproof.repair.change import CanNotWriteError, Change
from ackproof.repair.writing import edits, write

FILE = """\
name = "orders"

[topic]
"min.insync.replicas" = 2

[producer]
properties = "conf/producer.properties" # deployed

[producer.config]
"linger.ms" = 5

[consumer]
commit = "auto"
"""
PROPERTIES = "# why\r\nacks=1\r\nlinger.ms = 1\r\n"


@pytest.fixture
def pipeline(tmp_path: Path) -> Pipeline:
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf" / "producer.properties").write_bytes(PROPERTIES.encode())
    (tmp_path / "orders.ackproof.toml").write_text(FILE)
    return read_pipeline(tmp_path / "orders.ackproof.toml")


def content(folder: Path) -> tuple[str, str]:
    properties = (folder / "conf" / "producer.properties").read_bytes().decode()
    return (folder / "orders.ackproof.toml").read_text(), properties


def test_each_value_goes_into_the_file_that_it_comes_from(pipeline: Pipeline, tmp_path: Path) -> None:
    changes = [Change("producer.config.acks", "all"), Change("producer.config.linger.ms", "9")]
    write(edits(pipeline, changes))

    assert content(tmp_path) == (FILE.replace("= 5", "= 9"), PROPERTIES.replace("acks=1", "acks=all"))


def test_a_key_that_stands_nowhere_goes_where_those_of_its_part_are(pipeline: Pipeline, tmp_path: Path) -> None:
    changes = [Change("producer.config.retries", "7"), Change("consumer.config.auto.offset.reset", "earliest")]
    write(edits(pipeline, changes))

    own, properties = content(tmp_path)
    assert properties == f"{PROPERTIES}retries = 7\r\n"
    assert own == f'{FILE}\n[consumer.config]\n"auto.offset.reset" = "earliest"\n'


def test_what_is_written_is_what_was_meant(pipeline: Pipeline, tmp_path: Path) -> None:
    changes = [Change("producer.config.acks", "all"), Change("consumer.commit", "sync"), Change("kafka", "3.9")]
    planned = edits(pipeline, changes)
    assert pipeline.file
    beforehand = read_pipeline(pipeline.file, instead={edit.path: edit.after for edit in planned})
    write(planned)

    written = read_pipeline(tmp_path / "orders.ackproof.toml")
    assert written.producer is not None
    assert written.consumer is not None
    assert beforehand.producer is not None
    assert (written.kafka, written.producer.acks, written.consumer.commit) == ("3.9", "all", "sync")
    assert (beforehand.kafka, beforehand.producer.acks, beforehand.name) == ("3.9", "all", "orders")


def test_the_difference_is_one_that_patch_takes(pipeline: Pipeline) -> None:
    (edit,) = edits(pipeline, [Change("producer.config.acks", "all")])

    assert edit.diff.splitlines()[:2] == [f"--- {edit.path}", f"+++ {edit.path}"]
    assert [line for line in edit.diff.splitlines() if line[0] in "+-"][2:] == ["-acks=1", "+acks=all"]


def test_permissions_and_links_stay(pipeline: Pipeline, tmp_path: Path) -> None:
    properties = tmp_path / "conf" / "producer.properties"
    real = tmp_path / "real.properties"
    properties.rename(real)
    real.chmod(0o640)
    properties.symlink_to(real)
    write(edits(pipeline, [Change("producer.config.acks", "all")]))

    assert properties.is_symlink()
    assert real.stat().st_mode & 0o777 == 0o640
    assert b"acks=all" in real.read_bytes()


def test_a_file_that_has_changed_meanwhile_is_left_alone(pipeline: Pipeline, tmp_path: Path) -> None:
    planned = edits(pipeline, [Change("producer.config.acks", "all"), Change("consumer.commit", "sync")])
    (tmp_path / "orders.ackproof.toml").write_text(f"{FILE}# new\n")

    with pytest.raises(CanNotWriteError, match="meanwhile"):
        write(planned)
    assert content(tmp_path) == (f"{FILE}# new\n", PROPERTIES)


def test_where_one_file_can_not_be_written_none_is(
    pipeline: Pipeline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    planned = edits(pipeline, [Change("consumer.commit", "sync"), Change("producer.config.acks", "all")])
    replace, moved = Path.replace, list[str]()

    def failing(self: Path, target: Path) -> Path:
        if target.name == "producer.properties":
            raise PermissionError(13, "Permission denied", str(target))
        moved.append(target.name)
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", failing)

    with pytest.raises(CanNotWriteError, match="Permission denied"):
        write(planned)
    assert moved == ["orders.ackproof.toml"] * 2
    assert content(tmp_path) == (FILE, PROPERTIES)
    assert sorted(path.name for path in tmp_path.rglob("*")) == [
        *("conf", "orders.ackproof.toml", "producer.properties")
    ]
