"""Traces in the Informal Trace Format, which Apalache and Quint read (Apalache ADR-015)."""

from collections.abc import Hashable, Mapping
from types import NoneType
from typing import cast, get_args

import attrs

from ackproof.traces.trace import Trace

FORMAT = "https://apalache.informal.systems/docs/adr/015adr-trace.html"
ACTION, PICKS = "mbt::actionTaken", "mbt::nondetPicks"


def itf(trace: Trace, *, source: str, description: str, meta: Mapping[str, object]) -> dict[str, object]:
    """
    *trace* as a document in the Informal Trace Format.

    Of a lasso, ``loop`` is the index of the state that it goes on from for ever. Its last state is that state again, so
    that the last action has a place; to the format that is a step that changes nothing.

    Args:
        source: What the trace is of.
        description: What it shows.
        meta: What else a reader needs to take it again: the pipeline and the bounds.
    """
    actions = ["init", *(step.action.name for step in trace.steps)]
    says = ["", *(step.says for step in trace.steps)]
    states = [
        {"#meta": {"index": index, "says": says[index]}, **_state(trace, index), ACTION: actions[index], PICKS: {}}
        for index in range(len(actions))
    ]
    head = {
        "format": "ITF",
        "format-description": FORMAT,
        "source": source,
        "status": "violation",
        "description": description,
    }
    loop = {} if trace.loop is None else {"loop": trace.loop}
    return {"#meta": {**head, **meta}, "vars": [*trace.names, ACTION, PICKS], "states": states, **loop}


def _state(trace: Trace, index: int) -> dict[str, object]:
    return {name: encoded(value) for name, value in zip(trace.names, trace.states[index], strict=True)}


def encoded(value: Hashable) -> object:
    """
    A component's value in the format's notation.

    Raises:
        ValueError: There is no notation for a value of that type.
    """
    match value:
        case bool() | str():
            return value
        case int():
            return {"#bigint": str(value)}
        case None:
            return {"tag": "None"}
        case tuple():
            return [encoded(item) for item in cast("tuple[Hashable, ...]", value)]
        case frozenset():
            return {"#set": [encoded(item) for item in sorted(cast("frozenset[Hashable]", value), key=repr)]}
        case _:
            return _record(value)


def _record(value: Hashable) -> dict[str, object]:
    kind = type(value)
    if not attrs.has(kind):
        raise ValueError(f"a {kind.__name__} has no notation in the Informal Trace Format")
    return {field.name: _field(field, getattr(value, field.name)) for field in attrs.fields(kind)}


def _field(field: "attrs.Attribute[Hashable]", value: Hashable) -> object:
    """A field that may be empty is an option, so that it has one type in every state."""
    if NoneType in get_args(field.type) and value is not None:
        return {"tag": "Some", "value": encoded(value)}
    return encoded(value)
