"""What a director lets go wrong with a classic group, by the actions of the model."""

from collections.abc import Iterator
from functools import partial
from itertools import islice

from kio.schema.join_group.v9.request import JoinGroupRequest

from ackproof.model.groups.classic import ClassicGroup, is_current
from ackproof.model.groups.loading import is_known_as_former
from ackproof.model.groups.rules import ClassicRules
from ackproof.reference.refinement.directing.groups import classic
from ackproof.reference.refinement.directing.groups.application import HEARTBEAT_MS
from ackproof.reference.refinement.directing.groups.director import CLOSING_MS, GroupsDirector
from ackproof.reference.refinement.directing.groups.missing import leave_out
from ackproof.reference.refinement.directing.groups.shift import FORGETS, UNHEARD, Shift, is_left_out
from ackproof.reference.refinement.directing.groups.taking import (
    forget,
    leave_unheard,
    let_sync_arrive,
    let_sync_arrive_unheard,
    replace,
)
from ackproof.reference.refinement.directing.passing import NotDirectedError
from ackproof.reference.refinement.groups.setting import OFFSETS_TOPIC

PREPARED = "as it is about to join again"
"""Of who pauses with its JoinGroup on its way."""

SPREAD_MS = 200
"""How long brokers take at most to learn what the controller has decided."""


def crash(director: GroupsDirector, shift: Shift) -> None:
    """A process dies."""
    index = shift.whose()
    process = director.process(index)
    if isinstance(shift.after, ClassicGroup):
        let_sync_arrive(director, shift, index, index)
    director.member(index).crash()
    director.network.forget(process)
    director.now()


def pause(director: GroupsDirector, shift: Shift) -> None:
    """A process stands still until the coordinator has removed it, and until it is to hear of that."""
    index = shift.whose()
    if "is started with its instance id" in shift.says:
        replace(director, shift)
    elif UNHEARD in shift.says:
        leave_unheard(director, shift)
    elif FORGETS in shift.says:
        forget(director, shift)
    elif is_left_out(shift):
        leave_out(director, shift)
    else:
        if PREPARED in shift.says and not hears_before_that(director, index):
            prepare(director, index)
        director.process(index).pause()
        classic.wait_for_removal(director, index)


def prepare(director: GroupsDirector, index: int) -> None:
    """A consumer hears that its group rebalances, and has its JoinGroup on its way if it gives up nothing for that."""
    rules = director.stage.setting.rules
    if isinstance(rules, ClassicRules) and not rules.is_cooperative:
        director.calm(HEARTBEAT_MS + 50)
        return
    asks = (lambda: director.at_the_door(index, JoinGroupRequest) is not None, "being about to join")
    director.poll_until(director.member(index), *asks)


def hears_before_that(director: GroupsDirector, index: int) -> bool:
    """Whether a consumer gives up what it owned as it hears of its removal: its JoinGroup is not on its way then."""
    hears = (turn for turn in director.coming if turn.action == "hear of removal" and turn.whose() == index)
    return any("gives up" in turn.says for turn in islice(hears, 1))


def member_leaves(director: GroupsDirector, shift: Shift) -> None:
    """A consumer closes."""
    index = shift.whose()
    member = director.member(index)
    before, after = classic.members_of(shift)[index]
    waits = director.unheard(index, JoinGroupRequest) is not None
    just_stops = director.stage.setting.rules.is_static and before.status != "member"
    if just_stops or (waits and after.status == "out"):
        # It is not waited for as it closes.
        crash(director, shift)
        return
    process = director.process(index)
    if before.status != "joining":
        # Else nobody hears of it.
        director.until(lambda: director.network.reaches_coordinator(process), "knowing its coordinator")
    elif not waits and not director.network.reaches_coordinator(process):
        look_up(director, index)
    member.leave()
    if waits:
        # It hears of the generation, and the coordinator that it leaves, once all have joined.
        director.calm()
        return

    def has_left() -> bool:
        # Who does not leave its group may not wait for what it has asked before, either.
        stops = director.stage.setting.rules.is_static and director.at_the_door(index, JoinGroupRequest) is not None
        return stops or not member.is_up or index not in director.stage.known()

    director.until(has_left, "leaving", CLOSING_MS)
    if member.is_up:
        # It would wait for what it has asked before.
        director.network.forget(process)
        member.ends("leave")


def look_up(director: GroupsDirector, index: int) -> None:
    """A process that runs asks what is committed, and so finds out who its coordinator is."""
    member = director.member(index)
    if member.is_up:
        member.ask()
        director.until(lambda: not member.asks, "an answer")


def partitions_added(director: GroupsDirector, shift: Shift) -> None:
    """The topic gets one more partition."""
    director.stage.add_partition()
    director.calm(SPREAD_MS)
    if director.stage.partitions != shift.after.partitions:
        raise NotDirectedError("the partition is not there")


def move_coordinator(director: GroupsDirector, shift: Shift) -> None:
    """The other broker becomes the group coordinator, and what is on its way to the former one is lost."""
    members = classic.members_of(shift)
    if any(after.wants_to_rejoin and not before.wants_to_rejoin for before, after in members):
        # They hear that their group rebalances.
        director.calm(HEARTBEAT_MS + 50)
    become_coordinator(director)
    begin_sessions(director)
    for member, (_, after) in zip(director.stage.instances, members, strict=True):
        if after.status == "joining" and member.process is not None:
            director.network.break_connections(member.process)
        if after.runs and after.registration is None and member.process is not None:
            # It is to hear later that nobody knows it.
            member.process.pause()
    for index in known_again(shift):
        director.process(index).resume()
    director.network.move_coordinator()
    director.calm()
    director.generation = director.generation_now
    for index, (before, _) in enumerate(members):
        if is_known_as_former(before):
            hear_who_it_was(director, index)


def known_again(shift: Shift) -> Iterator[int]:
    """Who has stood still until its group had put it out, and is a member of a generation that is known once more."""
    assert isinstance(shift.after, ClassicGroup)
    for index, (before, after) in enumerate(classic.members_of(shift)):
        is_back = before.registration is None and after.registration is not None
        goes_on = after.status == "member" and is_current(shift.after, after) and not after.wants_to_rejoin
        if is_back and goes_on and not after.is_fenced:
            yield index


def hear_who_it_was(director: GroupsDirector, index: int) -> None:
    """A process that has joined hears that its coordinator knows who it was before alone; it may end of that."""
    member = director.member(index)
    director.process(index).resume()
    director.poll_until(member, partial(classic.is_anew, director, index), "hearing who it was")
    if not member.is_up:
        # It is started again.
        member.ending = "crash"


def become_coordinator(director: GroupsDirector) -> None:
    """The other broker becomes the group coordinator."""
    stage = director.stage
    image = stage.image(OFFSETS_TOPIC)
    other = next(each for each in image.in_sync_replicas if each != image.leader)
    stage.cluster.controller.move_leader(OFFSETS_TOPIC, 0, other)
    director.until(lambda: stage.shard() is not None, "a new coordinator")
    director.calm(SPREAD_MS)


def begin_sessions(director: GroupsDirector) -> None:
    """A coordinator has read a group from its log, and waits for each member for as long as it is to."""
    members = range(len(director.stage.instances))
    director.stage.begin_sessions(tuple(director.session_ms(index, director.coming) for index in members))


def lose_response(director: GroupsDirector, shift: Shift) -> None:
    """The connection of a member to its coordinator breaks."""
    let_sync_arrive_unheard(director, shift.whose())
    director.network.break_connections(director.process(shift.whose()))
    director.now()
