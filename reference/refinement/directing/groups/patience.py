"""How long members are waited for, so that what time brings about comes in the order of a trace."""

from collections.abc import Iterator, Sequence

from ackproof.model.groups.classic import ClassicGroup, is_current
from ackproof.model.groups.consumer import Consumer
from ackproof.model.groups.epochs import Assigned
from ackproof.model.groups.member import Member
from ackproof.reference.refinement.directing.groups.application import FOR_EVER_MS, HEARTBEAT_MS
from ackproof.reference.refinement.directing.groups.shift import Shift, finds_otherwise, has_taken

SESSION_MS, POLL_INTERVAL_MS = 10_000, 50_000
"""Of a member whose session ends first, and of an application that is to stand still for longer."""

STEP_MS = 1_500
"""How long a step takes at most that waits for nothing but a heartbeat."""

FORGETS = "does not poll for too long and"
LEAVES = "has not polled for too long and leaves in vain"

POLLS = ("join", "member joins", "return as the same", "rejoin", "learn", "follow", "hear of removal")
"""Actions in which a consumer polls."""

ROUNDS = 2
"""How often intervals are made longer by each other."""

Intervals = Sequence[int]
"""How long each member may be without polling."""


def session_ms(coming: Sequence[Shift], index: int, intervals: Intervals) -> int:
    """
    The session of a member that says now that it is there, and that is to be missed when it is in the trace.

    Each one is longer than all together that end before it.
    """
    place = index
    for number, shift in enumerate(coming):
        if has_taken(shift.says) and shift.whose() == place:
            place = shift.all_named()[1]
        if removes(shift, place):
            return sum(waits_ms(coming[:number], intervals)) + SESSION_MS
    return sum(waits_ms(coming, intervals)) + SESSION_MS


def heartbeat_ms(coming: Sequence[Shift], index: int, intervals: Intervals) -> int:
    """After how long a member that says now that it is there says so again: not before it has its next coordinator."""
    last = 0
    for number, shift in enumerate(coming[1:], start=1):
        if finds_otherwise(shift, index):
            last = number
        elif index in shift.all_named():
            break
    return sum(waits_ms(coming[1:last], intervals)) + STEP_MS * last if last else HEARTBEAT_MS


def waits_ms(shifts: Sequence[Shift], intervals: Intervals) -> Iterator[int]:
    """
    How long each of these steps takes at most.

    The session of a member of a classic group is as long as it was when that joined.
    """
    total_ms = 0
    for shift in shifts:
        wait_ms = 0
        if waits_in_vain(shift) or gives_up(shift):
            wait_ms = intervals[shift.whose()] if gives_up(shift) else max(intervals)
        elif any(removes(shift, index) for index in range(len(shift.before.members))):
            wait_ms = SESSION_MS + (total_ms if isinstance(shift.before, ClassicGroup) else 0)
        elif any(finds_otherwise(shift, index) for index in range(len(shift.before.members))):
            wait_ms = STEP_MS * shift.number
        total_ms += wait_ms
        yield wait_ms


def intervals_ms(shifts: Sequence[Shift]) -> Intervals:
    """
    How long each member may be without polling: one that gives up for that only where it does in these steps.

    Groups that go on without somebody wait for as long, whoever it is.
    """
    members = range(len(shifts[0].before.members))
    giving_up = {shift.whose() for shift in shifts if gives_up(shift)}
    goes_on = any(map(waits_in_vain, shifts))
    intervals = [POLL_INTERVAL_MS if goes_on or index in giving_up else FOR_EVER_MS for index in members]
    for _ in range(ROUNDS):
        for index in giving_up:
            intervals[index] = without_polling_ms(shifts, index, intervals) + POLL_INTERVAL_MS
        for index in {*members} - giving_up if goes_on else ():
            intervals[index] = max(map(intervals.__getitem__, giving_up), default=0) + POLL_INTERVAL_MS
    return intervals


def without_polling_ms(shifts: Sequence[Shift], index: int, intervals: Intervals) -> int:
    """How long a member is at most without polling, or giving up what it is to, where it has not left for that."""
    longest_ms = since_ms = revoking_ms = 0
    takes_part = False
    for shift, wait_ms in zip(shifts, waits_ms(shifts, intervals), strict=True):
        if index in shift.all_named()[:1] and (shift.action in POLLS or gives_up(shift)):
            takes_part, since_ms = not gives_up(shift), 0
        elif takes_part:
            since_ms = 0 if may_poll(shift, index) else since_ms + wait_ms
        revoking_ms = revoking_ms + wait_ms if is_to_revoke(shift, index) else 0
        longest_ms = max(longest_ms, since_ms, revoking_ms)
    return longest_ms


def may_poll(shift: Shift, index: int) -> bool:
    """Whether a member may poll before a step, and all the time that it takes."""
    member = shift.before.members[index]
    is_idle = isinstance(member, Consumer) and member.status == "member" and member.told is None
    stands_still = shift.action == "consumer pause" or gives_up(shift)
    return (is_idle or may_idle(shift, index)) and not (stands_still and shift.whose() == index)


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


def is_left_out(shift: Shift) -> bool:
    """Whether a generation begins without a static member that goes on."""
    return shift.action == "consumer pause" and "does not poll for too long; generation" in shift.says


def removes(shift: Shift, index: int) -> bool:
    """Whether the session of a member ends."""
    is_known, is_still_known = (group.members[index].registration is not None for group in (shift.before, shift.after))
    is_by_time = shift.action == "session expires" or "pauses for too long" in shift.says
    is_back = shift.action == "session expires, join" and shift.whose() == index
    return is_back or (is_by_time and is_known and not is_still_known)
