"""Faults of network, brokers and producer process."""

from collections.abc import Iterator

import attrs

from ackproof.model.produce.append import Leader
from ackproof.model.produce.batch import NO_PRODUCER_ID
from ackproof.model.produce.controller import without_proposals
from ackproof.model.produce.network import (
    Connection,
    Delayed,
    as_broken,
    has_unserved_head,
    has_waiting_head,
    is_broken,
    is_intact,
    with_stuck,
)
from ackproof.model.produce.producer import Producer, first_attempt, in_flight, new_producer
from ackproof.model.produce.replica import (
    Replicas,
    broker,
    has_another_in_sync,
    has_leader,
    leader_of,
    leading,
    replaced,
)
from ackproof.model.produce.replicating import down, served_head
from ackproof.model.produce.retention import read_again
from ackproof.model.produce.rules import BrokerRules, ProducerRules
from ackproof.model.system import Next, action


@action(fault="request-lost", when={"connection": has_unserved_head})
def request_lost(connection: Connection) -> Iterator[Next]:
    """
    A request that the broker has not seen is lost with its connection, and so is all behind it.

    What was sent before on that has been answered: otherwise its answer is lost as well.
    """
    names = ", ".join(request.sent.name for request in connection.requests)
    yield Next(f"lost on the way to the leader: {names}", connection=as_broken(connection))


@action(fault="response-lost", when={"connection": has_waiting_head})
def response_lost(leader: Leader, replicas: Replicas, connection: Connection) -> Iterator[Next]:
    """The answer is lost with its connection, after the broker served some of the requests behind it."""
    name = connection.requests[0].sent.name
    for served, after in serving(leader, replicas, connection, 1):
        says = f"the connection breaks before the answer for {name} arrives"
        yield Next(with_served(says, served), replicas=after, connection=as_broken(connection))


def with_served(says: str, served: int) -> str:
    """What happened, after the leader served so many more requests."""
    return f"{says}, after the leader served {served} more" if served else says


def serving(leader: Leader, replicas: Replicas, connection: Connection, first: int) -> Iterator[tuple[int, Replicas]]:
    """Replicas after the leader served 0, 1, ... of the requests from *first* on, while it is up."""
    yield 0, replicas
    if leader_of(replicas) is not None:
        for served, request in enumerate(connection.requests[first:], start=1):
            replicas, _ = served_head(leader, replicas, request)
            yield served, replicas


@action(fault="request-delayed", when={"connection": has_unserved_head})
def request_delayed(connection: Connection, delayed: Delayed) -> Iterator[Next]:
    """A connection is stuck with all that it holds; the producer gives up on it."""
    stuck = tuple(request.sent for request in connection.requests)
    says = f"held back by the network: {', '.join(batch.name for batch in stuck)}"
    yield Next(says, connection=as_broken(connection), delayed=with_stuck(delayed, stuck))


@action(fault="broker-crash")
def broker_crash(leader: Leader, replicas: Replicas, connection: Connection, delayed: Delayed) -> Iterator[Next]:
    """A broker's process dies; what it has written is still there when it comes back."""
    for index, replica in enumerate(replicas):
        if replica.is_up:
            after = down(leader.rules, replicas, index, len(replica.log))
            yield from gone(f"{named(replicas, index)} crashes", index, replicas, after, connection, delayed)
            if leader.rules.misses_quick_restarts and replica.role != "leader" and has_leader(replicas):
                yield from restarted_quickly(leader.rules, replicas, index)


def restarted_quickly(rules: BrokerRules, replicas: Replicas, index: int) -> Iterator[Next]:
    """
    A follower is back before the controller looks, and keeps its place; what it truncates it has to fetch again.

    Source: KIP-101, "Motivation"; KAFKA-1120: ``BrokerChangeListener`` compares who is there now with who was.
    """
    truncates = rules.truncates_before_fetching and bool(replicas[index].log)
    again = attrs.evolve(replicas[index], is_truncating=truncates, held=())
    if again != replicas[index]:
        says = f"{broker(index)} crashes and is back before the controller notices"
        yield Next(says, replicas=replaced(replicas, index, again))


@action(fault="broker-crash", when={"replicas": has_leader})
def leader_restarts_quickly(
    leader: Leader, replicas: Replicas, connection: Connection, delayed: Delayed
) -> Iterator[Next]:
    """
    The leader is back before the controller looks, and leads on in the same epoch: only without reductions.

    It has its log, knows nothing of its followers, and of producers what retention has left: to everybody else a
    connection has broken.

    Source: KAFKA-1120; ``Partition.makeLeader``, which takes the end of its log for the start of its epoch.
    """
    index = leading(replicas)
    others = tuple(attrs.evolve(replica, fetched_to=0) for replica in replicas)
    led = replicas[index]
    says = f"{named(replicas, index)} crashes, is back before the controller notices, and leads on"
    for log in dict.fromkeys(read_again(led.log, start) for start in range(led.high_watermark + 1)):
        again = attrs.evolve(led, log=log, epoch_start=len(log), held=())
        yield from gone(says, index, replicas, replaced(others, index, again), connection, delayed)


