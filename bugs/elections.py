"""Bugs of the in-sync replicas: who is one of them, what they are taken to have, who is elected."""

from collections.abc import Mapping

import attrs

from ackproof.bugs.bug import bug
from ackproof.bugs.replication import Kinds, producing, two_replicas
from ackproof.config.reading import pipeline_in
from ackproof.config.rules import brokers_of
from ackproof.config.systems import system_for
from ackproof.model.faults import Faults
from ackproof.model.produce.rules import BrokerRules
from ackproof.model.system import System
from ackproof.properties.produce import acknowledged_records_survive


@bug(
    "KAFKA-7128",
    "A follower that lags is in sync with a new leader that does not know how far it is itself, and is elected",
    affected="up to 2.0.0",
    fixed_in="2.0.1, 2.1",
    source="KAFKA-7128; PR #5557; Partition.maybeExpandIsr of 2.0.0",
    breaks="no-loss",
    statement=acknowledged_records_survive,
    faults={"follower-lag": 1, "leader-change": 1, "broker-crash": 1},
    had=brokers_of((2, 0)),
    fixed=brokers_of((2, 0, 1)),
)
def joins_below_the_leader_epoch(rules: BrokerRules, faults: Faults, kinds: Kinds) -> System:
    """``Partition.maybeExpandIsr`` asks for the high watermark alone, and that of a new leader lags."""
    return producing(rules, faults, kinds)


@bug(
    "KAFKA-13141",
    "A leader counts what a follower has to truncate, acknowledges, and a follower without the record is elected",
    affected="2.7.0, 2.7.1, 2.8.0",
    fixed_in="2.7.2, 2.8.1, 3.0",
    source="KAFKA-13141; PR #11136; ReplicaManager.updateFollowerFetchState of 2.8.0",
    breaks="no-loss",
    statement=acknowledged_records_survive,
    faults={"leader-change": 2},
    had=two_replicas((2, 8, 0)),
    fixed=two_replicas((2, 8, 1)),
)
def counts_a_diverging_fetch(rules: BrokerRules, faults: Faults, kinds: Kinds) -> System:
    """``ReplicaManager.updateFollowerFetchState`` takes a follower's fetch offset also if its log diverges below it."""
    return producing(rules, faults, kinds)


@bug(
    "KAFKA-14139",
    "A follower loses power after the leader asked for it to be in sync, is taken as in sync, and elected",
    affected="2.7 to 3.4; with ZooKeeper also later",
    fixed_in="3.5",
    source="KAFKA-14139, KAFKA-14617, KIP-903; PR #13408; ReplicationControlManager.alterPartition",
    breaks="no-loss",
    statement=acknowledged_records_survive,
    faults={"follower-lag": 1, "power-loss": 1, "leader-change": 1},
    had=brokers_of((3, 4, 1)),
    fixed=brokers_of((3, 5)),
)
def takes_a_restarted_follower_as_in_sync(rules: BrokerRules, faults: Faults, kinds: Kinds) -> System:
    """The controller's ``alterPartition`` does not ask whether the broker is still the one that had caught up."""
    return producing(rules, faults, kinds)


@bug(
    "KIP-966",
    "The last replica in sync loses power, comes back first, and the others truncate what was acknowledged",
    affected="up to 3.9; later, where eligible leader replicas are off",
    fixed_in="4.0 as an option, 4.1 for new clusters",
    source="KIP-966; PartitionChangeBuilder.maybePopulateTargetElr",
    breaks="no-loss",
    statement=acknowledged_records_survive,
    faults={"follower-lag": 1, "power-loss": 1},
    had=attrs.evolve(two_replicas((4, 0)), has_eligible_leader_replicas=False),
    fixed=attrs.evolve(two_replicas((4, 0)), has_eligible_leader_replicas=True),
)
def last_replica_standing(rules: BrokerRules, faults: Faults, kinds: Kinds) -> System:
    """``PartitionChangeBuilder`` keeps the last in-sync replica alone as a candidate, also if it has lost its log."""
    return producing(rules, faults, kinds)


@bug(
    "KAFKA-4623",
    "By default a replica that is not in sync is elected, and what it lacks is gone",
    affected="up to 0.10.2",
    fixed_in="0.11",
    source="KAFKA-4623, KIP-106; docs/upgrade.html of 0.11.0; unclean.leader.election.enable",
    breaks="no-loss",
    statement=acknowledged_records_survive,
    faults={"follower-lag": 1, "broker-crash": 1},
    had="0.10.2",
    fixed="0.11",
)
def unclean_election_is_the_default(kafka: str, faults: Faults, kinds: Kinds) -> System:
    """``PartitionStateMachine.electLeaderForPartition`` may take any live replica where none in sync is left."""
    document = {
        "kafka": kafka,
        "topic": {"replication.factor": 2, "min.insync.replicas": 1},
        "producer": {"client": "java 0.10.2", "config": {"acks": "all", "max.in.flight.requests.per.connection": 1}},
    }
    return system_for(pipeline_in({**document, **bounds(faults, kinds, records=1)}), "produce", "no-loss")


def bounds(faults: Faults, kinds: Kinds, *, records: int) -> Mapping[str, object]:
    """What a pipeline says of how far to look."""
    limits = {"at_most": faults.left, "kinds": sorted(kinds), "limits": dict(faults.limits)}
    return {"faults": limits, "bounds": {"records": records}}
