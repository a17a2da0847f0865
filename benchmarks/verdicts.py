"""
How long verdicts take: every half and claim of some typical configurations, with the default faults.

Usage: python benchmarks/verdicts.py [--records N] [--faults N] [--runs N]. Prints one JSON document: for each
configuration and claim the verdict, the states, the Python calls and the median seconds of the search.
"""

import argparse
import json
import statistics
import time

import attrs

from ackproof.model.consume import half as consume
from ackproof.model.consume import rules as reading
from ackproof.model.consume.auto_commit import LIBRDKAFKA
from ackproof.model.faults import ON_REQUEST_ONLY, Faults
from ackproof.model.produce import half as produce
from ackproof.model.produce.rules import BrokerRules, ProducerRules, each_to_the_front
from ackproof.model.system import System
from ackproof.properties.claims import INVARIANTS, Half
from ackproof.search.explorer import explore

RETRYING = ProducerRules(idempotence=None, requeue=each_to_the_front)
PRODUCERS = {
    "idempotent": ProducerRules(),
    "five in flight": RETRYING,
    "one in flight": attrs.evolve(RETRYING, max_in_flight=1),
    "acks=1": attrs.evolve(RETRYING, acks="1"),
    "acks=0": attrs.evolve(RETRYING, acks="0"),
}
CONSUMERS = {
    "sync after": reading.ConsumerRules(instances=2),
    "async after": reading.ConsumerRules(commit="async", instances=2),
    "java auto": reading.ConsumerRules(commit="auto", instances=2),
    "librdkafka auto": reading.ConsumerRules(LIBRDKAFKA, commit="auto", instances=2),
}
NAMES: dict[Half, list[str]] = {"produce": list(PRODUCERS), "consume": list(CONSUMERS)}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=3)
    parser.add_argument("--faults", type=int, default=2)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    rows = [
        measured(half, name, claim, options.records, options.faults, options.runs)
        for half, names in NAMES.items()
        for name in names
        for claim in INVARIANTS[half]
    ]
    print(json.dumps({"records": options.records, "faults": options.faults, "verdicts": rows}, indent=1))


def measured(half: Half, name: str, claim: str, records: int, faults: int, runs: int) -> dict[str, object]:
    """One row: the search of one claim, several times."""
    seconds: list[float] = []
    system = system_of(half, name, claim, records, Faults(faults))
    found = explore(system, INVARIANTS[half][claim])
    for _ in range(runs):
        started = time.perf_counter()
        explore(system, INVARIANTS[half][claim])
        seconds.append(time.perf_counter() - started)
    return {
        "half": half,
        "configuration": name,
        "claim": claim,
        "ended": found.ended,
        "length": len(found.violation) if found.violation else None,
        "distinct_states": found.distinct_states,
        "python_calls": found.python_calls,
        "seconds": round(statistics.median(seconds), 3),
    }


def system_of(half: Half, name: str, claim: str, records: int, faults: Faults) -> System:
    """The system that decides the claim."""
    if half == "consume":
        kinds = consume.KINDS - ON_REQUEST_ONLY
        return consume.consume_half(
            CONSUMERS[name],
            records=records,
            faults=faults,
            kinds=kinds,
            counts_repeats=claim == "no-duplicates",
            notes_order=claim == "in-order",
        )
    client = PRODUCERS[name]
    return produce.produce_half(
        client,
        BrokerRules(),
        records=records,
        faults=faults,
        kinds=produce.KINDS - ON_REQUEST_ONLY,
        remembers_acknowledged=claim == "no-loss",
        stores_repeats=claim == "no-duplicates" or client.idempotence is not None,
    )


if __name__ == "__main__":
    main()
