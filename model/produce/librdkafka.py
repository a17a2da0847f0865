"""Faults as librdkafka meets them: they are those of every client, and it makes more of them."""

from collections.abc import Iterator

import attrs

from ackproof.model.produce.append import Leader
from ackproof.model.produce.deadlines import all_expired, expired, expiring, outstanding_batches
from ackproof.model.produce.failing import serving, with_served
from ackproof.model.produce.network import Connection, as_broken
from ackproof.model.produce.producer import Producer, in_flight
from ackproof.model.produce.replica import Replicas
from ackproof.model.produce.rules import ProducerRules
from ackproof.model.system import Action, Next, action


@action(fault="send-timeout")
def message_timeout(
    leader: Leader,
    client: ProducerRules,
    records: int,
    replicas: Replicas,
    producer: Producer,
    connection: Connection,
) -> Iterator[Next]:
    """
    The oldest message passes message.timeout.ms; if it is on the wire, its connection is closed.

    The leader may serve some of what was sent behind it all the same. Source: INTRODUCTION.md, "Message timeout
    considerations"; ``rd_kafka_broker_timeout_scan`` with ``socket.max.fails = 1``.
    """
    for attempt in expiring(client, producer, connection):
        after, left = expired(client, records, producer, connection, attempt)
        says = f"the send of {attempt.batch.name} fails: message.timeout.ms has passed"
        if all(request.attempt is not attempt for request in connection.requests):
            yield Next(says, producer=after, connection=left)
            continue
        closed = f"{says}, and the client closes the connection"
        for served, brokers in serving(leader, replicas, left, left.unserved):
            yield Next(with_served(closed, served), replicas=brokers, producer=after, connection=as_broken(left))


@action(fault="producer-pause")
def producer_pause(
    leader: Leader,
    client: ProducerRules,
    records: int,
    replicas: Replicas,
    producer: Producer,
    connection: Connection,
) -> Iterator[Next]:
    """
    The producer stands still past every deadline, so whatever it has sent fails; if any is on the wire, it closes that.

    The leader may serve some of it all the same, of which nobody hears. Source: as for ``message_timeout``.
    """
    if not outstanding_batches(client, producer, connection):
        return
    after, left = all_expired(client, records, producer, connection)
    says = "the producer stands still past message.timeout.ms; what it had sent fails"
    if not any(request.attempt for request in connection.requests):
        yield Next(says, producer=after, connection=left)
        return
    closed = f"{says}, and the client closes the connection"
    for served, brokers in serving(leader, replicas, connection, connection.unserved):
        yield Next(with_served(closed, served), replicas=brokers, producer=after, connection=Connection())


def bump_elsewhere(producer: Producer, connection: Connection) -> Iterator[Next]:
    """
    A batch of another partition makes the producer drain all that is in flight, and bump the epoch of all partitions.

    Its leader moved, and a batch was refused behind one that had failed; or one of its messages timed out.
    Source: librdkafka #4953; ``rd_kafka_idemp_drain_epoch_bump``.
    """
    if in_flight(producer, connection) and producer.unresolved is None:
        says = "a batch of another partition makes the producer drain what is in flight and bump its epoch"
        yield Next(says, producer=attrs.evolve(producer, unresolved=producer.next_sequence))


def is_idle(producer: Producer) -> bool:
    """Whether it has acknowledged sequences and nothing to send again."""
    return producer.last_acked_sequence >= 0 and not producer.queue


def is_empty(connection: Connection) -> bool:
    """Whether nothing is on the wire."""
    return connection == Connection()


@action(fault="broker-crash", when={"producer": is_idle, "connection": is_empty})
def topic_vanishes(producer: Producer, connection: Connection) -> Iterator[Next]:
    """
    A broker that starts again says that there is no such topic; the producer drops its partitions, and their sequences.

    Source: CHANGELOG.md, 1.9.0; ``rd_kafka_topic_metadata_update`` before it saved the state of partitions (#3672).
    """
    del connection
    says = "a broker that starts again does not know the topic yet: the producer drops what it knows of its partitions"
    yield Next(says, producer=attrs.evolve(producer, next_sequence=0, last_acked_sequence=-1))


bump_by_leader_change = action(fault="leader-change")(bump_elsewhere)
bump_by_timeout = action(fault="send-timeout")(bump_elsewhere)


def sends_behind_failures(client: ProducerRules) -> bool:
    """
    Whether a batch can be on its way, or yet to be sent, as an older one of its partition has failed.

    With one request in flight nothing follows until that has its outcome, which is a failure only where retries end.
    Source: ``rd_kafka_handle_idempotent_Produce_error``: "With max.in.flight > 1 ..."; ``rd_kafka_toppar_retry_msgq``.
    """
    return client.max_in_flight > 1 or client.retries is not None


def faults_of(client: ProducerRules) -> tuple[Action, ...]:
    """The faults that only such a *client* can have."""
    rules = client.idempotence
    if rules is None:
        return ()
    possible = (
        (bump_by_leader_change, rules.shares_bumps and rules.bumps_behind_failures and sends_behind_failures(client)),
        (bump_by_timeout, rules.shares_bumps),
        (topic_vanishes, rules.forgets_sequences),
    )
    return tuple(act for act, is_one in possible if is_one)
