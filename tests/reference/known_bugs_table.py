"""What becomes on the reference of each bug of the record: a scenario that has it."""

from collections.abc import Mapping

from tests.reference import (
    known_bugs_consumers,
    known_bugs_groups,
    known_bugs_idempotence,
    known_bugs_logs,
    known_bugs_members,
    known_bugs_producers,
    known_bugs_reconciling,
    known_bugs_replication,
    known_bugs_transactions,
)
from tests.reference.known_bugs_rules import Scenario

MODULES = (
    known_bugs_replication,
    known_bugs_logs,
    known_bugs_idempotence,
    known_bugs_producers,
    known_bugs_consumers,
    known_bugs_groups,
    known_bugs_members,
    known_bugs_reconciling,
    known_bugs_transactions,
)

SCENARIOS: Mapping[str, Scenario] = {
    number: scenario for module in MODULES for number, scenario in module.SCENARIOS.items()
}
"""Scenarios by the number of their bug."""


def table() -> Mapping[str, str]:
    """What the scenario of each bug does, by its number."""
    return {number: scenario.__doc__ or "" for number, scenario in SCENARIOS.items()}
