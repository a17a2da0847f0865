"""One step of the trace of a group, as a director reads it."""

from collections.abc import Iterator, Sequence
from itertools import takewhile

import attrs

from ackproof.model.groups.classic import ClassicGroup
from ackproof.model.groups.consumer import Consumer, ConsumerGroup
from ackproof.model.groups.member import Member
from ackproof.model.groups.naming import named

Group = ClassicGroup | ConsumerGroup

BEGIN = "begin generation"
FAILOVER = "coordinator failover"

FORGETS = "does not poll for too long and"
"""Of who gives up its membership as its application does not poll."""

GONE = "its generation is gone"
"""Of who joins again as it has been told that."""

IS_REFUSED = "that refuses it as it joins"
"""Of who has yet to hear that its coordinator has moved as its application does not poll."""

UNHEARD = "and leaves unheard"
"""The same, where that is to leave, of which its group does not know."""


def members_in(group: Group) -> tuple[Member | Consumer, ...]:
    """The consumers of a group of either protocol."""
    return group.members


@attrs.frozen
class Shift:
    """
    A step.

    Attributes:
        number: Which, from 1.
        action, says: Its action, and what happens in words.
        before, after: The group of the model.
    """

    number: int
    action: str
    says: str
    before: Group
    after: Group

    def renumbered(self, number: int) -> "Shift":
        """The same step as another one of the trace."""
        return attrs.evolve(self, number=number)

    def whose(self) -> int:
        """The consumer that it names first."""
        return self.all_named()[0]

    def then(self, other: "Shift") -> "Shift":
        """This step and the next one as one, under the action of both."""
        action, says = f"{self.action}, {other.action}", f"{self.says}; {other.says}"
        return attrs.evolve(other, action=action, says=says, before=self.before)

    def all_named(self) -> list[int]:
        """The consumers that it names, the first one first."""
        places = {index: self.says.find(named(index)) for index in range(len(self.before.members))}
        return sorted((index for index, place in places.items() if place >= 0), key=places.__getitem__)


def finds_otherwise(shift: Shift, index: int) -> bool:
    """Whether a member of the consumer protocol has another coordinator from a step on without a heartbeat failing."""
    before, after = shift.before.members[index], shift.after.members[index]
    if shift.action != FAILOVER or not isinstance(before, Consumer) or not isinstance(after, Consumer):
        return False
    goes_on = before.status == after.status == "member" and after.registration is not None
    return goes_on and not after.has_to_report


def until_change(coming: Sequence[Shift], index: int) -> Iterator[Shift]:
    """The first of these steps, as long as they leave what a consumer is to its group."""
    return takewhile(lambda shift: shift.before.members[index].status == shift.after.members[index].status, coming)


def until_still(coming: Sequence[Shift], index: int) -> Iterator[Shift]:
    """The same, but not beyond where a consumer stands still as another process is started with its instance id."""
    return takewhile(lambda shift: not (has_taken(shift.says) and shift.whose() == index), until_change(coming, index))


def has_taken(says: str) -> bool:
    """Whether a process is started with the instance id of another one in a step."""
    return "is started with its instance id" in says


def is_left_out(shift: Shift) -> bool:
    """Whether a generation begins without a static member that goes on."""
    return shift.action == "consumer pause" and "does not poll for too long; generation" in shift.says


def removes(shift: Shift, index: int) -> bool:
    """Whether the session of a member ends."""
    is_known, is_still_known = (group.members[index].registration is not None for group in (shift.before, shift.after))
    is_by_time = shift.action == "session expires" or "pauses for too long" in shift.says
    is_back = shift.action == "session expires, join" and shift.whose() == index
    return is_back or (is_by_time and is_known and not is_still_known)


def is_preparing(group: Group) -> bool:
    """Whether a group is a classic one that prepares to rebalance."""
    return isinstance(group, ClassicGroup) and group.state == "preparing"


def begins_to_prepare(shifts: Sequence[Shift]) -> int | None:
    """The place of the step in which a classic group has begun to prepare that does so before the last one, if any."""
    if not is_preparing(shifts[-1].before):
        return None
    return next(place for place in reversed(range(len(shifts))) if not is_preparing(shifts[place].before))


def known_in(group: Group) -> Iterator[int]:
    """Which members a group knows."""
    return (index for index, member in enumerate(members_in(group)) if member.registration is not None)
