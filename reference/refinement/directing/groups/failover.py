"""What a director has a group of the consumer protocol do as its coordinator moves."""

from collections.abc import Sequence
from functools import partial

from kio.schema.consumer_group_heartbeat.v1.request import ConsumerGroupHeartbeatRequest

from ackproof.reference.refinement.directing.groups.application import HEARTBEAT_MS
from ackproof.reference.refinement.directing.groups.director import LONG_MS, GroupsDirector
from ackproof.reference.refinement.directing.groups.faults import become_coordinator, begin_sessions, look_up
from ackproof.reference.refinement.directing.groups.modern import answer_next, lose_response
from ackproof.reference.refinement.directing.groups.shift import IS_REFUSED, Shift, finds_otherwise, members_in
from ackproof.reference.refinement.groups.setting import OFFSETS_TOPIC


def move_coordinator(director: GroupsDirector, shift: Shift) -> None:
    """The other broker becomes the group coordinator, be it that the answer to a heartbeat is lost."""
    if "is lost" in shift.says:
        lose_response(director, shift)
    members = enumerate(zip(members_in(shift.before), members_in(shift.after), strict=True))
    silent = [index for index, (before, after) in members if after.status == "silent" != before.status]
    late = [index for index in silent if is_told_late(director.coming[1:], index)]
    for index in silent:
        begin_to_join(director, index)
    for index in late:
        stand_still(director, index)
    become_coordinator(director)
    finding = [index for index in range(len(shift.after.members)) if finds_otherwise(shift, index)]
    joining = [index for index, member in enumerate(members_in(shift.after)) if member.status == "out"]
    for index in (*finding, *joining):
        look_up(director, index)
    begin_sessions(director)
    if silent:
        for index, member in enumerate(members_in(shift.after)):
            process = director.member(index).process
            if member.status == "member" and index not in finding and process is not None:
                # It hears of it as its connection breaks.
                director.network.break_connections(process)
    else:
        director.network.move_coordinator()
        keep_quiet = [index for index in finding if director.heartbeat_ms(index) != HEARTBEAT_MS]
        for index, member in enumerate(members_in(shift.after)):
            if member.status == "member" and index not in keep_quiet:
                director.until(partial(asks_coordinator, director, index), "a heartbeat", LONG_MS)
    for index in set(silent).difference(late):
        # It asks the former coordinator.
        director.until(partial(has_beaten, director, index), "a heartbeat")


def begin_to_join(director: GroupsDirector, index: int) -> None:
    """Who is not there yet has its first heartbeat on its way to the former coordinator."""
    member = director.member(index)
    if not member.is_up:
        director.start(index)
        waiting = partial(director.at_the_door, index, ConsumerGroupHeartbeatRequest)
        director.poll_until(member, lambda: waiting() is not None, "it")


def is_told_late(coming: Sequence[Shift], index: int) -> bool:
    """Whether a member hears that its coordinator has moved once its application has not polled for too long."""
    own = next((shift for shift in coming if shift.whose() == index), None)
    return own is not None and IS_REFUSED in own.says


def stand_still(director: GroupsDirector, index: int) -> None:
    """A process has nothing on its way, and stands still."""
    answer_next(director, index)
    director.process(index).pause()


def asks_coordinator(director: GroupsDirector, index: int) -> bool:
    """Whether a member has a heartbeat at the door of the coordinator; another broker turns it away."""
    waiting = director.at_the_door(index, ConsumerGroupHeartbeatRequest)
    if waiting is None:
        return False
    if waiting.listener == f"broker-{director.stage.image(OFFSETS_TOPIC).leader}":
        return True
    director.serve(waiting)
    director.hear(waiting)
    return False


def has_beaten(director: GroupsDirector, index: int) -> bool:
    """Whether a heartbeat of a member has come, which is served and heard then."""
    waiting = director.at_the_door(index, ConsumerGroupHeartbeatRequest)
    if waiting is None:
        return False
    director.serve(waiting)
    director.hear(waiting)
    return True
