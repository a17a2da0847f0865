"""What a director has members do that are out of their group and go on with the partition."""

from itertools import takewhile

from kio.schema.join_group.v9.request import JoinGroupRequest
from kio.schema.metadata.v12.request import MetadataRequest
from kio.schema.offset_commit.v9.request import OffsetCommitRequest
from kio.schema.sync_group.v5.request import SyncGroupRequest

from ackproof.model.consume.consumer import Consumer
from ackproof.reference.refinement.directing import commits, epochs, instances
from ackproof.reference.refinement.directing.balancing import OWN, read_another
from ackproof.reference.refinement.directing.group import GroupDirector
from ackproof.reference.refinement.directing.leading import has_joined
from ackproof.reference.refinement.directing.lingering import set_out_to_join
from ackproof.reference.refinement.directing.preparing import rejoin
from ackproof.reference.refinement.directing.round import Round

HEARING_MS = 250
"""Longer than until the next heartbeat is answered."""


def hear_assignment(director: GroupDirector, turn: Round) -> None:
    """An owner hears what becomes of the partition, be it that it is to have another one's only by now."""
    index, before, after = next(each for each in turn.pairs() if each[1].is_rejoining > each[2].is_rejoining)
    reader = director.reader(index)
    if before.status == "owner" != after.status and director.stage.is_sticky and OWN not in reader.topics:
        read_another(director, index)
    instances.settle(director, turn)


def hear_as_it_joins(director: GroupDirector, turn: Round) -> None:
    """A consumer is told by its JoinGroup that it is out of its group: once that matters."""
    set_out_to_join(director, turn.changed()[0])


def join_with_partition(director: GroupDirector, turn: Round) -> None:
    """A consumer joins again with the partition; an owner that keeps reading hears of that, and rejoins."""
    index = next(at for at, before, after in turn.pairs() if before.status == "lingering" and before != after)
    reader, network = director.reader(index), director.stage.network
    if any(after.status == "owner" for _, _, after in turn.pairs()):
        network.untaught.add(reader.name)
    elif is_put_off(director, index):
        wait_for_metadata(director, index)
    join_again(director, index)
    rejoining = next(
        (at for at, before, after in turn.pairs() if after.is_rejoining > before.is_rejoining and at != index), None
    )
    if rejoining is not None:
        # It hears of that before it asks anything else.
        director.stage.clock.run_until(director.stage.clock.now_ms + HEARING_MS)
        rejoin(director, turn, rejoining)


def join_again(director: GroupDirector, index: int) -> None:
    """A consumer that has sent its JoinGroup hears that it is out of its group, and joins it again."""
    reader, network = director.reader(index), director.stage.network
    network.let_back(reader.name)
    reader.polls = True

    def has_come() -> bool:
        waits = reader.name in network.untold and not has_joined(reader)
        return director.order[index] in director.stage.known() and not waits

    director.until(has_come, "joining again")
    network.hear(reader.name)
    reader.polls = False


def wait_for_metadata(director: GroupDirector, index: int) -> None:
    """Who is to assign waits for metadata before it does so (``RD_KAFKA_CGRP_JOIN_STATE_WAIT_METADATA``)."""
    name, network = director.reader(index).name, director.stage.network
    network.untold.add(name)
    director.until(lambda: bool(network.of(MetadataRequest, name)), "asking for metadata")


def is_put_off(director: GroupDirector, index: int) -> bool:
    """Whether a commit of a consumer fails as it joins again, so that it has no assignment by then."""
    for turn in director.coming[1:]:
        _, before, after = turn.pairs()[index]
        if not before.is_rejoining:
            return False
        if turn.is_refused(before, after):
            return True
    return False


def ask_to_join_with_partition(director: GroupDirector, turn: Round) -> None:
    """A consumer joins again with the partition, unless a commit of it is refused before it has."""
    (index,) = turn.members_after - turn.members_before
    coming = [(each, *each.pairs()[index][1:]) for each in director.coming]
    while_outside = list(takewhile(lambda each: is_outside(each[1]), coming))
    if any(each.is_refused(before, after) for each, before, after in while_outside):
        return
    rejoining = takewhile(lambda each: each[1].is_rejoining, coming[len(while_outside) :])
    if any(each.is_refused(before, after) for each, before, after in rejoining):
        wait_for_metadata(director, index)
    join_again(director, index)