@action(fault="power-loss")
def power_loss(leader: Leader, replicas: Replicas, connection: Connection, delayed: Delayed) -> Iterator[Next]:
    """A broker loses power, and with it any part of what it had not flushed."""
    for index, replica in enumerate(replicas):
        if replica.is_up:
            for end in range(len(replica.log) if leader.rules.flushes_every_record else 0, len(replica.log) + 1):
                lost = len(replica.log) - end
                says = f"{named(replicas, index)} loses power" + (
                    f" and its last {lost} of {lost + end} records" if lost else ""
                )
                after = down(leader.rules, replicas, index, end)
                yield from gone(says, index, replicas, after, connection, delayed)


def gone(
    says: str, index: int, before: Replicas, after: Replicas, connection: Connection, delayed: Delayed
) -> Iterator[Next]:
    """A broker is gone; if it led, so are the connections to it and what they held."""
    if index == leader_of(before):
        yield Next(says, replicas=after, connection=as_broken(connection), delayed=())
    else:
        yield Next(says, replicas=after, connection=connection, delayed=delayed)


def named(replicas: Replicas, index: int) -> str:
    """A broker and its part."""
    return f"{broker(index)}, the leader," if replicas[index].role == "leader" else broker(index)


@action(fault="leader-change", when={"replicas": has_another_in_sync})
def leader_change(leader: Leader, replicas: Replicas, connection: Connection, delayed: Delayed) -> Iterator[Next]:
    """Another in-sync replica leads; the old leader refuses what still arrives (NOT_LEADER_OR_FOLLOWER)."""
    old = leading(replicas)
    for index, replica in enumerate(replicas):
        if replica.role == "in-sync" and replica.is_up:
            held = with_stuck(replicas[old].held, *delayed) if leader.keeps_held else ()
            moved = replaced(without_proposals(replicas), old, attrs.evolve(replicas[old], role="in-sync", held=held))
            moved = replaced(moved, index, attrs.evolve(replica, role="leader"))
            led = leader.watermark.led(leader.rules, moved, index)
            after = leader.watermark.settled(leader.rules, led)
            says = f"leadership moves from {broker(old)} to {broker(index)}"
            yield Next(says, replicas=after, connection=as_broken(connection), delayed=())


@action(fault="producer-crash", when={"connection": is_intact})
def producer_crash(
    leader: Leader, client: ProducerRules, replicas: Replicas, connection: Connection, producer: Producer
) -> Iterator[Next]:
    """The producer's process dies, the broker serves some of what is on the wire, a new process starts."""
    if connection.requests or producer.queue:
        yield from crashed(leader, client, replicas, connection, producer)


@action(fault="producer-crash", urgent=True, when={"connection": is_broken})
def producer_crash_unnoticing(
    leader: Leader, client: ProducerRules, replicas: Replicas, connection: Connection, producer: Producer
) -> Iterator[Next]:
    """The producer's process dies before it notices that its connection is broken."""
    yield from crashed(leader, client, replicas, connection, producer)


def crashed(
    leader: Leader, client: ProducerRules, replicas: Replicas, connection: Connection, producer: Producer
) -> Iterator[Next]:
    """What is left after a crash: the brokers, having served some of what is on the wire, and a new process."""
    fresh = restarted(client, producer, connection)
    for served, after in serving(leader, replicas, connection, connection.unserved):
        more = f"; the leader still serves {served} of its requests" if served else ""
        says = f"the producer crashes and starts again{more}"
        yield Next(says, replicas=after, connection=Connection(), producer=fresh)


def restarted(client: ProducerRules, producer: Producer, connection: Connection) -> Producer:
    """
    The producer of the new process: a new producer id, and what the application sends again.

    Source: ``TransactionCoordinator.handleInitProducerId``: without a transactional id the producer id is new.
    """
    unseen = {attempt.batch.record for attempt in (*in_flight(producer, connection), *producer.queue)}
    again = sorted(unseen) if client.on_restart == "resend" else []
    queue = tuple(first_attempt(client, record) for record in again)
    fresh = attrs.evolve(new_producer(client), next_record=producer.next_record, queue=queue)
    return (
        fresh if producer.producer_id == NO_PRODUCER_ID else attrs.evolve(fresh, producer_id=producer.producer_id + 1)
    )
