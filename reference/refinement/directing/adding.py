"""What a director has happen where the topic gets a partition: the group rebalances."""

from itertools import takewhile

from kio.schema.create_partitions.v3.request import (
    CreatePartitionsAssignment,
    CreatePartitionsRequest,
    CreatePartitionsTopic,
)
from kio.schema.offset_fetch.v9.request import OffsetFetchRequest
from kio.schema.types import BrokerId

from ackproof.model.consume.consumer import Consumer
from ackproof.reference.protocol.primitive import TopicName, duration, i32
from ackproof.reference.refinement.consume.records import TOPIC
from ackproof.reference.refinement.directing import commits
from ackproof.reference.refinement.directing.added import are_assigned
from ackproof.reference.refinement.directing.group import GroupDirector
from ackproof.reference.refinement.directing.leading import is_preparing
from ackproof.reference.refinement.directing.round import Round


def add_partition(director: GroupDirector, broker: int, name: str = TOPIC) -> None:
    """
    The topic gets one more partition, on a broker; clients hear of it as they next ask for metadata.

    Another one may get one as well, so that the members take turns otherwise from then on.
    """
    stage = director.stage
    if stage.grows and name == TOPIC:
        beside = stage.beside[0]
        add_partition(director, stage.cluster.image.topics[beside].partitions[0].leader, beside)
    place = (name, len(stage.cluster.image.topics[name].partitions))
    topic = CreatePartitionsTopic(
        name=TopicName(name),
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


def add_early(director: GroupDirector, turn: Round) -> None:
    """
    An owner begins to rejoin: what the topic gets meanwhile it sees by then, if it commits by itself.

    It would rejoin once more, and commit before that. Source: ``ConsumerCoordinator.onJoinPrepare`` (COOPERATIVE).
    """
    begins = (at for at, before, after in turn.pairs() if after.is_rejoining > before.is_rejoining)
    for index in begins:
        for _ in range(added_meanwhile(director, index)):
            add_partition(director, director.stage.image(TOPIC).leader)


def added_meanwhile(director: GroupDirector, index: int) -> int:
    """How many partitions the topic gets as an owner rejoins that commits by itself, after the present step."""
    if director.coming[0].has_generations or not director.commits_positions(index):
        return 0
    meanwhile = takewhile(lambda each: each.pairs()[index][1].is_rejoining, director.coming[1:])
    return sum(each.action == "partitions added" for each in meanwhile)


def is_there(director: GroupDirector, turn: Round) -> bool:
    """Whether the topic has got by now what it gets in a step."""
    rejoining = (at for at, before, _ in turn.pairs() if before.is_rejoining)
    return any(director.commits_positions(at) for at in rejoining)


def are_taken(director: GroupDirector, turn: Round) -> bool:
    """
    Whether the new partitions are with somebody, or are to be taken once something has happened that comes later.

    With the consumer protocol nobody waits for who is busy, has yet to hear where to start, or commits before that.
    """
    owners = [(index, after) for index, _, after in turn.pairs() if after.status == "owner"]
    is_behind = any(after.position is None or is_at_work(director, index, after) for index, after in owners)
    waits = is_behind or any(director.commits_first(turn, index) for index, _ in owners)
    return (director.stage.is_modern and waits) or are_assigned(director.stage)


def is_at_work(director: GroupDirector, index: int, consumer: Consumer) -> bool:
    """Whether an application processes what it was handed, and does not poll meanwhile."""
    return bool(consumer.in_hand) and not director.reader(index).rules.is_handed_off


def wait_for_metadata(director: GroupDirector) -> None:
    """All hear of a new partition, so that nobody rejoins for it again, and commits by itself before that."""
    if not are_assigned(director.stage):
        director.stage.clock.run_until(director.stage.clock.now_ms + director.stage.patience.metadata_ms)


def let_rejoin(director: GroupDirector, turn: Round) -> None:
    """
    Who has asked where it starts as its group rebalances is told to ask again: its heartbeats are behind that.

    A client commits what is committed already as it rejoins, or gains a partition.

    Source: ``ConsumerCoordinator.onJoinPrepare``, ``AbstractMembershipManager.maybeReconcile``.
    """
    network = director.stage.network
    for index, before, _ in turn.pairs():
        reader = director.reader(index)
        if before.position is None and not director.stage.is_modern and has_to_rejoin(director, before):
            commits.put_off(director, index, OffsetFetchRequest)
        if before.status == "owner" and reader.rules.commit == "auto":
            network.let_commit(reader.name, director.stage.committed)


def has_to_rejoin(director: GroupDirector, member: Consumer) -> bool:
    """Whether the group of a *member* rebalances, or is to as the topic has got a partition that the member may own."""
    is_to_own = member.status == "owner" and not are_assigned(director.stage)
    return is_to_own or is_preparing(director)
