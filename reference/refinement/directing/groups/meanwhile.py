"""What goes on in a directed group of the consumer protocol while a director waits."""

from collections.abc import Callable, Iterator

import attrs
from kio.schema.consumer_group_heartbeat.v1.request import ConsumerGroupHeartbeatRequest

from ackproof.model.groups.consumer import ConsumerGroup, as_asked, is_fenced
from ackproof.model.groups.heartbeats import aimed, answered, moved
from ackproof.model.groups.rules import ConsumerRules
from ackproof.reference.refinement.directing.groups.application import HEARTBEAT_MS
from ackproof.reference.refinement.directing.groups.director import LONG_MS, GroupsDirector
from ackproof.reference.refinement.directing.groups.polling import may_poll
from ackproof.reference.refinement.directing.groups.shift import Group, Shift
from ackproof.reference.refinement.directing.network import Waiting


def let_in(director: GroupsDirector, shift: Shift, index: int, waiting: Waiting) -> None:
    """The coordinator gets the heartbeat of a member, and may compute a target if it is to."""
    assert isinstance(shift.before, ConsumerGroup)
    assert isinstance(shift.after, ConsumerGroup)
    is_late = shift.after.target_epoch < shift.after.epoch and shift.before.target_epoch > 0
    session_ms, heartbeat_ms = director.session_ms(index, director.coming[1:]), director.heartbeat_ms(index)
    director.stage.alter_group(session_ms=session_ms, heartbeat_ms=heartbeat_ms, assigns=not is_late)
    director.serve(waiting)


def pass_time(director: GroupsDirector, shift: Shift) -> None:
    """Time passes until a step has taken as long as it was to: sessions that end later go by that."""
    after = attrs.evolve(shift, before=shift.after)
    let_others_go_on(director, after, lambda: director.stage.clock.now_ms >= director.ends_ms, "time", LONG_MS)


def let_others_go_on(
    director: GroupsDirector, shift: Shift, is_so: Callable[[], bool], what: str, limit_ms: int
) -> None:
    """Time passes until something is so; heartbeats and polls that change nothing go on meanwhile."""
    polled_ms = dict.fromkeys(range(len(shift.before.members)), director.stage.clock.now_ms)

    def is_so_at_last() -> bool:
        if is_so():
            return True
        for index, at_ms in polled_ms.items():
            if director.stage.clock.now_ms >= at_ms + HEARTBEAT_MS and may_poll(shift, index):
                polled_ms[index] = director.stage.clock.now_ms
                director.poll_once(director.member(index))
        for index in quiet(director, shift.before):
            waiting = director.at_the_door(index, ConsumerGroupHeartbeatRequest)
            if waiting is not None:
                let_in(director, shift, index, waiting)
                director.hear(waiting)
        return is_so()

    director.until(is_so_at_last, what, limit_ms)


def quiet(director: GroupsDirector, group: Group) -> Iterator[int]:
    """The members whose heartbeats change nothing of a *group*."""
    rules = director.stage.setting.rules
    assert isinstance(group, ConsumerGroup)
    assert isinstance(rules, ConsumerRules)
    for index, member in enumerate(group.members):
        if member.status == "member" and member.registration and not is_fenced(member):
            outcomes = (answered(moved(present, rules, index), rules, index) for present in aimed(group, rules))
            if all(as_compared(after) == as_compared(group) for after in outcomes):
                yield index


def as_compared(group: ConsumerGroup) -> ConsumerGroup:
    """*group* without what nobody asks for."""
    return attrs.evolve(group, members=tuple(map(as_asked, group.members)))
