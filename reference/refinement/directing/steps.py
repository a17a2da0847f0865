"""Which action of the model a director takes how, where membership and commits take several steps of the model."""

from collections.abc import Callable, Mapping, Sequence
from itertools import takewhile

from kio.schema.fetch.v12.request import FetchRequest
from kio.schema.join_group.v9.request import JoinGroupRequest
from kio.schema.offset_commit.v9.request import OffsetCommitRequest
from kio.schema.offset_fetch.v9.request import OffsetFetchRequest
from kio.schema.sync_group.v5.request import SyncGroupRequest

from ackproof.model.consume.consumer import Consumer
from ackproof.reference.refinement.directing import (
    adding,
    commits,
    epochs,
    failover,
    instances,
    joining_again,
    keyed,
    pausing,
)
from ackproof.reference.refinement.directing.directions import DIRECTIONS
from ackproof.reference.refinement.directing.epochs import start_all
from ackproof.reference.refinement.directing.group import GroupDirector
from ackproof.reference.refinement.directing.round import PROCESSING, Round

FOR_LONG_MS = 60_000
"""For how long it is seen that nothing changes: many heartbeats, commits and sessions."""


LOSING_ANSWERS = ("answer lost in steps", "coordinator failover", "offsets power loss in steps")
"""Steps by which the answer to a commit is lost, so that the client asks again."""


def change_membership(director: GroupDirector, turn: Round) -> None:
    """A rebalance goes on: the reference does all of it once the model is through, or an owner reads on meanwhile."""
    late = next((index for index, before, after in turn.pairs() if turn.is_refused(before, after)), None)
    if late is not None and JoinGroupRequest not in director.stage.network.opened:
        commits.refuse_in_background(director, late)
    elif has_seen_added(director, turn):
        keyed.rebalance(director, turn)
    elif turn.is_settled or any(is_new(before, after) for _, before, after in turn.pairs()):
        join_before(director, turn)
        instances.settle(director, turn)
    elif turn.begins_rejoining:
        instances.join(director, turn)
    elif turn.commits:
        commit_before_rejoining(director, turn)


def has_seen_added(director: GroupDirector, turn: Round) -> bool:
    """Whether somebody has its assignment of a group that has seen a new partition, and nobody knows where to start."""
    is_eager = not director.stage.setting.rules.rebalancing.keeps_reading
    is_known = turn.is_settled or (is_eager and any(is_new(before, after) for _, before, after in turn.pairs()))
    return is_known and turn.is_undiscovered and keyed.is_seen(turn)


def is_new(before: Consumer, after: Consumer) -> bool:
    """Whether a consumer is assigned the partition, and did not go on with it until then."""
    return before.status not in ("owner", "lingering") and after.status == "owner"


def join_before(director: GroupDirector, turn: Round) -> None:
    """Whoever was put out, and has asked to join, joins before the others: they are of the same generation."""
    joining = [at for at, _, after in turn.pairs() if after.status == "joining" and at in turn.members_after]
    waiting = [at for at in joining if director.reader(at).is_up]
    numbers = {director.order[at] for at in waiting}
    if director.stage.is_modern or numbers <= director.stage.known():
        return
    for at in waiting:
        director.reader(at).polls = director.order[at] not in director.stage.known()
    director.until(lambda: numbers <= director.stage.known(), "asking to join")


def others_join(director: GroupDirector) -> bool:
    """Whether somebody that was put out, and whose process runs on, asks to join before the next generation begins."""
    coming = takewhile(lambda turn: turn.action != "begin generation", director.coming[1:])
    asking = (turn.changed()[0] for turn in coming if turn.action == "ask to join")
    return any(director.reader(index).is_up for index in asking)


