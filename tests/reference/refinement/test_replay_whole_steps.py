"""Single steps of a pipeline in one piece that the reference takes as Kafka does: each was once not taken."""

import attrs
import pytest

from ackproof.model.consume.rules import ConsumerRules
from ackproof.model.produce.idempotence import KAFKA_PYTHON_IDEMPOTENCE
from ackproof.model.produce.rules import BrokerRules, ProducerRules
from ackproof.model.produce.truncation import by_leader_epoch
from ackproof.model.system import System
from ackproof.reference.refinement.replaying.whole import taken_in_one_piece
from ackproof.reference.refinement.replaying.whole_findings import InOnePiece
from tests.reference.refinement.pieces import ALONE, BEHIND, ONE_BY_ONE, execution, whole

STARTS = (
    "the group starts; consumer 1 is assigned the partition",
    "consumer 1 starts at the earliest offset, 0",
)
R1_IS_READ = (
    "producer sends r1",
    "broker 1, the leader, appends r1 at offset 0",
    *STARTS,
    "consumers can read offset 0",
    "consumer 1 polls: it is handed r1 (position 1)",
)
UNANSWERED = attrs.evolve(ONE_BY_ONE, acks="0", on_send_failure="drop")
SENT = "; with acks=0 that is a success"


def taken(system: System, *says: str) -> InOnePiece:
    return taken_in_one_piece(system, execution(system, *says))


def test_what_was_asked_before_a_follower_fell_behind_is_asked_again() -> None:
    """The controller has refused it as stale (``ReplicationControlManager.validateAlterPartitionData``)."""
    brokers = BrokerRules(3, min_insync_replicas=2, checks_broker_epochs=False)
    outcome = taken(
        whole(ConsumerRules(), {"follower-lag", "power-loss"}, brokers, validates=None),
        "producer sends r1",
        "broker 2 falls behind; in sync: broker 1, broker 3",
        "broker 2 has caught up and the leader asks the controller to take it as in sync",
        "broker 3 falls behind; in sync: broker 1",
        "the controller agrees that broker 2 is in sync",
    )

    assert outcome.steps == 5


def test_a_follower_that_has_not_fetched_stays_in_sync_until_the_request_times_out() -> None:
    """``replica.lag.time.max.ms`` is longer: the leader has not asked to drop broker 3 when broker 2 is to be back."""
    outcome = taken(
        whole(ConsumerRules(), {"follower-lag"}, BrokerRules(3, 3), ProducerRules(), validates=False),
        "producer sends r1 (sequence 0)",
        "broker 1, the leader, appends r1 (sequence 0) at offset 0",
        "broker 2 fetches from broker 1, the leader",
        "broker 2 falls behind; in sync: broker 1, broker 3",
        "broker 1, the leader, answers REQUEST_TIMED_OUT for r1 (sequence 0)",
        "producer hears REQUEST_TIMED_OUT for r1 (sequence 0)",
        "broker 2 has caught up and is in sync again",
    )

    assert outcome.steps == 7


@pytest.mark.slow
def test_a_producer_that_stands_still_hears_of_a_crash_and_of_a_deadline_at_once() -> None:
    kinds = {*BEHIND, "send-timeout"}
    outcome = taken(
        whole(ConsumerRules(), kinds, producer=ProducerRules(), validates=False, at_most=3),
        "producer sends r1 (sequence 0)",
        "broker 2 falls behind; in sync: broker 1",
        "broker 1, the leader, crashes",
        "the controller makes broker 2 the leader; in sync: broker 2",
        "delivery.timeout.ms of r1 (sequence 0) passes as its connection breaks: it fails, the epoch is bumped",
    )

    assert outcome.steps == 5


@pytest.mark.slow
def test_what_passes_its_deadline_in_the_queue_is_sent_to_nobody() -> None:
    """Not on a connection either that the producer has to the next leader."""
    producer = ProducerRules(idempotence=KAFKA_PYTHON_IDEMPOTENCE, max_in_flight=1, on_send_failure="resend")
    outcome = taken(
        whole(ConsumerRules(), {"broker-crash", "send-timeout"}, producer=producer, validates=False),
        "producer sends r1 (sequence 0)",
        "broker 1, the leader, crashes",
        "producer notices that no answer comes for r1 (sequence 0)",
        "the controller makes broker 2 the leader; in sync: broker 2",
        "the send of r1 (sequence 0) fails: delivery.timeout.ms has passed",
        "producer sends r2 (sequence 0)",
    )

    assert outcome.steps == 6


