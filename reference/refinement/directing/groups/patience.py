"""How long members are waited for, so that what time brings about comes in the order of a trace."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import takewhile
from operator import sub

import attrs

from ackproof.model.groups.classic import ClassicGroup
from ackproof.model.groups.consumer import Consumer
from ackproof.model.groups.epochs import Assigned
from ackproof.model.groups.member import Member
from ackproof.reference.groups.classic.joining import NEW_MEMBER_JOIN_TIMEOUT_MS
from ackproof.reference.refinement.directing.groups.application import FOR_EVER_MS, HEARTBEAT_MS
from ackproof.reference.refinement.directing.groups.awaited import SOON_MS, SYNC_EXPIRES, has_begun
from ackproof.reference.refinement.directing.groups.identity import JOINS, is_taken_back, passed_on
from ackproof.reference.refinement.directing.groups.polling import (
    HOLD_MS,
    gives_up,
    is_fenced,
    is_to_begin_late,
    polls_in,
    polls_meanwhile,
    without_polls_ms,
)
from ackproof.reference.refinement.directing.groups.sessions import (
    NOBODY,
    SESSION_MS,
    Known,
    Silence,
    ended_by,
    process_in_force,
    processes,
    sessions_ms,
)
from ackproof.reference.refinement.directing.groups.shift import (
    BEGIN,
    FAILOVER,
    Group,
    Shift,
    begins_to_prepare,
    finds_otherwise,
    is_left_out,
    is_preparing,
    known_in,
    removes,
)

POLL_INTERVAL_MS = 50_000
"""Of an application that is to stand still for longer."""

STEP_MS = 1_500
"""How long a step takes at most that waits for nothing but a heartbeat."""

ENDS = "hear of removal"
"""The action by which a process hears that another one has its instance id."""

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
        is_exact: The end of a session is waited for only as long as its process has not been silent before.
    """

    intervals: Sequence[int]
    sessions: Mapping[int, int]
    waits: Sequence[int] = ()
    is_exact: bool = False


def patience_for(shifts: Sequence[Shift]) -> Patience:
    """What these steps ask for; reckoned exactly where a new member would wait for too long for its generation."""
    patience = patient(shifts, is_exact=False)
    is_too_long = any(are_too_late(shifts, patience.waits))
    return patient(shifts, is_exact=True) if is_too_long else patience


def are_too_late(shifts: Sequence[Shift], waits: Sequence[int]) -> Iterator[bool]:
    """Of each new member of a classic group: whether it waits for longer than it may until a generation begins."""
    for place, shift in enumerate(shifts):
        if shift.action in JOINS and is_preparing(shift.after):
            behind = zip(shifts[place + 1 :], waits[place + 1 :], strict=True)
            until_begun = takewhile(lambda each: is_preparing(each[0].before), behind)
            yield sum(wait_ms for _, wait_ms in until_begun) > NEW_MEMBER_JOIN_TIMEOUT_MS


def patient(shifts: Sequence[Shift], *, is_exact: bool) -> Patience:
    """What is waited for later is waited for longer, as sessions and intervals go on."""
    giving_up, goes_on = {shift.whose() for shift in shifts if gives_up(shift)}, any(map(waits_in_vain, shifts))
    members = range(len(shifts[0].before.members))
    intervals = [POLL_INTERVAL_MS if goes_on or index in giving_up else FOR_EVER_MS for index in members]
    patience = settled(shifts, intervals, Patience((), {}, is_exact=is_exact))
    for _ in range(ROUNDS):
        for index in members if goes_on else giving_up:
            times_ms = (how_long(shifts, index, patience.waits) for how_long in (without_polling_ms, preparing_ms))
            intervals[index] = max(times_ms) + POLL_INTERVAL_MS
        patience = settled(shifts, intervals, patience)
    return patience


def settled(shifts: Sequence[Shift], intervals: Sequence[int], before: Patience) -> Patience:
    """
    What these steps ask for with such intervals; sessions are known to be as long as *before*.

    Longer sessions may have others ask for shorter ones: then they are as long as they ever were.
    """
    known, is_classic = tuple(processes(shifts)), isinstance(shifts[0].before, ClassicGroup)
    patience = attrs.evolve(before, intervals=tuple(intervals))
    for number in range(2 * ROUNDS):
        waits = tuple(waits_ms(shifts, known, patience))
        sessions = sessions_ms(shifts, known, waits) if is_classic else {}
        is_settled = sessions == patience.sessions
        if number >= ROUNDS:
            sessions = {process: max(of_ms, patience.sessions.get(process, 0)) for process, of_ms in sessions.items()}
        patience = attrs.evolve(patience, sessions=sessions, waits=waits)
        if is_settled:
            break
    return patience


