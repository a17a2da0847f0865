"""Every step of producers of other clients and versions is one of the model's, as are retries and deadlines."""

import attrs
import pytest

from ackproof.config.rules import brokers_of
from ackproof.model.produce.idempotence import JAVA_IDEMPOTENCE
from ackproof.model.produce.rules import BrokerRules, ProducerRules
from ackproof.reference.refinement.beside import NotRefinedError
from ackproof.reference.refinement.produce.beside import run_beside
from ackproof.reference.refinement.produce.faults import Disturbance
from ackproof.reference.refinement.produce.stage import ProduceSetting
from tests.reference.refinement.producing import (
    DEADLINES_MS,
    EARLIER_JAVA,
    JAVA_TODAY,
    OTHER_CLIENTS,
    rules_of,
    runs_of,
    taken_beside,
)

OF_TWO = BrokerRules(2, 1)


def told(setting: ProduceSetting, *disturbed: Disturbance) -> list[str]:
    """What happens in a run, but for what followers do."""
    return [step.says for step in run_beside(setting, 1, disturbed).steps if step.action.name != "fetch"]


def java_with(**changes: object) -> ProducerRules:
    """Java's producer of today, but for *changes*."""
    return attrs.evolve(rules_of(("java", (4, 3), True)), **changes)  # type: ignore[arg-type]  # changes are by name


def test_a_batch_whose_retries_run_out_is_not_sent_again() -> None:
    once_more = attrs.evolve(rules_of(("java", (4, 3), False)), retries=1, max_in_flight=1)

    says = told(
        ProduceSetting(once_more, OF_TWO, 2), Disturbance("request-lost", 9, 0), Disturbance("request-lost", 19, 0)
    )

    assert says == [
        "producer sends r1",
        "lost on the way to the leader: r1",
        "producer notices that no answer comes for r1",
        "producer sends r1 again",
        "lost on the way to the leader: r1",
        "producer notices that no answer comes for r1",
        "producer sends r2",
        "broker 1, the leader, appends r2 at offset 0",
        "producer gets the acknowledgement of r2",
    ]


def test_the_first_idempotent_java_gives_a_failed_batch_s_sequence_to_the_next() -> None:
    first_java = attrs.evolve(rules_of(("java", (0, 11), True)), retries=1)

    says = told(
        ProduceSetting(first_java, OF_TWO, 2), Disturbance("response-lost", 11, 0), Disturbance("response-lost", 8, 0)
    )

    assert says[-3:] == [
        "producer sends r2 (sequence 0)",
        "broker 1, the leader, has r2 (sequence 0) already, at offset 0",
        "producer gets the acknowledgement of r2",
    ]


def test_a_new_epoch_follows_retries_that_run_out_at_a_broker_that_does_not_know_the_producer() -> None:
    earlier = attrs.evolve(brokers_of((2, 4)), replication_factor=2, min_insync_replicas=1)
    once_more = ProduceSetting(java_with(retries=1, max_in_flight=2), earlier, 4)

    says = told(once_more, Disturbance("request-lost", 1, 0), Disturbance("request-lost", 5, 0))

    assert says[7:16] == [
        "producer sends r2 (sequence 1) again",
        "producer sends r3 (sequence 2)",
        "broker 1, the leader, refuses r2 (sequence 1): UNKNOWN_PRODUCER_ID",
        "producer hears UNKNOWN_PRODUCER_ID for r2 (sequence 1)",
        "broker 1, the leader, refuses r3 (sequence 2): UNKNOWN_PRODUCER_ID",
        "producer hears UNKNOWN_PRODUCER_ID for r3 (sequence 2)",
        "producer sends r3 (epoch 1, sequence 0) again",
        "producer sends r4 (epoch 1, sequence 1)",
        "broker 1, the leader, appends r3 (epoch 1, sequence 0) at offset 0",
    ]


def test_batches_on_the_wire_pass_their_deadline() -> None:
    says = told(ProduceSetting(java_with(), BrokerRules(2, 2), 3, 147), Disturbance("power-loss", 15, 66))

    assert says[-4:] == [
        "producer notices that no answer comes for r2 (sequence 1), r3 (sequence 2)",
        "the send of r2 (sequence 1) fails: delivery.timeout.ms has passed",
        "the send of r3 (sequence 2) fails: delivery.timeout.ms has passed",
        "the producer sees that nothing is in flight",
    ]


