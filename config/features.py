"""Cluster features: levels by Kafka's names, and those that a new cluster of a version has."""

from collections.abc import Mapping

from ackproof.config.files.section import Section, refuse_unknown, shown
from ackproof.config.versions import Version, dotted, since

LEVELS: Mapping[str, tuple[tuple[Version, int, int], ...]] = {
    "eligible.leader.replicas.version": (((0,), 0, 0), ((4, 0), 0, 1), ((4, 1), 1, 1)),
    "transaction.version": (((0,), 0, 1), ((4, 0), 2, 2)),
    "group.version": (((0,), 0, 0), ((4, 0), 1, 1)),
}
"""
For each feature: since which Kafka a new cluster has which level, and which is the highest.

Source: KIP-966, KIP-890, KIP-848.
"""

NOT_READ = ("kraft.version", "metadata.version", "share.version", "streams.version")
"""Features that change nothing about what is modelled."""


def features_in(section: Section, kafka: Version) -> Mapping[str, int]:
    """The level of each feature: as given, else that of a new cluster."""
    changes = {name: [(first, (level, top)) for first, level, top in known] for name, known in LEVELS.items()}
    for name in NOT_READ:
        section.take(name)
    found = {name: _level(section, name, kafka, *since(kafka, known)) for name, known in changes.items()}
    refuse_unknown(section)
    return found


def _level(section: Section, name: str, kafka: Version, default: int, highest: int) -> int:
    value = section.take(name)
    if value is None:
        return default
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= highest:
        return value
    section.refuse(name, f"{name} of Kafka {dotted(kafka)} is a whole number from 0 to {highest}, not {shown(value)}")
    return default
