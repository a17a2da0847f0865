"""Rules: what differs between Kafka versions, known bugs too, for everything on a broker."""

import attrs

from ackproof.model.produce.rules import BrokerRules
from ackproof.model.transactions.rules import TransactionRules
from ackproof.reference.groups.rules import CoordinatorRules


@attrs.frozen
class Rules:
    """Those of the newest Kafka, unless said otherwise."""

    brokers: BrokerRules = attrs.field(factory=BrokerRules)
    transactions: TransactionRules = attrs.field(factory=TransactionRules)
    groups: CoordinatorRules = attrs.field(factory=CoordinatorRules)
