"""Histories of our own format: what is found in them, what excuses it, and what is said of files that are none."""

import json

import pytest

from ackproof.histories.judging import Finding, judged
from ackproof.histories.reading.ktrace import history
from ackproof.histories.reading.problem import BadHistoryError
from tests.histories.written import PART, SAFE, Journal


def found_in(journal: Journal, *, with_ww: bool = False) -> Finding:
    """What is found in a file with these lines."""
    return judged(history(journal.text(), "history.jsonl"), with_ww=with_ww)


def told(finding: Finding) -> list[tuple[str, tuple[object, ...], bool | None]]:
    """The kinds of anomaly, their values, and whether they may be."""
    return [(each.anomaly.kind, each.anomaly.values, each.is_allowed) for each in finding.anomalies]


def with_settings(**changes: dict[str, object]) -> Journal:
    """A journal with safe settings but for these *changes*."""
    return Journal({**SAFE, **{name: {**SAFE[name], **change} for name, change in changes.items()}})


def test_a_history_without_anomalies_is_valid() -> None:
    journal = Journal()
    journal.send("a", 0)
    journal.send("b", 2)
    journal.poll(("a", 0), ("b", 2))

    finding = found_in(journal)

    assert (finding.answer, told(finding), finding.operations) == ("valid", [], 3)


@pytest.mark.parametrize(
    ("settings", "is_allowed"),
    [
        ({}, False),
        ({"p": {"acks": "1"}}, True),
        ({"broker": {"min_isr": 1}}, True),
        ({"broker": {"unclean": True}}, True),
        ({"broker": {"retention": "compact"}}, True),
        ({"broker": {"unclean": None}}, None),
    ],
)
def test_a_lost_write_is_excused_by_settings_that_lose_records(
    settings: dict[str, dict[str, object]], *, is_allowed: bool | None
) -> None:
    journal = with_settings(**settings)
    journal.send("a", 0)
    journal.send("b", 1)
    journal.poll(("b", 1))

    finding = found_in(journal)

    assert told(finding)[0] == ("lost-write", ("a",), is_allowed)
    assert finding.answer == {True: "valid", False: "invalid", None: "unknown"}[is_allowed]


@pytest.mark.parametrize(
    ("settings", "is_allowed"),
    [({}, False), ({"p": {"idempotence": False}}, True), ({"p": {"idempotence": None}}, None)],
)
def test_a_duplicate_is_excused_by_a_producer_without_idempotence(
    settings: dict[str, dict[str, object]], *, is_allowed: bool | None
) -> None:
    journal = with_settings(**settings)
    journal.send("a", 0)
    journal.poll(("a", 0), ("a", 1))

    assert ("duplicate", ("a",), is_allowed) in told(found_in(journal))


def test_an_acknowledgement_of_another_offset_than_the_record_is_read_at_is_told_apart() -> None:
    journal = Journal()
    journal.send("a", 7)
    journal.poll(("a", 0))

    assert told(found_in(journal)) == [("wrong-acknowledgement", ("a",), False)]


def test_a_record_that_the_application_sent_twice_may_be_there_twice() -> None:
    journal = Journal()
    journal.send("a", None, out="info")
    journal.send("a", 1)
    journal.poll(("a", 0), ("a", 1))

    assert told(found_in(journal)) == [("duplicate", ("a",), True)]


@pytest.mark.parametrize(("level", "is_allowed"), [("read_committed", False), ("read_uncommitted", True)])
def test_an_aborted_read_is_excused_by_a_reader_of_everything(level: str, *, is_allowed: bool) -> None:
    journal = with_settings(c={"isolation": level})
    journal.config = {**journal.config, "p": {**journal.config["p"], "txn_version": 2}}
    journal.send("a", 0, out="fail", end="abort")
    journal.poll(("a", 0))

    assert told(found_in(journal)) == [("G1a", ("a",), is_allowed)]


def test_a_failure_that_only_looks_certain_is_excused_by_the_older_protocol() -> None:
    journal = with_settings(p={"txn_version": 1})
    journal.send("a", 0, out="fail", end="commit")
    journal.poll(("a", 0))

    assert told(found_in(journal)) == [("G1a", ("a",), True)]


@pytest.mark.parametrize(
    ("event", "fields"),
    [("reb", {"what": "assigned", "parts": [PART]}), ("pos", {"part": PART, "why": "seek", "to": 0})],
)
def test_a_poll_may_start_elsewhere_if_something_happened_in_between(event: str, fields: dict[str, object]) -> None:
    plain, moved = Journal(), Journal()
    for journal in (plain, moved):
        journal.send("a", 0)
        journal.send("b", 1)
        journal.poll(("a", 0), ("b", 1))
        if journal is moved:
            journal.add(event, who="c", **fields)
        journal.poll(("a", 0))

    assert told(found_in(plain)) == [("nonmonotonic-poll", ("b", "a"), False)]
    assert told(found_in(moved)) == [("nonmonotonic-poll", ("b", "a"), True)]


def test_a_rebalance_within_a_poll_excuses_what_that_poll_skips() -> None:
    journal = Journal()
    for offset, value in enumerate("abc"):
        journal.send(value, offset)
    journal.poll(("b", 1))
    journal.add("inv", op="x", who="c", inc=2, f="poll")
    journal.add("reb", who="c", inc=2, what="revoked", parts=[PART])
    journal.add("ret", op="x", out="ok", m=[{"p": [{"part": PART, "off": [0, 2], "id": ["a", "c"]}]}])

    assert told(found_in(journal)) == [("int-poll-skip", ("b",), True)]


