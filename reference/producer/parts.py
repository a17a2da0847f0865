"""The parts of a producer that several others need."""

from collections.abc import Mapping
from random import Random

import attrs

from ackproof.model.produce.rules import ProducerRules
from ackproof.model.transactions.rules import TransactionRules
from ackproof.reference.client.metadata import Metadata
from ackproof.reference.client.nodes import Nodes
from ackproof.reference.kernel.clock import Clock
from ackproof.reference.producer.batches.accumulator import RecordAccumulator
from ackproof.reference.producer.interest import ProducerInterest
from ackproof.reference.producer.numbers.level import Level
from ackproof.reference.producer.numbers.numbering import Numbering
from ackproof.reference.producer.numbers.verdicts import Verdicts
from ackproof.reference.producer.requests.outcomes import Identified
from ackproof.reference.producer.requests.wire import Wire
from ackproof.reference.producer.rules_of import in_flight_of
from ackproof.reference.producer.settings import ProducerSettings
from ackproof.reference.producer.transactions.transactional_verdicts import TransactionalVerdicts
from ackproof.reference.producer.transactions.transactions import TransactionManager
from ackproof.reference.protocol.request import Network


@attrs.frozen(eq=False)
class Parts:
    """
    What a producer is made of, below its sender and its application's side.

    Attributes:
        identified: None for a producer without an identity.
    """

    clock: Clock
    settings: ProducerSettings
    rules: ProducerRules
    nodes: Nodes
    metadata: Metadata
    interest: ProducerInterest
    accumulator: RecordAccumulator
    wire: Wire
    identified: Identified | None


def parts_of(
    clock: Clock,
    network: Network,
    settings: ProducerSettings,
    rng: Random,
    rules: ProducerRules,
    transaction_rules: TransactionRules,
    versions: Mapping[str, int],
) -> Parts:
    """The parts of a new producer."""
    nodes = Nodes(clock, network, settings, rng, versions=versions, max_in_flight=in_flight_of(settings, rules))
    interest = ProducerInterest(clock, settings.metadata_max_idle_ms)
    metadata = Metadata(clock, nodes, settings, rng, interest)
    accumulator, wire = RecordAccumulator(clock, settings, rules, rng), Wire()
    level = Level(nodes, transaction_rules)
    identified = _identified(clock, settings, rules, transaction_rules, level, wire)
    return Parts(clock, settings, rules, nodes, metadata, interest, accumulator, wire, identified)


def _identified(
    clock: Clock,
    settings: ProducerSettings,
    rules: ProducerRules,
    transaction_rules: TransactionRules,
    level: Level,
    wire: Wire,
) -> Identified | None:
    if rules.idempotence is None:
        return None
    numbering = Numbering(rules.idempotence)
    manager = TransactionManager(clock, settings, transaction_rules, numbering, level)
    if manager.is_transactional:
        return Identified(manager, numbering, TransactionalVerdicts(numbering, manager))
    judge = Verdicts(rules.idempotence, numbering, wire, manager.to_fatal_error)
    return Identified(manager, numbering, judge)
