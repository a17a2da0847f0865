"""Faults that only librdkafka's producer has."""

from typing import cast

import attrs

from ackproof.model.faults import Faults
from ackproof.model.produce.append import Leader
from ackproof.model.produce.half import produce_half
from ackproof.model.produce.idempotence import JAVA_IDEMPOTENCE, LIBRDKAFKA_IDEMPOTENCE
from ackproof.model.produce.librdkafka import (
    bump_by_leader_change,
    bump_by_timeout,
    faults_of,
    is_empty,
    is_idle,
    message_timeout,
    producer_pause,
    topic_vanishes,
)
from ackproof.model.produce.network import Connection
from ackproof.model.produce.producer import Producer
from ackproof.model.produce.replica import Replicas, first_replicas
from ackproof.model.produce.rules import BrokerRules, ProducerRules
from ackproof.model.produce.watermark import DERIVED
from ackproof.model.system import Next
from tests.model.produce.batches import attempt, producer, request

LIBRDKAFKA = ProducerRules(idempotence=LIBRDKAFKA_IDEMPOTENCE, deadline_closes_connection=True)
FORGETFUL = attrs.evolve(LIBRDKAFKA, idempotence=attrs.evolve(LIBRDKAFKA_IDEMPOTENCE, forgets_sequences=True))
RETRYING = attrs.evolve(LIBRDKAFKA_IDEMPOTENCE, bumps_behind_failures=False)
"""As PR #4972 proposes."""


def test_each_version_has_its_own_faults_and_java_none_of_them() -> None:
    assert faults_of(LIBRDKAFKA) == (bump_by_leader_change, bump_by_timeout)
    assert faults_of(FORGETFUL) == (bump_by_leader_change, bump_by_timeout, topic_vanishes)
    assert faults_of(attrs.evolve(LIBRDKAFKA, idempotence=RETRYING)) == (bump_by_timeout,)
    assert faults_of(attrs.evolve(LIBRDKAFKA, idempotence=None)) == ()
    assert faults_of(ProducerRules(idempotence=JAVA_IDEMPOTENCE)) == ()


def test_with_one_request_in_flight_nothing_is_refused_behind_what_has_failed_unless_retries_end() -> None:
    one = attrs.evolve(LIBRDKAFKA, max_in_flight=1)

    assert faults_of(one) == (bump_by_timeout,)
    assert faults_of(attrs.evolve(one, retries=1)) == (bump_by_leader_change, bump_by_timeout)


def test_its_deadlines_take_the_place_of_those_of_other_clients() -> None:
    def deadlines(client: ProducerRules) -> list[str]:
        kinds = frozenset({"send-timeout"})
        system = produce_half(client, BrokerRules(), records=1, faults=Faults(1), kinds=kinds)
        return [act.name for act in system.actions if act.fault]

    assert deadlines(attrs.evolve(LIBRDKAFKA, idempotence=None)) == [
        message_timeout.name,
        "deadline passes with the connection",
    ]
    assert deadlines(ProducerRules()) == ["send timeout", "deadline passes with the connection"]


def test_another_partition_makes_it_drain_what_is_in_flight() -> None:
    waiting = producer(2, queue=(attempt(1, is_retry=True),))

    (bump,) = bump_by_leader_change.outcomes(waiting, Connection((request(0),)))

    assert bump.changes == {"producer": attrs.evolve(waiting, unresolved=2)}
    assert list(bump_by_leader_change.outcomes(producer(2), Connection())) == []
    assert list(bump_by_timeout.outcomes(attrs.evolve(waiting, unresolved=2), Connection())) == []


def test_a_topic_that_vanishes_takes_the_sequences_with_it_but_not_the_epoch() -> None:
    (vanished,) = topic_vanishes.outcomes(producer(2, acked=1), Connection())

    after = vanished.changes["producer"]
    assert isinstance(after, Producer)
    assert (after.producer_epoch, after.next_sequence, after.last_acked_sequence) == (0, 0, -1)


def test_a_topic_vanishes_while_nothing_is_under_way() -> None:
    assert is_idle(producer(1, acked=0))
    assert not is_idle(producer(1))
    assert not is_idle(producer(1, acked=0, queue=(attempt(0),)))
    assert not is_empty(Connection((request(0),)))


def paused(connection: Connection, *, is_led: bool = True) -> list[Next]:
    """What comes of a pause while that is on the wire, to a leader or to none."""
    leader = Leader(BrokerRules(1, min_insync_replicas=1), DERIVED, "all")
    replicas = tuple(attrs.evolve(replica, is_up=is_led) for replica in first_replicas(1))
    return list(producer_pause.outcomes(leader, LIBRDKAFKA, 2, replicas, producer(2), connection))


def test_a_pause_closes_its_connection_after_the_leader_served_some_of_it() -> None:
    none, one, both = paused(Connection((request(0), request(1))))

    assert none.says.endswith("message.timeout.ms; what it had sent fails, and the client closes the connection")
    assert one.says == f"{none.says}, after the leader served 1 more"
    logs = [cast("Replicas", outcome.changes["replicas"])[0].log for outcome in (none, one, both)]
    assert [len(log) for log in logs] == [0, 1, 2]
    assert {outcome.changes["connection"] for outcome in (none, one, both)} == {Connection()}


def test_a_pause_closes_no_connection_with_nothing_on_it() -> None:
    (outcome,) = paused(Connection(broken=(request(0),)))

    assert outcome.says == "the producer stands still past message.timeout.ms; what it had sent fails"
    assert paused(Connection()) == []


def test_what_waits_for_a_leader_past_its_deadline_never_gets_there() -> None:
    (outcome,) = paused(Connection((request(0),)), is_led=False)

    assert outcome.changes["connection"] == Connection()
