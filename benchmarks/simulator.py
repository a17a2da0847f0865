"""
How fast the simulator is: messages that arrive, for each second.

Usage: python benchmarks/simulator.py [--seconds S] [--seed N] [--processes P]. Runs a cluster of three brokers with two
producers and a group of two consumers over and over, for at least that long, each time from another seed; starting a
cluster counts. Prints one JSON document: how many messages arrived, the seconds of processor time, how many arrived in
one of those, and how many in a second by the clock, of all processes together.

A message is a request or an answer, and counts once, as the network hands it to whom it is for. What is lost does not,
nor do connections that are made, nor the controller's decisions, which brokers hear of without a request.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import count
from pathlib import Path
from time import perf_counter, process_time

sys.path.append(str(Path(__file__).parent.parent))

from ackproof.model.consume.rules import ConsumerRules
from ackproof.reference.simulator.run import uncollected
from ackproof.reference.simulator.scenario import ConsumerPlan, Fault, ProducerPlan, Scenario, TopicPlan
from ackproof.reference.simulator.simulation import Simulation

SCENARIO = Scenario(
    topics=(TopicPlan(partitions=2, settings={"min.insync.replicas": "2"}),),
    producers=(
        ProducerPlan("one", records=300, interval_ms=10, keys=4),
        ProducerPlan("two", records=300, interval_ms=10, keys=4),
    ),
    consumers=(ConsumerPlan(rules=ConsumerRules(instances=2)),),
    faults=(Fault("broker-crash"), Fault("leader-change"), Fault("response-lost")),
    duration_ms=4_000,
    keeps_deliveries=False,
)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=10.0, metavar="S", help="of processor time, at least")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of the first run")
    parser.add_argument("--processes", type=int, default=1, metavar="P", help="at once")
    given = parser.parse_args()
    print(json.dumps(measured(given.seconds, given.seed, given.processes)))


def measured(at_least_s: float, first_seed: int, processes: int) -> dict[str, float]:
    """What is printed."""
    start_s = perf_counter()
    seeds = [count(first_seed + each, processes) for each in range(processes)]
    with ProcessPoolExecutor(processes) as pool:
        runs = list(pool.map(partial(run, at_least_s), seeds))
    seconds, deliveries = perf_counter() - start_s, sum(each for each, _ in runs)
    processor_s = sum(each for _, each in runs)
    return {
        "processes": processes,
        "deliveries": deliveries,
        "processor_seconds": round(processor_s, 3),
        "deliveries_per_processor_second": round(deliveries / processor_s, 1),
        "deliveries_per_second": round(deliveries / seconds, 1),
    }


def run(at_least_s: float, seeds: Iterator[int]) -> tuple[int, float]:
    """How many messages arrived in one process, and the seconds of processor time that it took."""
    deliveries, start_s = 0, process_time()
    while process_time() - start_s < at_least_s:
        with uncollected():
            deliveries += delivered(next(seeds))
    return deliveries, process_time() - start_s


def delivered(seed: int) -> int:
    """How many messages arrive in one run."""
    simulation = Simulation(SCENARIO, seed)
    simulation.run()
    return simulation.network.deliveries


if __name__ == "__main__":
    main()