def hear_of_refusal(director: GroupDirector, turn: Round) -> None:
    """A consumer gives up the partition as lost: it has as soon as its commit was refused."""


def hear_what_it_has(director: GroupDirector, turn: Round) -> None:
    """A consumer hears that it keeps the partition, or revokes it."""
    index = next(at for at, before, after in turn.pairs() if before.status == "lingering" and before != after)
    after, network = turn.pairs()[index][2], director.stage.network
    network.untaught.discard(director.reader(index).name)
    for kind in (JoinGroupRequest, SyncGroupRequest):
        network.open(kind)
    if after.status == "owner" or any(other.status == "owner" != each.status for _, each, other in turn.pairs()):
        instances.settle(director, turn)
        return
    director.reader(index).to_commit_last = director.asked(index, turn.committed_after) if turn.commits else None
    polling = instances.called(director, turn)

    def is_over() -> bool:
        for reader in polling:
            reader.polls = True
        # What is committed already it commits all the same.
        network.let_in(OffsetCommitRequest, director.reader(index).name)
        has_lost = not director.owns(index) and director.stage.committed == turn.committed_after
        return has_lost and (not turn.is_settled or director.has(turn))

    director.until(is_over, "the partition being given up")
    for reader in director.stage.applications:
        reader.polls = False


def is_outside(consumer: Consumer) -> bool:
    """Whether it is out of its group with the partition, and has not joined again."""
    return consumer.status == "lingering" and not consumer.is_rejoining


def commit(director: GroupDirector, turn: Round) -> None:
    """The application commits, and waits for the answer."""
    index, before, _ = next(each for each in turn.pairs() if each[1] != each[2])
    if is_outside(before):
        commit_in_vain(director, index, before.to_commit)
    else:
        let_assign(director, turn, index)
        instances.commit(director, turn)


def let_assign(director: GroupDirector, turn: Round, index: int) -> None:
    """
    The group has its assignment before who has joined it again commits, who has yet to take note of that.

    The others may take note of that earlier than in the model.
    """
    reader, network = director.reader(index), director.stage.network
    if turn.pairs()[index][1].status != "lingering" or reader.name not in network.untaught or not turn.accepts:
        return
    network.untaught.discard(reader.name)
    network.open(SyncGroupRequest)
    others = [director.reader(at) for at, before, _ in turn.pairs() if before.status in ("owner", "member")]

    def is_assigned() -> bool:
        for other in others:
            other.polls = True
        return all(map(director.is_in_group, (*others, reader)))

    director.until(is_assigned, "the assignment of the group")
    director.rejoining = None
    for other in others:
        other.polls = False


def commit_prefix(director: GroupDirector, turn: Round) -> None:
    """An application that hands records off commits the offset below which all are processed, or asks for it."""
    for at in range(len(director.order)):
        let_assign(director, turn, at)
    commits.commit_prefix(director, turn)


def commit_in_background(director: GroupDirector, turn: Round) -> None:
    """A commit that nobody waits for arrives."""
    index = next((at for at, before, after in turn.pairs() if before != after), None)
    if index is not None and is_outside(turn.pairs()[index][1]):
        commit_in_vain(director, index, None)
    else:
        for at in range(len(director.order)) if index is None else (index,):
            let_assign(director, turn, at)
        epochs.commit_in_background(director, turn)


def give_up_by_commit(director: GroupDirector, turn: Round) -> None:
    """A consumer commits by itself, or what threads have processed, and is refused."""
    index, _, _ = turn.changed()
    prefix = director.position(index)
    held = director.reader(index).in_hand
    commit_in_vain(director, index, min((offset for offset, _ in held), default=prefix))


def commit_in_vain(director: GroupDirector, index: int, offset: int | None) -> None:
    """What a consumer commits as it is out of its group with the partition is refused, and it gives that up."""
    reader, network = director.reader(index), director.stage.network
    if reader.rules.commit == "sync":
        reader.to_commit = director.asked(index, offset)
    elif reader.rules.commit == "async" and reader.client is not None and offset is not None:
        reader.client.commit_async(reader.offsets_of(offset))
    director.stage.clock.run_until(director.stage.clock.now_ms + commits.SENDING_MS)
    network.let_in(JoinGroupRequest, reader.name)
    reader.polls = True

    def is_lost() -> bool:
        network.let_in(OffsetCommitRequest, reader.name)
        return not director.owns(index) and reader.to_commit is None

    director.until(is_lost, "the loss of the partition")
    reader.polls = False
