"""What consumers can read of a partition, as the brokers that they read from answer their fetches."""

from collections.abc import Iterator

from kio.schema.fetch.v12.request import FetchPartition, FetchRequest, FetchTopic
from kio.schema.fetch.v12.response import FetchResponse

from ackproof.reference.protocol.primitive import TopicName, duration, i8, i32, i64
from ackproof.reference.protocol.request import Caller, Request
from ackproof.reference.records.header import split
from ackproof.reference.refinement.directing.director import Director
from ackproof.reference.refinement.directing.serving import waited_for
from ackproof.reference.refinement.directing.stage import records_of
from ackproof.reference.refinement.directing.turn import Turn
from ackproof.reference.refinement.produce.stage import TOPIC

FETCH = FetchRequest(
    max_wait=duration(0),
    min_bytes=i32(0),
    isolation_level=i8(0),
    topics=(
        FetchTopic(
            topic=TopicName(TOPIC),
            partitions=(FetchPartition(partition=i32(0), fetch_offset=i64(0), partition_max_bytes=i32(1_000_000)),),
        ),
    ),
    forgotten_topics_data=(),
)


def show(director: Director, turn: Turn) -> None:
    """Consumers read: the leader hears of what its followers have, as far as they could not read it before."""
    wanted = turn.visible_after
    for follower in waited_for(director):
        if wanted in readable(director):
            break
        if follower in director.stage.image.in_sync_replicas and director.has_news(follower):
            director.tell(follower)
    director.until(lambda: wanted in readable(director), f"consumers reading {wanted}")
    director.seen = wanted


def readable(director: Director) -> list[tuple[int, ...]]:
    """What a consumer reads from the leader, or from whoever else it may fetch from."""
    return [read(director, broker) for broker in serving(director)]


def serving(director: Director) -> Iterator[int]:
    """The brokers that consumers may fetch from."""
    reads_from_followers = director.stage.setting.brokers.serves_reads_from_followers
    for broker in director.brokers:
        if director.is_up(broker) and (reads_from_followers or broker == director.stage.image.leader):
            yield broker


def read(director: Director, broker: int) -> tuple[int, ...]:
    """What a fetch of all records brings."""
    running = director.stage.cluster.machines[broker].broker
    assert running is not None
    answer = running.serve(Caller(), Request(FETCH, 12))
    told = answer.result()
    assert isinstance(told, FetchResponse)
    return records_of(
        data for topic in told.responses for each in topic.partitions for data in split(each.records or b"")
    )
