"""Bugs of replication: down to where a follower truncates its log."""

import attrs

from ackproof.bugs.bug import bug
from ackproof.config.rules import brokers_of
from ackproof.model.faults import Faults
from ackproof.model.produce.half import produce_half
from ackproof.model.produce.rules import BrokerRules, ProducerRules, each_to_the_front
from ackproof.model.system import System
from ackproof.properties.produce import acknowledged_records_survive, an_offset_has_one_record

Kinds = frozenset[str]

RETRYING = ProducerRules(idempotence=None, requeue=each_to_the_front)
ONE_IN_FLIGHT = attrs.evolve(RETRYING, max_in_flight=1)


def two_replicas(version: tuple[int, ...]) -> BrokerRules:
    """The brokers of that version, and a partition on two of them."""
    return attrs.evolve(brokers_of(version), replication_factor=2)


def producing(
    brokers: BrokerRules,
    faults: Faults,
    kinds: Kinds,
    *,
    records: int = 1,
    client: ProducerRules = ONE_IN_FLIGHT,
    remembers_visible: bool = False,
) -> System:
    """A producer that retries, and these brokers."""
    return produce_half(
        client, brokers, records=records, faults=faults, kinds=kinds, remembers_visible=remembers_visible
    )


@bug(
    "KIP-101",
    "A follower drops an acknowledged record as it restarts, is elected, and the record is gone",
    affected="up to 0.10.2",
    fixed_in="0.11",
    source="KIP-101, scenario 1; KAFKA-1211; ReplicaManager.makeFollowers of 0.10.2",
    breaks="no-loss",
    statement=acknowledged_records_survive,
    faults={"broker-crash": 2},
    had=two_replicas((0, 10, 2)),
    fixed=two_replicas((0, 11)),
)
def truncates_to_its_high_watermark(rules: BrokerRules, faults: Faults, kinds: Kinds) -> System:
    """``ReplicaManager.makeFollowers`` truncates to the follower's own high watermark, which lags."""
    return producing(rules, faults, kinds)


@bug(
    "KIP-101 (divergence)",
    "After a power outage two replicas hold different records at one offset, and nobody notices",
    affected="up to 0.10.2; where the new leader's log is empty, up to 2.0.0",
    fixed_in="0.11; for an empty log 2.0.1 (KAFKA-7415)",
    source="KIP-101, scenario 2; KAFKA-3410, KAFKA-7415; LeaderEpochFileCache.endOffsetFor of 0.11 and 2.0.1",
    breaks="an_offset_has_one_record",
    statement=an_offset_has_one_record,
    faults={"power-loss": 2},
    had=attrs.evolve(two_replicas((0, 10, 2)), min_insync_replicas=1),
    fixed=attrs.evolve(two_replicas((2, 0, 1)), min_insync_replicas=1),
)
def keeps_what_is_below_its_high_watermark(rules: BrokerRules, faults: Faults, kinds: Kinds) -> System:
    """
    ``ReplicaManager.makeFollowers`` keeps what is below the follower's high watermark, whatever the leader has there.

    With leader epochs a leader knows where its log departs, but one that has lost every record of an earlier epoch
    answered that it does not know (``UNDEFINED_EPOCH_OFFSET``), and the follower went by its high watermark again.
    """
    return producing(rules, faults, kinds, records=2)


@bug(
    "KAFKA-6361",
    "Leadership moves there and back, and a follower keeps a record where its leader has another one",
    affected="0.11 to 1.1; where leader and follower share no epoch, 2.0.0",
    fixed_in="2.0; where they share no epoch, 2.0.1 (KAFKA-7415)",
    source="KAFKA-6361, KIP-279, KAFKA-7415; ReplicaFetcherThread.maybeTruncate of 1.1",
    breaks="an_offset_has_one_record",
    statement=an_offset_has_one_record,
    faults={"leader-change": 2},
    had=two_replicas((1, 1)),
    fixed=two_replicas((2, 0, 1)),
)
def truncates_in_one_round(rules: BrokerRules, faults: Faults, kinds: Kinds) -> System:
    """
    ``ReplicaFetcherThread.maybeTruncate`` asks once where its last epoch ends, also if the leader has no such epoch.

    The answer is then where a later epoch of the leader begins, beyond the record in which the logs differ.
    """
    return producing(rules, faults, kinds, records=2, client=RETRYING)


@bug(
    "KAFKA-7415",
    "Leadership moves there and back, a follower drops an acknowledged record, is elected, and the record is gone",
    affected="0.11 to 2.0.0",
    fixed_in="2.0.1, 2.1",
    source="KAFKA-7415; PR #5678; Partition.makeLeader, LeaderEpochFileCache.endOffsetFor of 2.0.0",
    breaks="no-loss",
    statement=acknowledged_records_survive,
    faults={"leader-change": 2, "broker-crash": 1},
    had=two_replicas((2, 0)),
    fixed=two_replicas((2, 0, 1)),
)
def does_not_know_its_own_epoch(rules: BrokerRules, faults: Faults, kinds: Kinds) -> System:
    """
    ``Partition.makeLeader`` does not note the new leader epoch until it appends something.

    ``LeaderEpochFileCache.endOffsetFor`` then answers that it does not know where an epoch of the leader in between
    ends, and the follower truncates to its own high watermark.
    """
    return producing(rules, faults, kinds, records=2)
