"""Which action of the model a director takes how, where membership and commits take several steps of the model."""

from collections.abc import Callable, Mapping

from kio.schema.fetch.v12.request import FetchRequest
from kio.schema.offset_commit.v9.request import OffsetCommitRequest
from kio.schema.offset_fetch.v9.request import OffsetFetchRequest
from kio.schema.sync_group.v5.request import SyncGroupRequest

from ackproof.reference.refinement.directing import commits, epochs, instances, offsets
from ackproof.reference.refinement.directing.directions import DIRECTIONS
from ackproof.reference.refinement.directing.epochs import start_all
from ackproof.reference.refinement.directing.group import GroupDirector
from ackproof.reference.refinement.directing.round import Round

FOR_LONG_MS = 60_000
"""For how long it is seen that nothing changes: many heartbeats, commits and sessions."""


def change_membership(director: GroupDirector, turn: Round) -> None:
    """A rebalance goes on: the reference does all of it once the model is through, or an owner reads on meanwhile."""
    if turn.is_settled or any(before.status != "owner" == after.status for _, before, after in turn.pairs()):
        instances.settle(director, turn)
    elif turn.begins_rejoining:
        instances.join(director, turn)
    elif turn.commits:
        commit_before_rejoining(director, turn)


def commit_before_rejoining(director: GroupDirector, turn: Round) -> None:
    """A member hears of the rebalance, and what it commits before it gives up the partition is accepted."""
    start_all(director, turn)
    index, _, _ = turn.changed()
    wanted = turn.committed_after
    commits.with_open(
        director, index, OffsetCommitRequest, lambda: director.stage.committed == wanted, f"the commit of {wanted}"
    )


def hear_answer(director: GroupDirector, turn: Round) -> None:
    """A consumer hears what has become of its commit, unless it has heard so as the commit arrived."""
    index, before, _ = turn.changed()
    if index in director.has_heard:
        director.has_heard.discard(index)
    else:
        director.reader(index).to_commit = director.asked(index, before.to_commit)
        commits.hear_commit(director, index)


def commit_arrives(director: GroupDirector, turn: Round) -> None:
    """The group coordinator decides on a commit, and its sender hears so at once."""
    overtaken = epochs.refused(turn)
    if overtaken is None:
        commits.commit(director, turn)
    else:
        epochs.overtake(director, turn, overtaken)
    director.has_heard.add(turn.changed()[0])


def send_in_background(director: GroupDirector, turn: Round) -> None:
    """A commit is on its way that nobody waits for."""


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
    "commit arrives": commit_arrives,
    "hear answer": hear_answer,
    "send automatic commit": send_in_background,
    "offsets power loss in steps": offsets.lose_power,
}
"""By the names of the model's actions."""


def wait(director: GroupDirector) -> None:
    """Time goes by: all instances poll, and nothing is held up."""
    stage = director.stage
    for kind in (FetchRequest, OffsetFetchRequest, OffsetCommitRequest, SyncGroupRequest):
        stage.network.open(kind)
    end_ms = stage.clock.now_ms + FOR_LONG_MS
    while stage.clock.now_ms < end_ms:
        for reader in stage.applications:
            reader.polls = reader.is_up
        stage.step()
