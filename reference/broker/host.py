"""The broker that partitions are on, as far as they need to know it."""

from typing import Protocol

import attrs

from ackproof.model.produce.rules import BrokerRules
from ackproof.reference.broker.partitions.altering import Controller
from ackproof.reference.kernel.clock import Clock


class Brokers(Protocol):
    """What a broker knows of all brokers."""

    def active_epoch(self, broker_id: int) -> int | None:
        """The broker epoch of *broker_id*; None unless it is registered, unfenced and not shutting down."""
        ...

    def is_alive(self, broker_id: int) -> bool:
        """Whether *broker_id* is registered and unfenced."""
        ...


@attrs.frozen
class Host:
    """
    The broker that partitions are on.

    Attributes:
        controller: Whom a leader asks to change the in-sync replicas.
        brokers: Who may be in sync.
    """

    broker_id: int
    clock: Clock
    controller: Controller
    brokers: Brokers
    replica_lag_time_max_ms: int = 30_000
    rules: BrokerRules = attrs.field(factory=BrokerRules)
