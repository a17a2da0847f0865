"""What a director has the members of a group of the consumer protocol do, by the actions of the model."""

from collections.abc import Callable, Iterator
from functools import partial

import attrs
from kio.schema.consumer_group_heartbeat.v1.request import ConsumerGroupHeartbeatRequest

from ackproof.model.groups.claims import NONE, Partitions
from ackproof.model.groups.consumer import Consumer, ConsumerGroup, as_asked, is_fenced
from ackproof.model.groups.heartbeats import aimed, answered, moved
from ackproof.model.groups.rules import ConsumerRules
from ackproof.reference.consumer.modern.heartbeats import COORDINATOR_IS_ELSEWHERE
from ackproof.reference.refinement.directing.groups.application import DirectedMember
from ackproof.reference.refinement.directing.groups.director import CLOSING_MS, LONG_MS, SOON_MS, GroupsDirector
from ackproof.reference.refinement.directing.groups.faults import become_coordinator
from ackproof.reference.refinement.directing.groups.patience import LEAVES
from ackproof.reference.refinement.directing.groups.shift import Group, Shift, members_in
from ackproof.reference.refinement.directing.network import Waiting
from ackproof.reference.refinement.groups.classic_map import owned_by
from ackproof.reference.refinement.groups.setting import OFFSETS_TOPIC


def join(director: GroupsDirector, shift: Shift) -> None:
    """A consumer joins with epoch 0, or again under its instance id."""
    index = shift.whose()
    member = director.member(index)
    if not member.is_up:
        director.start(index)
    director.poll_until(member, lambda: director.at_the_door(index, ConsumerGroupHeartbeatRequest) is not None, "it")
    beat(director, shift, index)


def heartbeat(director: GroupsDirector, shift: Shift) -> None:
    """A member sends a heartbeat that changes something, and hears the answer."""
    beat(director, shift, shift.whose())


def hear_of_error(director: GroupsDirector, shift: Shift) -> None:
    """A member hears that it is fenced, or leaves before it can hear that."""
    if LEAVES in shift.says:
        give_up(director, shift)
    else:
        beat(director, shift, shift.whose())


def beat(director: GroupsDirector, shift: Shift, index: int) -> None:
    """The next heartbeat of a member is served, and the answer heard."""
    director.hear(served(director, shift, index))


def served(director: GroupsDirector, shift: Shift, index: int) -> Waiting:
    """The next heartbeat of a member, once it is served."""
    while True:
        let_others_go_on(director, shift, lambda: is_fresh(director, shift, index), "a heartbeat", SOON_MS)
        waiting = director.at_the_door(index, ConsumerGroupHeartbeatRequest)
        assert waiting is not None
        let_in(director, shift, index, waiting)
        director.wait_for_answer(waiting)
        if not is_turned_away(waiting):
            return waiting
        director.hear(waiting)


def is_turned_away(waiting: Waiting) -> bool:
    """Whether who was asked is no coordinator."""
    assert waiting.answer is not None
    response = waiting.answer.result()
    return getattr(response, "error_code", None) in COORDINATOR_IS_ELSEWHERE


def is_fresh(director: GroupsDirector, shift: Shift, index: int) -> bool:
    """Whether a heartbeat of a member waits that says what it is to; one that is older is lost with its connection."""
    waiting = director.at_the_door(index, ConsumerGroupHeartbeatRequest)
    member = shift.before.members[index]
    if waiting is None:
        return False
    body = waiting.request.body
    assert isinstance(body, ConsumerGroupHeartbeatRequest)
    assert isinstance(member, Consumer)
    reported = reported_in(body)
    if reported == member.owned or (reported is None and not member.has_to_report) or not member.runs:
        return True
    director.network.break_connections(director.process(index))
    return False


def reported_in(body: ConsumerGroupHeartbeatRequest) -> Partitions | None:
    """What a heartbeat says that its member owns, of the one topic; None if it says nothing of that."""
    if body.topic_partitions is None:
        return None
    return NONE.union(*(topic.partitions for topic in body.topic_partitions))


def let_in(director: GroupsDirector, shift: Shift, index: int, waiting: Waiting) -> None:
    """The coordinator gets the heartbeat of a member, and may compute a target if it is to."""
    assert isinstance(shift.before, ConsumerGroup)
    assert isinstance(shift.after, ConsumerGroup)
    is_late = shift.after.target_epoch < shift.after.epoch and shift.before.target_epoch > 0
    director.stage.alter_group(session_ms=director.session_ms(index, director.coming[1:]), assigns=not is_late)
    director.serve(waiting)


