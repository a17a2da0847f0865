"""Who is who in an execution: the ids by which a group tells its members apart, and as whom each consumer joins."""

from collections.abc import Iterator, Sequence

from ackproof.model.groups.assignors import ranges
from ackproof.model.groups.member import Member
from ackproof.model.groups.rules import ClassicRules, GroupRules
from ackproof.reference.refinement.directing.groups.shift import Shift, has_taken

Identity = tuple[int, int]
"""A consumer of the model, and how often it has been somebody else before."""

JOINS = ("join", "member joins", "session expires, join")
RETURNS = "return as the same"
ENDS = ("consumer crash", "member leaves")
ANEW, WITHOUT = "and the assignor runs", "and the assignor runs without it"
"""What is said of who returns to an older broker: as somebody else, or as who it was (``Returning``)."""


def identities(shifts: Sequence[Shift], rules: GroupRules) -> Iterator[tuple[Identity, ...]]:
    """
    As whom each consumer is known to its group, or is to be, after each step.

    An instance id is for ever, and goes from one process to another. Else a coordinator of the classic protocol gives
    a new id to whom it does not know, and a process makes one up for the consumer protocol.
    """
    present, ended = [(index, 0) for index in range(len(shifts[0].before.members))], set[int]()
    for shift in shifts:
        named = shift.all_named()
        if goes_by_instance(rules):
            if has_taken(shift.says):
                present[named[1]] = present[named[0]]
            elif is_taken_back(shift):
                present[named[0]] = present[named[1]]
            elif is_over(shift):
                # It is somebody else if it is ever started again.
                present[named[0]] = (named[0], shift.number)
        elif shift.action in ENDS:
            ended.add(named[0])
        elif shift.action in (*JOINS, RETURNS) and (
            isinstance(rules, ClassicRules) or named[0] in ended or is_another_one(shift)
        ):
            # Until then its group knows who it was before.
            consumer, times = present[named[0]]
            present[named[0]] = (consumer, times + 1)
            ended.discard(named[0])
        yield tuple(present)


def member_ids(shifts: Sequence[Shift]) -> Iterator[tuple[Identity, ...]]:
    """As whom each consumer is known to a classic group by its member id: a static one gets a new one as it returns."""
    present = [(index, 0) for index in range(len(shifts[0].before.members))]
    for shift in shifts:
        named = shift.all_named()
        if has_taken(shift.says):
            present[named[1]] = present[named[0]]
        elif is_taken_back(shift):
            present[named[0]] = present[named[1]]
        elif shift.action in JOINS or returns(shift, named):
            present[named[0]] = (named[0], shift.number)
        yield tuple(present)


def returns(shift: Shift, named: Sequence[int]) -> bool:
    """Whether a static member gets a new member id in a step: one too that asks again as it has not heard its first."""
    if shift.action == "ask again":
        member = shift.before.members[named[0]]
        return isinstance(member, Member) and member.generation == 0 and not member.has_joined
    return shift.action == RETURNS


def is_another_one(shift: Shift) -> bool:
    """Whether a static member returns to an older broker under another member id than it had."""
    return ANEW in shift.says and WITHOUT not in shift.says


def is_over(shift: Shift) -> bool:
    """Whether a process ends for good whose instance id another one has."""
    named = shift.all_named()
    former = shift.before.members[named[0]] if named else None
    return isinstance(former, Member) and former.is_fenced and shift.after.members[named[0]].status == "absent"


def goes_by_instance(rules: GroupRules) -> bool:
    """Whether assignors meet members by what is configured."""
    return rules.is_static and (isinstance(rules, ClassicRules) or rules.assign is ranges)


def passed_on(shift: Shift, index: int) -> int:
    """Whose instance id that of a consumer is after a step."""
    named = shift.all_named()[:2]
    if is_taken_back(shift):
        named.reverse()
    elif not has_taken(shift.says):
        return index
    return named[1] if index == named[0] else index


def is_taken_back(shift: Shift) -> bool:
    """Whether a process takes its instance id back."""
    return "takes its instance id back" in shift.says