def test_what_is_sent_without_an_answer_while_nobody_leads_waits() -> None:
    system = whole(ConsumerRules(), {"power-loss"}, ALONE, UNANSWERED, validates=False)
    outcome = taken(
        system,
        f"producer sends r1{SENT}",
        "broker 1, the leader, appends r1 at offset 0",
        "broker 1, the leader, loses power and its last 1 of 1 records",
        "the controller notices; in sync: nobody",
        f"producer sends r2{SENT}",
        "broker 1 comes back with an empty log",
        "the controller makes broker 1 the leader; in sync: broker 1",
        "broker 1, the leader, appends r2 at offset 0",
    )

    assert (outcome.acknowledged, outcome.read.records) == (frozenset({0, 1}), (1,))


def test_a_follower_has_heard_what_is_committed_before_it_leads_alone() -> None:
    """Below ``min.insync.replicas`` it shows no more than that (``Partition.maybeIncrementLeaderHW``, KIP-966)."""
    brokers = BrokerRules(3, min_insync_replicas=2, elects_uncleanly=True)
    producer = attrs.evolve(ONE_BY_ONE, max_in_flight=5)
    outcome = taken(
        whole(ConsumerRules(), BEHIND, brokers, producer, validates=False, at_most=3),
        "producer sends r1",
        "producer sends r2",
        "broker 1, the leader, appends r1 at offset 0",
        "broker 2 fetches from broker 1, the leader",
        "broker 3 fetches from broker 1, the leader",
        "producer gets the acknowledgement of r1",
        "broker 1, the leader, appends r2 at offset 1",
        "broker 2 fetches from broker 1, the leader",
        "broker 3 falls behind; in sync: broker 1, broker 2",
        "producer gets the acknowledgement of r2",
        *STARTS,
        "consumers can read offset 0",
        "consumers can read offset 1",
        "broker 2 crashes",
        "the controller notices; in sync: broker 1",
        "consumer 1 polls: it is handed r1, r2 (position 2)",
        "consumer 1 processes r1",
        "consumer 1 processes r2",
        "the group coordinator accepts the commit of offset 2",
        "broker 1, the leader, crashes",
        "the controller makes broker 3 the leader; in sync: broker 3",
        "what consumers could read is gone from offset 1 on",
        "consumers are not told",
        "consumer 1 is at 2, out of range, and starts at the earliest offset, 0",
        "consumer 1 polls: it is handed r1 (position 1)",
    )

    assert outcome.handed == ((0, 0), (1, 1), (0, 0))


@pytest.mark.slow
def test_who_is_busy_asks_what_is_left_before_the_next_leader_has_as_much() -> None:
    system = whole(ConsumerRules(), {"broker-crash", "power-loss"}, producer=UNANSWERED, validates=True, at_most=3)
    outcome = taken(
        system,
        f"producer sends r1{SENT}",
        "broker 1, the leader, appends r1 at offset 0",
        "broker 1, the leader, crashes",
        "the controller makes broker 2 the leader; in sync: broker 2",
        f"producer sends r2{SENT}",
        "broker 2, the leader, appends r2 at offset 0",
        *STARTS,
        "consumers can read offset 0",
        "consumer 1 polls: it is handed r2 (position 1)",
        "broker 2, the leader, loses power and its last 1 of 1 records",
        "the controller notices; in sync: nobody",
        "broker 2 comes back with an empty log",
        "the controller makes broker 2 the leader; in sync: broker 2",
        "what consumers could read is gone from offset 0 on",
        "consumers validate their positions; the log diverged at offset 0",
        "broker 1 comes back with 1 record in its log",
        "broker 2, the leader, crashes",
        "the controller makes broker 1 the leader; in sync: broker 1",
        "consumer 1 processes r2",
        "the group coordinator accepts the commit of offset 0",
        "consumers can read offset 0",
        "consumer 1 polls: it is handed r1 (position 1)",
    )

    assert outcome.handed == ((0, 1), (0, 0))


@pytest.mark.slow
def test_an_application_commits_as_its_partition_is_revoked() -> None:
    rules = ConsumerRules(commit="async", processing="handed-off", on_revoke="commit", instances=1)
    outcome = taken(
        whole(rules, {"member-joins"}, ALONE, validates=None, records=1),
        *R1_IS_READ,
        "consumer 2 joins; the commit of consumer 1 of offset 0 is accepted; consumer 2 is assigned the partition",
    )

    assert outcome.read.commits == (0,)


