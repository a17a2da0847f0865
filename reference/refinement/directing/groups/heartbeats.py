"""Heartbeats of a directed classic group that wait for the director."""

from collections.abc import Sequence

from kio.schema.heartbeat.v4.request import HeartbeatRequest
from kio.schema.join_group.v9.request import JoinGroupRequest
from kio.schema.sync_group.v5.request import SyncGroupRequest

from ackproof.model.groups.member import Member
from ackproof.reference.consumer.classic.generation import NOT_JOINED
from ackproof.reference.refinement.directing.groups.director import GroupsDirector
from ackproof.reference.refinement.directing.groups.shift import Shift, members_in
from ackproof.reference.refinement.directing.network import Waiting

LATE = "a heartbeat tells it"
"""Of who joins again before it hears that its generation is gone."""


def held(director: GroupsDirector, index: int) -> Waiting | None:
    """The first heartbeat of a member that is held up, if there is one."""
    return director.unheard(index, HeartbeatRequest) or director.at_the_door(index, HeartbeatRequest)


def heartbeat(director: GroupsDirector, index: int) -> Waiting:
    """The next heartbeat of a member."""
    director.until(lambda: director.at_the_door(index, HeartbeatRequest) is not None, "a heartbeat")
    waiting = director.at_the_door(index, HeartbeatRequest)
    assert waiting is not None
    return waiting


def hear(director: GroupsDirector, waiting: Waiting) -> None:
    """A heartbeat is served, if it has not been, and its answer heard."""
    if waiting.answer is None:
        director.serve(waiting)
    director.hear(waiting)


def hear_all(director: GroupsDirector, index: int) -> None:
    """All heartbeats of a member that are held up are served, and their answers heard."""
    while (waiting := held(director, index)) is not None:
        hear(director, waiting)


def hear_of_another_generation(director: GroupsDirector, index: int) -> None:
    """A heartbeat tells a member that its generation is gone whose SyncGroup was lost, or answered without anything."""
    client, late = director.member(index).client, director.unheard(index, SyncGroupRequest)
    is_told = director.at_the_door(index, SyncGroupRequest) is None
    if client is not None and is_told and client.view().member.state not in NOT_JOINED:
        director.until(lambda: client.view().member.epoch < 0, "hearing of that")
    if late is not None and late.is_answered:
        director.hear(late)


def is_to_hear_late(coming: Sequence[Shift], index: int) -> bool:
    """Whether a member that is to join again does so before it hears that its generation is gone."""
    for shift in coming:
        if shift.action == "rejoin" and shift.whose() == index:
            return LATE in shift.says
        if members_in(shift.after)[index].status != "joining":
            return False
    return False


def join_before_hearing(director: GroupsDirector, index: int) -> None:
    """A heartbeat arrives before the JoinGroup of a member, and tells it only later that its generation is gone."""
    waiting = heartbeat(director, index)
    director.serve(waiting)
    director.join(index)
    director.network.held_up.discard(director.member(index).name)
    director.hear(waiting)
    hear_all(director, index)


def hear_what_is_not_taken(director: GroupsDirector, member: Member, index: int) -> None:
    """A *member* that has lost its generation since hears the answer to its JoinGroup, and joins once more."""
    waiting = director.unheard(index, JoinGroupRequest)
    if member.has_lost and waiting is not None and waiting.is_answered:
        director.hear(waiting)
