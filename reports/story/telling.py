"""Tells the story of an execution."""

from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence

from ackproof.model.action import Action
from ackproof.reports.story.ends import (
    CONTROLLER,
    COORDINATOR,
    LOG,
    NETWORK,
    OUTPUT,
    PRODUCER,
    SINK,
    TRANSACTIONS,
    Change,
)
from ackproof.reports.story.panels import NOTHING, panel
from ackproof.reports.story.story import Move, Row, Story
from ackproof.reports.story.tables import CONSUME, GROUPS, PRODUCE, Table
from ackproof.reports.story.tables import TRANSACTIONS as OF_TRANSACTIONS
from ackproof.traces.trace import Trace

ORDER = (PRODUCER, "instance", NETWORK, "broker", CONTROLLER, OUTPUT, TRANSACTIONS, LOG, COORDINATOR, "consumer", SINK)
"""Lanes from left to right; a word stands for all lanes that begin with it."""
QUIET = frozenset({NETWORK, CONTROLLER})
"""Lanes that are left out where nothing happens in them."""


def told(trace: Trace) -> Story:
    """The story of a trace."""
    states = [dict(zip(trace.names, state, strict=True)) for state in trace.states]
    moves = tuple(move(trace, states, number) for number in range(len(trace)))
    panels = tuple(map(panel, states))
    busy = {lane for each in moves for lane in (each.source, each.target) if lane}
    present = {row.lane for row in panels[0] if row.lane not in QUIET} | busy
    lanes = tuple(sorted(present, key=place))
    return Story(lanes, moves, tuple(telling(panels, present)), trace.loop)


def telling(panels: Sequence[tuple[Row, ...]], present: Collection[str]) -> Iterator[tuple[Row, ...]]:
    """The *panels* without lanes that are not there, and without what nobody ever has."""
    ever = {row.label for rows in panels for row in rows if row.value != NOTHING}
    for rows in panels:
        yield tuple(row for row in rows if row.lane in present and row.label in ever)


def place(lane: str) -> tuple[int, str]:
    """Where a lane stands."""
    return next(index for index, word in enumerate(ORDER) if lane.startswith(word)), lane


def move(trace: Trace, states: list[dict[str, Hashable]], number: int) -> Move:
    """One step as it is drawn."""
    step = trace.steps[number]
    change = Change(states[number], states[number + 1])
    table = table_of(step.action, change.before)
    ends = table.ends.get(step.action.name)
    source = (ends and ends.source(change)) or where(table, change)
    target = None if ends is None or ends.target is None else ends.target(change)
    is_message = target is not None and target != source
    style = ends.style if ends is not None and (is_message or ends.target is None) else "note"
    fault = step.action.fault
    return Move(number + 1, step.action.name, source, target if is_message else None, style, step.says, fault)


def table_of(act: Action, state: Mapping[str, Hashable]) -> Table:
    """The table that an action is in, by what it writes."""
    written = {name for parameter in act.writes for name in [act.name_of[parameter]] if isinstance(name, str)}
    if "output" in state:
        return OF_TRANSACTIONS
    if "consumers" not in state and "replicas" not in state:
        return GROUPS
    return PRODUCE if written & PRODUCE.components else CONSUME


def where(table: Table, change: Change) -> str:
    """The lane of a note: that of what changes."""
    for component, lane in table.lanes:
        if component in change.before and change.before[component] != change.after[component]:
            found = lane(change)
            if found is not None:
                return found
    return COORDINATOR if table is not PRODUCE else CONTROLLER
