"""
A story as a log for ShiViz, which draws what depends on what from vector clocks.

Source: https://bitbucket.org/bestchai/shiviz/wiki: the parser's expression, an empty line, then two lines an event.
"""

import json
from collections.abc import Iterator

from ackproof.reports.story.story import Move, Story

PARSER = r"(?<event>.*)\n(?<host>\S*) (?<clock>{.*})"
Clock = dict[str, int]


def shiviz(story: Story) -> str:
    """The log, with the expression that reads it in its first line."""
    clocks = dict[str, Clock]()
    events = [line for move in story.moves for line in happened(clocks, move)]
    return "\n".join([PARSER, "", *events]) + "\n"


def happened(clocks: dict[str, Clock], move: Move) -> Iterator[str]:
    """The events of a step: one in the lane that it begins in, and one where its message arrives."""
    yield from event(clocks, host(move.source), move.says, {})
    if move.target is not None and move.style not in {"lost", "held"}:
        yield from event(clocks, host(move.target), f"receives: {move.says}", clocks[host(move.source)])


def event(clocks: dict[str, Clock], where: str, says: str, heard: Clock) -> Iterator[str]:
    """An event at a host that has *heard* of others, and its clock."""
    own = clocks.get(where, {})
    merged = {each: max(own.get(each, 0), heard.get(each, 0)) for each in {**own, **heard}}
    clocks[where] = {**merged, where: own.get(where, 0) + 1}
    yield says.replace("\n", " ")
    yield f"{where} {json.dumps(clocks[where], sort_keys=True)}"


def host(lane: str) -> str:
    """A lane's name without blanks, which the expression does not allow."""
    return lane.replace(" ", "-")