def test_a_producer_that_stands_still_sees_connection_and_deadline_pass_at_once() -> None:
    says = told(
        ProduceSetting(java_with(), OF_TWO, 3, 40),
        Disturbance("response-lost", 8, 0),
        Disturbance("producer-pause", 5, 30),
    )

    assert says[5:8] == [
        "producer sends r1 (sequence 0) again",
        "lost on the way to the leader: r1 (sequence 0)",
        "delivery.timeout.ms of r1 (sequence 0) passes as its connection breaks: it fails, the epoch is bumped",
    ]


def test_librdkafka_closes_the_connection_when_a_message_is_too_old() -> None:
    librdkafka = rules_of(("librdkafka", (2, 3), True))

    says = told(ProduceSetting(librdkafka, BrokerRules(2, 2), 3, 60), Disturbance("broker-crash", 16, 1))

    assert says[7:11] == [
        "the send of r2 (sequence 1) fails: message.timeout.ms has passed, and the client closes the connection",
        "producer notices that no answer comes for r3 (sequence 2)",
        "the producer sees that nothing is in flight",
        "producer sends r3 (epoch 1, sequence 0) again",
    ]


@pytest.mark.slow
def test_what_follows_a_late_failure_is_noticed_if_it_differs() -> None:
    setting = ProduceSetting(java_with(), OF_TWO, 3, 40)
    wrong = attrs.evolve(
        setting, client=java_with(idempotence=attrs.evolve(JAVA_IDEMPOTENCE, on_late_failure="adjust"))
    )
    disturbed = [Disturbance("response-lost", 8, 0), Disturbance("producer-pause", 5, 30)]

    with pytest.raises(NotRefinedError, match="is none of the model"):
        run_beside(setting, 1, disturbed, model=wrong)


@pytest.mark.slow
def test_each_step_of_java_s_producer_with_deadlines_is_one_of_the_model() -> None:
    taken = taken_beside(runs_of(JAVA_TODAY, deadlines_ms=DEADLINES_MS), 100)

    assert {"send timeout", "resolve", "disconnect", "response lost"} <= set(taken)


@pytest.mark.slow
def test_each_step_of_earlier_java_producers_is_one_of_the_model() -> None:
    taken = taken_beside(runs_of(EARLIER_JAVA), 50) + taken_beside(runs_of(EARLIER_JAVA, deadlines_ms=DEADLINES_MS), 50)

    assert {"send", "send timeout", "disconnect"} <= set(taken)


@pytest.mark.slow
def test_each_step_of_other_clients_is_one_of_the_model() -> None:
    taken = taken_beside(runs_of(OTHER_CLIENTS), 50) + taken_beside(
        runs_of(OTHER_CLIENTS, deadlines_ms=DEADLINES_MS), 50
    )

    assert {"send", "message timeout", "send timeout", "disconnect"} <= set(taken)


@pytest.mark.slow
def test_an_error_that_is_heard_as_the_deadline_passes_is_a_step_of_the_model() -> None:
    sends_again = ProduceSetting(java_with(on_send_failure="resend"), OF_TWO, 5, 31)

    trace = run_beside(sends_again, 363393637, [Disturbance("leader-change", 31, 39)])

    assert "deadline passes with the answer" in {step.action.name for step in trace.steps}


@pytest.mark.slow
def test_deadlines_of_several_batches_pass_as_their_connection_breaks() -> None:
    earlier = attrs.evolve(rules_of(("java", (2, 3), True)), retries=3, on_send_failure="resend")
    happens = [
        Disturbance("follower-lag", 7, 31),
        Disturbance("broker-crash", 8, 94),
        Disturbance("producer-pause", 6, 48),
    ]

    trace = run_beside(ProduceSetting(earlier, BrokerRules(3, 2), 4, 84), 2716973594, happens)

    assert [step.says for step in trace.steps if step.action.name == "deadlines pass with the connection"] == [
        "delivery.timeout.ms of r1 (sequence 0), r2 (sequence 1), r3 (sequence 2), r4 (sequence 3) passes "
        "as its connection breaks: they fail, later sequences move down"
    ]


@pytest.mark.slow
def test_batches_that_have_come_to_one_sequence_are_sent_together() -> None:
    earlier = attrs.evolve(rules_of(("java", (2, 1), True)), retries=3, on_send_failure="resend")
    happens = [
        Disturbance("follower-lag", 17, 22),
        Disturbance("request-delayed", 3, 5),
        Disturbance("producer-pause", 5, 81),
    ]

    trace = run_beside(ProduceSetting(earlier, BrokerRules(3, 1), 4, 34), 2288555187, happens)

    assert {"producer sends r2 (sequence 2) again", "producer sends r3 (sequence 2) again"} <= {
        step.says for step in trace.steps
    }
