"""Executions without reductions: what happens before anybody notices it."""

from typing import Literal

import pytest

from ackproof.model.consume.auto_commit import LIBRDKAFKA
from ackproof.model.consume.half import consume_half
from ackproof.model.consume.rules import ConsumerRules
from ackproof.model.faults import Faults
from ackproof.model.produce.half import produce_half
from ackproof.model.produce.rules import BrokerRules, ProducerRules
from ackproof.reference.refinement.replaying.consume import read_again
from ackproof.reference.refinement.replaying.findings import findings
from ackproof.reference.refinement.replaying.produce import replayed
from tests.reference.refinement.pieces import ONE_BY_ONE, TWO_START_AND_ONE_READS, execution


def test_who_is_put_out_reads_on_beside_the_next_owner_until_it_hears_so() -> None:
    kinds = frozenset({"consumer-pause"})
    system = consume_half(ConsumerRules(instances=2), records=1, faults=Faults(1), kinds=kinds, is_fine=True)
    trace = execution(
        system,
        "consumer 1 asks to join; the group prepares to rebalance",
        "consumer 2 asks to join; the group prepares to rebalance",
        "generation 1 begins",
        "the group assigns the partition to consumer 1",
        "consumer 1 learns that it is owner",
        "consumer 1 starts at the earliest offset, 0",
        "consumer 1 pauses for too long and is put out of the group",
        "consumer 2 rejoins",
        "generation 2 begins",
        "the group assigns the partition to consumer 2",
        "consumer 2 learns that it is owner",
        "consumer 2 starts at the earliest offset, 0",
        "r1 is appended",
        "consumer 1 polls: it is handed r1 (position 1)",
        "consumer 2 polls: it is handed r1 (position 1)",
        "consumer 1 processes r1",
        "consumer 2 processes r1",
    )

    assert read_again(system, trace).findings("no-duplicates") == ("r1 (offset 0) is processed twice",)


def test_what_is_sent_before_the_controller_has_noticed_a_crash_waits_for_the_next_leader() -> None:
    kinds = frozenset({"power-loss"})
    system = produce_half(ONE_BY_ONE, BrokerRules(2, 1), records=1, faults=Faults(1), kinds=kinds, is_fine=True)
    trace = execution(
        system,
        "producer sends r1",
        "broker 1, the leader, appends r1 at offset 0",
        "broker 2 fetches from broker 1, the leader",
        "broker 1, the leader, loses power and its last 1 of 1 records",
        "producer notices that no answer comes for r1",
        "producer sends r1 again",
        "the controller makes broker 2 the leader; in sync: broker 2",
        "broker 2, the leader, appends r1 at offset 1",
    )

    assert findings(replayed(system, trace), "no-duplicates") == ("r1 is stored twice (offsets 0 and 1)",)


DROPPING, PAIR = ProducerRules(on_send_failure="drop"), BrokerRules(2, 2, has_eligible_leader_replicas=False)


def test_two_batches_pass_their_deadline_as_their_connection_breaks_and_one_new_epoch_follows() -> None:
    kinds = frozenset({"response-lost", "send-timeout"})
    system = produce_half(DROPPING, PAIR, records=3, faults=Faults(2), kinds=kinds, is_fine=True)
    trace = execution(
        system,
        "producer sends r1 (sequence 0)",
        "producer sends r2 (sequence 1)",
        "broker 1, the leader, appends r1 (sequence 0) at offset 0",
        "the connection breaks before the answer for r1 (sequence 0) arrives",
        "delivery.timeout.ms of r1 (sequence 0), r2 (sequence 1) passes as its connection breaks: they fail",
        "producer sends r3 (epoch 1, sequence 0)",
        "broker 1, the leader, appends r3 (epoch 1, sequence 0) at offset 1",
    )

    assert replayed(system, trace).steps == 7


def test_a_batch_passes_its_deadline_as_the_producer_hears_an_error_for_it() -> None:
    kinds = frozenset({"follower-lag", "send-timeout"})
    system = produce_half(DROPPING, PAIR, records=2, faults=Faults(2), kinds=kinds, is_fine=True)
    trace = execution(
        system,
        "producer sends r1 (sequence 0)",
        "broker 2 falls behind; in sync: broker 1",
        "broker 1, the leader, refuses r1 (sequence 0): NOT_ENOUGH_REPLICAS",
        "delivery.timeout.ms of r1 (sequence 0) passes as producer hears NOT_ENOUGH_REPLICAS: it fails",
        "broker 2 has caught up and the leader asks the controller to take it as in sync",
        "the controller agrees that broker 2 is in sync",
        "producer sends r2 (epoch 1, sequence 0)",
        "broker 1, the leader, appends r2 (epoch 1, sequence 0) at offset 0",
    )

    assert replayed(system, trace).steps == 8


def test_who_has_not_heard_that_it_is_put_out_sends_a_commit_behind_its_heartbeat() -> None:
    rules, kinds = ConsumerRules(commit="async", instances=2), frozenset({"consumer-pause"})
    system = consume_half(rules, records=1, faults=Faults(1), kinds=kinds, is_fine=True)
    trace = execution(
        system,
        *TWO_START_AND_ONE_READS,
        "consumer 1 pauses for too long and is put out of the group",
        "consumer 2 rejoins",
        "generation 2 begins",
        "the group assigns the partition to consumer 2",
        "consumer 2 learns that it is owner",
        "consumer 2 starts at the earliest offset, 0",
        "consumer 2 polls: it is handed r1 (position 1)",
        "consumer 2 processes r1",
        "consumer 1 processes r1",
    )

    assert read_again(system, trace).findings("no-duplicates") == ("r1 (offset 0) is processed twice",)


@pytest.mark.parametrize("commit", ["auto", "async"])
def test_a_coordinator_that_moves_behind_a_commit_has_it(commit: Literal["auto", "async"]) -> None:
    rules = ConsumerRules(commit=commit, auto_commit=LIBRDKAFKA, instances=2)
    kinds = frozenset({"coordinator-failover"})
    system = consume_half(rules, records=1, faults=Faults(1), kinds=kinds, is_fine=True)
    sends = "consumer 1 sends an automatic commit of offset 1" if commit == "auto" else "consumer 1 processes r1"
    accepts = "the group coordinator accepts the commit of offset 1"
    trace = execution(system, *TWO_START_AND_ONE_READS, sends, accepts, "the group coordinator moves to another broker")

    assert read_again(system, trace).commits[-1:] == (1,)
