"""Faults: what may go wrong, by name, and a budget of how often."""

import attrs

FAULTS = "faults"
"""The component that holds the budget."""

KINDS = (
    "request-lost",
    "response-lost",
    "request-delayed",
    "broker-crash",
    "power-loss",
    "leader-change",
    "follower-lag",
    "send-timeout",
    "producer-crash",
    "producer-pause",
    "consumer-crash",
    "consumer-pause",
    "processing-fails",
    "member-joins",
    "member-leaves",
    "coordinator-failover",
    "partitions-added",
    "retention",
    "offsets-expired",
)
"""Every kind of fault. Nothing bad happens that is not one of these."""

ON_REQUEST_ONLY = frozenset({"power-loss", "retention", "offsets-expired"})
"""Kinds that happen only when a user asks for them by name."""


@attrs.frozen
class Faults:
    """How many faults may still happen: of any kind, and of each kind that has a limit of its own."""

    left: int
    limits: tuple[tuple[str, int], ...] = ()

    def without(self, kind: str, times: int = 1) -> "Faults | None":
        """The budget after so many faults of this *kind*; None if it does not suffice."""
        if min(self.left, dict(self.limits).get(kind, times)) < times:
            return None
        limits = tuple((name, left - times if name == kind else left) for name, left in self.limits)
        return Faults(self.left - times, limits)
