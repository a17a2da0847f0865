"""The level of the transaction protocol: what client, coordinator and cluster can do together."""

from ackproof.model.transactions.rules import TransactionRules
from ackproof.reference.client.node import Node
from ackproof.reference.client.nodes import Nodes

TRANSACTION_VERSION = "transaction.version"
INIT_PRODUCER_ID_KEY = 22
BUMPS_FROM_VERSION = 3
"""Of InitProducerId: from then on a coordinator bumps an epoch that it is told (KIP-360)."""


class Level:
    """
    Decided anew between transactions.

    Source: ``TransactionManager.maybeUpdateTransactionV2Enabled``, ``handleCoordinatorReady`` (KIP-890, KIP-360).
    """

    def __init__(self, nodes: Nodes, rules: TransactionRules) -> None:
        self._nodes = nodes
        self._rules = rules
        self._features_epoch = -1
        self._is_version_2 = False
        self._coordinator_bumps = False

    def update(self) -> bool:
        """Look at the cluster's features, if they are newer; whether the protocol is now version 2 and was not."""
        if self._features_epoch >= self._nodes.finalized_features_epoch:
            return False
        self._features_epoch = self._nodes.finalized_features_epoch
        before, self._is_version_2 = self._is_version_2, self._nodes.finalized_feature(TRANSACTION_VERSION) >= 2
        return self.bumps_epoch_at_end and not before

    def coordinator_is(self, node: Node) -> None:
        """The coordinator can be asked now."""
        versions = self._nodes.versions_of(node)
        _, newest = (0, -1) if versions is None else versions.ranges.get(INIT_PRODUCER_ID_KEY, (0, -1))
        self._coordinator_bumps = newest >= BUMPS_FROM_VERSION and self._rules.bumps_epoch_after_failed_batch

    @property
    def adds_implicitly(self) -> bool:
        """Whether a batch or an offset adds its partition to the transaction."""
        return self._is_version_2 and self._rules.adds_partitions_implicitly

    @property
    def bumps_epoch_at_end(self) -> bool:
        """Whether the end of a transaction brings the next epoch."""
        return (self._is_version_2 and self._rules.bumps_epoch_at_every_end) or self._rules.refuses_end

    @property
    def bumps_epoch_by_client(self) -> bool:
        """Whether it is the client that has to ask for a new epoch after an error."""
        return self._coordinator_bumps and not self.bumps_epoch_at_end

    @property
    def can_abort_errors(self) -> bool:
        """Whether there is a new epoch after an abort, so that nothing of before can come in between."""
        return self._coordinator_bumps or self.bumps_epoch_at_end
