"""
A story as Mermaid's sequence diagram, which GitHub and GitLab draw in Markdown.

Source: https://mermaid.js.org/syntax/sequenceDiagram.html; what does not parse was found by parsing.
"""

from collections.abc import Iterator

from ackproof.reports.story.story import Move, Story, Style

ARROWS: dict[Style, str] = {"request": "->>", "reply": "-->>", "lost": "-x", "held": "-)"}
FAULT = "rgb(255, 225, 225)"
MOST = 45_000
"""Characters; Mermaid refuses 50,000."""
KEPT = 20
"""How many steps are kept at the beginning, if some are left out."""


def mermaid(story: Story, conclusion: str = "") -> str:
    """
    The diagram.

    Args:
        story: Steps in its middle are left out if they are too many for Mermaid, which the diagram says.
        conclusion: What it comes to, across all lanes at the end.
    """
    ends = ",".join(dict.fromkeys(name(story, lane) for lane in (story.lanes[0], story.lanes[-1])))
    participants = (f"    participant {name(story, lane)} as {text(lane)}" for lane in story.lanes)
    body = shortened([list(drawn(story, move)) for move in story.moves], ends, story.loop)
    closing = [f"    Note over {ends}: {text(conclusion)}"] if conclusion else []
    return "\n".join(["sequenceDiagram", "    autonumber", *participants, *body, *closing]) + "\n"


def shortened(steps: list[list[str]], ends: str, loop: int | None) -> list[str]:
    """The lines of *steps*, those from the *loop*-th on in a loop, without some of the middle if they are too many."""
    if loop is not None:
        steps = [
            *steps[:loop],
            ["    loop for ever"],
            *(steps[loop:] or [[f"    Note over {ends}: nothing more"]]),
            ["    end"],
        ]
    length = sum(len(line) + 1 for step in steps for line in step)
    left_out = 0
    while length > MOST and len(steps) > 2 * KEPT:
        place = KEPT + ("loop" in steps[KEPT][0].split()[:1])
        length -= sum(len(line) + 1 for line in steps.pop(place))
        left_out += 1
    gap = [[f"    Note over {ends}: {left_out} steps are left out here"]] if left_out else []
    return [line for step in (*steps[:KEPT], *gap, *steps[KEPT:]) for line in step]


def name(story: Story, lane: str) -> str:
    """What a lane is called in the diagram, where names are letters and digits."""
    return f"p{story.lanes.index(lane)}"


def text(words: str) -> str:
    """*words* so that Mermaid shows them as they are: it ends a line at a semicolon, and the text at a hash."""
    kept = words.replace("#", "#35;").replace("\n", "<br/>")
    kept = kept.replace(";", "#59;").replace("#35#59;", "#35;")
    return f" {kept}" if kept.startswith(("wrap:", "nowrap:")) else kept


def drawn(story: Story, move: Move) -> Iterator[str]:
    """The lines of one step."""
    source = name(story, move.source)
    if move.fault:
        yield f"    rect {FAULT}"
    if move.target is None:
        yield f"    Note over {source}: {text(move.says)}"
    else:
        yield f"    {source}{ARROWS[move.style]}{name(story, move.target)}: {text(move.says)}"
    if move.fault:
        yield "    end"
