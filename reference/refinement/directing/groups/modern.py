"""What a director has the members of a group of the consumer protocol do, by the actions of the model."""

from functools import partial

import attrs
from kio.schema.consumer_group_heartbeat.v1.request import ConsumerGroupHeartbeatRequest

from ackproof.model.groups.claims import NONE, Partitions
from ackproof.model.groups.consumer import Consumer
from ackproof.model.groups.member import Member
from ackproof.reference.consumer.modern.heartbeats import COORDINATOR_IS_ELSEWHERE
from ackproof.reference.refinement.directing.groups.application import DirectedMember
from ackproof.reference.refinement.directing.groups.director import CLOSING_MS, LONG_MS, SOON_MS, GroupsDirector
from ackproof.reference.refinement.directing.groups.identity import is_another_one
from ackproof.reference.refinement.directing.groups.meanwhile import let_in, let_others_go_on, quiet
from ackproof.reference.refinement.directing.groups.polling import LEAVES
from ackproof.reference.refinement.directing.groups.shift import FORGETS, IS_REFUSED, Shift
from ackproof.reference.refinement.directing.network import Waiting
from ackproof.reference.refinement.groups.classic_map import owned_by


def join(director: GroupsDirector, shift: Shift) -> None:
    """A consumer joins with epoch 0, or again under its instance id."""
    index = shift.whose()
    member = director.member(index)
    if member.is_up and is_another_one(shift):
        process = director.process(index)
        member.crash()
        director.network.forget(process)
    if not member.is_up:
        director.start(index)
    director.poll_until(member, lambda: director.at_the_door(index, ConsumerGroupHeartbeatRequest) is not None, "it")
    # It may be without polling for no longer than the coordinator waits for what it is to give up.
    director.calm(1)
    beat(director, shift, index)
    if is_told_nothing(shift, index):
        take_note(director, shift, index)


def is_told_nothing(shift: Shift, index: int) -> bool:
    """Whether a member has nothing to do after a step."""
    after = shift.after.members[index]
    return isinstance(after, Consumer) and after.told is None


def take_note(director: GroupsDirector, shift: Shift, index: int) -> None:
    """A member that is to own nothing takes note of that, and says so if nothing comes of it."""
    member = director.member(index)
    if state_of(member) == "reconciling":
        director.poll_until(member, lambda: state_of(member) != "reconciling", "taking note")
    waiting = director.at_the_door(index, ConsumerGroupHeartbeatRequest)
    if waiting is not None and index in quiet(director, shift.after):
        let_in(director, attrs.evolve(shift, before=shift.after), index, waiting)
        director.hear(waiting)


def heartbeat(director: GroupsDirector, shift: Shift) -> None:
    """A member sends a heartbeat that changes something, and hears the answer."""
    beat(director, shift, shift.whose())


def state_of(member: DirectedMember) -> str:
    """What a member is to its group, as its client has it; nothing if it does not run."""
    return "" if member.client is None else member.client.view().member.state


def hear_of_error(director: GroupsDirector, shift: Shift) -> None:
    """A member hears that it is fenced, or leaves before it can hear that; one that its group knows joins again."""
    if LEAVES in shift.says:
        give_up(director, shift)
        return
    index = shift.whose()
    member, after = director.member(index), shift.after.members[index]
    beat(director, shift, index)
    if state_of(member) == "joining" and is_answered_at_once(director, after):
        join_again(director, shift, index)
    if state_of(member) == "fatal":
        process = director.process(index)
        member.crash()
        director.network.forget(process)


def is_answered_at_once(director: GroupsDirector, after: Member | Consumer) -> bool:
    """Whether who is fenced and known joins again before its session is over, be it in vain as it is static."""
    is_in_vain = after.status == "out" and director.stage.setting.rules.is_static
    return after.registration is not None and (after.status == "member" or is_in_vain)


def join_again(director: GroupsDirector, shift: Shift, index: int) -> None:
    """Who is fenced sends that it joins, and hears the answer."""
    director.until(lambda: director.at_the_door(index, ConsumerGroupHeartbeatRequest) is not None, "joining again")
    waiting = director.at_the_door(index, ConsumerGroupHeartbeatRequest)
    assert waiting is not None
    let_in(director, shift, index, waiting)
    director.hear(waiting)
    if shift.after.members[index].status == "member" and is_told_nothing(shift, index):
        take_note(director, shift, index)


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


def follow(director: GroupsDirector, shift: Shift) -> None:
    """A member polls until it owns what it is to own."""
    index = shift.whose()
    member, before, after = director.member(index), shift.before.members[index], shift.after.members[index]
    assert isinstance(before, Consumer)
    assert isinstance(after, Consumer)
    if before.told == before.owned:
        # It may be busy with what it was told before.
        director.poll_once(member)

    def has_followed() -> bool:
        owned = NONE if member.client is None else owned_by(member.client)
        waits = director.at_the_door(index, ConsumerGroupHeartbeatRequest) is not None
        if waits and owned != after.owned and state_of(member) == "acknowledging":
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
    if FORGETS in shift.says:
        break_silence(director, shift)
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


def break_silence(director: GroupsDirector, shift: Shift) -> None:
    """A silent member leaves as its application does not poll, or says so to a former coordinator, and joins there."""
    index = shift.whose()
    member, process = director.member(index), director.process(index)
    if process.is_paused:
        let_others_go_on(director, shift, lambda: director.stage.clock.now_ms > member.late_from_ms, "time", LONG_MS)
        process.resume()
    let_others_go_on(director, shift, lambda: is_stale(member), "giving up", LONG_MS)
    answer_next(director, index)
    if IS_REFUSED in shift.says:
        waits = partial(director.at_the_door, index, ConsumerGroupHeartbeatRequest)
        director.poll_until(member, lambda: waits() is not None, "joining")
        answer_next(director, index)


def answer_next(director: GroupsDirector, index: int) -> None:
    """What a member has sent is served by whom it was sent to, and the answer heard."""
    waiting = director.at_the_door(index, ConsumerGroupHeartbeatRequest)
    if waiting is not None:
        director.serve(waiting)
        director.hear(waiting)


def is_stale(member: DirectedMember) -> bool:
    """Whether a member has left as its application does not poll."""
    return state_of(member) == "stale"


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
