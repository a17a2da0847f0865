"""
How fast the simulator is: messages that arrive, for each second of processor time.

Usage: python benchmarks/simulator.py [--seconds S] [--seed N]. Runs a cluster of three brokers with two producers and a
group of two consumers over and over, for at least that long, each time from another seed. Prints one JSON document: how
many messages arrived, the seconds of processor time, and the quotient. Starting a cluster counts.
"""

import argparse
import json
import sys
from pathlib import Path
from time import process_time

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
    given = parser.parse_args()
    print(json.dumps(measured(given.seconds, given.seed)))


def measured(at_least_s: float, first_seed: int) -> dict[str, float]:
    """What is printed."""
    deliveries, runs, start_s = 0, 0, process_time()
    while runs == 0 or process_time() - start_s < at_least_s:
        with uncollected():
            simulation = Simulation(SCENARIO, first_seed + runs)
            simulation.run()
        deliveries += simulation.network.deliveries
        runs += 1
    seconds = process_time() - start_s
    return {
        "deliveries": deliveries,
        "seconds": round(seconds, 3),
        "deliveries_per_second": round(deliveries / seconds, 1),
        "runs": runs,
    }


if __name__ == "__main__":
    main()
