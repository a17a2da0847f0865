"""What the states of a classic group are in the model."""

from collections.abc import Mapping

from ackproof.model.groups.classic import GroupState

STATES: Mapping[str, GroupState] = {
    "Empty": "empty",
    "Dead": "empty",
    "PreparingRebalance": "preparing",
    "CompletingRebalance": "completing",
    "Stable": "stable",
}
"""By the names of Kafka's (``ClassicGroupState``)."""
