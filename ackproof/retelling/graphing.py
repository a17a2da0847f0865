"""``show --graph FILE``: a small state graph for Graphviz or for what reads GraphML (yEd, Gephi, networkx)."""

from collections import deque
from importlib import import_module
from pathlib import Path
from typing import Any

import attrs

from ackproof.model.system import State, steps
from ackproof.reports.story.panels import NOTHING, panel
from ackproof.retelling.showing import Part
from ackproof.traces.trace import represented

nx: Any = import_module("networkx")  # it has no types
graphviz: Any = import_module("graphviz")  # nor has it
MOST_STATES = 500
"""A larger graph is no picture; it is refused."""
SUFFIXES = (".dot", ".graphml")


Looks = dict[str, str]


@attrs.define(eq=False)
class Graph:
    """
    States and what leads from one to another, with how each is drawn.

    Attributes:
        edges: From where, to where, by which action.
    """

    name: str
    nodes: list[Looks] = attrs.field(factory=list[Looks])
    edges: list[tuple[int, int, Looks]] = attrs.field(factory=list[tuple[int, int, Looks]])


class TooLargeError(Exception):
    """There are more states than a picture can show."""


def graph(part: Part, most: int = MOST_STATES) -> Graph:
    """
    The states of a part of a pipeline, and the actions that lead from one to another.

    A state that breaks a claim is red and goes no further; the first one has a double line.

    Raises:
        TooLargeError: There are more than *most*.
    """
    found = Graph(part.where)
    first = represented(part.system, part.system.first_state)
    number, waiting = {first: 0}, deque([first])
    while waiting:
        state = waiting.popleft()
        broken = [name for name, holds in part.claims.items() if not holds({**part.system.rules, **named(part, state)})]
        found.nodes.append(looks(part, state, broken, is_first=state == first))
        for step in () if broken else steps(part.system, state):
            after = represented(part.system, step.state)
            if after not in number:
                number[after] = len(number)
                waiting.append(after)
            colour = "red" if step.action.fault else "black"
            found.edges.append((number[state], number[after], {"label": step.action.name, "color": colour}))
        if len(number) > most:
            raise TooLargeError(f"{part.where} has more than {most} states")
    return found


def named(part: Part, state: State) -> dict[str, object]:
    """The components of a state."""
    return dict(part.system.named(state))


def looks(part: Part, state: State, broken: list[str], *, is_first: bool) -> Looks:
    """How a state is drawn: with what it has, and which claims it breaks."""
    rows = (row for row in panel(part.system.named(state)) if row.value != NOTHING)
    lines = [*(f"breaks {claim}" for claim in broken), *(f"{row.lane}, {row.label}: {row.value}" for row in rows)]
    return {
        "label": "\n".join(lines),
        "shape": "doublecircle" if is_first else "box",
        "color": "red" if broken else "black",
    }


def write(found: Graph, file: Path) -> None:
    """
    Write a graph in the notation that the *file*'s name asks for.

    Raises:
        OSError: It can not be written.
    """
    if file.suffix == ".graphml":
        nx.write_graphml(as_networkx(found), file)
    else:
        file.write_text(as_dot(found), encoding="utf-8")


def as_networkx(found: Graph) -> Any:  # a graph of networkx, which has no types
    """The graph for networkx."""
    made = nx.MultiDiGraph(name=found.name)
    for number, look in enumerate(found.nodes):
        made.add_node(number, **look)
    for start, end, look in found.edges:
        made.add_edge(start, end, **look)
    return made


def as_dot(found: Graph) -> str:
    """The graph for Graphviz, with its texts to the left."""
    made = graphviz.Digraph(found.name)
    for number, look in enumerate(found.nodes):
        made.node(str(number), **{**look, "label": f"{graphviz.escape(look['label'])}\n".replace("\n", "\\l")})
    for start, end, look in found.edges:
        made.edge(str(start), str(end), **look)
    return str(made.source)