def commit_before_rejoining(director: GroupDirector, turn: Round) -> None:
    """
    A member hears of the rebalance, and what it commits before it gives up the partition is accepted.

    Where it has kept that until then it hears its assignment first, as do those that have joined with it.
    """
    start_all(director, turn)
    index, before, after = turn.changed()
    wanted, network = turn.committed_after, director.stage.network
    if others_join(director):
        network.outside.add(director.reader(index).name)
    hearing = dict[int, int | None]()
    if before.is_rejoining > after.is_rejoining:
        network.open(SyncGroupRequest)
        network.tell_of_topics()
        waiting = (at for at, _, each in turn.pairs() if each.status == "joining" or each.is_rejoining)
        hearing |= {at: former_epoch(director, at) for at in waiting}
        hearing.pop(index, None)

    def is_over() -> bool:
        for at, epoch in tuple(hearing.items()):
            reader = director.reader(at)
            reader.polls = reader.is_up and former_epoch(director, at) in (None, epoch)
            if not reader.polls:
                # It is not to hear that somebody rejoins.
                del hearing[at]
        # It gives the partition up once it has been answered.
        return director.stage.committed == wanted and (after.status == "owner" or not director.owns(index))

    commits.with_open(director, index, OffsetCommitRequest, is_over, f"the commit of {wanted}")
    for at in hearing:
        director.reader(at).polls = False


def former_epoch(director: GroupDirector, index: int) -> int | None:
    """The generation of a member that has its assignment; None while it waits for that."""
    return director.epoch(index) if director.is_in_group(director.reader(index)) else None


def hear_answer(director: GroupDirector, turn: Round) -> None:
    """A consumer hears what has become of its commit, unless it has heard so as the commit arrived."""
    index, before, _ = turn.changed()
    if index in director.has_heard:
        director.has_heard.discard(index)
    else:
        director.reader(index).to_commit = director.asked(index, before.to_commit)
        commits.hear_commit(director, index)


def commit_arrives(director: GroupDirector, turn: Round) -> None:
    """The group coordinator decides on a commit, and its sender hears so at once, unless it never hears that."""
    overtaken = epochs.refused(turn)
    index, before, _ = turn.changed()
    if overtaken is not None:
        epochs.overtake(director, turn, overtaken)
    elif turn.accepts and director.next_of(index) in LOSING_ANSWERS:
        commits.accept_unheard(director, index, before.to_commit)
        if director.next_of(index) == "answer lost in steps":
            commits.lose_commits(director, index)
        return
    else:
        commits.commit(director, turn)
    director.has_heard.add(index)


def lose_answer(director: GroupDirector, turn: Round) -> None:
    """The answer to a commit is lost, and the client asks again: if that was accepted, it has not arrived."""
    director.has_heard.discard(turn.changed()[0])


def send_in_background(director: GroupDirector, turn: Round) -> None:
    """A commit is on its way that nobody waits for: where its sender moves on before it arrives, it has to be."""
    index, _, _ = turn.changed()
    name = director.reader(index).name
    if moves_on(director.coming[1:], index):
        director.reader(index).polls = True
        director.until(lambda: bool(director.stage.network.of(OffsetCommitRequest, name)), "sending the commit")
        director.reader(index).polls = False


def moves_on(coming: Sequence[Round], index: int) -> bool:
    """Whether a consumer polls or processes before what becomes of its commit is decided."""
    for turn in coming:
        _, before, after = turn.pairs()[index]
        if before.in_flight != after.in_flight:
            return False
        if before != after and (turn.action == "poll" or turn.action in PROCESSING):
            return True
    return False


def ask_to_commit(director: GroupDirector, turn: Round) -> None:
    """An application that hands records off asks for a commit, which it may not wait for."""
    commits.send_async(director, *turn.changed())


def lose_commit(director: GroupDirector, turn: Round) -> None:
    """A commit that nobody waits for is lost; what a client commits by itself it may not have sent yet."""
    index, _, _ = turn.changed()
    if director.stage.network.of(OffsetCommitRequest, director.reader(index).name):
        commits.lose_commits(director, index)


