"""How long the sessions of a directed classic group are, so that each ends in the order of a trace."""

from collections.abc import Iterator, Sequence

import attrs

from ackproof.model.groups.classic import ClassicGroup, waits_for_join
from ackproof.model.groups.expiring import waits_for_assignment
from ackproof.model.groups.loading import is_known_as_former
from ackproof.model.groups.member import Member
from ackproof.reference.refinement.directing.groups.identity import ENDS, JOINS, RETURNS, is_over, is_taken_back
from ackproof.reference.refinement.directing.groups.shift import (
    FAILOVER,
    UNHEARD,
    Group,
    Shift,
    begins_to_prepare,
    has_taken,
    is_left_out,
    members_in,
    removes,
)

SESSION_MS = 10_300
"""Of a process that is never silent while others are waited for: not for just as long as some heartbeats."""

NOBODY = -1
"""Instead of the step in which a process is started where there is none."""

Known = Sequence[int]
"""At which step the process was started that a group knows each consumer by."""


def processes(shifts: Sequence[Shift]) -> Iterator[Known]:
    """By which process a classic group knows each consumer before each step."""
    running, known = dict[int, int](), [NOBODY] * len(shifts[0].before.members)
    for place, shift in enumerate(shifts):
        yield tuple(known)
        named = shift.all_named()
        if shift.action in (*JOINS, RETURNS):
            known[named[0]] = running.setdefault(named[0], place)
        elif has_taken(shift.says):
            known[named[1]], known[named[0]] = known[named[0]], NOBODY
        elif is_taken_back(shift):
            known[named[0]], known[named[1]] = known[named[1]], NOBODY
        elif UNHEARD in shift.says and named[0] in running:
            running[named[1]] = running.pop(named[0])
        for index in ended_by(shift):
            running.pop(index, None)


def ended_by(shift: Shift) -> Iterator[int]:
    """Whose process is over after a step."""
    if shift.action in ENDS or is_over(shift):
        yield shift.whose()
    if shift.action == FAILOVER:
        # Who hears that its group knows a former one of it alone is started again.
        before = enumerate(shift.before.members)
        yield from (index for index, member in before if isinstance(member, Member) and is_known_as_former(member))


def sessions_ms(shifts: Sequence[Shift], known: Sequence[Known], waits_ms: Sequence[int]) -> dict[int, int]:
    """The sessions of the processes that are started in these steps: longer than the time for which they are silent."""
    sessions, silence = dict[int, int](), Silence()
    for shift, processes_now, wait_ms in zip(shifts, known, waits_ms, strict=True):
        silence.lasts(shift, processes_now, wait_ms)
        for process in processes_now:
            sessions[process] = max(sessions.get(process, 0), SESSION_MS + silence.of(process))
    for place, shift in enumerate(shifts):
        if is_left_out(shift):
            process = known[place][shift.whose()]
            sessions[process] = max(sessions[process], SESSION_MS + sum(waits_ms[begin_and_end(shifts, place)]))
    return before_heard(shifts, known, sessions)


@attrs.define
class Silence:
    """
    For how long a coordinator has not heard from processes.

    Attributes:
        since_ms: From each, as far as it knows it.
        paused: Whose process stands still though its group knows it.
        unheard: Which members without a process the coordinator has read from its log, and not heard from since: these
            are waited for as long as the trace needs (``MemberStage.begin_sessions``).
    """

    since_ms: dict[int, int] = attrs.Factory(dict[int, int])
    paused: set[int] = attrs.Factory(set[int])
    unheard: set[int] = attrs.Factory(set[int])

    def of(self, process: int) -> int:
        """For how long a process has been silent."""
        return self.since_ms.get(process, 0)

    def lasts(self, shift: Shift, processes_now: Known, wait_ms: int) -> None:
        """A step takes so long, before which a group knows each consumer by one of these processes."""
        self.paused.difference_update(shift.all_named()[:1])
        for index, process in enumerate(processes_now):
            stands_still = index in self.paused and shift.before.members[index].registration is not None
            is_quiet = (stands_still or is_silent(shift, index)) and not removes(shift, index)
            if not is_quiet or shift.before.members[index].runs:
                self.unheard.discard(index)
            self.since_ms[process] = self.of(process) + wait_ms if is_quiet and index not in self.unheard else 0
        if shift.action == FAILOVER:
            self.since_ms.clear()
            self.unheard = {*left_in(shift.after)}
            self.paused |= {
                index for index, member in enumerate(members_in(shift.after)) if member.registration is None
            }


def left_in(group: Group) -> Iterator[int]:
    """Which members a classic group knows whose process is gone, or has forgotten who it is."""
    members = enumerate(members_in(group))
    return (index for index, member in members if member.registration is not None and not member.runs)


def begin_and_end(shifts: Sequence[Shift], place: int) -> slice:
    """In which steps the coordinator may not hear from a member that misses a generation, until its session ends."""
    ends = (later for later in range(place, len(shifts)) if removes(shifts[later], shifts[place].whose()))
    return slice(begins_to_prepare(shifts[: place + 1]), next(ends, None))


def process_in_force(shifts: Sequence[Shift], known: Sequence[Known], process: int, waits_ms: Sequence[int]) -> int:
    """By whose session a *process* is missed after some steps: its former one's if no heartbeat was heard since."""
    is_back = process != NOBODY and shifts[process].action == RETURNS and not any(waits_ms[process:])
    former = known[process][shifts[process].whose()] if is_back else NOBODY
    return process if former == NOBODY else former


def before_heard(shifts: Sequence[Shift], known: Sequence[Known], sessions: dict[int, int]) -> dict[int, int]:
    """
    The session of who returns is that of its former process until its first heartbeat, so that is as long.

    Source: ``GroupMetadataManager.updateStaticMemberThenRebalanceOrCompleteJoin``.
    """
    for place in reversed(range(len(shifts))):
        former = known[place][shifts[place].whose()] if shifts[place].action == RETURNS else NOBODY
        if former != NOBODY:
            sessions[former] = max(sessions[former], sessions.get(place, 0))
    return sessions


def is_silent(shift: Shift, index: int) -> bool:
    """Whether a member that its group knows sends no heartbeats in a step, and is not known to wait for an answer."""
    group, member = shift.before, shift.before.members[index]
    if not isinstance(group, ClassicGroup) or not isinstance(member, Member) or member.registration is None:
        return False
    if is_taken_back(shift) and shift.all_named()[1] == index:
        return True
    waits = waits_for_join(group, member) or waits_for_assignment(group, member)
    # The heartbeats of another generation are refused.
    is_heard = member.status in ("syncing", "member") and member.generation == group.generation
    return not waits and not is_heard
