"""Bugs of the log as readers see it: what they read is not committed, or is rewritten behind them."""

import attrs

from ackproof.bugs.bug import bug
from ackproof.bugs.elections import bounds
from ackproof.bugs.replication import RETRYING, Kinds, producing, two_replicas
from ackproof.config.reading import pipeline_in
from ackproof.config.systems import system_for
from ackproof.model.faults import Faults
from ackproof.model.produce.rules import BrokerRules
from ackproof.model.system import System
from ackproof.properties.produce import what_a_reader_saw_stays
from ackproof.properties.whole import no_acknowledged_record_is_skipped


@bug(
    "KAFKA-7747",
    "A consumer goes on behind records that were rewritten below its position, and never sees them",
    affected="consumers up to 2.2",
    fixed_in="2.3",
    source="KIP-320, KAFKA-7747; PR #6371; SubscriptionState.maybeCompleteValidation",
    breaks="no-loss",
    statement=no_acknowledged_record_is_skipped,
    faults={"follower-lag": 1, "broker-crash": 1},
    had="java 2.2",
    fixed="java 2.3",
)
def does_not_validate_its_position(client: str, faults: Faults, kinds: Kinds) -> System:
    """``Fetcher`` asks a new leader for the next offset, whoever wrote what is below it; the election was unclean."""
    uncleanly = {"replication.factor": 2, "min.insync.replicas": 1, "unclean.leader.election.enable": True}
    document = {
        "kafka": "2.6",
        "topic": uncleanly,
        "producer": {"client": "java", "config": {"acks": "all", "max.in.flight.requests.per.connection": 1}},
        "consumer": {"client": client, "commit": "sync", "config": {"auto.offset.reset": "earliest", "group.id": "g"}},
    }
    pipeline = pipeline_in({**document, **bounds(faults, kinds, records=2)})
    return system_for(pipeline, "whole", "no-loss", rolls_back=True)


@bug(
    "KAFKA-9835",
    "A fetch that races with an append returns a record that is not committed, and it disappears",
    affected="1.1 to 2.5.0",
    fixed_in="2.5.1, 2.6",
    source="KAFKA-9835; PR #8451; FileRecords.slice of 2.5.0",
    breaks="what_a_reader_saw_stays",
    statement=what_a_reader_saw_stays,
    faults={"broker-crash": 1},
    had=two_replicas((2, 5, 0)),
    fixed=two_replicas((2, 5, 1)),
)
def reads_beyond_the_high_watermark(rules: BrokerRules, faults: Faults, kinds: Kinds) -> System:
    """``FileRecords.slice`` asks twice how long the file is, and takes the longer end."""
    return producing(rules, faults, kinds, remembers_visible=True)


@bug(
    "KAFKA-14704",
    "A follower shows consumers a record that it is about to truncate",
    affected="2.7 to 3.4.0, where consumers read from followers",
    fixed_in="3.4.1, 3.5",
    source="KAFKA-14704; PR #13230; AbstractFetcherThread.processFetchRequest of 3.4.0",
    breaks="what_a_reader_saw_stays",
    statement=what_a_reader_saw_stays,
    faults={"broker-crash": 1},
    had=attrs.evolve(two_replicas((3, 4, 0)), min_insync_replicas=1, serves_reads_from_followers=True),
    fixed=attrs.evolve(two_replicas((3, 4, 1)), min_insync_replicas=1, serves_reads_from_followers=True),
)
def takes_the_high_watermark_first(rules: BrokerRules, faults: Faults, kinds: Kinds) -> System:
    """``AbstractFetcherThread.processFetchRequest`` takes the leader's high watermark before it truncates."""
    return producing(rules, faults, kinds, records=2, client=RETRYING, remembers_visible=True)


@bug(
    "KAFKA-15583",
    "Consumers read a record that a leader alone holds; after an unclean election it is gone",
    affected="up to 3.6",
    fixed_in="3.7",
    source="KAFKA-15583, KIP-966; PR #14594; Partition.maybeIncrementLeaderHW of 3.6",
    breaks="what_a_reader_saw_stays",
    statement=what_a_reader_saw_stays,
    faults={"follower-lag": 1, "broker-crash": 1},
    had=attrs.evolve(two_replicas((3, 6)), elects_uncleanly=True),
    fixed=attrs.evolve(two_replicas((3, 7)), elects_uncleanly=True),
)
def shows_what_one_replica_has(rules: BrokerRules, faults: Faults, kinds: Kinds) -> System:
    """``Partition.maybeIncrementLeaderHW`` goes on with fewer replicas in sync than min.insync.replicas."""
    return producing(rules, faults, kinds, remembers_visible=True)
