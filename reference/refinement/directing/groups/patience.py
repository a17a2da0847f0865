"""How long members are waited for, so that what time brings about comes in the order of a trace."""

from collections.abc import Iterator, Mapping, Sequence

import attrs

from ackproof.model.groups.classic import ClassicGroup, is_current
from ackproof.model.groups.consumer import Consumer
from ackproof.model.groups.epochs import Assigned
from ackproof.model.groups.member import Member
from ackproof.reference.refinement.directing.groups.application import FOR_EVER_MS, HEARTBEAT_MS
from ackproof.reference.refinement.directing.groups.identity import is_taken_back
from ackproof.reference.refinement.directing.groups.sessions import SESSION_MS, Known, processes, sessions_ms
from ackproof.reference.refinement.directing.groups.shift import FORGETS, Shift, finds_otherwise, is_left_out, removes

POLL_INTERVAL_MS = 50_000
"""Of an application that is to stand still for longer."""

STEP_MS = 1_500
"""How long a step takes at most that waits for nothing but a heartbeat."""

LEAVES = "has not polled for too long and leaves in vain"

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
            intervals[index] = without_polling_ms(shifts, index, patience.waits) + POLL_INTERVAL_MS
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


def waits_ms(shifts: Sequence[Shift], known: Sequence[Known], patience: Patience) -> Iterator[int]:
    """How long each of these steps takes at most, with such intervals and sessions."""
    for shift, processes_now in zip(shifts, known, strict=True):
        removed = [index for index in range(len(shift.before.members)) if removes(shift, index)]
        if waits_in_vain(shift) or gives_up(shift):
            yield patience.intervals[shift.whose()] if gives_up(shift) else max(patience.intervals)
        elif removed:
            yield max(patience.sessions.get(processes_now[index], SESSION_MS) for index in removed)
        elif any(finds_otherwise(shift, index) for index in range(len(shift.before.members))):
            yield STEP_MS * shift.number
        else:
            yield 0


def without_polling_ms(shifts: Sequence[Shift], index: int, waits: Sequence[int]) -> int:
    """How long a member is at most without polling, or giving up what it is to, where it has not left for that."""
    longest_ms = since_ms = revoking_ms = 0
    takes_part = False
    for place, (shift, wait_ms) in enumerate(zip(shifts, waits, strict=True)):
        if index in shift.all_named()[:1] and (shift.action in POLLS or gives_up(shift)):
            takes_part, since_ms = not gives_up(shift), 0
        elif takes_part and not is_to_take_back(shifts[place:], index):
            polls = may_poll(shift, index) or waits_for_long(shifts[place:], index)
            since_ms = 0 if polls else since_ms + wait_ms
        revoking_ms = revoking_ms + wait_ms if is_to_revoke(shift, index) else 0
        longest_ms = max(longest_ms, since_ms, revoking_ms)
    return longest_ms


def is_to_take_back(coming: Sequence[Shift], index: int) -> bool:
    """Whether a process stands still until it takes its instance id back, which it may do whenever it goes on."""
    own = next((shift for shift in coming if index in shift.all_named()[:1]), None)
    return own is not None and is_taken_back(own)


def waits_for_long(coming: Sequence[Shift], index: int) -> bool:
    """Whether a member of a classic group polls that waits for an assignment which it does not learn before long."""
    member = coming[0].before.members[index]
    if not isinstance(member, Member) or member.status != "syncing" or member.is_fenced or member.is_leader:
        return False
    if stands_still(coming[0], index):
        return False
    changes = (turn for turn in coming if turn.before.members[index].status != turn.after.members[index].status)
    return next((turn.action for turn in changes), "") != "learn"


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
    if shift.action != "begin generation":
        return shift.action == "sync expires"
    members = shift.before.members
    return not all(member.has_joined for member in members if isinstance(member, Member) and member.registration)
