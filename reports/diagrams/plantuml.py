"""A story as PlantUML's sequence diagram (https://plantuml.com/sequence-diagram)."""

from collections.abc import Iterator

from ackproof.reports.story.story import Move, Story, Style

ARROWS: dict[Style, str] = {"request": "->", "reply": "-->", "lost": "->x", "held": "->o"}


def plantuml(story: Story, conclusion: str = "") -> str:
    """
    The diagram.

    Args:
        story: What is drawn.
        conclusion: What it comes to, across all lanes at the end.
    """
    lines = ["@startuml", "autonumber", *(f'participant "{lane}" as {name(story, lane)}' for lane in story.lanes)]
    for number, move in enumerate(story.moves):
        if number == story.loop:
            lines.append("loop for ever")
        lines.extend(drawn(story, move))
    if story.loop is not None:
        lines.extend(["loop for ever"] if story.loop == len(story.moves) else [])
        lines.append("end")
    if conclusion:
        lines.append(f"note across : {text(conclusion)}")
    return "\n".join([*lines, "@enduml"]) + "\n"


def name(story: Story, lane: str) -> str:
    """What a lane is called in the diagram."""
    return f"p{story.lanes.index(lane)}"


def text(words: str) -> str:
    r"""*words* on one line, where ``\n`` begins a new one."""
    return words.replace("\\", "~\\").replace("\n", "\\n")


def drawn(story: Story, move: Move) -> Iterator[str]:
    """The lines of one step."""
    source = name(story, move.source)
    fault = " #FFE1E1" if move.fault else ""
    if move.target is None:
        yield f"note over {source}{fault} : {text(move.says)}"
    else:
        arrow = ARROWS[move.style].replace("-", "-[#red]", 1) if move.fault else ARROWS[move.style]
        yield f"{source} {arrow} {name(story, move.target)} : {text(move.says)}"