def test_records_are_where_their_offsets_say() -> None:
    journal = with_settings(p={"idempotence": False})
    journal.send("a", 0)
    journal.send("b", 1)
    journal.poll(("a", 0), ("b", 1), ("a", 2))

    assert told(found_in(journal)) == [("duplicate", ("a",), True)]


def test_a_record_that_nobody_sent_is_a_phantom() -> None:
    journal = Journal()
    journal.poll(("a", 0))

    assert told(found_in(journal)) == [("phantom-read", ("a",), False)]


def test_an_operation_that_never_ended_may_or_may_not_have_happened() -> None:
    journal = Journal()
    journal.add("inv", op="open", who="p", f="send", m=[{"s": PART, "id": "a"}])
    journal.poll(("a", 0))

    assert told(found_in(journal)) == []


@pytest.mark.parametrize(
    ("done", "committed", "semantics"),
    [
        (["a", "b"], 2, {"at-most-once": True, "at-least-once": True, "exactly-once": True}),
        (["a"], 2, {"at-most-once": True, "at-least-once": False, "exactly-once": False}),
        (["a", "a", "b"], 2, {"at-most-once": False, "at-least-once": True, "exactly-once": False}),
        (["a", "a"], 2, {"at-most-once": False, "at-least-once": False, "exactly-once": False}),
        (["a"], 1, {"at-most-once": True, "at-least-once": True, "exactly-once": True}),
    ],
)
def test_a_group_delivers_as_often_as_its_application_processes(
    done: list[str], committed: int, semantics: dict[str, bool]
) -> None:
    journal = Journal(expect=["exactly-once"])
    journal.send("a", 0)
    journal.send("b", 1)
    journal.poll(("a", 0), ("b", 1))
    for value in done:
        journal.add("done", who="c", part=PART, ids=[value])
    journal.commit(committed)

    finding = found_in(journal)

    assert [delivery.semantics for delivery in finding.deliveries] == [semantics]
    assert (finding.answer == "valid") is semantics["exactly-once"]


def test_done_up_to_an_offset_is_what_was_polled_below_it() -> None:
    journal = Journal()
    for offset, value in enumerate("abc"):
        journal.send(value, offset)
    journal.poll(("a", 0), ("b", 1), ("c", 2))
    journal.add("done", who="c", part=PART, upto=1)
    journal.add("done", who="c", part=PART, upto=2)

    assert [done.value for done in history(journal.text(), "f").done] == ["a", "b"]


def test_where_the_application_says_nothing_what_was_read_was_processed() -> None:
    journal = Journal()
    journal.send("a", 0)
    journal.poll(("a", 0))
    journal.poll(("a", 0))

    (delivery,) = found_in(journal).deliveries
    assert (delivery.repeated, delivery.missed) == (("a",), ())


@pytest.mark.parametrize(
    ("appends", "kinds"),
    [
        ([(0, 0), (0, 1), (1, 0)], []),
        ([(0, 2**31 - 1), (0, 0)], []),
        ([(0, 0), (0, 2)], ["sequence-gap"]),
        ([(1, 0), (0, 1)], ["epoch-regression"]),
    ],
)
def test_a_log_shows_what_an_idempotent_partition_should_have_refused(
    appends: list[tuple[int, int]], kinds: list[str]
) -> None:
    journal = Journal()
    for offset, (epoch, sequence) in enumerate(appends):
        journal.add("log", part=PART, off=offset, id=f"r{offset}", pid=7, epoch=epoch, seq=sequence)
    journal.poll()

    assert [each.anomaly.kind for each in found_in(journal).anomalies] == kinds


HEADER = json.dumps({"ktrace": 1})


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([], "f.jsonl: is empty"),
        (["{"], "f.jsonl:1: Input data was truncated"),
        (['{"ktrace": 2}'], "f.jsonl:1: Invalid enum value 2 - at `$.ktrace`"),
        ([HEADER, "", '{"n": 1, "e": "sent"}'], "f.jsonl:3: Invalid enum value 'sent' - at `$.e`"),
        ([HEADER, '{"n": 1, "e": "inv", "op": 1, "who": "p"}'], "f.jsonl:2: f: an event inv has to have it"),
        ([HEADER, '{"n": 1, "e": "ret", "op": 1, "out": "ok"}'], "f.jsonl:2: op: 1 is not running"),
        ([HEADER, *['{"n": 1, "e": "net"}'] * 2], "f.jsonl:3: n: 1 does not follow 1"),
        ([HEADER, '{"n": 1, "e": "done", "who": "c", "part": "t/0"}'], "f.jsonl:2: done: it has to have ids, or upto"),
        (
            [HEADER, '{"n": 1, "e": "inv", "op": 1, "who": "p", "f": "send", "m": [{"s": "t/0"}]}'],
            "f.jsonl:2: m: a send has to have an id",
        ),
        (
            [
                HEADER,
                '{"n": 1, "e": "inv", "op": 1, "who": "c", "f": "poll"}',
                '{"n": 2, "e": "ret", "op": 1, "out": "ok", "m": [{"p": [{"part": "t", "off": [1], "id": []}]}]}',
            ],
            "f.jsonl:3: m: a poll has as many off as id",
        ),
    ],
)
def test_what_is_no_history_is_said_with_file_line_and_key(lines: list[str], message: str) -> None:
    with pytest.raises(BadHistoryError) as problem:
        history([line.encode() for line in lines], "f.jsonl")

    assert str(problem.value) == message
