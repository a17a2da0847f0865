"""How many partitions the members of a classic group hear of: leaders go by what they know."""

from ackproof.model.groups.classic import ClassicGroup
from ackproof.model.groups.rules import ClassicRules
from ackproof.reference.refinement.directing.groups.application import METADATA_MS
from ackproof.reference.refinement.directing.groups.director import GroupsDirector
from ackproof.reference.refinement.directing.groups.shift import BEGIN, Shift, until_change


def look(director: GroupsDirector) -> None:
    """From now on members hear of no more partitions than they are to know before the next step, or assign then."""
    group = director.coming[0].before
    if isinstance(group, ClassicGroup):
        for index, member in enumerate(group.members):
            sees = learns_with(director, index) or member.watched or assigns(director, index)
            director.network.seen[director.member(index).name] = sees


def learn_of(director: GroupsDirector, index: int, most: int) -> None:
    """A member hears of so many partitions, of all if 0, and has looked them up."""
    director.network.seen[director.member(index).name] = most
    director.calm(METADATA_MS + 50)


def learns_with(director: GroupsDirector, index: int) -> int:
    """
    How many partitions a member is to have seen as it joins that watches them once it has learned its assignment.

    0 where leaders alone do that, and where it does not learn it.
    """
    rules = director.stage.setting.rules
    if not isinstance(rules, ClassicRules) or not rules.all_watch_partitions:
        return 0
    for shift in director.coming:
        assert isinstance(shift.after, ClassicGroup)
        before, after = shift.before.members[index], shift.after.members[index]
        if before.status == after.status == "member":
            return 0
        if shift.action == "learn" and shift.whose() == index:
            return after.watched
    return 0


def assigns(director: GroupsDirector, index: int) -> int:
    """How many partitions a member assigns in the next assignment; 0 if that is another one's."""
    following = next((shift for shift in director.coming if shift.action == "assign"), None)
    return 0 if following is None or leader_of(following) != index else watched(following)


def assigns_now(director: GroupsDirector, index: int) -> int:
    """The same of the present generation: 0 as well if another one begins first, or it misses an answer."""
    same = until_change(director.coming[1:], index)
    following = next((shift.action for shift in same if shift.action in ("assign", BEGIN)), BEGIN)
    return 0 if following == BEGIN else assigns(director, index)


def leader_of(shift: Shift) -> int | None:
    """Who leads a group after a step."""
    assert isinstance(shift.after, ClassicGroup)
    return next((index for index, member in enumerate(shift.after.members) if member.is_leader), None)


def watched(shift: Shift) -> int:
    """How many partitions the leader of a group has assigned."""
    leader = leader_of(shift)
    assert isinstance(shift.after, ClassicGroup)
    return 0 if leader is None else shift.after.members[leader].watched
