"""What a director has the members of a classic group do, by the actions of the model."""

from functools import partial

from kio.schema.join_group.v9.request import JoinGroupRequest
from kio.schema.sync_group.v5.request import SyncGroupRequest

from ackproof.model.groups.classic import ClassicGroup as Group
from ackproof.model.groups.classic import is_current
from ackproof.model.groups.member import Member
from ackproof.reference.consumer.classic.generation import NOT_JOINED
from ackproof.reference.groups.classic.group import ClassicGroup
from ackproof.reference.groups.classic.member import ClassicMember
from ackproof.reference.refinement.directing.groups.director import LONG_MS, GroupsDirector
from ackproof.reference.refinement.directing.groups.heartbeats import (
    LATE,
    hear_of_another_generation,
    hear_what_is_not_taken,
    join_before_hearing,
)
from ackproof.reference.refinement.directing.groups.polling import HOLD_MS, is_to_be_late
from ackproof.reference.refinement.directing.groups.seeing import assigns, assigns_now, leader_of, learn_of
from ackproof.reference.refinement.directing.groups.shift import GONE, Shift
from ackproof.reference.refinement.directing.groups.taking import await_takers, end, let_former_ask
from ackproof.reference.refinement.directing.passing import NotDirectedError

LOST = ("response lost", "coordinator failover")
"""Actions by which the answer to a SyncGroup is lost."""


def join(director: GroupsDirector, shift: Shift) -> None:
    """A consumer sends its first JoinGroup, or one under a new member id."""
    index = shift.whose()
    await_takers(director)
    synced = director.unheard(index, SyncGroupRequest)
    if synced is not None and synced.is_answered:
        # It has forgotten what that is about, but waits for it.
        director.hear(synced)
    if not director.member(index).is_up:
        director.start(index)
    let_former_ask(director, index)
    director.join(index)


def rejoin(director: GroupsDirector, shift: Shift) -> None:
    """A member joins again, once it has heard that it has to; it may hear at once what it has heard before."""
    index = shift.whose()
    # It may have stood still, and is known once more to a coordinator that has read its log.
    director.process(index).resume()
    if GONE in shift.says and shift.before.members[index].status == "syncing":
        hear_of_another_generation(director, index)
    if LATE in shift.says:
        join_before_hearing(director, index)
        return
    hear_what_is_not_taken(director, members_of(shift)[index][0], index)
    director.join(index)
    hear_again(director, shift)


def ask_again(director: GroupsDirector, shift: Shift) -> None:
    """A member that has missed the answer to its JoinGroup sends it again."""
    director.join(shift.whose())
    hear_again(director, shift)


def hear_again(director: GroupsDirector, shift: Shift) -> None:
    """A member hears at once of the present generation, if it does in a step, and asks for what it is to learn."""
    index = shift.whose()
    if shift.after.members[index].status == "syncing":
        assert isinstance(shift.after, Group)
        is_to_assign = shift.after.state == "completing" and leader_of(shift) == index
        sees = assigns_now(director, index) if is_to_assign else 0
        if sees > director.stage.partitions:
            return
        if sees:
            learn_of(director, index, sees)
        tell_generation(director, index)
        if is_stable(director) and will_learn(director, index):
            let_sync(director, index, is_heard=not director.is_long_until_change(index))


def return_as_the_same(director: GroupsDirector, shift: Shift) -> None:
    """A static member that has restarted joins, and hears at once what there is to hear."""
    index = shift.whose()
    director.network.seen[director.member(index).name] = members_of(shift)[index][1].watched
    join(director, shift)
    hear_again(director, shift)


