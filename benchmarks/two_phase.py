"""
How fast the search is on two-phase commit, a system that every checker knows.

Usage: python benchmarks/two_phase.py --managers N [--workers W]. Prints one JSON document: the distinct states, the
transitions (steps that change nothing included), how many actions the farthest state is away, the seconds of the search
alone, how often an action was asked for its outcomes, and the bytes for each state: the peak of the resident memory
during the search, less what was resident before. Of a small system that says little.
"""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent.parent))

from ackproof.model.two_phase_commit import two_phase_commit
from ackproof.search.exploration import Exploration
from benchmarks.measuring import Measured, at_least, make_ready, options, search, show


def main() -> None:
    """Measure and print."""
    parser = options(__doc__)
    parser.add_argument("--managers", type=at_least(1), required=True, metavar="N", help="resource managers")
    parser.add_argument("--workers", type=at_least(1), default=1, metavar="W", help="threads of the search")
    given = parser.parse_args()
    make_ready()
    show(vars(given) | row(search(two_phase_commit(given.managers), workers=given.workers)))


def row(measured: Measured[Exploration]) -> dict[str, object]:
    """What is printed."""
    found = measured.found
    return {
        "ended": found.ended,
        "distinct_states": found.distinct_states,
        "transitions": found.transitions,
        "depth": found.depth,
        "seconds": measured.seconds,
        "python_calls": found.python_calls,
        "bytes_per_state": measured.bytes_per_state(found.distinct_states),
    }


if __name__ == "__main__":
    main()
