"""Static members of a directed classic group that do not poll, or whose instance id another process takes."""

from kio.schema.heartbeat.v4.request import HeartbeatRequest
from kio.schema.join_group.v9.request import JoinGroupRequest
from kio.schema.sync_group.v5.request import SyncGroupRequest

from ackproof.model.groups.member import Member
from ackproof.reference.refinement.directing.groups.director import LONG_MS, GroupsDirector
from ackproof.reference.refinement.directing.groups.identity import ENDS
from ackproof.reference.refinement.directing.groups.patience import are_to_take_back
from ackproof.reference.refinement.directing.groups.shift import Shift, has_taken
from ackproof.reference.refinement.groups.classic_map import has_forgotten


def replace(director: GroupsDirector, shift: Shift) -> None:
    """A process stands still, and another one is to be started with its instance id."""
    old, new = shift.all_named()[:2]
    let_sync_arrive(director, shift, old, new)
    if shift.before.members[old].status != "joining" and director.is_long_until_end(old):
        # It hears by that what has become of it, before it sees for how long it has not polled.
        director.network.delayed.add(director.member(old).name)
        director.until(lambda: director.at_the_door(old, HeartbeatRequest) is not None, "a heartbeat")
    director.process(old).pause()
    director.stage.hand_over(director.member(old), director.member(new))
    director.now()


def forget(director: GroupsDirector, shift: Shift) -> None:
    """An application does not poll for so long that its consumer forgets who it is; it may then be what it was."""
    index, *others = shift.all_named()
    process, member = director.process(index), director.member(index)
    if not others:
        let_sync_arrive(director, shift, index, index)
    else:
        # It has stood still for so long that it forgets before it hears that its instance id is another one's.
        let_sync_arrive(director, shift, others[0], index)
        director.process(others[0]).pause()
        director.calm(member.late_from_ms - director.stage.clock.now_ms)
    process.resume()

    def has_forgotten_itself() -> bool:
        return member.client is not None and has_forgotten(member.client)

    director.wait_until(has_forgotten_itself, "forgetting who it is", LONG_MS + member.settings.max_poll_interval_ms)
    if director.at_the_door(index, SyncGroupRequest) is not None:
        # It never arrives.
        director.network.break_connections(process)
    if others:
        director.stage.hand_over(director.member(others[0]), member)


def await_takers(director: GroupsDirector) -> None:
    """
    Who is to take its instance id back before a group begins that is empty has not polled for long enough by now.

    That group does not wait long once somebody has joined (``group.initial.rebalance.delay.ms``).
    """
    for index in are_to_take_back(director.coming):
        director.calm(director.member(index).late_from_ms - director.stage.clock.now_ms)


def let_former_ask(director: GroupsDirector, index: int) -> None:
    """
    Who does not know its member id, and is to hear that an instance id is another one's by now, asks before that joins.

    Its JoinGroup is lost, as it has another coordinator since: if it asked later it would take the instance id back.

    Source: ``GroupMetadataManager.classicGroupJoinNewStaticMember``, which fences who has joined before.
    """
    for place, former in enumerate(director.stage.instances):
        client = former.client
        if former.replaced_by is not director.member(index) or client is None or client.view().member.member_id:
            continue
        if director.unheard(place, JoinGroupRequest) is None:
            director.process(place).resume()
            director.join(place)
            asked = director.unheard(place, JoinGroupRequest)
            if asked is not None and asked.is_answered:
                director.hear(asked)
            director.process(place).pause()


def leave_unheard(director: GroupsDirector, shift: Shift) -> None:
    """An application does not poll for so long that its consumer leaves, which is lost: it is another one then."""
    index, place = shift.all_named()[:2]
    process, member = director.process(index), director.member(index)
    director.network.unheard.add(member.name)
    limit_ms = LONG_MS + member.settings.max_poll_interval_ms
    director.until(lambda: member.client is not None and has_forgotten(member.client), "leaving", limit_ms)
    director.network.break_connections(process)
    director.network.unheard.remove(member.name)
    director.stage.change_places(index, place)


def let_sync_arrive(director: GroupsDirector, shift: Shift, index: int, place: int) -> None:
    """The SyncGroup of a member arrives, if who is at its *place* then is not waited for any more."""
    before, after = shift.before.members[index], shift.after.members[place]
    assert isinstance(before, Member)
    assert isinstance(after, Member)
    was_awaited = before.registration is not None and before.registration.awaits_sync
    is_awaited = after.registration is not None and after.registration.awaits_sync
    if not was_awaited or is_awaited:
        return
    joining = director.unheard(index, JoinGroupRequest)
    if joining is not None and joining.is_answered:
        director.hear(joining)
    syncing = director.at_the_door(index, SyncGroupRequest)
    if syncing is not None:
        director.serve(syncing)


def let_sync_arrive_unheard(director: GroupsDirector, index: int) -> None:
    """The SyncGroup of a member arrives, the answer to which it misses, if nobody waits for that as it is gone next."""
    following = next((shift for shift in director.coming[1:] if index in shift.all_named()[:1]), None)
    if following is not None and following.action in (*ENDS, "consumer pause"):
        let_sync_arrive(director, following, index, following.all_named()[has_taken(following.says)])


def end(director: GroupsDirector, shift: Shift) -> None:
    """A process hears that another one has its instance id, and ends."""
    index = shift.whose()
    member, process = director.member(index), director.process(index)
    hear_what_was_asked(director, index)
    process.resume()
    for kind in (JoinGroupRequest, SyncGroupRequest):
        waiting = director.unheard(index, kind)
        if waiting is not None and waiting.is_answered:
            director.hear(waiting)
    client, before = member.client, shift.before.members[index]
    if client is not None and client.view().member.state == "stable" and before.status != "member":
        # A heartbeat tells it; if that came as it looks at its assignment it would join before it ends.
        director.until(lambda: has_forgotten(client), "hearing of that")

    def has_ended() -> bool:
        asked = director.at_the_door(index, SyncGroupRequest) or director.at_the_door(index, JoinGroupRequest)
        # If a heartbeat has told it that, it asks to join once more, and is told so as it polls again.
        if asked is not None and member.client is not None and member.client.view().member.member_id:
            director.serve(asked)
            director.hear(asked)
        # It stops to poll if it is told what it is assigned before that.
        member.poll()
        return not member.is_up

    director.poll_until(member, has_ended, "its end")
    # What it has asked before that arrives no more.
    director.network.forget(process)


def hear_what_was_asked(director: GroupsDirector, index: int) -> None:
    """
    A process that stands still with a heartbeat on its way hears the answer as the first thing that it does.

    Source: ``AbstractCoordinator.HeartbeatThread.run``, which looks for answers before it looks how late it is.
    """
    name = director.member(index).name
    asked = director.at_the_door(index, HeartbeatRequest)
    if name in director.network.delayed and asked is not None:
        director.serve(asked)
        director.process(index).is_running = True
        director.hear(asked)
    director.network.delayed.discard(name)
