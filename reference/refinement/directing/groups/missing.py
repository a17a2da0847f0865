"""Static members of a directed classic group that miss a generation: it begins without them, and they go on."""

from collections.abc import Iterator

from kio.schema.heartbeat.v4.request import HeartbeatRequest

from ackproof.model.groups.classic import ClassicGroup
from ackproof.reference.refinement.directing.groups import classic
from ackproof.reference.refinement.directing.groups.application import HEARTBEAT_MS
from ackproof.reference.refinement.directing.groups.director import GroupsDirector
from ackproof.reference.refinement.directing.groups.polling import gives_up
from ackproof.reference.refinement.directing.groups.shift import BEGIN, GONE, Shift, is_left_out
from ackproof.reference.refinement.directing.network import Waiting


def hold_up(director: GroupsDirector) -> None:
    """Who is to miss the next generation does not hear that its group rebalances, nor that this is over, for now."""
    present = director.coming[0]
    if not isinstance(present.before, ClassicGroup) or not isinstance(present.after, ClassicGroup):
        return
    miss = {*are_to_miss(director)} if present.after.state == "preparing" or is_left_out(present) else set[int]()
    for index, member in enumerate(present.before.members):
        name = director.member(index).name
        is_behind = member.status in ("member", "joining") and member.generation != present.before.generation
        if index in miss:
            director.network.held_up.add(name)
        elif name in director.network.held_up and not is_behind:
            director.network.held_up.remove(name)
            hear_all(director, index)
        elif name in director.network.held_up and member.status == "member" and is_to_hear(present, index):
            hear(director, held(director, index) or heartbeat(director, index))
            if GONE in present.says:
                # All that it has asked since keeps its JoinGroup waiting.
                hear_all(director, index)


def are_to_miss(director: GroupsDirector) -> Iterator[int]:
    """Who is to miss the next generation."""
    for shift in director.coming:
        if is_left_out(shift):
            yield shift.whose()
        if shift.action == BEGIN or is_left_out(shift):
            return


def is_to_hear(present: Shift, index: int) -> bool:
    """Whether a member that has missed a generation does something in a step that it does once it has heard of that."""
    return present.all_named()[:1] == [index] and not gives_up(present)


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


def leave_out(director: GroupsDirector, shift: Shift) -> None:
    """
    The next generation begins without a member that polls all the time, as it does not hear of it.

    It polls until then: from then on it may be without that for as long as anybody is waited for.
    """
    index = shift.whose()
    member = director.member(index)
    if will_hear_in_time(director, index):
        director.serve(heartbeat(director, index))
    member.rest_ms = HEARTBEAT_MS
    member.poll()
    try:
        classic.begin_generation(director, shift)
    finally:
        member.polls, member.rest_ms = False, 1


def will_hear_in_time(director: GroupsDirector, index: int) -> bool:
    """Whether it hears that its group rebalances, and only later that this is over."""
    rejoins = (turn for turn in director.coming if turn.action == "rejoin" and turn.whose() == index)
    return GONE not in next((turn.says for turn in rejoins), GONE)
