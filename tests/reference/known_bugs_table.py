"""What becomes on the reference of each bug of the record: a scenario that has it, or why there is none."""

from collections.abc import Iterator, Mapping

import attrs

from tests.reference import (
    known_bugs_consumers,
    known_bugs_groups,
    known_bugs_idempotence,
    known_bugs_logs,
    known_bugs_producers,
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
    known_bugs_transactions,
)

FOUND: Mapping[str, Scenario] = {
    number: scenario for module in MODULES for number, scenario in module.SCENARIOS.items()
}
"""Scenarios by the number of their bug."""

SORTS_BY_ITS_OWN = "A member of the classic protocol takes no rules of assignors: it assigns as Java of today does."
KEEPS_NOTHING = "A member of the classic protocol takes no rules of what it owns: it gives up what it lost, as Java."
BEATS_AS_TODAY = "A member of the consumer protocol takes no rules of its heartbeats: it sends them as Java of today."

NOT_HONOURED: Mapping[str, str] = {
    "KAFKA-7747": "A consumer always validates its position; there is no rule to the contrary.",
    "librdkafka #4208": "A batch is handed out as it is collected: no offset is stored before that (``collects``).",
    "KAFKA-12983": KEEPS_NOTHING,
    "KAFKA-12984": SORTS_BY_ITS_OWN,
    "KAFKA-13406": SORTS_BY_ITS_OWN,
    "KAFKA-14639": SORTS_BY_ITS_OWN,
    "kafka-python cooperative-sticky claims": KEEPS_NOTHING,
    "kafka-python cooperative rejoin": KEEPS_NOTHING,
    "KAFKA-16185": BEATS_AS_TODAY,
    "KAFKA-16215": BEATS_AS_TODAY,
    "KIP-848 reconciliation": "It can not be switched off: as Java of today, a member finishes what it began to take.",
}
"""Why a bug can not be switched on, by its number."""


@attrs.frozen
class Row:
    """
    A bug on the reference.

    Attributes:
        says: What the scenario that has it does; or why there is none.
    """

    number: str
    is_found: bool
    says: str


def table() -> Iterator[Row]:
    """All bugs."""
    for number, scenario in FOUND.items():
        yield Row(number, is_found=True, says=scenario.__doc__ or "")
    for number, reason in NOT_HONOURED.items():
        yield Row(number, is_found=False, says=reason)
