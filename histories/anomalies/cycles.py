"""Operations that depend on each other in a circle (Adya's phenomena, as Elle names them)."""

from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import accumulate, chain, pairwise
from typing import Literal

import attrs
import rustworkx

from ackproof.histories.anomaly import Anomaly
from ackproof.histories.evidence import Evidence, moment
from ackproof.histories.operation import TRANSACTIONS, Operation

Relation = Literal["ww", "wr", "realtime"]
Edges = Mapping[Relation, Sequence[tuple[int, int]]]


@attrs.frozen
class Kind:
    """
    A class of cycles.

    Attributes:
        relations: That it may use.
        needs: The one that it uses for certain.
        implied_by: The kind that is told in its place where it is there as well.
    """

    name: str
    relations: tuple[Relation, ...]
    needs: Relation
    implied_by: str = ""


KINDS = (
    Kind("G0", ("ww",), "ww"),
    Kind("G1c", ("ww", "wr"), "wr"),
    Kind("G0-realtime", ("ww", "realtime"), "ww", "G0"),
    Kind("G1c-realtime", ("ww", "wr", "realtime"), "wr", "G1c"),
)
SAYS = {
    "G0": "each of them wrote behind the other",
    "G1c": "each of them depends on what the other wrote",
    "G0-realtime": "they wrote in another order than they ran in",
    "G1c-realtime": "what one of them wrote was read before that can have been",
}


def cycles(history: Evidence, *, with_ww: bool) -> Iterator[Anomaly]:
    """
    A cycle of each kind in each knot of operations that has one.

    Args:
        history: What is known.
        with_ww: Whether an operation depends on whoever wrote the record in front of one of its own.
    """
    writes = list(write_pairs(history)) if with_ww else []
    reads = [(read.writer, read.reader) for read in history.early if read.writer is not None]
    operations = suspects(history.operations, [*writes, *reads])
    number = {operation: each for each, operation in enumerate(operations)}
    edges: Edges = {
        "ww": [(number[one], number[other]) for one, other in writes if one in number and other in number],
        "wr": list(read_edges(history, operations, number)),
        "realtime": list(time_edges(operations)),
    }
    found = dict[str, set[int]]()
    tangled = {node for knot in knots_in(list(chain(*edges.values()))) for node in knot}
    edges = {relation: within(tangled, pairs) for relation, pairs in edges.items()}
    for kind in KINDS:
        for circle in circles(kind, edges, found.get(kind.implied_by, set())):
            found.setdefault(kind.name, set()).update(circle)
            story = tuple(operations[each] for each in circle if each < len(operations))
            yield Anomaly(kind.name, None, (), story, SAYS[kind.name])


def suspects(operations: Sequence[Operation], pairs: Iterable[tuple[Operation, Operation]]) -> list[Operation]:
    """
    The operations that can be in a cycle, given all *pairs* that may lead back in time.

    Each cycle goes back somewhere, and goes there again over every moment that it went back by. So its moments lie in
    spans of pairs that lead back, and these overlap.
    """
    spans = sorted((moment(after), moment(before)) for before, after in pairs if moment(before) >= moment(after))
    ends = list(accumulate((end for _, end in spans), max))
    begins = [begin for begin, _ in spans]
    return [
        each for each in operations if spans and each.kind in TRANSACTIONS and is_within(moment(each), begins, ends)
    ]


def is_within(now: int, begins: Sequence[int], ends: Sequence[int]) -> bool:
    """Whether a moment is in one of the spans, which are sorted by where they begin; *ends* are the highest so far."""
    before = bisect_right(begins, now)
    return before > 0 and now <= ends[before - 1]


def write_pairs(history: Evidence) -> Iterator[tuple[Operation, Operation]]:
    """Whoever wrote a record, and whoever wrote the next one."""
    for key, order in history.orders.items():
        writers = [history.writer(key, value) for value in order.values]
        for first, second in pairwise(writers):
            if first is not None and second is not None and first is not second:
                yield first, second


def read_edges(
    history: Evidence, operations: Sequence[Operation], number: Mapping[Operation, int]
) -> Iterator[tuple[int, int]]:
    """From whoever wrote a record to each operation that read it."""
    for reader in operations:
        for records in reader.polled:
            writers = history.writers.get(records.key, {})
            for value in records.values:
                writer = writers.get(value)
                if writer is not None and writer in number and writer is not reader:
                    yield number[writer], number[reader]


def time_edges(operations: Sequence[Operation]) -> Iterator[tuple[int, int]]:
    """
    From each operation that succeeded to each that was called after it.

    There are as many as operations, not as their square: they go by way of moments, numbered behind the operations.
    """
    ends = sorted(ends_of(operations))
    for place, (_, number) in enumerate(ends, start=len(operations)):
        yield number, place
        if place > len(operations):
            yield place - 1, place
    past = 0
    for invoked, number in sorted((each.invoked, number) for number, each in enumerate(operations)):
        while past < len(ends) and ends[past][0] < invoked:
            past += 1
        if past:
            yield len(operations) + past - 1, number


def ends_of(operations: Sequence[Operation]) -> Iterator[tuple[int, int]]:
    """When each operation ended that took effect before it did, and its number."""
    for number, operation in enumerate(operations):
        if operation.outcome == "ok" and operation.completed is not None:
            yield operation.completed, number


def circles(kind: Kind, edges: Edges, told: Collection[int]) -> Iterator[list[int]]:
    """One circle of that kind in each knot, but where one of its nodes is *told* already."""
    used = list(chain(*(edges[relation] for relation in kind.relations)))
    knots = knots_in(used)
    graph = graph_of(used)
    knot_of = {node: each for each, knot in enumerate(knots) for node in knot}
    done = {knot_of[node] for node in told if node in knot_of}
    for first, second in edges[kind.needs]:
        knot = knot_of.get(first)
        if knot is None or knot in done or knot_of.get(second) != knot:
            continue
        done.add(knot)
        path = rustworkx.dijkstra_shortest_paths(graph, second, target=first, default_weight=1.0)[first]
        yield [first, *list(path)[:-1]]


def within(nodes: Collection[int], edges: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The *edges* between *nodes*."""
    return [edge for edge in edges if edge[0] in nodes and edge[1] in nodes] if nodes else []


def knots_in(edges: Sequence[tuple[int, int]]) -> list[list[int]]:
    """The sets of nodes that all can be reached from each other."""
    return [knot for knot in rustworkx.strongly_connected_components(graph_of(edges)) if len(knot) > 1]


def graph_of(edges: Sequence[tuple[int, int]]) -> "rustworkx.PyDiGraph[None, None]":
    """A graph of *edges*."""
    graph = rustworkx.PyDiGraph[None, None]()
    graph.extend_from_edge_list(edges)
    return graph