def session_ms(coming: Sequence[Shift], index: int, waits: Sequence[int]) -> int:
    """
    For how long a member is waited for that is to be missed in time.

    It is one of the consumer protocol that says now that it is there, or one that a coordinator reads from its log.
    Each session is longer than all together that end before it.
    """
    for number, shift in enumerate(coming):
        index = passed_on(shift, index)
        if removes(shift, index):
            return sum(waits[:number]) + SESSION_MS
    return sum(waits) + SESSION_MS


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
    waits, silence = list[int](), Silence()
    for place, (shift, processes_now) in enumerate(zip(shifts, known, strict=True)):
        removed = [index for index in range(len(shift.before.members)) if removes(shift, index)]
        forgetful = list(are_to_take_back(shifts[place:])) or ([shift.whose()] if gives_up(shift) else [])
        if forgetful:
            waits.append(max(until_late_ms(shifts, index, patience, waits) for index in forgetful))
        elif waits_in_vain(shift):
            waits.append(until_over_ms(shifts[: place + 1], known, patience, waits))
        elif removed:
            present = [process_in_force(shifts, known, processes_now[index], waits) for index in removed]
            passed = [silence.of(processes_now[index]) if patience.is_exact else 0 for index in removed]
            sessions = [
                SESSION_MS if index in silence.unheard else patience.sessions.get(process, SESSION_MS)
                for index, process in zip(removed, present, strict=True)
            ]
            waits.append(max(SESSION_MS, *map(sub, sessions, passed)))
        else:
            finds = any(finds_otherwise(shift, index) for index in range(len(shift.before.members)))
            is_held = is_to_begin_late(shifts[place:])
            waits.append(HOLD_MS if is_held else STEP_MS * shift.number if finds else 0)
        silence.lasts(shift, processes_now, waits[-1])
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


def until_late_ms(shifts: Sequence[Shift], index: int, patience: Patience, waits: Sequence[int]) -> int:
    """How much longer a member has to be without polling until that is too long, after some steps."""
    return max(patience.intervals[index] - without_polls_ms(shifts, index, waits), 0)


def without_polling_ms(shifts: Sequence[Shift], index: int, waits: Sequence[int]) -> int:
    """How long a member is at most without polling, or giving up what it is to, where it has not left for that."""
    longest_ms = since_ms = revoking_ms = 0
    takes_part = False
    for place, (shift, wait_ms) in enumerate(zip(shifts, waits, strict=True)):
        if index in ended_by(shift):
            takes_part = False
        elif polls_in(shift, index):
            takes_part, since_ms = not gives_up(shift), 0
        elif takes_part and not may_stand_still(shifts[place:], index):
            since_ms = 0 if polls_meanwhile(shifts[place:], index) else since_ms + wait_ms
        revoking_ms = revoking_ms + wait_ms if is_to_revoke(shift, index) else 0
        longest_ms = max(longest_ms, since_ms, revoking_ms)
    return longest_ms


def until_over_ms(shifts: Sequence[Shift], known: Sequence[Known], patience: Patience, waits: Sequence[int]) -> int:
    """
    How much longer a classic group has to prepare until it waits for nobody any more, after all but the last step.

    It waits for as long as anybody may be without polling that it knew as it began; for a SyncGroup as its generation
    began.

    Source: ``ClassicGroup.rebalanceTimeoutMs``.
    """
    is_sync = shifts[-1].action == SYNC_EXPIRES
    begins = begun(shifts) if is_sync else begins_to_prepare(shifts)
    if begins is None:
        return max(patience.intervals)
    present = known_in(shifts[begins].after)
    starters = (shifts[known[begins + 1][index]].whose() for index in present if known[begins + 1][index] != NOBODY)
    left_ms = max(map(patience.intervals.__getitem__, starters), default=0) - sum(waits[begins + 1 :])
    return max(left_ms, SOON_MS if is_sync else 0)


def begun(shifts: Sequence[Shift]) -> int | None:
    """The place of the step in which the present generation of a classic group has begun, if any."""
    return next((place for place in reversed(range(len(shifts))) if has_begun(shifts[place])), None)


def preparing_ms(shifts: Sequence[Shift], index: int, waits: Sequence[int]) -> int:
    """How long a classic group prepares at most that waits longest for a member, and does not go on without another."""
    longest_ms = since_ms = 0
    is_longest = False
    for shift, wait_ms in zip(shifts, waits, strict=True):
        if is_preparing(shift.before):
            is_own = gives_up(shift) and shift.whose() == index
            since_ms += 0 if is_own or waits_in_vain(shift) else wait_ms
            longest_ms = max(longest_ms, since_ms if is_longest else 0)
        elif is_preparing(shift.after):
            is_longest, since_ms = waits_longest_for(shifts, shift.after) == index, 0
    return longest_ms


def waits_longest_for(shifts: Sequence[Shift], group: Group) -> int | None:
    """
    For whom a classic group waits longest, of those that it knows as it begins to prepare.

    Rather than for one of whom another generation does not wait for long, or who is to be without polling.
    """
    begins = (begins_to_prepare(shifts[: place + 1]) for place, shift in enumerate(shifts) if waits_in_vain(shift))
    hurried = {index for place in begins if place is not None for index in known_in(shifts[place].after)}
    giving_up = {shift.whose() for shift in shifts if gives_up(shift)}
    return min(known_in(group), key=lambda index: (index in hurried, index in giving_up), default=None)


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


def is_to_revoke(shift: Shift, index: int) -> bool:
    """Whether the coordinator waits before a step for a member of the consumer protocol to give something up."""
    known = shift.before.members[index].registration
    leaves = gives_up(shift) and shift.whose() == index
    return isinstance(known, Assigned) and bool(known.revoking) and not leaves


def waits_in_vain(shift: Shift) -> bool:
    """Whether a classic group goes on without a static member that it has waited for."""
    if is_left_out(shift):
        return True
    if shift.action != BEGIN:
        return shift.action == SYNC_EXPIRES
    members = shift.before.members
    return not all(member.has_joined for member in members if isinstance(member, Member) and member.registration)
