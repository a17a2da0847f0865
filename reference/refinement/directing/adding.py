"""What a director has happen where the topic gets a partition: the group rebalances."""

from collections.abc import Iterator

from kio.schema.create_partitions.v3.request import (
    CreatePartitionsAssignment,
    CreatePartitionsRequest,
    CreatePartitionsTopic,
)
from kio.schema.types import BrokerId

from ackproof.reference.client.cluster import TopicPartition
from ackproof.reference.protocol.primitive import TopicName, duration, i32
from ackproof.reference.refinement.consume.records import TOPIC
from ackproof.reference.refinement.directing.group import GroupDirector
from ackproof.reference.refinement.directing.readers import DirectedGroup
from ackproof.reference.refinement.directing.round import Round


def add_partition(director: GroupDirector, broker: int) -> None:
    """The topic gets one more partition, on a broker; clients hear of it as they next ask for metadata."""
    stage = director.stage
    place = (TOPIC, len(stage.cluster.image.topics[TOPIC].partitions))
    topic = CreatePartitionsTopic(
        name=TopicName(TOPIC),
        count=i32(place[1] + 1),
        assignments=(CreatePartitionsAssignment(broker_ids=(BrokerId(broker),)),),
    )
    stage.cluster.controller.create_partitions(
        CreatePartitionsRequest(topics=(topic,), timeout=duration(30_000), validate_only=False)
    )
    director.until(lambda: stage.led(*place) is not None, "the new partition")


def let_key_stay(director: GroupDirector, turn: Round) -> None:
    """The topic gets one more partition, and the key stays where it is; what is asked of the new one alone passes."""
    add_partition(director, director.stage.image(TOPIC).leader)
    director.stage.network.lets_others_pass = True


def are_assigned(director: GroupDirector) -> bool:
    """Whether all partitions without a record are with somebody, as they are once the group has rebalanced for them."""
    stage = director.stage
    clients = [reader.client for reader in stage.applications if reader.is_up and reader.client is not None]
    assigned = {place for client in clients for place in client.view().positions}
    return empty_partitions(stage) <= assigned


def held_up(director: GroupDirector, turn: Round) -> Iterator[str]:
    """Who rejoins for a new partition behind the answer to where it starts, or what it commits again."""
    for index, before, _ in turn.pairs() if not are_assigned(director) else ():
        is_behind = before.position is None and not director.stage.is_modern
        if before.status == "owner" and (is_behind or commits_again(director, turn)):
            yield director.reader(index).name


def empty_partitions(stage: DirectedGroup) -> set[TopicPartition]:
    """The partitions that were added to the topic, where the key does not move there."""
    if stage.setting.moves_key:
        return set()
    return {(TOPIC, number) for number in range(1, len(stage.cluster.image.topics[TOPIC].partitions))}


def commits_again(director: GroupDirector, turn: Round) -> bool:
    """
    Whether a client commits what is committed already, as it does before it gains a partition.

    Source: ``AbstractMembershipManager.maybeReconcile``.
    """
    positions = {before.position for _, before, _ in turn.pairs() if before.status == "owner"}
    is_committed = turn.committed_after is not None and turn.committed_after in positions
    return director.stage.is_modern and is_committed
