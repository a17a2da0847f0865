"""Stories: who does what to whom, and what everybody holds after it."""

from pathlib import Path

import pytest

from ackproof.reports.story.story import Move, Row, Story
from ackproof.reports.story.tables import CONSUME, GROUPS, PRODUCE, TRANSACTIONS, Table
from tests.reports.stories import EXAMPLES, KNOWN, stories_of, story


def drawn(move: Move) -> tuple[str, str | None, str]:
    """Between which lanes a step goes, and how."""
    return move.source, move.target, move.style


def test_a_record_goes_from_the_producer_to_the_leader_and_its_answer_back() -> None:
    moves = story("acknowledged-by-the-leader-alone").moves

    assert list(map(drawn, moves)) == [
        ("producer", "broker 1", "request"),
        ("broker 1", None, "note"),
        ("broker 1", "producer", "reply"),
        ("broker 1", None, "stop"),
        ("controller", "broker 2", "request"),
    ]
    assert [move.fault for move in moves] == [None, None, None, "broker-crash", None]


def test_a_message_that_is_held_back_stays_in_the_network() -> None:
    held = [move for move in story("restart-overtakes-a-stuck-connection").moves if move.fault == "request-delayed"]

    assert list(map(drawn, held)) == [("producer", "network", "held")]


def test_what_a_lane_holds_is_told_for_each_state() -> None:
    panels = story("acknowledged-by-the-leader-alone").panels

    assert [[row.value for row in rows if row.label == "log"] for rows in panels] == [
        ["-", "-", "-"],
        ["-", "-", "-"],
        ["r1", "-", "-"],
        ["r1", "-", "-"],
        ["r1", "-", "-"],
        ["r1", "-", "-"],
    ]
    assert Row("producer", "acknowledged", "r1") in panels[-1]


def test_consumers_the_group_and_the_sink_have_lanes() -> None:
    told = story("a-zombie-finishes")

    assert told.lanes == ("log", "group coordinator", "consumer 1", "consumer 2", "sink")
    assert Row("sink", "processed", "r1 x2") in told.panels[-1]


def is_whole(told: Story) -> bool:
    """Whether all that is drawn has its place."""
    rows = [[(row.lane, row.label) for row in panel] for panel in told.panels]
    ends = {end for move in told.moves for end in (move.source, move.target) if end}
    return (
        len(told.panels) == len(told.moves) + 1
        and all(each == rows[0] for each in rows)
        and ends | {lane for lane, _ in rows[0]} <= set(told.lanes)
        and all((move.target is None) == (move.style in {"note", "stop"}) for move in told.moves)
    )


@pytest.mark.parametrize("name", KNOWN)
def test_every_lane_and_row_of_a_known_story_is_there(name: str) -> None:
    assert is_whole(story(name))


@pytest.mark.parametrize("pipeline", EXAMPLES, ids=lambda path: path.name.removesuffix(".ackproof.toml"))
def test_every_counterexample_of_the_examples_has_a_story(pipeline: Path) -> None:
    assert all(map(is_whole, stories_of(pipeline)))


def test_each_action_that_is_drawn_is_one_of_the_models() -> None:
    names = {name for path in (Path(__file__).parents[3] / "model").rglob("*.py") for name in functions_in(path)}

    for table in (PRODUCE, CONSUME, TRANSACTIONS, GROUPS):
        assert not stale(table, names)


def functions_in(path: Path) -> set[str]:
    """The names of functions in a file, as actions are called."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return {line[4:].partition("(")[0].replace("_", " ").strip() for line in lines if line.startswith("def ")}


def stale(table: Table, names: set[str]) -> set[str]:
    """What a table draws that no function is called."""
    return set(table.ends) - names
