"""Renaming: replicas differ in nothing but the name."""

from collections.abc import Hashable
from typing import cast

from ackproof.model.published.alter_isr import VersionedIsr
from ackproof.model.published.leadership import Brokers, LeaderAndIsr, Leadership
from ackproof.model.symmetry import Renamed, Renaming


def members(brokers: Brokers, names: Renaming) -> Brokers:
    """Each broker under its new name; who has none keeps the old one."""
    return frozenset(cast("int", names.get(one, one)) for one in brokers)


def renamed_brokers(brokers: Hashable, names: Renaming) -> Brokers | None:
    """Brokers, if anything is said of them."""
    return None if brokers is None else members(cast("Brokers", brokers), names)


def renamed_leadership(leadership: Hashable, names: Renaming) -> Leadership:
    """The leader under its new name."""
    assert isinstance(leadership, Leadership)
    return Leadership(leadership.leader_epoch, cast("int | None", names.get(leadership.leader)))


def renamed_decision(decided: Hashable, names: Renaming) -> LeaderAndIsr | None:
    """A decision of the controller, if there is one."""
    if decided is None:
        return None
    assert isinstance(decided, LeaderAndIsr)
    return LeaderAndIsr(renamed_leadership(decided.leadership, names), members(decided.in_sync_replicas, names))


def renamed_versioned(isr: Hashable, names: Renaming) -> VersionedIsr:
    """In-sync replicas of the same version."""
    assert isinstance(isr, VersionedIsr)
    return VersionedIsr(members(isr.in_sync_replicas, names), isr.version)


def renamed_requests(requests: Hashable, names: Renaming) -> frozenset[Brokers]:
    """What each request asks for."""
    return frozenset(members(asked, names) for asked in cast("frozenset[Brokers]", requests))


RENAMED: dict[str, Renamed] = {
    "leadership": renamed_leadership,
    "in_sync_replicas": renamed_brokers,
    "request": renamed_decision,
    "quorum": renamed_decision,
}
"""By the kind of a component."""
