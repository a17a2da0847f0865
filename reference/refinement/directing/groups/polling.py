"""When members of a directed group poll, and which do not: who is to forget who it is stops before that prepares."""

from collections.abc import Sequence
from itertools import takewhile

from ackproof.model.groups.classic import ClassicGroup, is_current
from ackproof.model.groups.consumer import Consumer
from ackproof.model.groups.member import Member
from ackproof.reference.refinement.directing.groups.shift import (
    FAILOVER,
    FORGETS,
    Shift,
    is_left_out,
    is_preparing,
    members_in,
    until_still,
)

LEAVES = "has not polled for too long and leaves in vain"

POLLS = ("join", "member joins", "return as the same", "rejoin", "learn", "follow", "hear of removal")
"""Actions in which a consumer polls."""

HOLD_MS = 5_000
"""For how long a group does not begin to prepare yet, as members do not poll: longer than what takes no time."""


def gives_up(shift: Shift) -> bool:
    """Whether a consumer gives up its membership as its application does not poll."""
    return FORGETS in shift.says or LEAVES in shift.says


def polls_in(shift: Shift, index: int) -> bool:
    """Whether a consumer polls in a step itself, also until its group goes on without it, or gives up as it has not."""
    return index in shift.all_named()[:1] and (shift.action in POLLS or gives_up(shift) or is_left_out(shift))


def is_to_be_late(coming: Sequence[Shift], index: int) -> bool:
    """
    Whether a member polls no more, as it is to give up its membership before its classic group has prepared.

    A group waits for as long as its members may be without polling, from when it begins to prepare: who polls later
    than that gives up too late.
    """
    before = tuple(takewhile(lambda shift: not polls_in(shift, index), coming))
    own = coming[len(before)] if len(before) < len(coming) else None
    return own is not None and gives_up(own) and all(is_preparing(shift.after) for shift in before)


def is_to_begin_late(coming: Sequence[Shift]) -> bool:
    """Whether a classic group begins to prepare in a step, and not before somebody has not polled for a while."""
    begins = is_preparing(coming[0].after) and not is_preparing(coming[0].before)
    members = enumerate(members_in(coming[0].before))
    present = (index for index, member in members if member.status in ("syncing", "member"))
    return begins and any(not polls_in(coming[0], index) and is_to_be_late(coming, index) for index in present)


def polls_meanwhile(coming: Sequence[Shift], index: int) -> bool:
    """Whether a member may poll before a step, and all the time that it takes."""
    polls = may_poll(coming[0], index) or polls_for_assignment(coming, index)
    return polls and not is_to_be_late(coming, index)


def without_polls_ms(shifts: Sequence[Shift], index: int, waits: Sequence[int]) -> int:
    """For how long a member has not polled after as many steps as there are *waits*, which they take."""
    since_ms = 0
    for place, wait_ms in enumerate(waits):
        polls = polls_in(shifts[place], index) or polls_meanwhile(shifts[place:], index)
        since_ms = 0 if polls else since_ms + wait_ms
    return since_ms


def polls_for_assignment(coming: Sequence[Shift], index: int) -> bool:
    """
    Whether a member of a classic group polls that waits for its assignment, or for the answer with that.

    Before its coordinator moves it has to have heard that, and does not poll, unless it stands still by then.
    """
    member = coming[0].before.members[index]
    is_waiting = isinstance(member, Member) and member.status == "syncing" and not member.is_fenced
    moves = any(shift.action == FAILOVER for shift in until_still(coming, index))
    return is_waiting and not moves and not stands_still(coming[0], index)


def may_poll(shift: Shift, index: int) -> bool:
    """Whether a member may poll before a step, and all the time that it takes."""
    member = shift.before.members[index]
    is_idle = isinstance(member, Consumer) and member.status == "member" and member.told is None
    return (is_idle or may_idle(shift, index)) and not stands_still(shift, index)


def stands_still(shift: Shift, index: int) -> bool:
    """Whether a step is that a member does not poll, or sends nothing at all."""
    return (shift.action == "consumer pause" or gives_up(shift)) and shift.whose() == index


def may_idle(shift: Shift, index: int) -> bool:
    """Whether nothing comes of it that a member of a classic group polls: it waits for answers, or has all it wants."""
    group = shift.before
    if not isinstance(group, ClassicGroup) or group.members[index].is_fenced:
        return False
    member = group.members[index]
    has_all = member.status == "member" and is_current(group, member) and not member.wants_to_rejoin
    is_joining = member.status == "joining" and not member.misses_answer
    waits = is_joining or (member.status == "syncing" and group.state == "completing")
    return waits or (has_all and group.state == "stable")


def is_fenced(member: Member | Consumer) -> bool:
    """Whether another process has the instance id of a member of a classic group."""
    return isinstance(member, Member) and member.is_fenced
