"""How long members are waited for, so that what time brings about comes in the order of a trace."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import takewhile

import attrs

from ackproof.model.groups.classic import ClassicGroup, is_current
from ackproof.model.groups.consumer import Consumer
from ackproof.model.groups.epochs import Assigned
from ackproof.model.groups.member import Member
from ackproof.reference.refinement.directing.groups.application import FOR_EVER_MS, HEARTBEAT_MS
from ackproof.reference.refinement.directing.groups.identity import is_taken_back
from ackproof.reference.refinement.directing.groups.sessions import SESSION_MS, Known, processes, sessions_ms
from ackproof.reference.refinement.directing.groups.shift import (
    BEGIN,
    FAILOVER,
    FORGETS,
    Shift,
    finds_otherwise,
    is_left_out,
    removes,
    until_change,
)

POLL_INTERVAL_MS = 50_000
"""Of an application that is to stand still for longer."""

STEP_MS = 1_500
"""How long a step takes at most that waits for nothing but a heartbeat."""

LEAVES = "has not polled for too long and leaves in vain"

ENDS = "hear of removal"
"""The action by which a process hears that another one has its instance id."""

POLLS = ("join", "member joins", "return as the same", "rejoin", "learn", "follow", "hear of removal")
"""Actions in which a consumer polls."""

ROUNDS = 4
"""How often intervals and sessions are made longer by each other."""


@attrs.frozen
class Patience:
    """
    How long everything is waited for in an execution.

    Attributes:
        intervals: How long each member may be without polling.
        sessions: The session of each process of a classic group, by the step in which it is started.
        waits: How long each step takes at most.
    """

    intervals: Sequence[int]
    sessions: Mapping[int, int]
    waits: Sequence[int]


def patience_for(shifts: Sequence[Shift]) -> Patience:
    """What these steps ask for: what is waited for later is waited for longer, as sessions and intervals go on."""
    giving_up, goes_on = {shift.whose() for shift in shifts if gives_up(shift)}, any(map(waits_in_vain, shifts))
    members = range(len(shifts[0].before.members))
    intervals = [POLL_INTERVAL_MS if goes_on or index in giving_up else FOR_EVER_MS for index in members]
    patience = settled(shifts, intervals, {})
    for _ in range(ROUNDS):
        for index in giving_up:
            times_ms = (how_long(shifts, index, patience.waits) for how_long in (without_polling_ms, preparing_ms))
            intervals[index] = max(times_ms) + POLL_INTERVAL_MS
        for index in {*members} - giving_up if goes_on else ():
            intervals[index] = max(map(intervals.__getitem__, giving_up), default=0) + POLL_INTERVAL_MS
        patience = settled(shifts, intervals, patience.sessions)
    return patience


def settled(shifts: Sequence[Shift], intervals: Sequence[int], sessions: Mapping[int, int]) -> Patience:
    """What these steps ask for with such intervals; some sessions are known to be that long."""
    known, is_classic = tuple(processes(shifts)), isinstance(shifts[0].before, ClassicGroup)
    patience = Patience(tuple(intervals), sessions, ())
    for _ in range(ROUNDS):
        waits = tuple(waits_ms(shifts, known, patience))
        patience = Patience(tuple(intervals), sessions_ms(shifts, known, waits) if is_classic else {}, waits)
    return patience


def session_ms(coming: Sequence[Shift], index: int, waits: Sequence[int]) -> int:
    """
    The session of a member of the consumer protocol that says now that it is there, and that is to be missed in time.

    Each one is longer than all together that end before it.
    """
    number = next((number for number, shift in enumerate(coming) if removes(shift, index)), len(coming))
    return sum(waits[:number]) + SESSION_MS


def heartbeat_ms(coming: Sequence[Shift], index: int, waits: Sequence[int]) -> int:
    """After how long a member that says now that it is there says so again: not before it has its next coordinator."""
    last = 0
    for number, shift in enumerate(coming[1:], start=1):
        if finds_otherwise(shift, index):
            last = number
        elif index in shift.all_named():
            break
    return sum(waits[1:last]) + STEP_MS * last if last else HEARTBEAT_MS


def waits_ms(shifts: Sequence[Shift], known: Sequence[Known], patience: Patience) -> Sequence[int]:
    """How long each of these steps takes at most, with such intervals and sessions."""
    waits = list[int]()
    for place, (shift, processes_now) in enumerate(zip(shifts, known, strict=True)):
        removed = [index for index in range(len(shift.before.members)) if removes(shift, index)]
        takers = list(are_to_take_back(shifts[place:]))
        if takers:
            waits.append(max(without_standing_ms(shifts, index, patience, waits) for index in takers))
        elif waits_in_vain(shift) or gives_up(shift):
            waits.append(patience.intervals[shift.whose()] if gives_up(shift) else max(patience.intervals))
        elif removed:
            waits.append(max(patience.sessions.get(processes_now[index], SESSION_MS) for index in removed))
        else:
            finds = any(finds_otherwise(shift, index) for index in range(len(shift.before.members)))
            waits.append(STEP_MS * shift.number if finds else 0)
    return waits


def are_to_take_back(coming: Sequence[Shift]) -> Iterator[int]:
    """Who takes an instance id back now, or before a group begins that is empty, which does not wait for long then."""
    present = coming[0]
    if is_taken_back(present):
        yield present.whose()
    elif isinstance(present.before, ClassicGroup) and present.before.state == "empty":
        soon = takewhile(lambda shift: shift.action != BEGIN, coming)
        yield from (shift.whose() for shift in soon if is_taken_back(shift) and is_fenced(stander(present, shift)))


def stander(present: Shift, taking: Shift) -> Member | Consumer:
    """Who takes an instance id back in a step, as it is before another one."""
    return present.before.members[taking.whose()]


def without_standing_ms(shifts: Sequence[Shift], index: int, patience: Patience, waits: Sequence[int]) -> int:
    """How much longer a process has to stand still until it has not polled for too long, after some steps."""
    since = max(place for place in range(len(waits)) if comes_to_stand_still(shifts[place], index))
    return max(patience.intervals[index] - sum(waits[since:]), 0)


def comes_to_stand_still(shift: Shift, index: int) -> bool:
    """Whether another process gets the instance id of a member in a step."""
    before, after = (group.members[index] for group in (shift.before, shift.after))
    return is_fenced(after) and not is_fenced(before)


def without_polling_ms(shifts: Sequence[Shift], index: int, waits: Sequence[int]) -> int:
    """How long a member is at most without polling, or giving up what it is to, where it has not left for that."""
    longest_ms = since_ms = revoking_ms = 0
    takes_part = False
    for place, (shift, wait_ms) in enumerate(zip(shifts, waits, strict=True)):
        if index in shift.all_named()[:1] and (shift.action in POLLS or gives_up(shift)):
            takes_part, since_ms = not gives_up(shift), 0
        elif takes_part and not may_stand_still(shifts[place:], index):
            polls = may_poll(shift, index) or waits_for_assignment(shifts[place:], index)
            since_ms = 0 if polls else since_ms + wait_ms
        revoking_ms = revoking_ms + wait_ms if is_to_revoke(shift, index) else 0
        longest_ms = max(longest_ms, since_ms, revoking_ms)
    return longest_ms


def preparing_ms(shifts: Sequence[Shift], index: int, waits: Sequence[int]) -> int:
    """How long a classic group prepares at most that knows a member, and does not begin a generation for that."""
    longest_ms = since_ms = 0
    for shift, wait_ms in zip(shifts, waits, strict=True):
        is_own = gives_up(shift) and shift.whose() == index
        is_known = shift.before.members[index].registration is not None
        is_preparing = isinstance(shift.before, ClassicGroup) and shift.before.state == "preparing" and is_known
        since_ms = since_ms + (0 if is_own else wait_ms) if is_preparing and not waits_in_vain(shift) else 0
        longest_ms = max(longest_ms, since_ms)
    return longest_ms


def may_stand_still(coming: Sequence[Shift], index: int) -> bool:
    """Whether a process stands still until it takes its instance id back or hears that it is gone, if ever."""
    own = next((shift for shift in coming if index in shift.all_named()[:1]), None)
    if own is None:
        return is_fenced(coming[0].before.members[index])
    return is_taken_back(own) or is_to_end(coming, index)


def is_to_end(coming: Sequence[Shift], index: int) -> bool:
    """Whether a process stands still until it hears that another one has its instance id, from the same coordinator."""
    before = tuple(takewhile(lambda shift: index not in shift.all_named()[:1], coming))
    own = coming[len(before)] if len(before) < len(coming) else None
    is_moved = any(shift.action == FAILOVER for shift in before)
    return own is not None and not is_moved and own.action == ENDS and is_fenced(own.before.members[index])


def is_fenced(member: Member | Consumer) -> bool:
    """Whether another process has the instance id of a member of a classic group."""
    return isinstance(member, Member) and member.is_fenced


def waits_for_assignment(coming: Sequence[Shift], index: int) -> bool:
    """
    Whether a member of a classic group polls that waits for its assignment, or for the answer with that.

    Before its coordinator moves it has to have heard that, and does not poll.
    """
    member = coming[0].before.members[index]
    is_waiting = isinstance(member, Member) and member.status == "syncing" and not member.is_fenced
    moves = any(shift.action == FAILOVER for shift in until_change(coming, index))
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


def is_to_revoke(shift: Shift, index: int) -> bool:
    """Whether the coordinator waits before a step for a member of the consumer protocol to give something up."""
    known = shift.before.members[index].registration
    leaves = gives_up(shift) and shift.whose() == index
    return isinstance(known, Assigned) and bool(known.revoking) and not leaves


def gives_up(shift: Shift) -> bool:
    """Whether a consumer gives up its membership as its application does not poll."""
    return FORGETS in shift.says or LEAVES in shift.says


def waits_in_vain(shift: Shift) -> bool:
    """Whether a classic group goes on without a static member that it has waited for."""
    if is_left_out(shift):
        return True
    if shift.action != BEGIN:
        return shift.action == "sync expires"
    members = shift.before.members
    return not all(member.has_joined for member in members if isinstance(member, Member) and member.registration)
