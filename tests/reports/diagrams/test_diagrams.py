"""Stories in other tools' notations: as people read them, and as those tools' own parsers do."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ackproof.reports.diagrams.mermaid import mermaid
from ackproof.reports.diagrams.plantuml import plantuml
from ackproof.reports.diagrams.shiviz import PARSER, shiviz
from ackproof.reports.story.story import Move, Story
from tests.reports.stories import KNOWN, story

ROOT = Path(__file__).parents[3]
LOST = "acknowledged-by-the-leader-alone"
PACKAGES = ROOT / ".venv" / "mermaid" / "node_modules"
"""Where .ci/run has npm put Mermaid."""

TEXTS = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs")), max_size=20)


@st.composite
def stories(draw: st.DrawFn) -> Story:
    """Stories whose texts are anything, some without an end."""
    lanes = ("producer", "broker 1", "end", "sink")
    moves = tuple(
        Move(number, "act", draw(st.sampled_from(lanes)), None, draw(st.sampled_from(("note", "stop"))), draw(TEXTS))
        for number in range(1, draw(st.integers(1, 4)))
    )
    sent = tuple(attrs.evolve(move, target="sink", style="lost", fault="request-lost") for move in moves[:1])
    loop = draw(st.none() | st.integers(0, len(moves)))
    return Story(lanes, (*sent, *moves[1:]), ((),) * (len(moves) + 1), loop)


def test_mermaid_draws_messages_notes_and_the_fault() -> None:
    assert (
        mermaid(story(LOST), "r1 is lost")
        == """\
sequenceDiagram
    autonumber
    participant p0 as producer
    participant p1 as broker 1
    participant p2 as broker 2
    participant p3 as broker 3
    participant p4 as controller
    p0->>p1: producer sends r1
    Note over p1: broker 1, the leader, appends r1 at offset 0
    p1-->>p0: producer gets the acknowledgement of r1
    rect rgb(255, 225, 225)
    Note over p1: broker 1, the leader, crashes
    end
    p4->>p2: the controller makes broker 2 the leader#59; in sync: broker 2, broker 3
    Note over p0,p4: r1 is lost
"""
    )


def test_a_diagram_that_mermaid_would_refuse_is_shortened_and_says_so() -> None:
    told = story(LOST)
    moves = tuple(attrs.evolve(told.moves[0], number=number, says="x" * 100) for number in range(1, 1_000))

    drawn = mermaid(attrs.evolve(told, moves=moves))

    assert 40_000 < len(drawn) < 50_000
    assert re.search(r"Note over p0,p4: \d+ steps are left out here", drawn)


def test_what_is_repeated_for_ever_is_in_a_loop() -> None:
    told = story(LOST)

    assert mermaid(attrs.evolve(told, loop=4)).splitlines()[-3:] == [
        "    loop for ever",
        "    p4->>p2: the controller makes broker 2 the leader#59; in sync: broker 2, broker 3",
        "    end",
    ]
    assert mermaid(attrs.evolve(told, loop=5)).splitlines()[-3:] == [
        "    loop for ever",
        "    Note over p0,p4: nothing more",
        "    end",
    ]


def test_plantuml_draws_messages_notes_and_the_fault() -> None:
    assert plantuml(story(LOST), "r1 is lost").splitlines()[7:] == [
        "p0 -> p1 : producer sends r1",
        "note over p1 : broker 1, the leader, appends r1 at offset 0",
        "p1 --> p0 : producer gets the acknowledgement of r1",
        "note over p1 #FFE1E1 : broker 1, the leader, crashes",
        "p4 -> p2 : the controller makes broker 2 the leader; in sync: broker 2, broker 3",
        "note across : r1 is lost",
        "@enduml",
    ]


def events(log: str) -> list[tuple[str, str, dict[str, int]]]:
    """The events of a ShiViz log, read by the expression in its first line."""
    expression, _, rest = log.split("\n", 2)
    read = re.compile(expression.replace("?<", "?P<"))
    return [(found["event"], found["host"], json.loads(found["clock"])) for found in read.finditer(rest)]


@given(told=stories())
def test_shiviz_clocks_count_each_hosts_events_and_what_it_has_heard(told: Story) -> None:
    seen = dict[str, dict[str, int]]()
    for _, host, clock in events(shiviz(told)):
        before = seen.get(host, {})
        assert clock[host] == before.get(host, 0) + 1
        assert all(clock[other] >= count for other, count in before.items())
        seen[host] = clock


@pytest.mark.parametrize("name", KNOWN)
def test_shiviz_has_each_step_and_each_message_that_arrives(name: str) -> None:
    told = story(name)

    arrived = [move for move in told.moves if move.style in {"request", "reply"}]
    assert shiviz(told).startswith(f"{PARSER}\n\n")
    assert len(events(shiviz(told))) == len(told.moves) + len(arrived)


@pytest.mark.skipif(not PACKAGES.exists(), reason="Mermaid is not installed: bash .ci/run tools has npm install it")
def test_mermaids_own_parser_reads_every_diagram(tmp_path: Path) -> None:
    drawn = [mermaid(story(name), "# it; is & <over> end") for name in KNOWN]
    script = tmp_path / "parse.mjs"
    script.write_text(PARSE)
    (tmp_path / "node_modules").symlink_to(PACKAGES)

    result = subprocess.run(
        [shutil.which("node") or "node", str(script)],
        check=False,
        input=json.dumps(drawn),
        capture_output=True,
        text=True,
    )

    assert (result.stderr, result.stdout.strip()) == ("", str(len(drawn)))


PARSE = """
import { JSDOM } from "jsdom";
const { window } = new JSDOM("");
Object.assign(globalThis, { window, document: window.document, Element: window.Element });
const mermaid = (await import("mermaid")).default;
let text = "";
for await (const chunk of process.stdin) text += chunk;
const diagrams = JSON.parse(text);
for (const each of diagrams) await mermaid.parse(each);
console.log(diagrams.length);
"""