def begin_generation(director: GroupsDirector, shift: Shift) -> None:
    """The next generation begins, and its members hear so, as does the coordinator of those that leave."""
    director.wait_until(director.has_begun, "the next generation", director.generation_ms)
    director.await_syncs()
    director.generation = director.generation_now
    leader = leader_of(shift)
    director.calm()
    sees = 0 if leader is None else assigns_now(director, leader)
    if leader is not None and sees:
        learn_of(director, leader, sees)
    members = list(enumerate(members_of(shift)))
    hearing = [at for at, (before, after) in members if (before.status, after.status) == ("joining", "syncing")]
    for index in hearing:
        if not (index == leader and sees > director.stage.partitions):
            tell_generation(director, index)
    leaving = [at for at, (before, after) in members if has_left(before, after)]
    if leaving and any(is_to_be_late(director.coming[1:], index) for index in hearing):
        # Or the group would not wait for those who do not poll until they give up.
        director.calm(HOLD_MS)
    for index in leaving:
        tell_generation(director, index)
    director.calm()


def has_left(before: Member, after: Member) -> bool:
    """Whether a coordinator hears in a step that a member has left."""
    return before.status == "absent" and before.registration is not None and after.registration is None


def members_of(shift: Shift) -> list[tuple[Member, Member]]:
    """Each member before and after a step."""
    assert isinstance(shift.before, Group)
    assert isinstance(shift.after, Group)
    return list(zip(shift.before.members, shift.after.members, strict=True))


def tell_generation(director: GroupsDirector, index: int) -> None:
    """A member hears of its generation."""
    waiting = director.unheard(index, JoinGroupRequest)
    if waiting is None:
        raise NotDirectedError(f"{director.member(index).name} has no JoinGroup that is to be answered")
    director.hear(waiting)


def let_sync(director: GroupsDirector, index: int, *, is_heard: bool = True) -> None:
    """The SyncGroup of a member arrives, and is answered as soon as it can be; that may be heard much later."""
    director.until(lambda: director.at_the_door(index, SyncGroupRequest) is not None, "a SyncGroup")
    waiting = director.at_the_door(index, SyncGroupRequest)
    assert waiting is not None
    director.serve(waiting)
    assert waiting.answer is not None
    if is_heard:
        waiting.answer.then(lambda: director.network.release(waiting))
    director.now()


def assign(director: GroupsDirector, shift: Shift) -> None:
    """The leader sends everybody's assignment; who is to learn of it has sent its SyncGroup by then."""
    assert isinstance(shift.before, Group)
    leader = next(index for index, member in enumerate(shift.before.members) if member.is_leader)
    if director.unheard(leader, JoinGroupRequest) is not None:
        # It waits for what it is to see.
        learn_of(director, leader, assigns(director, leader))
        tell_generation(director, leader)
    for index, member in enumerate(shift.before.members):
        is_told = member.status == "syncing" and is_current(shift.before, member)
        if index != leader and is_told and will_learn(director, index):
            let_sync(director, index, is_heard=not director.is_long_until_change(index))
    is_lost = fate(director, leader) in LOST
    let_sync(director, leader, is_heard=not (is_lost or director.is_long_until_change(leader)))
    director.until(lambda: is_stable(director), "the assignment")


def is_stable(director: GroupsDirector) -> bool:
    """Whether the coordinator has an assignment."""
    group = director.stage.group()
    return isinstance(group, ClassicGroup) and group.state == "Stable"


def will_learn(director: GroupsDirector, index: int) -> bool:
    """Whether a member that waits for its assignment learns it."""
    return fate(director, index) == "learn"


def fate(director: GroupsDirector, index: int) -> str:
    """The action behind the present one that changes what a consumer is to its group next; empty if there is none."""
    behind = ((turn.action, turn.before.members[index], turn.after.members[index]) for turn in director.coming[1:])
    return next((action for action, before, after in behind if before.status != after.status), "")


def learn(director: GroupsDirector, shift: Shift) -> None:
    """A member polls until it has its assignment, and no further."""
    index = shift.whose()
    if wants_for_partitions(shift, index):
        learn_of(director, index, 0)
    if director.at_the_door(index, SyncGroupRequest) is not None:
        let_sync(director, index)
    late = director.unheard(index, SyncGroupRequest)
    if late is not None:
        director.hear(late)
    member = director.member(index)
    # It may have stood still, and is known once more to a coordinator that has read its log.
    director.process(index).resume()

    def has_learned() -> bool:
        client = member.client
        if client is None:
            return False
        view = client.view().member
        return view.state == "stable" and client.group_metadata.generation == view.epoch and not member.polls

    # It stops to poll as it is told what it is assigned.
    member.poll()
    director.until(has_learned, "the assignment of a member")


