"""Executions are taken by producers with little room on a connection, and with other partitions to write to."""

import attrs

from ackproof.model.faults import Faults
from ackproof.model.produce.half import produce_half
from ackproof.model.produce.idempotence import JAVA_IDEMPOTENCE, LIBRDKAFKA_IDEMPOTENCE
from ackproof.model.produce.rules import BrokerRules, ProducerRules, each_to_the_front
from ackproof.model.produce.truncation import by_leader_epoch
from ackproof.reference.refinement.replaying.findings import findings
from ackproof.reference.refinement.replaying.produce import Replayed, replayed
from tests.reference.refinement.executions import along

ALONE = BrokerRules(1, min_insync_replicas=1)
TWO_IN_FLIGHT = ProducerRules(
    idempotence=None, max_in_flight=2, retries=0, requeue=each_to_the_front, on_send_failure="resend"
)
BEFORE_KIP_966 = BrokerRules(3, 3, keeps_high_watermark_below_min_isr=False, has_eligible_leader_replicas=False)
LIBRDKAFKA = ProducerRules(idempotence=LIBRDKAFKA_IDEMPOTENCE, deadline_closes_connection=True)
BUMP = "a batch of another partition makes the producer drain what is in flight and bump its epoch"


def taken(client: ProducerRules, kinds: set[str], brokers: BrokerRules, *says: str) -> Replayed:
    system = produce_half(client, brokers, records=2, faults=Faults(3), kinds=frozenset(kinds), is_fine=False)
    of = attrs.evolve(system, symmetric={})
    return replayed(of, along(of, *says))


def test_what_an_application_sends_again_finds_room_behind_what_it_has_sent_since() -> None:
    lost, served = "lost on the way to the leader: r1", "broker 1, the leader, appends r2"
    sent = ("producer sends r1", lost, "producer notices", "producer sends r2", "producer sends r1")

    replay = taken(TWO_IN_FLIGHT, {"request-lost"}, ALONE, *sent, served, "producer gets", "broker 1, the leader, ap")

    assert findings(replay, "in-order") == ("r2 (offset 0) stands before r1 (offset 1)",)


def test_what_has_passed_its_deadline_is_sent_again_behind_what_waits_for_its_answer() -> None:
    client = attrs.evolve(TWO_IN_FLIGHT, retries=None)
    sent = ("producer sends r1", "broker 1, the leader, appends r1", "the send of r1 fails", "producer sends r1")

    replay = taken(client, {"send-timeout"}, ALONE, *sent, "the answer for r1", "broker 1, the leader, appends r1")

    assert findings(replay, "no-duplicates") == ("r1 is stored twice (offsets 0 and 1)",)


def test_another_partition_has_what_it_takes_to_be_written_to() -> None:
    """Be it that fewer replicas are in sync than the topic of the model asks for, and truncate before they fetch."""
    brokers = BrokerRules(3, 3, truncation=by_leader_epoch)
    again = ("producer sends r1 (epoch 1, sequence 0) again", "broker 1, the leader, appends r1")
    lost = ("producer sends r1", "broker 1, the leader, appends r1", "the connection breaks", "producer notices")

    replay = taken(LIBRDKAFKA, {"response-lost", "leader-change"}, brokers, *lost, BUMP, *again)

    assert findings(replay, "no-duplicates") == ("r1 is stored twice (offsets 0 and 1)",)


def test_all_followers_delete_with_their_leader() -> None:
    brokers = BrokerRules(3, 2, forgets_producers_with_their_records=True)
    replay = taken(
        ProducerRules(),
        {"retention", "broker-crash"},
        brokers,
        *("producer sends r1", "broker 1, the leader, appends r1"),
        *("broker 2 fetches", "broker 3 fetches", "retention deletes what is below offset 1"),
        *("broker 1, the leader, crashes", "producer notices", "the controller makes broker 2"),
        *("producer sends r1", "broker 2, the leader, appends r1"),
    )

    assert findings(replay, "no-duplicates") == ("r1 is stored twice (offsets 0 and 1)",)


