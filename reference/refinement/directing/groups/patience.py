"""How long members are waited for, so that what time brings about comes in the order of a trace."""

from collections.abc import Sequence

from ackproof.model.groups.member import Member
from ackproof.model.groups.naming import named
from ackproof.reference.refinement.directing.groups.application import FOR_EVER_MS
from ackproof.reference.refinement.directing.groups.shift import Shift

SESSION_MS, POLL_INTERVAL_MS = 60_000, 300_000
"""Of a member whose session ends first, and of an application that is to stand still for longer."""

LONGEST_SESSION_MS = 1_800_000
"""``group.max.session.timeout.ms``."""

FORGETS = "does not poll for too long and"


def session_ms(shifts: Sequence[Shift], coming: Sequence[Shift], index: int) -> int:
    """
    The session of a member that says now that it is there, and that is to be missed when it is in the trace.

    Each one is longer than all together that end before it.
    """
    end = next((shift.number for shift in coming if removes(shift, index)), len(shifts) + 1)
    waits_ms = 0
    for shift in shifts[: end - 1]:
        if waits_for_poll_interval(shift):
            waits_ms += POLL_INTERVAL_MS
        elif any(removes(shift, other) for other in range(len(shift.before.members))):
            waits_ms += waits_ms + SESSION_MS
    return min(waits_ms + SESSION_MS, LONGEST_SESSION_MS)


def waits_for_poll_interval(shift: Shift) -> bool:
    """Whether somebody is waited for that does not poll, or that is waited for as long as if it did not."""
    return FORGETS in shift.says or waits_in_vain(shift)


def waits_in_vain(shift: Shift) -> bool:
    """Whether a classic group goes on without a static member that it has waited for."""
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
    return is_by_time and is_known and not is_still_known


def poll_interval_ms(coming: Sequence[Shift], index: int) -> int:
    """How long a member that starts may be without polling."""
    forgets = (FORGETS in each.says and each.says.startswith(named(index)) for each in coming)
    return POLL_INTERVAL_MS if any(forgets) or any(map(waits_in_vain, coming)) else FOR_EVER_MS
