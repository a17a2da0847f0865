"""What is asked of a history that was recorded."""

import json

from ackproof.histories.judging import Finding
from ackproof.recording import Journal

BROKER = {"min_isr": 2, "unclean": False, "retention": "none"}


def found(finding: Finding) -> list[str]:
    return [each.anomaly.kind for each in finding.anomalies if not each.is_allowed]


def delivered(finding: Finding) -> set[str]:
    """What all groups kept."""
    kept = [{name for name, is_kept in each.semantics.items() if is_kept} for each in finding.deliveries]
    return kept[0].intersection(*kept)


def events(journal: Journal) -> list[dict[str, object]]:
    return [json.loads(line) for line in journal.path.read_text().splitlines()[1:]]