@pytest.mark.slow
def test_a_consumer_starts_by_age_although_a_deadline_passes_between_what_is_too_old_and_what_is_not() -> None:
    rules = ConsumerRules(reset="by_duration")
    outcome = taken(
        whole(rules, {"send-timeout"}, ALONE, attrs.evolve(UNANSWERED, acks="1", max_in_flight=5), validates=None),
        "producer sends r1",
        "producer sends r2",
        "broker 1, the leader, appends r1 at offset 0",
        "the send of r1 fails: delivery.timeout.ms has passed",
        "the answer for r1 comes too late",
        "broker 1, the leader, appends r2 at offset 1",
        "the group starts; consumer 1 is assigned the partition",
        "consumers can read offset 0",
        "consumers can read offset 1",
        "consumer 1 starts at the by_duration offset, 1",
        "consumer 1 polls: it is handed r2 (position 2)",
    )

    assert outcome.handed == ((1, 1),)


def test_what_is_deleted_is_no_more_than_readers_know_of() -> None:
    """The leader has another record already, which nobody can read so far."""
    outcome = taken(
        whole(ConsumerRules(), {"retention"}, ALONE, attrs.evolve(ONE_BY_ONE, max_in_flight=2), validates=None),
        "producer sends r1",
        "producer sends r2",
        "broker 1, the leader, appends r1 at offset 0",
        "producer gets the acknowledgement of r1",
        "broker 1, the leader, appends r2 at offset 1",
        "consumers can read offset 0",
        "retention deletes r1",
    )

    assert outcome.steps == 7


def test_a_follower_keeps_what_it_knows_to_be_committed_as_its_leader_knows_no_epoch_before_its_own() -> None:
    """Its leader has lost that, and writes another record in its place (KIP-101 before KAFKA-7415)."""
    brokers = BrokerRules(
        3, 1, truncation=by_leader_epoch, joins_below_leader_epoch=True, has_eligible_leader_replicas=False
    )
    outcome = taken(
        whole(ConsumerRules(), {"power-loss"}, brokers, validates=False),
        "producer sends r1",
        "broker 1, the leader, appends r1 at offset 0",
        "broker 2 fetches from broker 1, the leader",
        "broker 3 fetches from broker 1, the leader",
        "broker 2 fetches from broker 1, the leader; its high watermark is 1",
        "consumers can read offset 0",
        "broker 1, the leader, loses power and its last 1 of 1 records",
        "producer notices that no answer comes for r1",
        "the controller makes broker 3 the leader; in sync: broker 2, broker 3",
        "broker 1 comes back with an empty log",
        "broker 1 has caught up and is in sync again",
        "broker 3, the leader, loses power and its last 1 of 1 records",
        "the controller makes broker 1 the leader; in sync: broker 1, broker 2",
        "what consumers could read is gone from offset 0 on",
        "consumers are not told",
        "producer sends r1 again",
        "broker 2 truncates nothing and follows broker 1, the leader",
        "broker 1, the leader, appends r1 at offset 0",
        "broker 2 fetches from broker 1, the leader",
        "consumers can read offset 0",
    )

    assert outcome.steps == 20


def test_what_a_leader_gives_up_nobody_has_read_before() -> None:
    """It would have been acknowledged at once (``DelayedProduce.tryComplete``)."""
    outcome = taken(
        whole(ConsumerRules(reset="latest"), {"follower-lag"}, BrokerRules(3), validates=True),
        "producer sends r1",
        "broker 1, the leader, appends r1 at offset 0",
        "broker 2 fetches from broker 1, the leader",
        "broker 3 falls behind; in sync: broker 1, broker 2",
        "broker 2 falls behind; in sync: broker 1",
        "broker 1, the leader, answers REQUEST_TIMED_OUT for r1",
        "producer hears REQUEST_TIMED_OUT for r1",
        "broker 2 has caught up and is in sync again",
        "the group starts; consumer 1 is assigned the partition",
        "consumer 1 starts at the latest offset, 0",
        "consumers can read offset 0",
        "consumer 1 polls: it is handed r1 (position 1)",
    )

    assert outcome.steps == 12
