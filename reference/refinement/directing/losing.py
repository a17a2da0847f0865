"""What a director has a member do that takes its assignment for lost as it commits too late (librdkafka #4059)."""

from kio.schema.offset_commit.v9.request import OffsetCommitRequest
from kio.schema.offset_fetch.v9.request import OffsetFetchRequest

from ackproof.model.consume.consumer import processed_prefix
from ackproof.model.consume.rules import commits_prefix
from ackproof.reference.refinement.directing import commits
from ackproof.reference.refinement.directing.group import GroupDirector
from ackproof.reference.refinement.directing.instances import settle
from ackproof.reference.refinement.directing.round import Round


def lose_assignment(director: GroupDirector, turn: Round) -> None:
    """A commit is refused in a rebalance, its sender gives up the partition as lost, and another one gets it."""
    index, before, after = next(
        each for each in turn.pairs() if each[1].status in ("owner", "lingering") and each[2].status == "out"
    )
    reader = director.reader(index)
    commits_now = before.to_commit is None and commits_prefix(reader.rules)
    reader.to_commit = processed_prefix(before) if commits_now else before.to_commit
    if reader.rules.commit == "auto":
        # Until it commits by itself.
        director.stage.clock.run_until(director.stage.clock.now_ms + director.stage.patience.auto_commit_ms)
    commits.let_join(director)
    others = [director.reader(at) for at, before, _ in turn.pairs() if before.status == "member"]

    def is_lost() -> bool:
        # The generation that it is too late for begins once all have joined.
        for other in others:
            other.polls = other.is_up
        # What it was given in that it asks about before it gives up all.
        director.stage.network.let_in(OffsetFetchRequest, reader.name)
        return not director.owns(index)

    commits.with_open(director, index, OffsetCommitRequest, is_lost, "the loss of the partition")
    if after.left_over and not reader.rules.is_handed_off:
        # It is busy, and would keep a group of which it is a member waiting.
        director.stage.network.outside.add(reader.name)
    settle(director, turn)
