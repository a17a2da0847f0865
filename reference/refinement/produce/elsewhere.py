"""What other partitions do to a producer, which has one id and one epoch for all of them."""

from collections.abc import Iterator

import attrs

from ackproof.model.produce.identity import reset
from ackproof.model.produce.librdkafka import bump_by_leader_change, faults_of
from ackproof.model.produce.network import Connection
from ackproof.model.produce.producer import Producer, in_flight
from ackproof.model.produce.rules import ProducerRules
from ackproof.model.system import Action, Next, action


@action(fault="leader-change")
def epoch_elsewhere(producer: Producer) -> Iterator[Next]:
    """
    A batch of another partition makes the producer take a new epoch.

    In the model one partition is all there is. What is in flight here keeps its number: what is sent after that waits
    for it, and begins from 0.

    Source: ``TransactionManager.bumpIdempotentProducerEpoch``, for the partitions that asked for it alone.
    """
    says = "a batch of another partition makes the producer take a new epoch"
    yield Next(says, producer=attrs.evolve(producer, producer_epoch=producer.producer_epoch + 1))


@action
def begin_in_it(producer: Producer, connection: Connection) -> Iterator[Next]:
    """
    Sequences begin from 0 in the epoch that another partition has asked for, once nothing is in flight.

    Source: ``TransactionManager.maybeUpdateProducerIdAndEpoch``.
    """
    if not in_flight(producer, connection):
        after = attrs.evolve(producer, next_sequence=0, last_acked_sequence=-1)
        yield Next("sequences begin from 0 in the new epoch", producer=after)


@action(fault="leader-change")
def id_elsewhere(producer: Producer) -> Iterator[Next]:
    """
    A batch of another partition costs the producer its id.

    Source: ``TransactionManager.resetProducerId`` (before 2.5).
    """
    yield Next("a batch of another partition makes the producer ask for a new id", producer=reset(producer))


@action(fault="leader-change")
def idle_elsewhere(producer: Producer, connection: Connection) -> Iterator[Next]:
    """
    A batch of another partition makes a producer bump its epoch that has nothing in flight here.

    In the model that makes no difference.

    Source: librdkafka ``rd_kafka_idemp_drain_epoch_bump``.
    """
    if not in_flight(producer, connection) and producer.unresolved is None:
        says = "a batch of another partition makes the producer bump its epoch"
        yield Next(says, producer=attrs.evolve(producer, unresolved=producer.next_sequence))


def elsewhere(client: ProducerRules) -> tuple[Action, ...]:
    """What other partitions do to such a *client* that is not in the model (``librdkafka.bump_elsewhere``)."""
    rules = client.idempotence
    if rules is None:
        return ()
    if rules.shares_bumps:
        # It bumps its epoch also where in the model there would be no cause.
        known = faults_of(client)
        return tuple(act for act in (idle_elsewhere, bump_by_leader_change) if act not in known)
    return (id_elsewhere,) if rules.on_gap == "fail-and-reset" else (epoch_elsewhere, begin_in_it)
