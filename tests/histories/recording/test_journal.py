import threading
from pathlib import Path

import pytest

from ackproof.histories.recording.recorder import Recorder
from ackproof.recording import Journal
from tests.histories.recording.judged import events


def test_lines_of_many_threads_are_numbered_in_the_order_of_the_file(tmp_path: Path) -> None:
    with Journal(tmp_path / "history.jsonl") as journal:
        recorder = Recorder(journal, "c", journal.started("c", {}))

        def process() -> None:
            for number in range(100):
                recorder.done("orders/0", number)

        threads = [threading.Thread(target=process) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert [event["n"] for event in events(journal)] == list(range(800))


def test_a_client_that_starts_late_is_in_the_header_and_loses_no_line(tmp_path: Path) -> None:
    with Journal(tmp_path / "history.jsonl", broker={"min_isr": 2}) as journal:
        Recorder(journal, "p", journal.started("p", {"acks": "all"})).done("orders/0", "a")
        assert journal.started("c", {"group": "g"}) == 1
        Recorder(journal, "p", journal.started("p", {"acks": "all"})).done("orders/0", "b")

    header = journal.path.read_text().splitlines()[0]
    assert header == ('{"ktrace":1,"config":{"p":{"acks":"all"},"c":{"group":"g"},"broker":{"min_isr":2}},"expect":[]}')
    assert [(event["inc"], event["ids"]) for event in events(journal)] == [(1, ["a"]), (2, ["b"])]
    assert [path.name for path in tmp_path.iterdir()] == ["history.jsonl"]


def test_a_client_keeps_its_settings(tmp_path: Path) -> None:
    with Journal(tmp_path / "history.jsonl") as journal:
        journal.started("p", {"acks": "all"})

        with pytest.raises(ValueError, match="give it another name"):
            journal.started("p", {"acks": "1"})


def test_no_client_is_called_as_the_brokers_are(tmp_path: Path) -> None:
    with Journal(tmp_path / "history.jsonl") as journal, pytest.raises(ValueError, match="another name"):
        journal.started("broker", {})


def test_a_history_that_is_there_is_not_written_over(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    path.write_text("precious")

    with pytest.raises(FileExistsError):
        Journal(path)

    assert path.read_text() == "precious"


def test_what_happens_after_the_end_is_not_recorded(tmp_path: Path) -> None:
    with Journal(tmp_path / "history.jsonl") as journal:
        recorder = Recorder(journal, "c", journal.started("c", {}))

    recorder.done("orders/0", "a")

    assert events(journal) == []
