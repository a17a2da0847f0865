"""What a director lets go wrong with a classic group, by the actions of the model."""

from kio.schema.join_group.v9.request import JoinGroupRequest

from ackproof.model.groups.classic import ClassicGroup
from ackproof.reference.refinement.directing.groups import classic
from ackproof.reference.refinement.directing.groups.application import METADATA_MS
from ackproof.reference.refinement.directing.groups.director import CLOSING_MS, GroupsDirector
from ackproof.reference.refinement.directing.groups.shift import Shift
from ackproof.reference.refinement.directing.passing import NotDirectedError
from ackproof.reference.refinement.groups.setting import OFFSETS_TOPIC

SPREAD_MS = 200
"""How long brokers take at most to learn what the controller has decided."""


def crash(director: GroupsDirector, shift: Shift) -> None:
    """A process dies."""
    index = shift.whose()
    process = director.process(index)
    director.member(index).crash()
    director.network.forget(process)
    director.now()


def pause(director: GroupsDirector, shift: Shift) -> None:
    """A process stands still until the coordinator has removed it, and until it is to hear of that."""
    index = shift.whose()
    if "is started with its instance id" in shift.says:
        raise NotDirectedError("another process with the same instance id is not replayed yet")
    process = director.process(index)
    process.pause()
    classic.wait_for_removal(director, index)


def member_leaves(director: GroupsDirector, shift: Shift) -> None:
    """A consumer closes."""
    index = shift.whose()
    member = director.member(index)
    waits = director.unheard(index, JoinGroupRequest) is not None
    if waits and shift.after.members[index].status == "out":
        # It is not waited for as it closes.
        crash(director, shift)
        return
    member.leave()
    if waits:
        # It hears of the generation, and the coordinator that it leaves, once all have joined.
        director.calm()
    else:
        director.until(lambda: not member.is_up, "the end of the instance", CLOSING_MS)


def partitions_added(director: GroupsDirector, shift: Shift) -> None:
    """The topic gets one more partition; metadata is looked up again, if the next leader to assign knows of it."""
    director.stage.add_partition()
    director.calm(SPREAD_MS)
    if is_known(director):
        director.calm(METADATA_MS)
    if director.stage.partitions != shift.after.partitions:
        raise NotDirectedError("the partition is not there")


def move_coordinator(director: GroupsDirector, shift: Shift) -> None:
    """The other broker becomes the group coordinator, and what is on its way to the former one is lost."""
    del shift
    become_coordinator(director)
    director.network.move_coordinator()
    director.calm()
    director.generation = director.generation_now


def is_known(director: GroupsDirector) -> bool:
    """Whether a member of a classic group assigns a partition that is added, without having to notice it first."""
    after, coming = director.coming[0].after, director.coming[1:]
    if not isinstance(after, ClassicGroup) or any(member.status == "joining" for member in after.members):
        return False
    following = next((turn for turn in coming if turn.action in ("assign", "notice partitions")), None)
    return following is not None and following.action == "assign" and watched(following) >= after.partitions


def watched(shift: Shift) -> int:
    """How many partitions the leader of a group has assigned."""
    assert isinstance(shift.after, ClassicGroup)
    return next((member.watched for member in shift.after.members if member.is_leader), 0)


def become_coordinator(director: GroupsDirector) -> None:
    """The other broker becomes the group coordinator."""
    stage = director.stage
    image = stage.image(OFFSETS_TOPIC)
    other = next(each for each in image.in_sync_replicas if each != image.leader)
    stage.cluster.controller.move_leader(OFFSETS_TOPIC, 0, other)
    director.until(lambda: stage.shard() is not None, "a new coordinator")
    director.calm(SPREAD_MS)


def lose_response(director: GroupsDirector, shift: Shift) -> None:
    """The connection of a member to its coordinator breaks."""
    director.network.break_connections(director.process(shift.whose()))
    director.now()