def pause(director: GroupDirector, turn: Round) -> None:
    """A member stands still for too long, and goes on without having heard that it is out of the group."""
    gone = next(iter(turn.members_before - turn.members_after), None)
    # Who has yet to learn what it is may know here.
    if gone is None or not director.has_assignment(director.reader(gone)):
        pausing.pause(director, turn)
        return
    reader = director.reader(gone)
    assert reader.process is not None
    process = reader.process
    director.stage.network.unheard.add(reader.name)
    process.pause()
    director.until(lambda: director.order[gone] not in director.stage.known(), "the session's end")
    process.resume()


def hear_of_removal(director: GroupDirector, turn: Round) -> None:
    """Who polls hears that it is no longer in the group."""
    director.stage.network.hear(director.reader(turn.changed()[0]).name)
    if director.owns(turn.changed()[0]):
        instances.notice(director, turn)


def lose_assignment(director: GroupDirector, turn: Round) -> None:
    """Who has forgotten its generation gives up the partition as lost, and is to join again."""
    index, _, _ = turn.changed()
    reader = director.reader(index)
    reader.polls = True
    director.until(lambda: not director.owns(index), "the loss of the partition")
    reader.polls = False


def hear_of_fencing(director: GroupDirector, turn: Round) -> None:
    """A member hears that its instance id is another one's, and its process ends: a new one is to go on."""
    index, _, _ = turn.changed()
    reader = director.reader(index)
    reader.polls = True

    def is_over() -> bool:
        # What it asks its coordinator keeps its heartbeats waiting.
        for kind in (OffsetFetchRequest, OffsetCommitRequest):
            director.stage.network.let_in(kind, reader.name)
        return not reader.is_up

    director.until(is_over, "the end of who is fenced")
    reader.client = None


def see_added(director: GroupDirector, turn: Round) -> None:
    """The group rebalances, and assigns, as there is a new partition: the reference once the model is through."""


OF_MEMBERSHIP = (
    "ask to join",
    "rejoin",
    "begin generation",
    "assign",
    "learn",
    "learn what is kept",
    "session expires",
    "restart in time",
    "compute target",
    "advance",
    "revoke",
    "hear epoch",
    "member joins",
)

IN_STEPS: Mapping[str, Callable[[GroupDirector, Round], None]] = {
    **DIRECTIONS,
    **dict.fromkeys(OF_MEMBERSHIP, change_membership),
    "ask to commit the processed prefix": ask_to_commit,
    "commit arrives": commit_arrives,
    "answer lost in steps": lose_answer,
    "commit lost in steps": lose_commit,
    "failure crashes in steps": instances.failure_crashes,
    "failure stops in steps": instances.failure_crashes,
    "consumer pause": pause,
    "hear of removal": hear_of_removal,
    "hear as it joins in steps": joining_again.hear_as_it_joins,
    "ask to join with partition": joining_again.ask_to_join_with_partition,
    "hear of refusal": joining_again.hear_of_refusal,
    "hear of fencing": hear_of_fencing,
    "lose assignment": lose_assignment,
    "partitions added in steps": adding.let_key_stay,
    "see added": see_added,
    "assign added": see_added,
    "discover in steps": keyed.discover,
    "hear answer": hear_answer,
    "send automatic commit": send_in_background,
    "offsets power loss in steps": failover.lose_power,
}
"""By the names of the model's actions."""


def wait(director: GroupDirector) -> None:
    """Time goes by: all instances poll, and nothing is held up."""
    stage = director.stage
    for kind in (FetchRequest, OffsetFetchRequest, OffsetCommitRequest, SyncGroupRequest):
        stage.network.open(kind)
    stage.network.tell_of_topics()
    end_ms = stage.clock.now_ms + FOR_LONG_MS
    while stage.clock.now_ms < end_ms:
        for reader in stage.applications:
            reader.polls = reader.is_up
        stage.step()
