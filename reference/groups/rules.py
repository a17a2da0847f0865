"""Rules: what differs between versions of a group coordinator, known bugs too, as the model has them."""

import attrs

from ackproof.model.consume.keeping import SOUND, Keeping
from ackproof.model.consume.rebalancing import RECONCILING, Rebalancing
from ackproof.model.groups.rules import CONSUMER, EAGER, ClassicRules, ConsumerRules


@attrs.frozen
class CoordinatorRules:
    """
    What a coordinator does otherwise than that of Kafka 4.3.

    Attributes:
        classic: Of it: *forgets_replaced_members*, *expires_awaited_syncs*, *returning_leader_follows*.
        consumer: Of it: *assign*, *partition_epochs*, *reconcile*, *returning*, *takes_back_at_once*.
        rebalancing: Of it: *refuses_older_epochs*.
        expires_beside_pending: As of ``TransactionRules``.
    """

    classic: ClassicRules = EAGER
    consumer: ConsumerRules = CONSUMER
    keeping: Keeping = SOUND
    rebalancing: Rebalancing = RECONCILING
    expires_beside_pending: bool = False


NEWEST = CoordinatorRules()
"""Kafka 4.3."""
