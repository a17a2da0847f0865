from pathlib import Path

import pytest

from ackproof.histories.recording.recorder import Recorder
from ackproof.histories.recording.sending import Sending
from ackproof.recording import Journal
from tests.histories.recording.judged import events


def sending(journal: Journal) -> Sending:
    return Sending(Recorder(journal, "t", journal.started("t", {})), None)


def ended(journal: Journal) -> tuple[object, object]:
    """How the only operation ended."""
    (end,) = [event for event in events(journal) if event["e"] == "ret"]
    return end["out"], end.get("end")


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        (["commit_asked", "committed"], ("ok", "commit")),
        (["aborted"], ("fail", "abort")),
        (["commit_asked", "aborted"], ("fail", "commit")),
        (["commit_asked", "leave_transaction"], ("info", "commit")),
        (["leave_transaction"], ("fail", "abort")),
    ],
)
def test_a_transaction_is_as_its_commit_and_its_abort_say(
    tmp_path: Path, steps: list[str], expected: tuple[str, str]
) -> None:
    with Journal(tmp_path / "history.jsonl") as journal:
        client = sending(journal)
        client.begin_transaction()
        for step in steps:
            getattr(client, step)()

    assert ended(journal) == expected


def test_a_transaction_whose_abort_fails_is_open_only_if_its_commit_was_asked_for(tmp_path: Path) -> None:
    with Journal(tmp_path / "history.jsonl") as journal:
        client = sending(journal)
        client.begin_transaction()
        with pytest.raises(TimeoutError), client.aborting():
            raise TimeoutError("no answer")
        client.begin_transaction()
        for asked in (client.committing, client.aborting):
            with pytest.raises(TimeoutError), asked():
                raise TimeoutError("no answer")

    assert ended(journal) == ("fail", "abort")
    assert client.transaction is not None


def test_what_a_transaction_got_to_know_is_kept_though_it_fails(tmp_path: Path) -> None:
    with Journal(tmp_path / "history.jsonl") as journal:
        client = sending(journal)
        client.begin_transaction()
        first, headers = client.send("out", None, None, b"a", [("k", b"v")])
        client.send("out", 3, None, b"b", None)
        client.delivered(first, "out", 1, 7)
        client.aborted()

    assert headers == [("k", b"v"), ("ackproof-id", b"t.1.0")]
    assert events(journal)[-1]["m"] == [{"s": "out/1", "id": "t.1.0", "off": 7}, {"s": "out/3", "id": "t.1.1"}]


def test_a_record_that_the_client_did_not_take_failed(tmp_path: Path) -> None:
    with Journal(tmp_path / "history.jsonl") as journal:
        client = sending(journal)
        sent, _ = client.send("out", 0, None, b"a", None)
        with pytest.raises(BufferError), client.handing_over(sent):
            raise BufferError("queue full")

    assert ended(journal) == ("fail", None)
    assert events(journal)[-1]["err"] == "queue full"
