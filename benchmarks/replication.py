"""
How fast the search is on replication as published, and whether each property holds in each variant of the protocol.

Usage: python benchmarks/replication.py --variant NAME --replicas R --log-size L --records M --max-leader-epoch E, or
python benchmarks/replication.py --variant async-isr --replicas R --max-offset O --max-version V; with [--workers W].
Prints one JSON document. The distinct states, the depth and the seconds are those of one search through every state,
every replica told apart, without properties. Then each property has a search of its own, which ends at a violation.

Depth and length count states, the first one included, as is usual for published figures: depth 15 is a state that 14
actions lead to. LeaderInIsr says that the leader is in sync or that there is none; without the second half the first
state would break it.
"""

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

import attrs

sys.path.append(str(Path(__file__).parent.parent))

from ackproof.model.published.async_isr import async_isr
from ackproof.model.published.system import published
from ackproof.model.published.variants import VARIANTS
from ackproof.model.system import System
from ackproof.properties.property import Property
from ackproof.properties.published import strong_isr, the_leader_is_in_sync, valid_high_watermark, weak_isr
from benchmarks.measuring import at_least, make_ready, options, search, show

ASYNC_ISR = "async-isr"
BOUNDS = {"log_size": 1, "records": 1, "max_leader_epoch": 0}
ASYNC_BOUNDS = {"max_offset": 0, "max_version": 0}
"""The least value of each bound."""
ANSWERS = {"exhausted": "holds", "violated": "violated"}


@attrs.frozen
class Case:
    """A system and what is asked of it."""

    system: System
    properties: Mapping[str, tuple[Property, ...]]


def main() -> None:
    """Measure and print."""
    given = arguments()
    case = case_of(given.variant, given.replicas, **bounds(given))
    make_ready()
    whole = search(case.system, workers=given.workers)
    verdicts = {name: verdict(case.system, holds, given.workers) for name, holds in asked(case, given).items()}
    show(
        {
            "variant": given.variant,
            "replicas": given.replicas,
            **bounds(given),
            "workers": given.workers,
            "ended": whole.found.ended,
            "distinct_states": whole.found.distinct_states,
            "transitions": whole.found.transitions,
            "depth": whole.found.depth + 1,
            "seconds": whole.seconds,
            "python_calls": whole.found.python_calls,
            "bytes_per_state": whole.bytes_per_state(whole.found.distinct_states),
            "properties": verdicts,
        }
    )


def arguments() -> argparse.Namespace:
    """What was asked for, with the bounds that the variant has."""
    parser = options(__doc__)
    parser.add_argument("--variant", choices=[*VARIANTS, ASYNC_ISR], required=True)
    parser.add_argument("--replicas", type=at_least(2), required=True, metavar="R")
    for name, least in {**BOUNDS, **ASYNC_BOUNDS}.items():
        parser.add_argument(option(name), type=at_least(least), metavar="N")
    parser.add_argument("--workers", type=at_least(1), default=1, metavar="W", help="threads of the search")
    parser.add_argument(
        "--properties", action=argparse.BooleanOptionalAction, default=True, help="judge the properties, too"
    )
    given = parser.parse_args()
    wanted, other = of_variant(given.variant)
    if missing := [option(name) for name in wanted if getattr(given, name) is None]:
        parser.error(f"{given.variant} needs {', '.join(missing)}")
    if unknown := [option(name) for name in other if getattr(given, name) is not None]:
        parser.error(f"{given.variant} has no {', '.join(unknown)}")
    return given


def asked(case: Case, given: argparse.Namespace) -> Mapping[str, tuple[Property, ...]]:
    """The properties to judge."""
    return case.properties if given.properties else {}


def option(name: str) -> str:
    """How a bound is spelt."""
    return f"--{name.replace('_', '-')}"


def of_variant(variant: str) -> tuple[dict[str, int], dict[str, int]]:
    """The bounds that a variant has, and those that it does not have."""
    return (ASYNC_BOUNDS, BOUNDS) if variant == ASYNC_ISR else (BOUNDS, ASYNC_BOUNDS)


def bounds(given: argparse.Namespace) -> dict[str, int]:
    """The bounds that were given."""
    return {name: getattr(given, name) for name in of_variant(given.variant)[0]}


def case_of(variant: str, replicas: int, **limits: int) -> Case:
    """The system of a variant, and its properties by the names that they were published under."""
    if variant == ASYNC_ISR:
        system = async_isr(replicas=replicas, max_offset=limits["max_offset"], max_version=limits["max_version"])
        return Case(system, {"ValidHighWatermark": valid_high_watermark(replicas)})
    of_pairs = {"WeakIsr": weak_isr(replicas), "StrongIsr": strong_isr(replicas)}
    return Case(
        published(VARIANTS[variant], replicas=replicas, **limits),
        {**of_pairs, "LeaderInIsr": (the_leader_is_in_sync,)},
    )


def verdict(system: System, holds: tuple[Property, ...], workers: int) -> dict[str, object]:
    """What a search for a violation says, and how long the shortest one is."""
    measured = search(system, *holds, workers=workers)
    violation = measured.found.violation
    return {
        "verdict": ANSWERS.get(measured.found.ended, "unknown"),
        "length": len(violation) + 1 if violation else None,
        "actions": len(violation) if violation else None,
        "seconds": measured.seconds,
    }


if __name__ == "__main__":
    main()