def test_who_stands_still_has_not_sent_to_another_leader_before() -> None:
    client = attrs.evolve(TWO_IN_FLIGHT, acks="1", retries=None)
    kinds, brokers = {"leader-change", "producer-pause"}, BrokerRules(2, min_insync_replicas=1)
    moved = ("producer sends r1", "leadership moves from broker 1", "producer notices", "the producer stands still")
    sent = ("producer sends r2", "broker 2, the leader, appends r2", "producer gets", "producer sends r1")

    replay = taken(client, kinds, brokers, *moved, *sent, "broker 2, the leader, appends r1")

    assert findings(replay, "in-order") == ("r2 (offset 0) stands before r1 (offset 1)",)


def test_what_is_refused_finds_room_behind_what_was_sent_after_it() -> None:
    client = attrs.evolve(TWO_IN_FLIGHT, retries=None)
    alone = ("broker 2 crashes", "the controller notices", "broker 1, the leader, refuses r1")
    again = ("producer hears NOT_ENOUGH_REPLICAS for r1", "producer sends r1 again")
    back = ("broker 2 comes back", "broker 2 has caught up", "broker 1, the leader, appends r2", "broker 2 fetches")
    served = ("producer gets the acknowledgement of r2", "broker 1, the leader, appends r1")
    sent = ("producer sends r1", "producer sends r2")

    replay = taken(client, {"broker-crash"}, BrokerRules(2, 2), *sent, *alone, *again, *back, *served)

    assert findings(replay, "in-order") == ("r2 (offset 0) stands before r1 (offset 1)",)


def test_what_was_asked_on_a_connection_that_is_gone_is_asked_again() -> None:
    """Of a deadline that has passed one hears as the connection breaks, and of the next leader by asking."""
    adjusting = attrs.evolve(JAVA_IDEMPOTENCE, on_late_failure="adjust")
    client = ProducerRules(idempotence=adjusting, on_send_failure="drop")
    stored = ("producer sends r1", "broker 1, the leader, appends r1", "broker 2 fetches", "leadership moves")
    following = ("producer sends r2", "broker 2, the leader, has r2", "producer gets the acknowledgement of r2")
    late = "delivery.timeout.ms of r1 (sequence 0) passes as its connection breaks"

    replay = taken(client, {"leader-change", "send-timeout"}, BrokerRules(2, 1), *stored, late, *following)

    assert findings(replay, "no-loss") == ("r2 is acknowledged (offset 0) and lost",)


def test_a_leader_gives_up_before_a_deadline_that_passes_later() -> None:
    kinds = frozenset({"leader-change", "send-timeout", "broker-crash"})
    brokers = attrs.evolve(BEFORE_KIP_966, joins_below_leader_epoch=True, asks_controller_to_join=False)
    system = produce_half(ProducerRules(), brokers, records=2, faults=Faults(3), kinds=kinds, is_fine=False)
    of = attrs.evolve(system, symmetric={})
    trace = along(
        of,
        *("producer sends r1", "producer sends r2", "broker 1, the leader, appends r1"),
        *("broker 2 crashes", "the controller notices", "broker 1, the leader, answers NOT_ENOUGH_REPLICAS_AFTER"),
        *("producer hears", "producer sends r1 (sequence 0) again", "broker 2 comes back", "broker 2 has caught up"),
        *("broker 1, the leader, appends r2", "broker 2 fetches", "leadership moves from broker 1 to broker 2"),
        *("delivery.timeout.ms of r1 (sequence 0) passes", "producer notices that no answer comes for r2"),
        *("producer sends r2", "broker 2, the leader, appends r2"),
    )

    assert findings(replayed(of, trace), "no-duplicates") == ("r2 is stored twice (offsets 1 and 2)",)


def test_a_leader_does_not_wait_for_who_is_back_and_lacks_what_it_acknowledges() -> None:
    """Be it that it was caught up lately: nobody counts on it as its heartbeats have yet to arrive."""
    replay = taken(
        ProducerRules(),
        {"power-loss"},
        BrokerRules(3, 1, elects_uncleanly=True),
        *("producer sends r1", "broker 1, the leader, appends r1", "broker 2 loses power", "the controller notices"),
        *("broker 2 comes back", "broker 3 loses power", "the controller notices", "producer gets"),
        *("broker 1, the leader, loses power and its last 1", "the controller makes broker 2 the leader"),
    )

    assert findings(replay, "no-loss") == ("r1 is acknowledged (offset 0) and lost",)


