from pathlib import Path

import pytest

from ackproof.histories.recording.identity import marked
from ackproof.histories.recording.polling import Polled, Polling
from ackproof.histories.recording.recorder import Recorder
from ackproof.recording import Journal
from tests.histories.recording.judged import events


def polling(journal: Journal) -> Polling:
    return Polling(Recorder(journal, "c", journal.started("c", {})), None, "g")


def poll(client: Polling, *offsets: int) -> None:
    with client.polling() as polled:
        polled.extend(Polled("orders/0", offset, f"id-{offset}") for offset in offsets)


def fail(client: Polling) -> None:
    with client.polling() as polled:
        polled.append(Polled("orders/0", 3, "a"))
        raise LookupError


def test_a_poll_that_gives_nothing_is_no_line(tmp_path: Path) -> None:
    with Journal(tmp_path / "history.jsonl") as journal:
        poll(polling(journal))

    assert events(journal) == []


def test_partitions_that_come_while_it_polls_are_within_the_poll(tmp_path: Path) -> None:
    with Journal(tmp_path / "history.jsonl") as journal:
        client = polling(journal)
        with client.polling(), client.rebalancing("assigned", ["orders/0"]):
            pass

    assert [event["e"] for event in events(journal)] == ["inv", "reb", "ret"]


def test_what_a_poll_gave_before_it_failed_is_kept(tmp_path: Path) -> None:
    with Journal(tmp_path / "history.jsonl") as journal, pytest.raises(LookupError):
        fail(polling(journal))

    end = events(journal)[-1]
    assert (end["out"], end["m"]) == ("info", [{"p": [{"part": "orders/0", "off": [3], "id": ["a"]}]}])


def test_what_goes_can_be_committed_while_it_goes_and_not_after(tmp_path: Path) -> None:
    with Journal(tmp_path / "history.jsonl") as journal:
        client = polling(journal)
        poll(client, 3, 4)
        with client.rebalancing("revoked", ["orders/0"]):
            within = dict(client.following)

    assert (within, client.following) == ({"orders/0": 5}, {})


def test_after_a_seek_what_is_sought_comes_next(tmp_path: Path) -> None:
    with Journal(tmp_path / "history.jsonl") as journal:
        client = polling(journal)
        poll(client, 3, 4)
        client.sought("orders/0", 3)

    assert client.following == {"orders/0": 3}
    assert (events(journal)[-1]["e"], events(journal)[-1]["why"]) == ("pos", "seek")


@pytest.mark.parametrize("headers", [{"k": b"v"}, [("k", b"v")]])
def test_headers_of_the_application_stay(headers: object) -> None:
    assert marked(headers, "c.1.0") == [("k", b"v"), ("ackproof-id", b"c.1.0")]
