"""What a director has happen to batches of another partition, which share the producer's epoch with all others."""

from collections.abc import Sequence

from kio.schema.create_topics.v7.request import (
    CreatableReplicaAssignment,
    CreatableTopic,
    CreatableTopicConfig,
    CreateTopicsRequest,
)
from kio.schema.fetch.v12.request import FetchRequest
from kio.schema.offset_for_leader_epoch.v4.request import OffsetForLeaderEpochRequest
from kio.schema.produce.v12.request import ProduceRequest

from ackproof.model.produce.librdkafka import sends_behind_failures
from ackproof.reference.kernel.future import Future
from ackproof.reference.producer.record import ProducerRecord, RecordMetadata
from ackproof.reference.protocol.primitive import BrokerId, TopicName, duration, i16, i32
from ackproof.reference.refinement.directing.client import back_off
from ackproof.reference.refinement.directing.director import SEND_MS, Director
from ackproof.reference.refinement.directing.network import DirectedNetwork, Waiting
from ackproof.reference.refinement.directing.passing import NotDirectedError
from ackproof.reference.refinement.directing.stage import REQUEST_TIMEOUT_MS
from ackproof.reference.refinement.directing.turn import Turn
from ackproof.reference.simulator.applications.content import Content

BESIDE = "a-topic-beside"
FIRST_NUMBER = 1_000
"""Of the records there: none that the model knows."""

BROKERS = 2
"""How many there have to be beside those of the partition."""

ASSIGNED = -1

OLDER_MS = 20_000
"""By how much a batch of another partition is older whose deadline passes, than those of this one."""


def times_out(turns: Sequence[Turn]) -> bool:
    """Whether a batch of another partition is to pass its deadline: with one in flight none is refused behind it."""
    return any(turn.action == "bump elsewhere" and not sends_behind_failures(turn.client) for turn in turns)


def hold_one(director: Director) -> None:
    """A batch of another partition is on its way to its leader, longer than all others."""
    leader, other = [each for each in director.stage.cluster.machines if each not in director.stage.image.replicas]
    create(director, leader, other)
    director.older = send(director, FIRST_NUMBER)
    director.until(lambda: in_flight(director, leader) == 1, "a batch of another partition", SEND_MS)
    director.beside = f"broker-{leader}"
    director.stage.clock.run_until(director.stage.clock.now_ms + OLDER_MS)


def bump(director: Director, turn: Turn) -> None:
    """
    The producer bumps its epoch for all partitions.

    A batch passes its deadline, or is refused behind one that has failed, as its leader had moved.
    """
    if director.older is not None:
        older, director.older = director.older, None
        director.until(lambda: older.is_done, "the deadline of a batch of another partition", REQUEST_TIMEOUT_MS)
        # What waits to be sent again does so at once.
        back_off(director, 0)
        director.calm()
    else:
        refuse(director)
    director.network.apart.clear()


def refuse(director: Director) -> None:
    """Of two batches of another partition the first one fails, as its leader has moved, and the next is refused."""
    leader, other = followers(director)
    create(director, leader, other)
    finish(director, [send(director, FIRST_NUMBER)], leader, other)
    sent = [send(director, FIRST_NUMBER + number) for number in (1, 2)]
    director.until(lambda: in_flight(director, leader) == len(sent), "batches of another partition", SEND_MS)
    lead(director, other)
    failed = admitted(director, leader)
    lead(director, leader)
    director.network.release(failed)
    refused = admitted(director, leader)
    director.network.release(refused)
    director.calm()
    if not in_flight(director, director.stage.image.leader):
        finish(director, sent, leader, other)


def followers(director: Director) -> tuple[int, int]:
    """Who is to lead the other partition, so that its requests are on a connection of their own, and who to follow."""
    main = director.stage.image.leader
    up = [broker for broker in director.stage.cluster.machines if director.stage.is_up(broker)]
    others = [broker for broker in up if broker != main]
    if not others:
        raise NotDirectedError("there is no other broker for another partition")
    return others[0], next(broker for broker in up if broker != others[0])


def create(director: Director, leader: int, other: int) -> None:
    """There is another topic, which may be written to as long as it is led, and its leader knows."""
    assignment = CreatableReplicaAssignment(partition_index=i32(0), broker_ids=(BrokerId(leader), BrokerId(other)))
    topic = CreatableTopic(
        name=TopicName(BESIDE),
        num_partitions=i32(ASSIGNED),
        replication_factor=i16(ASSIGNED),
        assignments=(assignment,),
        configs=(CreatableTopicConfig(name="min.insync.replicas", value="1"),),
    )
    director.stage.cluster.controller.create_topics(CreateTopicsRequest(topics=(topic,), timeout=duration(30_000)))
    director.until(lambda: leads(director, leader), "the other partition being led")


def leads(director: Director, broker: int) -> bool:
    """Whether a broker leads the other partition, and knows."""
    running = director.stage.cluster.machines[broker].broker
    found = None if running is None else running.replicas.find(BESIDE, 0)
    return found is not None and found.is_leader


def lead(director: Director, broker: int) -> None:
    """A broker comes to lead the other partition."""
    director.stage.cluster.controller.move_leader(BESIDE, 0, broker)
    director.until(lambda: leads(director, broker), "another leader of the other partition")


def send(director: Director, number: int) -> Future[RecordMetadata]:
    """The application sends a record to the other partition."""
    application = director.stage.application
    assert application.client is not None
    value = Content(f"{application.name}/{number}", None).value
    outcome = application.client.send(ProducerRecord(BESIDE, value, b"key", timestamp_ms=director.stage.clock.now_ms))
    outcome.then(lambda: None)
    return outcome


def in_flight(director: Director, broker: int) -> int:
    """How many requests of the producer are on their way to a broker, or wait there."""
    return sum(len(line.letters) for line in director.lines() if line.wire.listener.name == f"broker-{broker}")


def admitted(director: Director, broker: int) -> Waiting:
    """The next request at a broker, with its answer."""
    waits = director.network.of

    def first() -> Waiting | None:
        return next(iter(waits(ProduceRequest, listener=f"broker-{broker}")), None)

    director.until(lambda: first() is not None, "a batch of another partition at its leader")
    found = first()
    assert found is not None
    found.admit()
    director.until(lambda: found.is_answered, "the answer to a batch of another partition")
    return found


def asked(network: DirectedNetwork, follower: str, leader: str) -> list[Waiting]:
    """What a follower asks its leader for: where it has to truncate to, if it asks that before it fetches."""
    return [each for kind in (OffsetForLeaderEpochRequest, FetchRequest) for each in network.of(kind, follower, leader)]


def finish(director: Director, sent: list[Future[RecordMetadata]], leader: int, other: int) -> None:
    """What was sent to the other partition is stored, and the producer knows."""
    network, listener = director.network, f"broker-{leader}"

    def is_over() -> bool:
        for waiting in (*network.of(ProduceRequest, listener=listener), *asked(network, f"broker-{other}", listener)):
            if waiting.answer is None:
                waiting.admit()
            elif waiting.is_answered:
                network.release(waiting)
        return all(outcome.is_done for outcome in sent)

    director.until(is_over, "the end of what was sent to another partition", SEND_MS)
