"""Where leader epochs end, as far as a version of Kafka says so."""

from ackproof.model.produce.rules import BrokerRules
from ackproof.model.produce.truncation import to_end_of_agreement
from ackproof.reference.log.leader_epochs import UNKNOWN, EpochEnd
from ackproof.reference.log.log import PartitionLog


def end_of_epoch(log: PartitionLog, epoch: int, rules: BrokerRules) -> EpochEnd:
    """
    The highest leader epoch up to *epoch*, and where it ends in *log*; both -1 where nothing is known.

    An epoch before all that are known was once taken for unknown (KAFKA-7415).

    Source: ``LeaderEpochFileCache.endOffsetFor``, of 2.0.0 and of 2.0.1.
    """
    earliest = log.epochs.earliest
    if earliest is not None and epoch < earliest.epoch and rules.truncation is not to_end_of_agreement:
        return UNKNOWN
    return log.end_offset_for(epoch)