def notice_partitions(director: GroupsDirector, shift: Shift) -> None:
    """Metadata grows old, and is looked up again."""
    index = shift.whose()
    learn_of(director, index, members_of(shift)[index][1].watched)


def wants_for_partitions(shift: Shift, index: int) -> bool:
    """Whether a member that has led before learns its assignment, and wants to join again as there are partitions."""
    before, after = members_of(shift)[index]
    return bool(before.watched) and after.wants_to_rejoin and before.owned <= after.owned


def hear_of_removal(director: GroupsDirector, shift: Shift) -> None:
    """A member hears that it is none any more, and polls."""
    index = shift.whose()
    member = director.member(index)
    if members_of(shift)[index][0].is_fenced:
        end(director, shift)
        return
    if member.client is not None and not member.client.view().member.member_id:
        # It does not know that it has been one.
        director.process(index).resume()
        director.calm()
        return
    if keeps_what_it_owned(shift):
        # Its JoinGroup tells it, before a heartbeat does.
        director.network.held_up.add(member.name)
    director.process(index).resume()
    syncing = director.at_the_door(index, SyncGroupRequest)
    if syncing is not None:
        director.serve(syncing)
        director.hear(syncing)
    is_in = member.client is not None and member.client.view().member.state not in NOT_JOINED
    if member.client is not None and syncing is None and is_in and not keeps_what_it_owned(shift):
        # A heartbeat tells it.
        client = member.client
        director.until(lambda: not client.view().member.member_id, "hearing of that", LONG_MS)
        late = director.unheard(index, SyncGroupRequest)
        if late is not None:
            director.hear(late)
    director.poll_until(member, partial(is_anew, director, index), "hearing of that")


def is_anew(director: GroupsDirector, index: int) -> bool:
    """Whether a process asks to be a new member, or has ended: what else it asks is answered."""
    member = director.member(index)
    for kind in (SyncGroupRequest, JoinGroupRequest):
        asked = director.at_the_door(index, kind)
        if asked is None or member.client is None:
            continue
        if kind is JoinGroupRequest and not member.client.view().member.member_id:
            return True
        director.serve(asked)
        director.hear(asked)
    return not member.is_up


def keeps_what_it_owned(shift: Shift) -> bool:
    """Whether a member that is about to join again, and hears that it is none any more, gives up nothing for that."""
    before, after = members_of(shift)[shift.whose()]
    return before.status == "member" and bool(before.owned) and before.owned == after.owned


def session_expires(director: GroupsDirector, shift: Shift) -> None:
    """The session of a process that is gone expires."""
    wait_for_removal(director, shift.whose())


def wait_for_removal(director: GroupsDirector, index: int) -> None:
    """The coordinator does not hear from a member for too long."""
    known = (each for each in director.stage.members() if director.stage.place_of(each) == index)
    session_ms = next((each.session_timeout_ms for each in known if isinstance(each, ClassicMember)), 0)
    director.wait_until(lambda: index not in director.stage.known(), "the end of a session", LONG_MS + session_ms)


def return_in_time(director: GroupsDirector, shift: Shift) -> None:
    """A process joins beside its former one, whose session expires then."""
    index = shift.whose()
    former = {each.member_id for each in director.stage.members() if director.stage.place_of(each) == index}
    join(director, shift)
    director.until(lambda: former.isdisjoint(each.member_id for each in director.stage.members()), "the end", LONG_MS)


def sync_expires(director: GroupsDirector, shift: Shift) -> None:
    """The coordinator has waited in vain for a SyncGroup."""
    del shift

    def has_expired() -> bool:
        group = director.stage.group()
        return isinstance(group, ClassicGroup) and group.state in ("PreparingRebalance", "Empty")

    director.wait_until(has_expired, "the end of waiting for a SyncGroup", director.generation_ms)
