"""Static members of a directed classic group that miss a generation: it begins without them, and they go on."""

from collections.abc import Iterator
from itertools import takewhile

from ackproof.model.groups.classic import ClassicGroup
from ackproof.model.groups.member import Member
from ackproof.reference.refinement.directing.groups import classic
from ackproof.reference.refinement.directing.groups.application import HEARTBEAT_MS
from ackproof.reference.refinement.directing.groups.director import GroupsDirector
from ackproof.reference.refinement.directing.groups.heartbeats import (
    hear,
    hear_all,
    heartbeat,
    held,
    is_to_hear_late,
)
from ackproof.reference.refinement.directing.groups.polling import gives_up
from ackproof.reference.refinement.directing.groups.shift import BEGIN, FAILOVER, GONE, Shift, is_left_out, is_preparing


def hold_up(director: GroupsDirector) -> None:
    """Who is to miss the next generation does not hear that its group rebalances, nor that this is over, for now."""
    present = director.coming[0]
    if not isinstance(present.before, ClassicGroup) or not isinstance(present.after, ClassicGroup):
        return
    miss = {*are_to_miss(director)} if present.after.state == "preparing" or is_left_out(present) else set[int]()
    miss |= {index for index in present.before.registered if is_to_hear_later(director, index)}
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


def is_to_hear_later(director: GroupsDirector, index: int) -> bool:
    """Whether a heartbeat is to tell a member nothing yet, be it that it never does."""
    return is_to_miss_preparing(director, index) or is_to_hear_late(director.coming, index)


def is_to_miss_preparing(director: GroupsDirector, index: int) -> bool:
    """Whether a member is not to hear that its group prepares before its coordinator moves, which it does soon."""
    before = tuple(takewhile(lambda shift: shift.action != FAILOVER, director.coming))
    moved = director.coming[len(before) : len(before) + 1]
    if not moved or not is_preparing(director.coming[0].after if before else moved[0].before):
        return False
    is_member = all(turn.before.members[index].status in ("syncing", "member") for turn in (*before, *moved))
    later = moved[0].after.members[index]
    is_unaware = isinstance(later, Member) and later.status == "member" and not later.wants_to_rejoin
    return is_member and is_unaware and not any(director.waits[: len(before) + 1])


def is_to_hear(present: Shift, index: int) -> bool:
    """Whether a member that has missed a generation does something in a step that it does once it has heard of that."""
    return present.all_named()[:1] == [index] and not gives_up(present)


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
