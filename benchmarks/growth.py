"""
How the cost of a verdict grows with records, replicas or consumers, and faults.

Usage: python benchmarks/growth.py [--up-to N] [--runs N]. One size is varied at a time, the others are what a verdict
has by default: 3 records, 3 replicas, 2 consumers, any 2 faults. Every state of a half is searched, for all claims at
once, with the reductions that the systems declare. Prints one JSON document: for each half and size the distinct
states, the transitions, how often Python was asked, and the median seconds of the search.
"""

import statistics
import sys
from collections.abc import Callable
from pathlib import Path

import attrs

sys.path.append(str(Path(__file__).parent.parent))

from ackproof.model.consume import half as consume
from ackproof.model.faults import ON_REQUEST_ONLY, Faults
from ackproof.model.produce import half as produce
from ackproof.model.produce.rules import BrokerRules
from ackproof.model.system import System
from ackproof.search.explorer import explore
from benchmarks.measuring import at_least, make_ready, measure, options, show
from benchmarks.verdicts import CONSUMERS, PRODUCERS


def produce_half(*, records: int = 3, replicas: int = 3, faults: int = 2) -> System:
    """An idempotent producer and its cluster."""
    return produce.produce_half(
        PRODUCERS["idempotent"],
        attrs.evolve(BrokerRules(), replication_factor=replicas),
        records=records,
        faults=Faults(faults),
        kinds=produce.KINDS - ON_REQUEST_ONLY,
    )


def consume_half(*, records: int = 3, consumers: int = 2, faults: int = 2) -> System:
    """A group whose members commit synchronously after processing."""
    return consume.consume_half(
        attrs.evolve(CONSUMERS["sync after"], instances=consumers),
        records=records,
        faults=Faults(faults),
        kinds=consume.KINDS - ON_REQUEST_ONLY,
    )


@attrs.frozen
class Series:
    """Systems of one half that differ in one size, from the least value to the greatest."""

    half: str
    size: str
    least: int
    greatest: int
    system_of: Callable[..., System]


SERIES = (
    Series("produce", "records", 1, 5, produce_half),
    Series("produce", "replicas", 2, 5, produce_half),
    Series("produce", "faults", 0, 3, produce_half),
    Series("consume", "records", 1, 5, consume_half),
    Series("consume", "consumers", 1, 4, consume_half),
    Series("consume", "faults", 0, 3, consume_half),
)


def main() -> None:
    """Measure and print."""
    parser = options(__doc__)
    parser.add_argument("--up-to", type=at_least(2), default=5, metavar="N", help="no size beyond this one")
    parser.add_argument("--runs", type=at_least(1), default=3, metavar="N")
    given = parser.parse_args()
    make_ready()
    show({"runs": given.runs, "growth": [grown(series, given.up_to, given.runs) for series in SERIES]})


def grown(series: Series, up_to: int, runs: int) -> dict[str, object]:
    """One series."""
    values = range(series.least, min(series.greatest, up_to) + 1)
    searches = [cost(series.system_of(**{series.size: value}), runs) | {series.size: value} for value in values]
    return {"half": series.half, "size": series.size, "searches": searches}


def cost(system: System, runs: int) -> dict[str, float]:
    """What a search of every state takes."""
    measured = [measure(lambda: explore(system)) for _ in range(runs)]
    found = measured[0].found
    return {
        "distinct_states": found.distinct_states,
        "transitions": found.transitions,
        "python_calls": found.python_calls,
        "seconds": round(statistics.median(run.seconds for run in measured), 3),
    }


if __name__ == "__main__":
    main()