def let_others_go_on(
    director: GroupsDirector, shift: Shift, is_so: Callable[[], bool], what: str, limit_ms: int
) -> None:
    """Time passes until something is so; heartbeats that change nothing go on meanwhile."""

    def is_so_at_last() -> bool:
        if is_so():
            return True
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


def follow(director: GroupsDirector, shift: Shift) -> None:
    """A member polls until it owns what it is to own."""
    index = shift.whose()
    member, after = director.member(index), shift.after.members[index]
    assert isinstance(after, Consumer)

    def has_followed() -> bool:
        owned = NONE if member.client is None else owned_by(member.client)
        waits = director.at_the_door(index, ConsumerGroupHeartbeatRequest) is not None
        if waits and owned != after.owned and member.client and member.client.view().member.state == "acknowledging":
            # It has taken what it had begun to take, and goes on once it has said so: it may not have been heard.
            director.network.break_connections(director.process(index))
        return owned == after.owned

    director.poll_until(member, has_followed, "taking over")
    director.now()
    if after.told is not None and after.owned < after.told:
        # It begins to take what is left as soon as it has said what it has.
        times = member.times_polled
        director.poll_until(member, lambda: member.times_polled > times, "another poll")


def session_expires(director: GroupsDirector, shift: Shift) -> None:
    """The session of a member that sends no heartbeats expires."""
    wait_for_removal(director, shift, shift.whose())


def wait_for_removal(director: GroupsDirector, shift: Shift, index: int) -> None:
    """The coordinator does not hear from a member for too long."""
    let_others_go_on(director, shift, lambda: index not in director.stage.known(), "the end of a session", LONG_MS)


def pause(director: GroupsDirector, shift: Shift) -> None:
    """A process stands still until the coordinator has removed it."""
    index = shift.whose()
    if "will be back" in shift.says:
        give_up(director, shift)
        return
    process = director.process(index)
    process.pause()
    wait_for_removal(director, shift, index)
    process.resume()
    director.now()


def give_up(director: GroupsDirector, shift: Shift) -> None:
    """A member leaves as its application does not poll."""
    member, process = director.member(shift.whose()), director.process(shift.whose())
    let_others_go_on(director, shift, lambda: is_stale(member), "giving up", LONG_MS)
    # What it has said before is too old by now.
    director.network.break_connections(process)
    director.now()


def is_stale(member: DirectedMember) -> bool:
    """Whether a member has left as its application does not poll."""
    return member.client is not None and member.client.view().member.state == "stale"


def leave(director: GroupsDirector, shift: Shift) -> None:
    """A consumer closes."""
    index = shift.whose()
    member, process = director.member(index), director.process(index)
    member.leave()
    director.until(lambda: not member.is_up, "the end of the instance", CLOSING_MS)
    director.network.forget(process)


def lose_response(director: GroupsDirector, shift: Shift) -> None:
    """The answer to a heartbeat is lost with its connection."""
    index = shift.whose()
    served(director, shift, index)
    director.network.break_connections(director.process(index))
    director.calm()


def move_coordinator(director: GroupsDirector, shift: Shift) -> None:
    """The other broker becomes the group coordinator, be it that the answer to a heartbeat is lost."""
    if "is lost" in shift.says:
        lose_response(director, shift)
    members = enumerate(zip(members_in(shift.before), members_in(shift.after), strict=True))
    silent = [index for index, (before, after) in members if after.status == "silent" != before.status]
    become_coordinator(director)
    sessions_ms = (director.session_ms(index, director.coming) for index in range(len(shift.after.members)))
    director.stage.begin_sessions(tuple(sessions_ms))
    if not silent:
        director.network.move_coordinator()
        for index, member in enumerate(members_in(shift.after)):
            if member.status == "member":
                director.until(partial(asks_coordinator, director, index), "a heartbeat")
        # From now on it goes by their sessions, not by those that they had as it was loaded.
        for index in quiet(director, shift.after):
            beat(director, shift, index)
    for index in silent:
        # It asks the former coordinator.
        director.until(partial(has_beaten, director, index), "a heartbeat")


def asks_coordinator(director: GroupsDirector, index: int) -> bool:
    """Whether a member has a heartbeat at the door of the coordinator; another broker turns it away."""
    waiting = director.at_the_door(index, ConsumerGroupHeartbeatRequest)
    if waiting is None:
        return False
    if waiting.listener == f"broker-{director.stage.image(OFFSETS_TOPIC).leader}":
        return True
    director.serve(waiting)
    director.hear(waiting)
    return False


def has_beaten(director: GroupsDirector, index: int) -> bool:
    """Whether a heartbeat of a member has come, which is served and heard then."""
    waiting = director.at_the_door(index, ConsumerGroupHeartbeatRequest)
    if waiting is None:
        return False
    director.serve(waiting)
    director.hear(waiting)
    return True
