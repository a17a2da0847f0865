"""Sweeps: every combination of chosen values of chosen keys, each judged, and the weakest that are safe."""

import importlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import product
from typing import Any

import attrs

from ackproof.config.pipeline import Pipeline
from ackproof.repair.change import Change, Value, changed

graphs: Any = importlib.import_module("networkx")
"""It has no types."""

Answers = Mapping[str, str]
"""For each claim its verdict."""


@attrs.frozen
class Axis:
    """A key and the values that it is given, from the weakest to the strongest."""

    key: str
    values: tuple[Value, ...]


@attrs.frozen
class Cell:
    """
    One configuration of a sweep.

    Attributes:
        place: For each axis which of its values.
        answers: None where Kafka, the client or the pipeline file refuses it.
    """

    place: tuple[int, ...]
    changes: tuple[Change, ...]
    answers: Answers | None

    @property
    def is_safe(self) -> bool:
        """Whether every claim holds."""
        return bool(self.answers) and all(answer == "holds" for answer in (self.answers or {}).values())


Judge = Callable[[Pipeline], Answers]
Executor = Callable[[Judge, Sequence[Pipeline]], Sequence[Answers]]
"""Has every pipeline judged, in order, wherever that is done."""


def one_by_one(judge: Judge, pipelines: Sequence[Pipeline]) -> Sequence[Answers]:
    """In this process."""
    return [judge(pipeline) for pipeline in pipelines]


def sweep(pipeline: Pipeline, axes: Sequence[Axis], judge: Judge, *, executor: Executor = one_by_one) -> list[Cell]:
    """Every combination of the values of *axes*, the last axis fastest, with what *judge* says of it."""
    places = list(product(*(range(len(axis.values)) for axis in axes)))
    settings = [_changes(axes, place) for place in places]
    configured = [changed(pipeline, frozenset(changes)) for changes in settings]
    answers = iter(executor(judge, [one for one in configured if one is not None]))
    judged = [None if one is None else next(answers) for one in configured]
    return [Cell(*cell) for cell in zip(places, settings, judged, strict=True)]


def _changes(axes: Sequence[Axis], place: tuple[int, ...]) -> tuple[Change, ...]:
    return tuple(Change(axis.key, axis.values[at]) for axis, at in zip(axes, place, strict=True))


def weakest_safe(cells: Sequence[Cell]) -> list[Cell]:
    """The safe cells that have no safe cell below them: those that are nowhere stronger and somewhere weaker."""
    safe = [cell for cell in cells if cell.is_safe]
    order: Any = graphs.DiGraph()
    order.add_nodes_from(range(len(safe)))
    order.add_edges_from(_below(safe))
    return [cell for number, cell in enumerate(safe) if order.in_degree(number) == 0]


def _below(cells: Sequence[Cell]) -> Iterator[tuple[int, int]]:
    for one, weaker in enumerate(cells):
        for other, stronger in enumerate(cells):
            pairs = zip(weaker.place, stronger.place, strict=True)
            if one != other and all(at <= above for at, above in pairs):
                yield one, other
