"""Cases: rules and faults that a theorem may be about."""

from collections.abc import Mapping

import attrs

from ackproof.model.faults import Faults
from ackproof.model.produce.held import may_lead_again
from ackproof.model.produce.rules import BrokerRules, ProducerRules
from ackproof.model.produce.truncation import to_end_of_agreement

IN_SYNC_AT_RISK = frozenset({"broker-crash", "follower-lag"})
"""Faults that cost replicas their place among the in-sync ones, and no data."""


@attrs.frozen
class Case:
    """
    A producer and its brokers.

    Attributes:
        faults: How many of each kind may happen at most; kinds that can not happen are left out.
        at_most: How many of all kinds together.
    """

    client: ProducerRules
    brokers: BrokerRules
    faults: Mapping[str, int]
    at_most: int

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds of fault that can happen."""
        return frozenset(self.faults)

    @property
    def unclean_shutdowns(self) -> int:
        """How many brokers may go down uncleanly, with or without what they had."""
        return min(self.at_most, sum(self.faults.get(kind, 0) for kind in ("broker-crash", "power-loss")))

    @property
    def keeps_its_data(self) -> bool:
        """Whether no broker can lose what it has written."""
        return "power-loss" not in self.kinds or self.brokers.flushes_every_record

    @property
    def is_never_short(self) -> bool:
        """Whether the in-sync replicas are never too few while somebody leads."""
        brokers = self.brokers
        is_enough = brokers.min_insync_replicas <= brokers.replication_factor
        stays = not self.kinds & (IN_SYNC_AT_RISK | {"power-loss"})
        return brokers.min_insync_replicas <= 1 or (is_enough and stays)

    @property
    def replicates_as_proved(self) -> bool:
        """Whether brokers replicate and elect as the theorems say, which know of none of the bugs there were."""
        brokers = self.brokers
        had = (
            brokers.joins_below_leader_epoch,
            brokers.counts_diverging_fetches,
            brokers.takes_high_watermark_before_truncating,
            brokers.misses_quick_restarts,
        )
        counts_in_sync = brokers.keeps_high_watermark_below_min_isr or not brokers.has_eligible_leader_replicas
        is_clean = not brokers.elects_uncleanly and brokers.truncation is to_end_of_agreement
        return is_clean and counts_in_sync and not any(had)

    @property
    def may_lead_again(self) -> bool:
        """Whether a broker may lead again while the network holds back what was sent to it before."""
        return may_lead_again(self.kinds, Faults(self.at_most, tuple(self.faults.items())))

    @property
    def loses_nothing(self) -> bool:
        """Whether whoever leads has what was committed, as no data is lost."""
        return self.replicates_as_proved and self.keeps_its_data
