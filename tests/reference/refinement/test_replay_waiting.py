"""What waits to be sent again does so until its deadline passes, another broker leads, or an epoch is newer."""

import attrs
import pytest

from ackproof.model.consume.auto_commit import LIBRDKAFKA
from ackproof.model.consume.half import consume_half
from ackproof.model.consume.rebalancing import RECONCILING
from ackproof.model.consume.rules import ConsumerRules
from ackproof.model.faults import Faults
from ackproof.model.produce.half import produce_half
from ackproof.model.produce.idempotence import KAFKA_PYTHON_IDEMPOTENCE
from ackproof.model.produce.rules import BrokerRules, ProducerRules
from ackproof.model.system import System
from ackproof.reference.refinement.replaying.consume import read_again
from ackproof.reference.refinement.replaying.findings import findings
from ackproof.reference.refinement.replaying.produce import Replayed, replayed
from tests.reference.refinement.executions import along

ONE_AT_A_TIME = ProducerRules(max_in_flight=1, on_send_failure="resend")
KAFKA_PYTHON = attrs.evolve(ONE_AT_A_TIME, idempotence=KAFKA_PYTHON_IDEMPOTENCE)
PAIR = BrokerRules(2, 2, has_eligible_leader_replicas=False)
"""A batch waits on the wire until both have it, so a retry that is there already keeps the next one waiting."""


def taken(client: ProducerRules, brokers: BrokerRules, kinds: set[str], *says: str) -> Replayed:
    half = produce_half(client, brokers, records=2, faults=Faults(3), kinds=frozenset(kinds))
    system = attrs.evolve(half, symmetric={})
    return replayed(system, along(system, *says))


def test_a_batch_that_was_refused_passes_its_deadline_before_it_is_sent_again() -> None:
    replay = taken(
        ONE_AT_A_TIME,
        PAIR,
        {"follower-lag", "send-timeout"},
        "producer sends r1",
        "broker 2 falls behind",
        "broker 1, the leader, refuses r1 (sequence 0): NOT_ENOUGH_REPLICAS",
        "producer hears NOT_ENOUGH_REPLICAS",
        "broker 2 has caught up",
        "the send of r1 (sequence 0) fails",
        "producer sends r2 (epoch 1",
        "broker 1, the leader, appends r2",
        "broker 2 fetches",
        "producer gets the acknowledgement of r2",
        "producer sends r1",
        "broker 1, the leader, appends r1",
    )

    assert findings(replay, "in-order") == ("r2 (offset 0) stands before r1 (offset 1)",)


def test_a_producer_stands_still_before_it_sends_again() -> None:
    replay = taken(
        KAFKA_PYTHON,
        PAIR,
        {"producer-pause", "request-delayed"},
        "producer sends r1 (sequence 0)",
        "held back by the network: r1",
        "producer notices that no answer comes for r1",
        "the delayed r1 (sequence 0) arrives",
        "the producer stands still past delivery.timeout.ms",
        "producer sends r1 (sequence 0)",
        "broker 1, the leader, appends r1 (sequence 0) at offset 1",
    )

    assert findings(replay, "no-duplicates") == ("r1 is stored twice (offsets 0 and 1)",)


def test_who_may_ask_nobody_but_the_old_leader_waits_until_it_knows_the_new_one() -> None:
    """It has one request in flight, at the old leader, and waits before it connects to another broker."""
    replay = taken(
        ONE_AT_A_TIME,
        PAIR,
        {"leader-change", "send-timeout"},
        "producer sends r1 (sequence 0)",
        "leadership moves from broker 1 to broker 2",
        "delivery.timeout.ms of r1 (sequence 0) passes as its connection breaks",
        "producer sends r2 (epoch 1, sequence 0)",
        "broker 2, the leader, appends r2",
    )

    assert replay.steps == 5


