"""
How long the oracle of the tests takes: plain Python that follows every step, one state after the other.

Usage: python benchmarks/brute_force.py two_phase --managers N, or python benchmarks/brute_force.py replication
--replicas R --log-size L --records M --max-leader-epoch E (the variant kip-320, every replica told apart). Prints one
JSON document: the distinct states, the seconds, the bytes for each state.
"""

import argparse
import sys
from pathlib import Path

import attrs

sys.path.append(str(Path(__file__).parent.parent))

from ackproof.model.published.system import published
from ackproof.model.published.variants import VARIANTS
from ackproof.model.system import System
from ackproof.model.two_phase_commit import two_phase_commit
from benchmarks.measuring import at_least, measure, options, show
from tests import oracle

BOUNDS = {"replicas": 2, "log_size": 1, "records": 1, "max_leader_epoch": 0}
"""The least value of each bound of replication."""


def main() -> None:
    """Measure and print."""
    parser = options(__doc__)
    models = parser.add_subparsers(dest="model", required=True)
    models.add_parser("two_phase").add_argument("--managers", type=at_least(1), required=True, metavar="N")
    replication = models.add_parser("replication")
    for name, least in BOUNDS.items():
        replication.add_argument(f"--{name.replace('_', '-')}", type=at_least(least), required=True, metavar="N")
    given = parser.parse_args()
    apart = attrs.evolve(system_of(given), reductions=frozenset())
    measured = measure(lambda: oracle.explore(apart))
    states = len(measured.found.states)
    show(
        {
            **vars(given),
            "distinct_states": states,
            "seconds": measured.seconds,
            "bytes_per_state": measured.bytes_per_state(states),
        }
    )


def system_of(given: argparse.Namespace) -> System:
    """What is to be searched."""
    if given.model == "two_phase":
        return two_phase_commit(given.managers)
    return published(VARIANTS["kip-320"], **{name: getattr(given, name) for name in BOUNDS})


if __name__ == "__main__":
    main()