def test_who_stands_still_does_so_past_the_deadlines_of_all_that_waits_to_be_sent_again() -> None:
    client = ProducerRules(on_send_failure="resend")
    lost = (
        "producer sends r1",
        "producer sends r2",
        "broker 1, the leader, appends r1",
        "the connection breaks before",
    )
    again = ("producer notices", "the producer stands still", "producer sends r1", "broker 1, the leader, appends r1")

    replay = taken(client, {"response-lost", "producer-pause"}, ALONE, *lost, *again)

    assert findings(replay, "no-duplicates") == ("r1 is stored twice (offsets 0 and 1)",)


def test_what_is_sent_again_finds_room_behind_the_first_batch_to_the_next_leader() -> None:
    brokers = BrokerRules(2, min_insync_replicas=1)
    moved = ("producer sends r1", "broker 1, the leader, loses power", "producer notices", "the controller makes")
    served = ("broker 2, the leader, appends r2", "producer gets", "broker 2, the leader, appends r1")

    replay = taken(TWO_IN_FLIGHT, {"power-loss"}, brokers, *moved, "producer sends r2", "producer sends r1", *served)

    assert findings(replay, "in-order") == ("r2 (offset 0) stands before r1 (offset 1)",)


def test_of_what_is_held_back_twice_the_one_arrives_that_is_said_to() -> None:
    replay = taken(
        ProducerRules(on_send_failure="resend"),
        {"request-delayed", "send-timeout"},
        ALONE,
        *("producer sends r1", "held back by the network: r1", "delivery.timeout.ms of r1 (sequence 0) passes"),
        *("producer sends r2", "producer sends r1", "held back by the network: r2", "producer notices"),
        *("the delayed r2", "the delayed r1 (epoch 1, sequence 1)"),
    )

    assert findings(replay, "in-order") == ("r2 (offset 0) stands before r1 (offset 1)",)


def test_what_a_new_process_sends_again_passes_its_deadline_before_it_is_on_its_way() -> None:
    crashed = ("producer sends r1", "the producer crashes and starts again", "the send of r1 fails")
    served = ("broker 1, the leader, appends r2", "producer gets", "broker 1, the leader, appends r1")
    client = attrs.evolve(TWO_IN_FLIGHT, on_restart="resend")
    kinds = {"producer-crash", "send-timeout"}

    replay = taken(client, kinds, ALONE, *crashed, "producer sends r2", "producer sends r1", *served)

    assert findings(replay, "in-order") == ("r2 (offset 0) stands before r1 (offset 1)",)


def test_the_next_leader_gets_a_new_batch_right_behind_what_is_sent_again() -> None:
    moved = ("producer sends r1", "broker 1, the leader, loses power", "producer notices", "the controller makes")
    sent = ("producer sends r1 (sequence 0) again", "producer sends r2 (sequence 1)")
    served = ("broker 2, the leader, appends r1", "producer gets", "broker 2, the leader, appends r2")

    replay = taken(ProducerRules(max_in_flight=2), {"power-loss"}, BrokerRules(2, 1), *moved, *sent, *served)

    assert replay.director.records(2) == (0, 1)


def test_what_is_refused_waits_past_its_deadline_while_answers_come() -> None:
    brokers, client = BrokerRules(3, 3), ProducerRules(on_send_failure="resend")
    refused = ("broker 2 falls behind", "broker 1, the leader, refuses r1", "producer hears", "broker 2 has caught up")
    stored = ("broker 1, the leader, appends r2", "broker 2 fetches", "broker 3 fetches", "producer gets")
    again = ("the producer stands still", "producer sends r1 (sequence 2)", "broker 1, the leader, appends r1")
    sent = ("producer sends r1", "producer sends r2")

    replay = taken(client, {"follower-lag", "producer-pause"}, brokers, *sent, *refused, *stored, *again)

    assert findings(replay, "in-order") == ("r2 (offset 0) stands before r1 (offset 1)",)


def test_retries_are_not_used_up_by_leaders_that_go_before_they_are_sent() -> None:
    client, kinds = ProducerRules(retries=1), {"request-lost", "leader-change"}
    moved = ("leadership moves from broker 1 to broker 2", "leadership moves from broker 2 to broker 1")
    lost = ("producer sends r1", "lost on the way to the leader: r1", "producer notices")
    sent = ("producer sends r1 (sequence 0) again", "broker 1, the leader, appends r1", "broker 2 fetches")

    replay = taken(client, kinds, BrokerRules(2, 1), *lost, *moved, *sent, "producer gets")

    assert replay.stage.acknowledged == (0,)