def test_a_request_is_lost_behind_one_whose_answer_is() -> None:
    """The connection breaks as a whole: both are sent again, and neither arrives before the leader is down."""
    replay = taken(
        attrs.evolve(ONE_AT_A_TIME, max_in_flight=5),
        BrokerRules(3, 3),
        {"broker-crash", "follower-lag", "response-lost"},
        "producer sends r1 (sequence 0)",
        "producer sends r2 (sequence 1)",
        "broker 2 falls behind",
        "broker 1, the leader, refuses r1 (sequence 0): NOT_ENOUGH_REPLICAS",
        "producer hears NOT_ENOUGH_REPLICAS",
        "producer sends r1 (sequence 0) again",
        "broker 2 has caught up",
        "broker 1, the leader, appends r2 (sequence 1) at offset 0",
        "broker 2 fetches",
        "the connection breaks before the answer for r2 (sequence 1) arrives",
        "producer notices that no answer comes for r2 (sequence 1), r1 (sequence 0)",
        "producer sends r1 (sequence 0) again",
        "broker 1, the leader, crashes",
        "producer notices that no answer comes for r1 (sequence 0)",
        "the controller makes broker 2 the leader",
        "producer sends r1 (sequence 0) again",
    )

    assert replay.steps == 16


def losing(rules: ConsumerRules, *, is_fine: bool) -> System:
    """A consume half of two instances, what it commits being lost with the power of three brokers."""
    kinds = frozenset({"power-loss", "member-joins"})
    half = consume_half(rules, records=2, faults=Faults(4), kinds=kinds, offsets_replicas=3, is_fine=is_fine)
    return attrs.evolve(half, symmetric={})


MOVES = "the broker of the group coordinator loses power; another takes over"


def test_a_commit_is_asked_again_of_the_next_coordinator_and_is_overtaken_by_a_new_epoch() -> None:
    protocol = attrs.evolve(RECONCILING, refuses_older_epochs=True)
    rules = ConsumerRules(rebalancing=protocol, commit_when="before-processing")
    system = losing(rules, is_fine=False)
    trace = along(
        system,
        "r1 is appended",
        "the group starts; consumer 1 is assigned",
        "consumer 1 starts at the earliest offset",
        "consumer 1 polls: it is handed r1 (",
        f"{MOVES}; the commit of consumer 1 of offset 1 is accepted; the answer is lost",
        "consumer 2 joins; consumer 1 keeps the partition with a new epoch; its commit on the way",
    )

    found = read_again(system, trace).findings("no-loss")
    assert found == ("r1 (offset 0) is skipped: committed is offset 1, the owner reads on from 1",)


@pytest.mark.slow
def test_an_owner_reads_on_as_its_coordinator_forgets_that_it_has_the_partition() -> None:
    """The one before it joins again first, and so it is told to have what it has."""
    protocol = attrs.evolve(RECONCILING, refuses_older_epochs=True)
    rules = ConsumerRules(auto_commit=LIBRDKAFKA, commit="auto", rebalancing=protocol, reset="latest")
    system = losing(rules, is_fine=True)
    trace = along(
        system,
        "consumer 1 asks to join",
        "the group is to assign the partition to consumer 1",
        "consumer 1 is given a new epoch",
        "consumer 1 is assigned the partition",
        "consumer 1 starts at the latest offset, 0",
        "r1 is appended",
        "r2 is appended",
        "consumer 1 polls: it is handed r1 (",
        "consumer 1 processes r1",
        "consumer 2 asks to join",
        "the group is to assign the partition to consumer 2",
        "consumer 2 is given a new epoch",
        "consumer 1 sends an automatic commit of offset 1",
        "consumer 1 polls: it is handed r2",
        "consumer 1 processes r2",
        "the group coordinator accepts the commit of offset 1",
        "consumer 1 revokes the partition; the commit of consumer 1 of offset 2 is accepted",
        "consumer 1 hears its new epoch",
        "consumer 2 is assigned the partition",
        "consumer 2 starts at the committed offset, 2",
        MOVES,
        MOVES,
        "the broker of the group coordinator loses power; of all commits that of offset 1 is left",
    )

    read = read_again(system, trace)
    assert (read.commits, read.position) == ((1,), 2)
