"""Executions of librdkafka's producer are taken by one that closes connections and backs off as it does."""

import attrs
import pytest

from ackproof.model.faults import Faults
from ackproof.model.produce.half import produce_half
from ackproof.model.produce.idempotence import LIBRDKAFKA_IDEMPOTENCE
from ackproof.model.produce.rules import BrokerRules, ProducerRules
from ackproof.reference.refinement.replaying.findings import findings
from ackproof.reference.refinement.replaying.produce import Replayed, replayed
from tests.reference.refinement.executions import along

LIBRDKAFKA = ProducerRules(
    idempotence=LIBRDKAFKA_IDEMPOTENCE, deadline_closes_connection=True, mutes_partition=False, on_send_failure="resend"
)


def taken(client: ProducerRules, kinds: set[str], brokers: BrokerRules, *says: str) -> Replayed:
    system = produce_half(client, brokers, records=3, faults=Faults(3), kinds=frozenset(kinds), is_fine=False)
    of = attrs.evolve(system, symmetric={})
    return replayed(of, along(of, *says))


PAUSE = (
    "the producer stands still past message.timeout.ms; what it had sent fails, "
    "and the client closes the connection, after"
)


def test_what_is_on_a_connection_that_is_closed_past_the_deadline_is_served_before_what_is_sent_again() -> None:
    client, alone = attrs.evolve(LIBRDKAFKA, idempotence=None), BrokerRules(1, min_insync_replicas=1)
    sent = ("producer sends r1", "producer sends r2", f"{PAUSE} the leader served 2 more", "producer sends r1")
    timeout = "the send of r1 fails: message.timeout.ms has passed, and the client closes the connection, after the"

    replay = taken(client, {"producer-pause", "send-timeout"}, alone, *sent, f"{timeout} leader served 1 more")

    assert findings(replay, "no-duplicates") == ("r1 is stored twice (offsets 0 and 2)",)


def test_what_waits_for_a_leader_past_its_deadline_never_gets_there() -> None:
    alone = BrokerRules(1, min_insync_replicas=1)
    gone = ("producer sends r1", "broker 1, the leader, loses power", "the controller notices", "producer notices")
    late = "the producer stands still past message.timeout.ms; what it had sent fails"
    back = ("broker 1 comes back", "the controller makes broker 1", "producer sends r1", "broker 1, the leader, ap")

    replay = taken(LIBRDKAFKA, {"producer-pause", "power-loss"}, alone, *gone, "producer sends r1", late, *back)

    assert findings(replay, "no-duplicates") == ()


def test_of_what_is_sent_again_some_backs_off_until_another_is_refused() -> None:
    replay = taken(
        LIBRDKAFKA,
        {"request-delayed", "follower-lag"},
        BrokerRules(2, min_insync_replicas=2),
        *("producer sends r1", "producer sends r2", "producer sends r3", "held back by the network"),
        *("producer notices", "producer sends r1", "producer sends r2", "broker 2 falls behind"),
        *("broker 1, the leader, refuses r1", "producer hears NOT_ENOUGH_REPLICAS"),
        *("the delayed r1", "the delayed r2", "broker 2 has caught up", "the delayed r3"),
        *("broker 1, the leader, refuses r2", "producer hears OUT_OF_ORDER_SEQUENCE_NUMBER"),
        *("producer sends r1 (epoch 1, sequence 0) again", "broker 1, the leader, appends r1"),
    )

    assert findings(replay, "in-order") == ("r3 (offset 0) stands before r1 (offset 1)",)


def test_what_is_sent_again_is_overtaken_also_at_the_next_leader() -> None:
    client = attrs.evolve(LIBRDKAFKA, idempotence=None, lets_retries_be_overtaken=True, mutes_partition=True)
    replay = taken(
        client,
        {"broker-crash"},
        BrokerRules(2, min_insync_replicas=1),
        *("producer sends r1", "broker 1, the leader, crashes", "producer notices", "the controller makes broker 2"),
        *("producer sends r2", "producer sends r1", "broker 2, the leader, appends r2"),
        *("producer gets the acknowledgement of r2", "broker 2, the leader, appends r1"),
    )

    assert findings(replay, "in-order") == ("r2 (offset 0) stands before r1 (offset 1)",)


def test_a_controller_agrees_to_what_it_was_asked_before_others_were_gone_and_before_deadlines_pass() -> None:
    client = attrs.evolve(LIBRDKAFKA, idempotence=None, mutes_partition=True)
    replay = taken(
        client,
        {"power-loss", "producer-pause"},
        BrokerRules(3, 2, checks_broker_epochs=False, has_eligible_leader_replicas=False),
        *("producer sends r1", "producer sends r2", "broker 2 loses power", "the controller notices"),
        *("broker 2 comes back", "broker 2 has caught up and the leader asks", "broker 3 loses power"),
        *("the controller notices", "broker 1, the leader, refuses r1", "producer hears", "producer sends r1 again"),
        *("the controller agrees that broker 2 is in sync", f"{PAUSE} the leader served 2 more"),
    )

    assert findings(replay, "in-order") == ("r2 (offset 0) stands before r1 (offset 1)",)


IS_SENT_IN_THE_NEXT_EPOCH = (
    "a batch of another partition makes the producer drain what is in flight and bump its epoch",
    "producer sends r1 (epoch 1, sequence 0) again",
)


@pytest.mark.parametrize(
    ("kind", "says", "leader"),
    [
        ("response-lost", ("the connection breaks", "producer notices"), "broker 1"),
        ("leader-change", ("broker 2 fetches", "leadership moves", "producer notices"), "broker 2"),
        (
            "broker-crash",
            ("broker 2 fetches", "broker 1, the leader, crashes", "the controller makes broker 2", "producer notices"),
            "broker 2",
        ),
        (
            "follower-lag",
            (
                *("broker 2 fetches", "broker 2 falls behind", "broker 1, the leader, answers"),
                *("producer hears", "broker 2 has caught up"),
            ),
            "broker 1",
        ),
    ],
)
def test_with_one_in_flight_a_batch_of_another_partition_passes_its_deadline(
    kind: str, says: tuple[str, ...], leader: str
) -> None:
    """Else none is refused behind one that has failed (``rd_kafka_handle_idempotent_Produce_error``)."""
    client, brokers = attrs.evolve(LIBRDKAFKA, max_in_flight=1), BrokerRules(2, 2, has_eligible_leader_replicas=False)
    sent = ("producer sends r1", "broker 1, the leader, appends r1")

    replay = taken(
        client,
        {kind, "send-timeout"},
        brokers if kind == "follower-lag" else attrs.evolve(brokers, min_insync_replicas=1),
        *(*sent, *says, *IS_SENT_IN_THE_NEXT_EPOCH, f"{leader}, the leader, appends r1 (epoch 1, sequence 0)"),
    )

    assert findings(replay, "no-duplicates") == ("r1 is stored twice (offsets 0 and 1)",)


def test_what_the_network_holds_back_arrives_before_a_batch_of_another_partition_passes_its_deadline() -> None:
    replay = taken(
        attrs.evolve(LIBRDKAFKA, max_in_flight=1),
        {"request-delayed", "send-timeout"},
        BrokerRules(1, 1),
        *("producer sends r1", "held back by the network", "producer notices", "the delayed r1"),
        *(*IS_SENT_IN_THE_NEXT_EPOCH, "broker 1, the leader, appends r1 (epoch 1, sequence 0)"),
    )

    assert findings(replay, "no-duplicates") == ("r1 is stored twice (offsets 0 and 1)",)
