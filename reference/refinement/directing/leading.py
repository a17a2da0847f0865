"""A leader of librdkafka, which waits for metadata to assign by."""

from collections.abc import Callable

from kio.schema.fetch.v12.request import FetchRequest
from kio.schema.join_group.v9.request import JoinGroupRequest
from kio.schema.metadata.v12.request import MetadataRequest

from ackproof.reference.refinement.consume.records import PLACE
from ackproof.reference.refinement.directing.added import are_assigned
from ackproof.reference.refinement.directing.group import GroupDirector
from ackproof.reference.refinement.directing.joining import join_first, joining_in, let_in
from ackproof.reference.refinement.directing.readers import DirectedReader
from ackproof.reference.refinement.directing.round import Round


def lead_slowly(director: GroupDirector, turn: Round, index: int) -> None:
    """
    Who is to assign waits for metadata before it does so, once more if it has to hear of a new partition before.

    Source: librdkafka ``rd_kafka_cgrp_handle_JoinGroup``, ``RD_KAFKA_CGRP_JOIN_STATE_WAIT_METADATA``.
    """
    owner, network = director.reader(index), director.stage.network
    new = [director.reader(at) for at in joining_in(turn)]
    members = [owner, *new, *(director.reader(at) for at, _, after in turn.pairs() if after.status == "member")]
    numbers = {director.stage.applications.index(reader) for reader in new}

    def until(is_so: Callable[[], bool], what: str, *polling: DirectedReader) -> None:
        def is_so_by_now() -> bool:
            join_first(director, index)
            for each in polling:
                each.polls = each.is_up
            return is_so()

        director.until(is_so_by_now, what)

    leader = leader_of(director) or owner
    # It may be the only one that a rebalance waits for.
    is_awaited = not new and is_preparing(director)
    if is_awaited:
        network.close(JoinGroupRequest)
    if has_position(leader):
        # It asks another broker than the one that it reads from, so what it reads is not behind that.
        until(lambda: bool(network.of(FetchRequest, leader.name)), "asking to read", leader)
        leader.polls = False
    let_in(director)
    # Who rejoins before them may be of a generation without them.
    until(lambda: numbers <= director.stage.known(), "asking to join", *new)
    if is_awaited or turn.log_after.added is not None or not are_assigned(director.stage):
        network.close(JoinGroupRequest)
        until(lambda: bool(network.of(JoinGroupRequest, owner.name)), "asking to rejoin", *members)
        leader.polls = False
    network.untold.add(leader.name)
    until(lambda: bool(network.of(MetadataRequest, leader.name)), "asking for metadata")
    network.open(JoinGroupRequest)
    until(lambda: has_joined(owner), "the owner rejoining", *members)


def has_position(reader: DirectedReader) -> bool:
    """Whether it knows from where to read the partition."""
    return reader.client is not None and reader.client.view().positions.get(PLACE) is not None


def has_joined(reader: DirectedReader) -> bool:
    """Whether it is of a generation that has begun, and waits for its assignment."""
    return reader.client is not None and reader.client.view().member.state == "completing rebalance"


def is_preparing(director: GroupDirector) -> bool:
    """Whether the coordinator waits for members to rejoin."""
    group = director.stage.classic_group()
    return group is not None and group.state == "PreparingRebalance"


def leader_of(director: GroupDirector) -> DirectedReader | None:
    """The instance that the coordinator has for the leader of the group."""
    group = director.stage.classic_group()
    leader = None if group is None or group.leader_id is None else group.members.get(group.leader_id)
    return None if leader is None else director.stage.applications[director.stage.number_of(leader.client_id)]
